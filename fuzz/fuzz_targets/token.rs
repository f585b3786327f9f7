//! Only what a key of the ring signed is verified: any text, and signed tokens that were altered.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Unstructured;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use relance::ids::{MessageId, Random};
use relance::link::{Keyring, Purpose, Token};

/// The ring before and after its second key, and a ring of somebody else.
static RINGS: LazyLock<[Keyring; 3]> = LazyLock::new(|| {
    let before = Keyring::generate(&Random::seeded(1), at(0));
    let mut after = before.clone();
    after.add(&Random::seeded(2), at(1)).expect("room for a second key");
    [before, after, Keyring::generate(&Random::seeded(3), at(0))]
});

/// Hours since the epoch; those that no timestamp can say are the last one that it can.
fn at(hour: u32) -> Timestamp {
    Timestamp::from_second(i64::from(hour) * 3600).unwrap_or(Timestamp::MAX)
}

/// A case as numbers; each edit is what is done, at which two places, with which character.
type Edit = (u8, u8, u8, char);
type Case = (u8, u8, u8, [u8; 8], u32, u32, bool, Vec<Edit>, String);

fuzz_target!(|octets: &[u8]| {
    let Ok(case) = Unstructured::new(octets).arbitrary::<Case>() else { return };
    let (ring, purpose, asked, message, expires_h, now_h, in_address, edits, text) = case;
    let choose = |n: u8| Purpose::ALL[usize::from(n) % Purpose::ALL.len()];
    let token = Token { purpose: choose(purpose), message: MessageId(message), expires_h };
    let ring = usize::from(ring) % RINGS.len();
    let signed =
        if in_address { token.to_address(&RINGS[ring]) } else { token.to_url(&RINGS[ring]) };
    let edited = edit(&signed, &edits);
    for text in [&signed, &edited, &text] {
        verify(text, choose(asked), at(now_h));
    }
    let ours = Token::read(&signed, &RINGS[1]);
    assert_eq!(ours.is_ok(), ring != 2, "{signed}");
});

/// Whatever verifies is, to the letter, what the ring signs for what it says.
fn verify(text: &str, asked: Purpose, now: Timestamp) {
    let [before, after, _] = &*RINGS;
    if let Ok(token) = Token::read(text, after) {
        let signed = [before, after].map(|ring| (token.to_url(ring), token.to_address(ring)));
        let lower = text.to_ascii_lowercase();
        assert!(signed.iter().any(|(url, address)| url == text || *address == lower), "{text}");
    }
    let url = Token::from_url(text, asked, after, now);
    let address = Token::from_address(text, asked, after, now);
    assert!(url.is_err() || address.is_err(), "one text in both forms: {text}");
    for token in [url, address].into_iter().flatten() {
        assert_eq!(Token::read(text, after), Ok(token), "{text}");
        assert_eq!(token.purpose, asked);
        assert!(
            token.expires_h == u32::MAX || now.as_second() < i64::from(token.expires_h) * 3600,
            "{token:?}"
        );
    }
}

fn edit(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (what, one, other, c) in edits {
        let len = chars.len().max(1);
        let (one, other) = (usize::from(*one) % len, usize::from(*other) % len);
        match what % 7 {
            0 => chars.insert(one, *c),
            1 => chars.truncate(one),
            2 => chars.iter_mut().for_each(|c| c.make_ascii_uppercase()),
            3 => chars.iter_mut().for_each(|c| c.make_ascii_lowercase()),
            _ if chars.is_empty() => {}
            4 => chars[one] = *c,
            5 => drop(chars.remove(one)),
            _ => chars.swap(one, other),
        }
    }
    chars.into_iter().collect()
}
