//! Owns comparing three ledgers: what the relay took, what the store says, and what the plan
//! demands. Nothing may be lost, nothing doubled, and what is in doubt must be listed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::plan::{Does, Plan};
use crate::support::db;
use crate::support::mail::Mail;
use crate::support::rehearsal::Rehearsal;
use crate::support::relay::Relay;
use crate::world::{FIRST, World};

/// As config says: connections, and so messages, that a death can leave in doubt.
const CONNECTIONS: usize = 4;

/// What came of comparing.
#[derive(Debug, Default)]
pub struct Books {
    /// Messages that the relay took.
    pub accepted: usize,
    /// Messages that the store holds for sent, in doubt, refused, held back.
    pub sent: usize,
    pub unknown: usize,
    pub refused: usize,
    pub held: usize,
    /// Mails that were being read at two deaths: they went to the desk as they are.
    pub aside: usize,
    /// What should be and is not; what is more often than it should; what did not come to an end.
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    pub stuck: Vec<String>,
    /// The end of the daemon's log, where something is wrong.
    pub log: String,
}

impl Books {
    /// Whether all three say the same.
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.stuck.is_empty()
    }

    /// What is wrong, a line each.
    pub fn faults(&self) -> String {
        let mut text = String::new();
        for (what, all) in
            [("lost", &self.lost), ("doubled", &self.doubled), ("stuck", &self.stuck)]
        {
            for one in all {
                let _ = writeln!(text, "{what}: {one}");
            }
        }
        text
    }
}

/// A message of the store with its attempts' Message-IDs.
struct Message {
    number: String,
    kind: String,
    state: String,
    reason: String,
    ids: Vec<String>,
}

/// Compares; `deaths` so far.
pub fn compare(
    plan: &Plan,
    site: &Rehearsal,
    relay: &Relay,
    world: &World<'_>,
    deaths: usize,
) -> Books {
    let mut books = Books::default();
    let taken = taken(relay, &mut books);
    let messages = messages(site);
    outgoing(&mut books, &taken, &messages);
    doubts(&mut books, plan, site, &messages, deaths);
    effects(&mut books, plan, site, world);
    let verified = site.cli(&["audit", "verify"]);
    if !verified.status.success() {
        books.lost.push(format!("the ledger: {}{}", verified.stdout, verified.stderr));
    }
    books
}

/// Message-IDs that the relay took, each once. What a member has twice is told by its subject,
/// whatever the store thinks.
fn taken(relay: &Relay, books: &mut Books) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut subjects = BTreeMap::new();
    for taken in relay.taken() {
        books.accepted += 1;
        let mail = Mail::read(&taken.bytes);
        let id = mail.header("Message-ID").unwrap_or_default();
        let id = id.trim_matches(['<', '>']).to_owned();
        if !ids.insert(id.clone()) {
            books.doubled.push(format!("{id} was taken twice"));
        }
        if taken.to[0].starts_with('m') {
            *subjects.entry((taken.to[0].clone(), mail.subject)).or_insert(0) += 1;
        }
    }
    for ((to, subject), times) in subjects {
        if times > 1 {
            books.doubled.push(format!("{to} has {times} of: {subject}"));
        }
    }
    ids
}

fn messages(site: &Rehearsal) -> Vec<Message> {
    let rows = db::query(
        &site.store(),
        "SELECT m.id || '|' || m.kind || '|' || m.state || '|' || m.reason || '|' ||
           coalesce((SELECT group_concat(header_id) FROM attempt WHERE message = m.id), '')
         FROM message m ORDER BY m.id",
    );
    let message = |row: &String| {
        let row = row.trim_matches('"');
        let mut parts = row.split('|').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let (number, kind, state, reason, ids) = (next(), next(), next(), next(), next());
        let ids = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        Message { number, kind, state, reason, ids }
    };
    rows.iter().map(message).collect()
}

fn outgoing(books: &mut Books, taken: &BTreeSet<String>, messages: &[Message]) {
    let mut known = BTreeSet::new();
    for message in messages {
        known.extend(message.ids.iter().cloned());
        let left = message.ids.iter().filter(|id| taken.contains(*id)).count();
        let Message { number, kind, state, .. } = message;
        if left > 1 {
            books.doubled.push(format!("message {number} ({kind}) left {left} times"));
        }
        match state.as_str() {
            "sent" => {
                books.sent += 1;
                if left == 0 {
                    books.lost.push(format!("message {number} ({kind}) is sent, and never left"));
                }
            }
            "unknown" => books.unknown += 1,
            "refused" | "held" | "cancelled" => {
                books.refused += usize::from(state == "refused");
                books.held += usize::from(state == "held");
                if left > 0 {
                    books.doubled.push(format!("message {number} ({kind}) is {state}, and left"));
                }
            }
            _ => books.stuck.push(format!("message {number} ({kind}) is {state} at the end")),
        }
    }
    for id in taken.difference(&known) {
        books.lost.push(format!("{id} left, and nobody knows"));
    }
}

