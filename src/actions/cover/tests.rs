use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::actions::insurer::{self, NoList};
use crate::actions::{Action, Applied, Door, Evidence, apply};
use crate::domain::answer::Choice;
use crate::domain::billing::tests::federation;
use crate::domain::insurance::Declaration;
use crate::domain::words::Lang;
use crate::ids::{MessageId, Random};
use crate::link::Keyring;
use crate::store::Direct;

const DEADLINE: &str = "2027-01-01T05:00:00Z";
const IN_TIME: &str = "2027-01-01T04:59:59Z";
const LATER: &str = "2027-01-05T15:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The sample federation with a store of its own.
struct Club {
    store: Direct,
    context: Context,
    _dir: tempfile::TempDir,
}

impl Club {
    /// So many members of OPPI and CIP, covered unless their number says otherwise.
    fn of(members: i64, pli: impl Fn(i64) -> bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Direct::open(dir.path(), 0).unwrap();
        let start = at("2026-11-01T00:00:00Z");
        let ring = Keyring::generate(&Random::seeded(7), start);
        let context = Context { config: Arc::new(federation()), ring: Arc::new(ring) };
        store
            .write(|c| {
                for n in 1..=members {
                    c.execute(
                        "INSERT INTO person (id, member_no, subject, salt, given_name,
                           family_name, email, language, province, status, phone)
                         VALUES (?1, ?2, 'subject' || ?1, randomblob(16), 'Camille', 'Roy',
                           'm' || ?1 || '@members.example', 'fr', 'ON', 'active', '514-555-0100')",
                        (n, (1000 + n).to_string()),
                    )?;
                    for (code, pli) in [("OPPI", pli(n)), ("CIP", false)] {
                        c.execute(
                            "INSERT INTO membership (person, association, category, pli, home)
                             VALUES (?1, ?2, 'full', ?3, 0)",
                            (n, code, pli),
                        )?;
                    }
                    renewals::open(c, PersonId(n), "OPPI", "2027", 0)?;
                }
                for code in ["OPPI", "CIP"] {
                    c.execute(
                        "INSERT INTO firing (schedule, local, zone, due_at, season, issuer, step, kind,
                           state, created_at)
                         VALUES (?1 || '-notice', '2026-11-03T09:00', 'America/Toronto', 0, '2027', ?1,
                           'notice', 'notice', 'done', 0)",
                        [code],
                    )?;
                }
                Ok(())
            })
            .unwrap();
        Self { store, context, _dir: dir }
    }

    fn write<T>(&mut self, f: impl FnOnce(&Connection, &Context) -> Result<T, StoreError>) -> T {
        let context = &self.context;
        self.store.write(|c| f(c, context)).unwrap()
    }

    fn answer(&mut self, n: i64, choice: Choice, door: Door<'static>, when: &str) -> Applied {
        let evidence = evidence(door, when);
        self.write(|c, context| {
            let answer = &crate::domain::answer::Answer::plain(choice);
            let action = Action::Answer { renewal: RenewalId(n), answer, form: None };
            apply(c, context, &action, &evidence)
        })
    }

    fn declare(&mut self, n: i64, yes: [bool; 2], door: Door<'static>, when: &str) -> Applied {
        let declaration = answers(yes);
        let evidence = evidence(door, when);
        self.write(|c, context| {
            insurance::declare(c, context, RenewalId(n), &declaration, false, &evidence)
        })
    }

    /// Every chunk until nothing is left.
    fn pass(&mut self, now: &str, read_until: &str) -> PassEnd {
        loop {
            let end = self.write(|c, context| deadline_pass(c, context, at(now), at(read_until)));
            if end != PassEnd::More {
                return end;
            }
        }
    }

    fn text(&mut self, sql: &str) -> Vec<String> {
        self.write(|c, _| {
            let mut statement = c.prepare(sql)?;
            let rows = statement.query_map([], |r| r.get::<_, String>(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn outcome(&mut self, n: i64) -> String {
        let sql = format!(
            "SELECT group_concat(outcome, ' ') FROM
               (SELECT outcome FROM outcome WHERE renewal = {n} ORDER BY version)"
        );
        self.write(|c, _| {
            Ok(c.query_row(&sql, [], |r| r.get::<_, Option<String>>(0))?.unwrap_or_default())
        })
    }
}

fn evidence(door: Door<'static>, when: &str) -> Evidence<'static> {
    Evidence { door, mid: Some(MessageId([7; 8])), lang: Lang::Fr, at: at(when), answers: "" }
}

fn answers(yes: [bool; 2]) -> Declaration {
    Declaration {
        questions: "2027-1".into(),
        answers: vec![("claims".into(), yes[0]), ("circumstances".into(), yes[1])],
    }
}

#[test]
fn declarations_are_versions_and_never_come_by_mail() {
    let mut club = Club::of(1, |_| true);
    let when = "2026-12-01T15:00:00Z";
    assert_eq!(club.declare(1, [false, false], Door::Mail, when), Applied::Nothing);
    let old = Declaration { questions: "2026-1".into(), ..answers([false, false]) };
    let strange = Declaration { answers: vec![("other".into(), true)], ..answers([true, true]) };
    let nothing = Declaration { answers: Vec::new(), ..answers([true, true]) };
    for (declaration, want) in
        [(old, Applied::Stale), (strange, Applied::Nothing), (nothing, Applied::Nothing)]
    {
        let proof = evidence(Door::Web, when);
        let got = club.write(|c, context| {
            insurance::declare(c, context, RenewalId(1), &declaration, false, &proof)
        });
        assert_eq!(got, want, "{declaration:?}");
    }
    assert_eq!(club.declare(1, [false, false], Door::Web, when), Applied::Done);
    assert_eq!(club.declare(1, [false, false], Door::Web, when), Applied::Already);
    assert_eq!(club.declare(1, [true, false], Door::Web, "2026-12-02T15:00:00Z"), Applied::Done);
    let kept = club.text("SELECT version || ' ' || answers FROM declaration ORDER BY version");
    assert_eq!(
        kept,
        [
            "1 [[\"claims\",false],[\"circumstances\",false]]",
            "2 [[\"claims\",true],[\"circumstances\",false]]"
        ]
    );
    let lines = club.text("SELECT kind FROM ledger ORDER BY seq");
    assert_eq!(lines, ["insurance-questions", "declared", "declared"]);
}

#[test]
fn a_yes_is_followed_up_and_stands_nowhere_else() {
    let mut club = Club::of(2, |_| true);
    let when = "2026-12-01T15:00:00Z";
    club.declare(1, [false, true], Door::Web, when);
    club.declare(2, [false, false], Door::Web, when);
    let tasks = club.text("SELECT kind || ' ' || data FROM task");
    assert_eq!(tasks, ["insurance {\"declaration\":1,\"member\":\"1001\"}"]);
    let mails = club.text("SELECT person || ' ' || kind || ' ' || recipient FROM message");
    assert_eq!(mails, ["1 insurance-follow-up member", "1 desk-note desk"]);
    let told = club.text(
        "SELECT data FROM ledger WHERE kind = 'declared' UNION ALL
                          SELECT payload FROM message",
    );
    for text in told {
        for word in ["claims", "circumstances", "yes", "follow_up"] {
            assert!(!text.contains(word), "{text}");
        }
    }
    let digests = club.text(
        "SELECT json_extract(data, '$.digest') FROM ledger
                             WHERE kind = 'declared'",
    );
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn the_pass_waits_for_the_inbox_and_runs_once() {
    let mut club = Club::of(70, |n| n % 7 != 0);
    for n in 1..=10 {
        club.answer(n, Choice::Invoice, Door::Web, IN_TIME);
    }
    for n in 1..=5 {
        club.declare(n, [n == 1, false], Door::Web, IN_TIME);
    }
    club.answer(11, Choice::NotRenewing, Door::Web, IN_TIME);
    club.answer(12, Choice::Invoice, Door::Web, DEADLINE);
    assert_eq!(club.pass(IN_TIME, LATER), PassEnd::Done);
    assert_eq!(club.outcome(1), "", "not before the deadline");
    assert_eq!(club.pass(DEADLINE, IN_TIME), PassEnd::Waits);
    assert_eq!(club.outcome(1), "", "not before the inbox was read past it");
    let due = |c: &Connection, context: &Context, until| {
        is_due(c, &context.config, at(DEADLINE), at(until))
    };
    assert!(!club.write(|c, context| due(c, context, IN_TIME)));
    assert!(club.write(|c, context| due(c, context, DEADLINE)));
    assert_eq!(club.pass(DEADLINE, DEADLINE), PassEnd::Done);
    assert!(!club.write(|c, context| due(c, context, DEADLINE)));
    let expected = [(1, "kept"), (6, "pending"), (7, ""), (11, "declined"), (12, "interrupted")];
    for (n, want) in expected {
        assert_eq!(club.outcome(n), want, "{n}");
    }
    let totals = club
        .text("SELECT outcome || ' ' || count(*) FROM outcome GROUP BY outcome ORDER BY outcome");
    assert_eq!(totals, ["declined 1", "interrupted 50", "kept 5", "pending 4"]);
    let before = club.text("SELECT group_concat(kind) FROM ledger");
    assert_eq!(club.pass(DEADLINE, DEADLINE), PassEnd::Done);
    assert_eq!(club.text("SELECT group_concat(kind) FROM ledger"), before, "nothing twice");
    let ended = club.text(
        "SELECT DISTINCT kind || ' ' || due_at FROM message
                           WHERE kind LIKE 'cover%' ORDER BY 1",
    );
    let morning = at("2027-01-01T14:00:00Z").as_millisecond();
    assert_eq!(ended, [format!("cover-ended {morning}"), format!("cover-pending {morning}")]);
    let notes = club.text(
        "SELECT issuer || payload FROM message WHERE kind = 'desk-note'
                           AND payload LIKE '%cover-outcomes%'",
    );
    assert_eq!(notes, ["OPPI{\"topic\":\"cover-outcomes\",\"totals\":[5,50,1,4]}"]);
}

#[test]
fn who_never_got_a_notice_hears_of_no_end() {
    let mut club = Club::of(2, |_| true);
    club.write(|c, _| {
        c.execute("UPDATE firing SET state = 'held' WHERE issuer = 'OPPI'", [])?;
        Ok(())
    });
    club.pass(DEADLINE, DEADLINE);
    assert_eq!(club.outcome(1), "interrupted", "the insurer's list has them all the same");
    assert_eq!(club.text("SELECT kind FROM message WHERE recipient = 'member'"), [] as [&str; 0]);
}

#[test]
fn what_arrived_in_time_revises_by_a_new_row() {
    let mut club = Club::of(3, |_| true);
    club.pass(DEADLINE, DEADLINE);
    // A reply from before midnight, which our MX handed over late; one that came after midnight.
    club.answer(1, Choice::Invoice, Door::Mail, IN_TIME);
    club.answer(2, Choice::Invoice, Door::Mail, DEADLINE);
    club.pass("2027-01-01T06:00:00Z", LATER);
    assert_eq!(club.outcome(1), "interrupted pending");
    assert_eq!(club.outcome(2), "interrupted interrupted", "told apart by the reason");
    assert_eq!(club.declare(1, [false, false], Door::Web, LATER), Applied::Done);
    club.pass(LATER, LATER);
    assert_eq!(club.outcome(1), "interrupted pending kept");
    assert_eq!(club.outcome(3), "interrupted");
    let mails = club.text(
        "SELECT person || ' ' || kind FROM message WHERE kind LIKE 'cover%'
                           ORDER BY id",
    );
    assert_eq!(mails, ["1 cover-ended", "2 cover-ended", "3 cover-ended", "1 cover-pending"]);
}

#[test]
fn a_declaration_that_never_comes_ends_cover_at_the_brokers_day() {
    let mut club = Club::of(2, |_| true);
    club.answer(1, Choice::Invoice, Door::Mail, IN_TIME);
    club.answer(2, Choice::Invoice, Door::Mail, IN_TIME);
    club.pass(DEADLINE, DEADLINE);
    club.declare(2, [true, true], Door::Web, "2027-02-01T04:59:59Z");
    club.pass("2027-02-01T05:00:00Z", "2027-02-01T05:00:00Z");
    assert_eq!(club.outcome(1), "pending interrupted");
    assert_eq!(club.outcome(2), "pending kept");
    let news = club.text("SELECT payload FROM message WHERE kind = 'cover-ended'");
    assert_eq!(news, ["{\"news\":\"not-declared\"}"]);
}

#[test]
fn lists_add_up_and_addenda_hold_what_changed() {
    let mut club = Club::of(20, |n| n > 3);
    club.answer(5, Choice::Invoice, Door::Mail, IN_TIME);
    let list = |club: &mut Club, as_of: &str, issuer: Option<&'static str>| {
        club.write(|c, context| insurer::list(c, context, at(as_of), issuer))
    };
    let before = list(&mut club, IN_TIME, None);
    assert_eq!((before.status, before.covered), ("provisional", 17));
    assert_eq!(before.totals["pending"], 1);
    let give =
        |club: &mut Club, now: &str| club.write(|c, context| insurer::give(c, context, at(now)));
    assert_eq!(give(&mut club, IN_TIME).unwrap_err(), NoList::NotSettled);
    club.pass(DEADLINE, DEADLINE);
    let settled = list(&mut club, DEADLINE, Some("OPPI"));
    assert_eq!((settled.status, settled.covered), ("settled", 17));
    assert_eq!(list(&mut club, DEADLINE, Some("CIP")).covered, 0, "on one bill only");
    let given = give(&mut club, LATER).unwrap();
    assert_eq!((given.status, given.covered), ("final", 17));
    assert_eq!(given.totals.values().sum::<usize>(), 17);
    assert_eq!(give(&mut club, LATER).unwrap_err(), NoList::NothingNew);
    club.declare(5, [false, false], Door::Web, LATER);
    club.pass(LATER, LATER);
    let addendum = give(&mut club, LATER).unwrap();
    assert_eq!((addendum.status, addendum.covered, addendum.totals["kept"]), ("addendum", 1, 1));
    assert_eq!(addendum.members[0].member_no, "1005");
    let whole = list(&mut club, LATER, None);
    assert_eq!((whole.status, whole.covered), ("final", 17));
    let as_it_was = list(&mut club, "2027-01-02T00:00:00Z", None);
    assert_eq!((as_it_was.totals["pending"], as_it_was.totals["kept"]), (1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Whoever did what and when: each covered member has exactly one outcome that holds, and the
    /// four add up to them.
    #[test]
    fn every_covered_member_has_one_outcome(
        acts in prop::collection::vec((1..9i64, 0..4u8, -50_000..50_000i64), 0..24),
        covered in prop::collection::vec(any::<bool>(), 8),
    ) {
        let mut club = Club::of(8, |n| covered[usize::try_from(n - 1).unwrap()]);
        let mut acts = acts;
        acts.sort_by_key(|(_, _, s)| *s);
        let (early, late): (Vec<_>, Vec<_>) = acts.into_iter().partition(|(_, _, s)| *s < 0);
        let act = |club: &mut Club, (n, what, seconds): (i64, u8, i64)| {
            let when = (at(DEADLINE) + SignedDuration::from_secs(seconds)).to_string();
            match what {
                0 => club.answer(n, Choice::Invoice, Door::Mail, &when),
                1 => club.answer(n, Choice::NotRenewing, Door::Web, &when),
                2 => club.declare(n, [true, false], Door::Web, &when),
                _ => club.answer(n, Choice::Invoice, Door::Web, &when),
            };
        };
        for a in early {
            act(&mut club, a);
        }
        club.pass(DEADLINE, DEADLINE);
        for a in late {
            act(&mut club, a);
        }
        club.pass(LATER, LATER);
        let list = club.write(|c, context| insurer::list(c, context, at(LATER), None));
        let want: Vec<String> = (1..=8usize)
            .filter(|n| covered[n - 1])
            .map(|n| (1000 + n).to_string())
            .collect();
        let got: Vec<String> = list.members.iter().map(|m| m.member_no.clone()).collect();
        prop_assert_eq!(got, want);
        prop_assert_eq!(list.totals.values().sum::<usize>(), list.covered);
        let held = club.text("SELECT CAST(renewal AS TEXT) FROM outcome GROUP BY renewal");
        prop_assert_eq!(held.len(), list.covered);
    }
}
