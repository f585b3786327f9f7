//! Owns what a round will be, drawn from its seed alone: members and what they do, what the relay
//! does to whom, when the process dies. The same seed gives the same plan; what the machine makes
//! of it (which instant falls where) is never quite the same.

use std::time::Duration;

use relance::faults::POINTS;

/// Points that an import comes to: it makes the store and its keys.
pub const IN_IMPORT: &[&str] = &[
    "store.migrating",
    "store.migrated",
    "keys.written",
    "keys.saved",
    "import.begun",
    "import.chunk",
];
/// Points that a backup comes to, made while the daemon lives.
pub const IN_BACKUP: &[&str] = &["backup.copied", "backup.named"];
/// Points that no round reaches, since it has neither a deadline nor a payment provider, and the
/// scenario that dies at each.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("cover.chunk", "74-deadline"),
    ("card.called", "76-card"),
    ("card.webhook", "76-card"),
    ("card.told", "76-card"),
    ("card.refunded", "76-card"),
];
/// A round's points, one of which it must come to.
pub const ROUND_POINTS: u64 = (POINTS.len() - ELSEWHERE.len()) as u64;

/// Those, in the order in which a round comes to them.
pub fn in_round() -> impl Iterator<Item = &'static str> {
    let reached = |label: &&str| ELSEWHERE.iter().all(|(elsewhere, _)| elsewhere != label);
    POINTS.iter().copied().filter(reached)
}

/// Those that the daemon comes to in every round.
fn in_daemon() -> Vec<&'static str> {
    let not_its = |label: &&str| IN_IMPORT.contains(label) || IN_BACKUP.contains(label);
    in_round().filter(|label| !not_its(label)).collect()
}

/// Numbers from a seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to but not with `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in so many times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// When a process dies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kill {
    /// The so-manieth time that it comes to a point.
    At(&'static str, u64),
    /// So long after its start.
    After(Duration),
}

impl Kill {
    /// What `RELANCE_DIE_AT` says.
    pub fn variable(&self) -> String {
        match self {
            Self::At(label, nth) => format!("{label}#{nth}"),
            Self::After(_) => String::new(),
        }
    }
}

/// What a member does once the notice is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Nothing.
    Nothing,
    /// Opens the link and says that a cheque comes; presses twice.
    Renews,
    /// Answers by mail with a word that renews.
    Writes,
    /// Asks something by mail; the mail comes once, or twice.
    Asks,
    /// Has a dead address: their server sends a report; it comes once, or twice.
    IsGone,
}

/// What the relay does to a member's notice, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// 4xx at RCPT, at DATA or after the dot.
    LaterAtRcpt,
    LaterAtData,
    LaterAtDot,
    /// 5xx that says nothing of the address, at RCPT or after the dot.
    NoAtRcpt,
    NoAtDot,
    /// Hangs up at RCPT, DATA or in the body.
    GoneAtRcpt,
    GoneAtData,
    GoneInBody,
    /// Hangs up at the dot, without the message or with it.
    GoneAtDot,
    TakenAndGone,
}

impl Trouble {
    /// Whether nobody can know if the message left.
    pub fn leaves_doubt(self) -> bool {
        // A short message may be in the socket as a whole before the relay goes.
        matches!(self, Self::GoneInBody | Self::GoneAtDot | Self::TakenAndGone)
    }
}

/// One member.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// What they do.
    pub does: Does,
    /// Does it a second time, in the same words.
    pub twice: bool,
    /// What happens to their notice.
    pub trouble: Trouble,
}

/// A round's plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// From which all else comes.
    pub seed: u64,
    /// Numbered from 0.
    pub members: Vec<Member>,
    /// The import's deaths, then the daemon's.
    pub import: Vec<Kill>,
    /// The daemon's.
    pub daemon: Vec<Kill>,
    /// A link key is made after the daemon's first death.
    pub rotates: bool,
    /// That dies first.
    pub rotation: Option<Kill>,
    /// A backup is made so long after the daemon's first start.
    pub backs_up: Option<Duration>,
    /// That dies first.
    pub backup: Option<Kill>,
    /// The relay offers PIPELINING.
    pub pipelining: bool,
    /// Mail comes by IMAP, where there is a server.
    pub by_imap: bool,
}

