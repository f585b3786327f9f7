//! Owns finding our own tokens in a mail: in the addresses it came to, else in the ids it refers
//! to. An address never attributes by itself.

use jiff::Timestamp;

use super::reading::{Kind, Reading};
use crate::domain::mailroom::Found;
use crate::ids::MessageId;
use crate::link::{Keyring, Purpose, Token};

/// Characters of a token in an address.
const ADDRESS_LEN: usize = 48;
/// Characters of a token in a URL.
const URL_LEN: usize = 40;

/// A verified token and what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribution {
    /// The message.
    pub mid: MessageId,
    /// Purpose and age.
    pub found: Found,
}

/// The best token in the mail: for a report the envelope's, for anything else the reply
/// address's; failing that, a Message-ID of ours among the references.
#[must_use]
pub fn attribute(reading: &Reading, ring: &Keyring, now: Timestamp) -> Option<Attribution> {
    token(reading, ring).map(|token| found(token, now))
}

/// As [`attribute`], the token itself.
#[must_use]
pub fn token(reading: &Reading, ring: &Keyring) -> Option<Token> {
    let report = matches!(reading.kind, Kind::Bounce | Kind::Report | Kind::Complaint);
    let wanted = if report { Purpose::Bounce } else { Purpose::Reply };
    let addressed: Vec<Token> = reading
        .addressed
        .iter()
        .filter_map(|address| token_in(address))
        .filter_map(|text| Token::read(text, ring).ok())
        .filter(|t| matches!(t.purpose, Purpose::Bounce | Purpose::Reply))
        .collect();
    let best = addressed.iter().find(|t| t.purpose == wanted).or_else(|| addressed.first());
    if let Some(token) = best {
        return Some(*token);
    }
    reading
        .references
        .iter()
        .filter_map(|id| id.split('@').next())
        .filter(|local| local.len() == ADDRESS_LEN)
        .filter_map(|text| Token::read(text, ring).ok())
        .find(|t| t.purpose == Purpose::Ref)
}

fn found(token: Token, now: Timestamp) -> Attribution {
    let expired =
        token.expires_h != u32::MAX && now.as_second() >= i64::from(token.expires_h) * 3600;
    Attribution { mid: token.message, found: Found { purpose: token.purpose, expired } }
}

fn token_in(address: &str) -> Option<&str> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, token) = local.rsplit_once('+')?;
    (token.len() == ADDRESS_LEN).then_some(token)
}

/// The text with every token of ours taken out, so that passing it on passes no capability on.
/// Looked for at every place: `_` and `-` are letters of a token, and people write them around
/// links.
#[must_use]
pub fn redact(text: &str, ring: &Keyring) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        let mut at = 0;
        while at < run.len() {
            let token = [ADDRESS_LEN, URL_LEN].into_iter().find(|len| {
                run.get(at..at + len).is_some_and(|text| Token::read(text, ring).is_ok())
            });
            out.push_str(if token.is_some() { "…" } else { &run[at..=at] });
            at += token.unwrap_or(1);
        }
        run.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn address(ring: &Keyring, purpose: Purpose, n: u8, age_h: u32) -> String {
        let expires_h = Token::hours(now()) + 100 - age_h;
        let token = Token { purpose, message: MessageId([n; 8]), expires_h };
        format!("x+{}@mail.test", token.to_address(ring).to_ascii_uppercase())
    }

    #[test]
    fn the_right_token_wins() {
        let ring = Keyring::generate(&Random::seeded(1), now());
        let mut reading = Reading {
            kind: Kind::Reply,
            addressed: vec![
                "r+short@mail.test".into(),
                address(&ring, Purpose::Bounce, 1, 0),
                address(&ring, Purpose::Reply, 2, 0),
            ],
            ..Reading::default()
        };
        let best = attribute(&reading, &ring, now()).unwrap();
        assert_eq!((best.mid, best.found.purpose), (MessageId([2; 8]), Purpose::Reply));
        reading.kind = Kind::Bounce;
        let best = attribute(&reading, &ring, now()).unwrap();
        assert_eq!((best.mid, best.found.purpose), (MessageId([1; 8]), Purpose::Bounce));
        reading.addressed = vec![address(&ring, Purpose::Reply, 3, 200)];
        assert!(attribute(&reading, &ring, now()).unwrap().found.expired);
        reading.addressed = vec![address(&ring, Purpose::Renew, 4, 0)];
        assert_eq!(attribute(&reading, &ring, now()), None, "a renewal link is no reply address");
    }

    #[test]
    fn a_message_id_attributes() {
        let ring = Keyring::generate(&Random::seeded(1), now());
        let token = |purpose| Token { purpose, message: MessageId([5; 8]), expires_h: u32::MAX };
        let id = |purpose| format!("{}@mail.test", token(purpose).to_address(&ring));
        let mut reading = Reading { references: vec![id(Purpose::Ref)], ..Reading::default() };
        let best = attribute(&reading, &ring, now()).unwrap();
        assert_eq!((best.mid, best.found.purpose), (MessageId([5; 8]), Purpose::Ref));
        reading.references = vec![id(Purpose::Reply), "not-ours@mail.test".into()];
        assert_eq!(attribute(&reading, &ring, now()), None);
    }

    #[test]
    fn redaction_takes_tokens_and_nothing_else() {
        let ring = Keyring::generate(&Random::seeded(1), now());
        let token =
            Token { purpose: Purpose::Renew, message: MessageId([6; 8]), expires_h: u32::MAX };
        let other = "a".repeat(40);
        let text = format!("see https://x.test/r/{} and {other}.", token.to_url(&ring));
        assert_eq!(redact(&text, &ring), format!("see https://x.test/r/… and {other}."));
        let (url, local) = (token.to_url(&ring), token.to_address(&ring).to_uppercase());
        let glued = format!("_{url}_ -{url}- r-{local}9 {url}{local}");
        assert_eq!(redact(&glued, &ring), "_…_ -…- r-…9 ……");
    }
}
