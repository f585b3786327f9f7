//! Owns forging links: so many that somebody made up or altered, each at every door; and how long
//! a refusal takes by what is wrong, by the function and by the page. None may be taken, and the
//! time may tell nothing that the text does not.

mod timing;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use crate::cli::say;
use crate::ids::{MessageId, Random};
use crate::link::{Keyring, Purpose, Token, TokenError};

/// What was done to a token that was good.
const WAYS: [&str; 14] = [
    "bit",
    "two-bits",
    "cut",
    "longer",
    "case",
    "purpose",
    "key-id",
    "expiry",
    "message",
    "tag",
    "foreign-ring",
    "other-alphabet",
    "swapped",
    "made-up",
];
/// Hours by which the good ones are good.
const AHEAD_H: u32 = 24;
/// Characters that stand in tokens, or nearly.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. ";

/// Tries `count` forgeries, then measures; prints one JSON object a line.
pub(super) fn run(count: u32, samples: u32, seed: u64, now: Timestamp) -> anyhow::Result<()> {
    let random = if seed == 0 { Random::System } else { Random::seeded(seed) };
    let tried = tries(count, &random, now);
    let accepted: u64 = tried.values().map(|t| t.accepted).sum();
    let by_way: BTreeMap<_, _> = tried.iter().map(|(way, t)| (way, t.tried)).collect();
    let tried: u64 = tried.values().map(|t| t.tried).sum();
    say(&json!({"forged": tried, "accepted": accepted, "by_way": by_way}).to_string());
    timing::function(samples, &random, now);
    tokio::runtime::Runtime::new()?.block_on(timing::page(samples, &random))?;
    anyhow::ensure!(accepted == 0, "{accepted} forged links were taken");
    Ok(())
}

#[derive(Default)]
struct Tries {
    tried: u64,
    accepted: u64,
}

/// Each forgery is shown at every door in both forms; one that passes anywhere counts.
fn tries(count: u32, random: &Random, now: Timestamp) -> BTreeMap<&'static str, Tries> {
    // Three keys, so that the id in a token may name one that is there and did not sign.
    let mut ring = Keyring::generate(random, now);
    for _ in 0..2 {
        ring.add(random, now).unwrap_or_else(|_| unreachable!("three of 256"));
    }
    let foreign = Keyring::generate(random, now);
    let mut out: BTreeMap<&'static str, Tries> = BTreeMap::new();
    for n in 0..count {
        let mut draw = Draw::new(random);
        let way = WAYS[n as usize % WAYS.len()];
        let in_address = draw.below(2) == 1;
        let good = Good::new(&ring, in_address, &mut draw, now);
        let forged = good.forged(way, &foreign, &mut draw);
        if forged == good.text || (in_address && forged.eq_ignore_ascii_case(&good.text)) {
            continue;
        }
        let tried = out.entry(way).or_default();
        tried.tried += 1;
        tried.accepted += u64::from(passes(&forged, &ring, now));
    }
    out
}

fn passes(text: &str, ring: &Keyring, now: Timestamp) -> bool {
    let damaged = Err(TokenError::Damaged);
    let doors = Purpose::ALL.into_iter().any(|purpose| {
        Token::from_url(text, purpose, ring, now) != damaged
            || Token::from_address(text, purpose, ring, now) != damaged
    });
    doors || Token::read(text, ring).is_ok()
}

/// Numbers for one forgery, of one draw.
struct Draw([u8; 32], usize);

impl Draw {
    fn new(random: &Random) -> Self {
        Self(random.bytes(), 0)
    }

    fn below(&mut self, bound: usize) -> usize {
        let pair = [self.0[self.1 % 32], self.0[(self.1 + 1) % 32]];
        self.1 += 2;
        usize::from(u16::from_be_bytes(pair)) % bound
    }
}

/// A token that is good, and its text.
struct Good {
    token: Token,
    in_address: bool,
    text: String,
}

impl Good {
    fn new(ring: &Keyring, in_address: bool, draw: &mut Draw, now: Timestamp) -> Self {
        let token = Token {
            purpose: Purpose::ALL[draw.below(Purpose::ALL.len())],
            message: MessageId(draw.0[8..16].try_into().unwrap_or_default()),
            expires_h: Token::hours(now) + AHEAD_H,
        };
        Self { token, in_address, text: written(token, ring, in_address) }
    }

