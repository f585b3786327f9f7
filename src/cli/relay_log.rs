//! Owns reading a Postfix log for mails of ours that it took: `QUEUE-ID: message-id=<…>`, and a
//! later line of the same queue id with a `status=` or `queue active`. Our Message-IDs are signed,
//! so that no other line counts.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::ids::MessageId;
use crate::link::{Keyring, Purpose, Token};

/// Octets of a line that are looked at: Postfix cuts its own far below.
const LINE_OCTETS_MAX: usize = 64 * 1024;
/// Mails in the log that the relay has not yet taken: far more than it works on at once.
const OPEN_MAX: usize = 100_000;

/// The attempts that the log names as taken by the relay: whether it then delivered them, still
/// tries, or gave them back, a second one would be one too many.
pub(super) fn named(file: &Path, ring: &Keyring) -> std::io::Result<Vec<MessageId>> {
    if file == Path::new("-") {
        return read(std::io::stdin().lock(), ring);
    }
    read(BufReader::new(File::open(file)?), ring)
}

fn read(mut log: impl BufRead, ring: &Keyring) -> std::io::Result<Vec<MessageId>> {
    let mut open: HashMap<String, MessageId> = HashMap::new();
    let mut taken = BTreeSet::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if log.read_until(b'\n', &mut line)? == 0 {
            return Ok(taken.into_iter().collect());
        }
        line.truncate(LINE_OCTETS_MAX);
        let text = String::from_utf8_lossy(&line);
        let Some((queue_id, event)) = event(&text) else { continue };
        if let Some(mid) = message_id(event, ring) {
            if open.len() < OPEN_MAX {
                open.insert(queue_id.to_owned(), mid);
            }
        } else if (event.contains(" status=") || event.contains("(queue active)"))
            && let Some(mid) = open.remove(queue_id)
        {
            taken.insert(mid);
        }
    }
}

/// `… postfix/smtp[12]: 4XyZ: to=<…>, …`: the queue id and what happened.
fn event(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once("]: ")?;
    let (queue_id, event) = rest.split_once(": ")?;
    let plain = !queue_id.is_empty() && queue_id.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then_some((queue_id, event))
}

fn message_id(event: &str, ring: &Keyring) -> Option<MessageId> {
    let id = event.strip_prefix("message-id=<")?.split(['@', '>']).next()?;
    let token = Token::read(id, ring).ok()?;
    (token.purpose == Purpose::Ref).then_some(token.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;

    #[test]
    fn only_our_own_mails_that_were_taken() {
        let at = "2026-11-01T00:00:00Z".parse().unwrap();
        let ring = Keyring::generate(&Random::seeded(3), at);
        let other = Keyring::generate(&Random::seeded(4), at);
        let id = |n: u8, purpose, ring: &Keyring| {
            let token = Token { purpose, message: MessageId([n; 8]), expires_h: u32::MAX };
            token.to_address(ring)
        };
        let log = format!(
            "Nov 24 12:00:00 mx postfix/cleanup[7]: 4AAA: message-id=<{}@mail.example.ca>\n\
             Nov 24 12:00:00 mx postfix/qmgr[7]: 4AAA: from=<b@example.ca>, size=9, nrcpt=1 (queue active)\n\
             2026-11-24T12:00:01+00:00 mx postfix/cleanup[7]: 4BBB: message-id=<{}@mail.example.ca>\n\
             2026-11-24T12:00:01+00:00 mx postfix/smtp[7]: 4BBB: to=<a@example.ca>, relay=none, delay=1, dsn=2.0.0, status=sent (250 ok)\n\
             Nov 24 12:00:02 mx postfix/cleanup[7]: 4CCC: message-id=<{}@mail.example.ca>\n\
             Nov 24 12:00:02 mx postfix/cleanup[7]: 4CCC: milter-reject: END-OF-MESSAGE\n\
             Nov 24 12:00:03 mx postfix/cleanup[7]: 4DDD: message-id=<{}@mail.example.ca>\n\
             Nov 24 12:00:03 mx postfix/smtp[7]: 4DDD: to=<a@example.ca>, status=sent (250 ok)\n\
             Nov 24 12:00:04 mx postfix/cleanup[7]: 4EEE: message-id=<{}@mail.example.ca>\n\
             Nov 24 12:00:04 mx postfix/smtp[7]: 4EEE: to=<a@example.ca>, status=sent (250 ok)\n\
             \u{0}\u{1} nothing: of: ours]: x\n",
            id(1, Purpose::Ref, &ring),
            id(2, Purpose::Ref, &ring),
            id(3, Purpose::Ref, &ring),
            id(4, Purpose::Ref, &other),
            id(5, Purpose::Renew, &ring),
        );
        let found = read(log.as_bytes(), &ring).unwrap();
        assert_eq!(found, [MessageId([1; 8]), MessageId([2; 8])]);
    }
}