impl Plan {
    /// The plan of a seed. Seeds in a row come to each point in turn.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let count = 12 + dice.below(29);
        let mut dead_left = count / 5;
        let members = (0..count).map(|_| member(&mut dice, &mut dead_left)).collect();
        let turn = seed % ROUND_POINTS;
        let round = seed / ROUND_POINTS;
        let own = in_round().nth(usize::try_from(turn).unwrap_or(0));
        let label = own.expect("turn is below the number of points");
        // The first time round the first time that it comes there: most rounds come there once.
        let nth = if round == 0 { 1 } else { 1 + dice.below(often(label)) };
        let kill = Kill::At(label, nth);
        let mut plan = Self {
            seed,
            members,
            import: Vec::new(),
            daemon: Vec::new(),
            rotates: dice.one_in(3),
            rotation: None,
            backs_up: None,
            backup: None,
            pipelining: dice.one_in(2),
            by_imap: dice.one_in(2),
        };
        if IN_IMPORT.contains(&label) {
            plan.import.push(kill);
        } else if IN_BACKUP.contains(&label) {
            plan.backup = Some(kill);
        } else {
            plan.daemon.push(kill);
            if label == "outbox.recovered" {
                // It is come to at every start, and means something after a death.
                plan.daemon.insert(0, Kill::At("smtp.dot", 1 + dice.below(8)));
            }
        }
        let more = dice.below(4).saturating_sub(plan.daemon.len() as u64 / 2);
        for _ in 0..more {
            plan.daemon.push(any_kill(&mut dice));
        }
        if plan.rotates && dice.one_in(2) {
            let at = if dice.one_in(2) { "keys.written" } else { "keys.saved" };
            plan.rotation = Some(Kill::At(at, 1));
        }
        if plan.backup.is_some() || dice.one_in(4) {
            plan.backs_up = Some(Duration::from_millis(dice.below(400)));
        }
        plan
    }

    /// Every death that is planned.
    pub fn kills(&self) -> usize {
        let commands = [&self.rotation, &self.backup];
        self.import.len() + self.daemon.len() + commands.into_iter().flatten().count()
    }
}

/// About how often a round comes to a point.
fn often(label: &str) -> u64 {
    match label {
        "store.migrating" | "store.migrated" | "web.posted" | "web.applied" => 5,
        "store.committing" | "store.committed" => 30,
        "scheduler.registered" => 2,
        "inbox.fetched" | "inbox.counted" | "inbox.parsed" | "inbox.applied" => 4,
        "smtp.open" => 3,
        "smtp.mail" | "smtp.rcpt" | "smtp.data" | "smtp.dot" => 15,
        label if label.starts_with("outbox.") && label != "outbox.recovered" => 15,
        _ => 1,
    }
}

fn any_kill(dice: &mut Dice) -> Kill {
    if dice.one_in(2) {
        // Most of a start is over after some 50 ms, and a whole round after 400.
        return Kill::After(Duration::from_millis(10 + dice.below(350)));
    }
    let points = in_daemon();
    let point = points[usize::try_from(dice.below(points.len() as u64)).unwrap_or(0)];
    Kill::At(point, 1 + dice.below(often(point)))
}

fn member(dice: &mut Dice, dead_left: &mut u64) -> Member {
    let does = match dice.below(20) {
        0..=7 => Does::Renews,
        8..=9 => Does::Writes,
        10..=13 => Does::Asks,
        14..=16 if *dead_left > 0 => {
            *dead_left -= 1;
            Does::IsGone
        }
        _ => Does::Nothing,
    };
    let trouble = match dice.below(40) {
        0 | 1 => Trouble::LaterAtRcpt,
        2 => Trouble::LaterAtData,
        3 => Trouble::LaterAtDot,
        4 => Trouble::NoAtRcpt,
        5 => Trouble::NoAtDot,
        6 => Trouble::GoneAtRcpt,
        7 => Trouble::GoneAtData,
        8 => Trouble::GoneInBody,
        9 => Trouble::GoneAtDot,
        10 => Trouble::TakenAndGone,
        _ => Trouble::None,
    };
    Member { does, twice: dice.one_in(3), trouble }
}