    fn forged(&self, way: &str, foreign: &Keyring, draw: &mut Draw) -> String {
        let len = self.text.len();
        match way {
            "bit" => self.patched(|bytes| flip(bytes, draw.below(240))),
            "two-bits" => self.patched(|bytes| {
                let first = draw.below(240);
                flip(bytes, first);
                flip(bytes, (first + 1 + draw.below(239)) % 240);
            }),
            "cut" => self.text[..draw.below(len)].to_owned(),
            "longer" => {
                let mut text = self.text.clone();
                for _ in 0..=draw.below(8) {
                    text.insert(draw.below(len), char::from(ALPHABET[draw.below(ALPHABET.len())]));
                }
                text
            }
            // An address has no case: what a server that changes it would make of a URL.
            "case" if self.in_address => text(&bytes(&self.text, true), false).to_ascii_lowercase(),
            "case" => {
                let at = draw.below(len);
                let other = |c: char| {
                    if c.is_ascii_lowercase() {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                };
                self.text.char_indices().map(|(i, c)| if i >= at { other(c) } else { c }).collect()
            }
            // Read by somebody who knows what the bytes mean, and has no key.
            "purpose" => self.patched(|bytes| bytes[1] = bytes[1].wrapping_add(1 + low(draw))),
            "key-id" => self.patched(|bytes| bytes[0] = bytes[0].wrapping_add(1 + low(draw))),
            "expiry" => self.patched(|bytes| bytes[10..14].fill(0xff)),
            "message" => self.patched(|bytes| bytes[9] = bytes[9].wrapping_add(1)),
            "tag" => self.patched(|bytes| bytes[14 + draw.below(16)] ^= 1 + low(draw)),
            "foreign-ring" => written(self.token, foreign, self.in_address),
            "other-alphabet" => match draw.below(4) {
                0 => format!("{}=", self.text),
                1 => self.text.replace('-', "+").replace('_', "/") + "==",
                2 => self.text.replace(['o', 'O'], "0").replace(['l', 'L'], "1") + "\n",
                _ => self.text.chars().flat_map(|c| [c, '\u{200b}']).collect(),
            },
            "swapped" => {
                let mut chars: Vec<char> = self.text.chars().collect();
                chars.swap(draw.below(len), draw.below(len));
                chars.into_iter().collect()
            }
            _ => {
                let made = [0; 48].map(|_: u8| char::from(ALPHABET[draw.below(64)]));
                made.into_iter().take(len).collect()
            }
        }
    }

    fn patched(&self, patch: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut bytes = bytes(&self.text, self.in_address);
        patch(&mut bytes);
        text(&bytes, self.in_address)
    }
}

fn written(token: Token, ring: &Keyring, in_address: bool) -> String {
    if in_address { token.to_address(ring) } else { token.to_url(ring) }
}

fn low(draw: &mut Draw) -> u8 {
    u8::try_from(draw.below(255)).unwrap_or_default()
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

fn bytes(text: &str, in_address: bool) -> Vec<u8> {
    if in_address {
        data_encoding::BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).unwrap_or_default()
    } else {
        data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default()
    }
}

fn text(bytes: &[u8], in_address: bool) -> String {
    if in_address {
        data_encoding::BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
    } else {
        data_encoding::BASE64URL_NOPAD.encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn no_forged_link_is_taken() {
        let tried = tries(4_200, &Random::seeded(11), now());
        assert_eq!(tried.len(), WAYS.len());
        for (way, t) in tried {
            assert!(t.tried > 200, "{way}: {}", t.tried);
            assert_eq!(t.accepted, 0, "{way}");
        }
    }

    #[test]
    fn what_is_good_would_be_seen() {
        let ring = Keyring::generate(&Random::seeded(1), now());
        for in_address in [false, true] {
            let mut draw = Draw::new(&Random::seeded(2));
            let good = Good::new(&ring, in_address, &mut draw, now());
            assert!(passes(&good.text, &ring, now()));
            assert_eq!(text(&bytes(&good.text, in_address), in_address), good.text);
        }
    }
}