/// No more are in doubt than connections were open, besides those that the relay left so; and a
/// person finds each.
fn doubts(books: &mut Books, plan: &Plan, site: &Rehearsal, messages: &[Message], deaths: usize) {
    let unknown: Vec<&Message> = messages.iter().filter(|m| m.state == "unknown").collect();
    let (died, left): (Vec<&Message>, Vec<&Message>) =
        unknown.iter().partition(|m| m.reason.contains("the process died"));
    if died.len() > deaths * CONNECTIONS {
        books.lost.push(format!("{deaths} deaths left {} messages in doubt", died.len()));
    }
    let scripted = plan.members.iter().filter(|m| m.trouble.leaves_doubt()).count();
    if left.len() > scripted {
        let reasons: Vec<&str> = left.iter().map(|m| m.reason.as_str()).collect();
        books.lost.push(format!("{} in doubt of {scripted}: {reasons:?}", left.len()));
    }
    if unknown.is_empty() {
        return;
    }
    let listed = site.json(&["outbox", "list", "--only", "unknown"]);
    let listed: BTreeSet<String> = listed
        .as_array()
        .map(|all| all.iter().map(|m| m["message"].to_string()).collect())
        .unwrap_or_default();
    for message in unknown.iter().filter(|m| !listed.contains(&m.number)) {
        books.lost.push(format!("message {} is in doubt, and not listed", message.number));
    }
}

/// Each member one notice; each answer, question and report one effect.
fn effects(books: &mut Books, plan: &Plan, site: &Rehearsal, world: &World<'_>) {
    let count = |kind: &str| {
        format!("(SELECT count(*) FROM ledger l WHERE l.subject = p.subject AND l.kind = '{kind}')")
    };
    let mails = |kind: &str| {
        format!("(SELECT count(*) FROM message m WHERE m.person = p.id AND m.kind = '{kind}')")
    };
    let sql = format!(
        "SELECT p.member_no || ' ' || coalesce(r.state, '-') || ' ' || {} || ' ' || {} || ' ' ||
           {} || ' ' || {} || ' ' || {} || ' ' || {} || ' ' ||
           (SELECT count(*) FROM attempt a JOIN message m ON m.id = a.message
             WHERE m.person = p.id AND a.bounced_at IS NOT NULL)
         FROM person p LEFT JOIN renewal r ON r.person = p.id",
        count("answered"),
        count("forwarded"),
        count("bounced"),
        mails("notice"),
        mails("confirmation"),
        mails("forward"),
    );
    let mut all: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for row in db::query(&site.store(), &sql) {
        let mut words = row.trim_matches('"').split(' ').map(str::to_owned);
        let number: usize = words.next().and_then(|n| n.parse().ok()).unwrap_or_default();
        all.entry(number - FIRST as usize).or_default().push(words.collect::<Vec<_>>().join(" "));
    }
    let aside = "SELECT count(*) FROM inbound i JOIN message m ON m.kind = 'forward'
         AND m.person IS NULL AND json_extract(m.payload, '$.inbound') = i.id
         WHERE i.outcome = 'to-desk:unparsed'";
    let mut aside: usize =
        db::query(&site.store(), aside).first().and_then(|n| n.parse().ok()).unwrap_or_default();
    books.aside = aside;
    for (number, member) in plan.members.iter().enumerate() {
        let rows = all.remove(&number).unwrap_or_default();
        let does = if world.met.contains(&number) { member.does } else { Does::Nothing };
        // Renewal; answered, forwarded, bounced in the ledger; notices, confirmations, forwards
        // in the outbox; attempts that came back.
        let wanted = match does {
            Does::Nothing => "open 0 0 0 1 0 0 0",
            Does::Renews | Does::Writes => "pledged 1 0 0 1 1 0 0",
            Does::Asks => "open 0 1 0 1 0 1 0",
            Does::IsGone => "open 0 0 1 1 0 0 1",
        };
        if rows.len() == 1 && rows[0] == wanted {
            continue;
        }
        let by_mail = matches!(does, Does::Writes | Does::Asks | Does::IsGone);
        if aside > 0 && by_mail && rows == ["open 0 0 0 1 0 0 0"] {
            // The desk has it, and a person reads it.
            aside -= 1;
            continue;
        }
        let told = format!("member {number} {does:?}: {rows:?} where {wanted} is due");
        if rows.len() != 1 || less(&rows[0], wanted) {
            books.lost.push(told);
        } else {
            books.doubled.push(told);
        }
    }
    if !all.is_empty() {
        books.doubled.push(format!("members that nobody listed: {:?}", all.keys()));
    }
    let fired = db::query(&site.store(), "SELECT count(*) FROM ledger WHERE kind = 'fired'");
    if fired != ["1"] {
        books.doubled.push(format!("the step fired {fired:?} times"));
    }
}

/// Whether any part of `found` is less than it should be.
fn less(found: &str, wanted: &str) -> bool {
    found.split(' ').zip(wanted.split(' ')).any(|(found, wanted)| {
        match (found.parse::<u32>(), wanted.parse::<u32>()) {
            (Ok(found), Ok(wanted)) => found < wanted,
            _ => found != wanted,
        }
    })
}
