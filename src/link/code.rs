//! Owns the type-in code of a letter: ten characters that, with the member's number and postal
//! code, reach the same page as the link in a mail. Derived, never stored: the same for a whole
//! season, another in the next. Never looks anything up; whoever compares counts the failures.
//!
//! The characters are Crockford's base 32 (<https://www.crockford.com/base32.html>): no I, L, O or
//! U is ever written, and an I or L that somebody reads into a 1, or an O into a 0, is taken as
//! that.

use super::Keyring;

/// Digits of the code, five bits each.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 50 bits: with a handful of tries an hour nobody guesses one.
const CHARS: usize = 10;
/// Printed in two halves, as people read aloud and type.
const HALF: usize = CHARS / 2;
/// More than anybody types for ten characters, with every kind of gap between them.
const TYPED_OCTETS_MAX: usize = 64;

/// The code of a person in a season, without its dash. `subject` is the person's random id.
#[must_use]
pub fn of(ring: &Keyring, season: &str, subject: &str) -> String {
    let text = format!("{}:{season}:{subject}", season.len());
    let digest = ring.mark("type-in code", text.as_bytes());
    let bits = digest[..8].iter().fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
    let digit = |n: usize| ALPHABET[usize::try_from(bits >> (59 - 5 * n) & 31).unwrap_or(0)];
    (0..CHARS).map(|n| char::from(digit(n))).collect()
}

/// As it is printed: `7K2QX-9ZB4M`.
#[must_use]
pub fn shown(code: &str) -> String {
    code.split_at_checked(HALF).map_or_else(|| code.to_owned(), |(a, b)| format!("{a}-{b}"))
}

/// Whether what somebody typed is that code. Case, gaps and dashes do not count, nor letters that
/// look like a digit; how much of it was right cannot be timed.
#[must_use]
pub fn matches(code: &str, typed: &str) -> bool {
    if typed.len() > TYPED_OCTETS_MAX {
        return false;
    }
    let typed: Vec<u8> = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '‑' | '–' | '.'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => b'0',
            'I' | 'L' => b'1',
            other => u8::try_from(other).unwrap_or(b'?'),
        })
        .collect();
    let differing = code.bytes().zip(&typed).fold(0, |seen, (a, b)| seen | (a ^ b));
    typed.len() == code.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;

    fn ring(seed: u64) -> Keyring {
        Keyring::generate(&Random::seeded(seed), "2026-11-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn one_a_person_and_season_and_installation() {
        let code = of(&ring(1), "2027", "a1");
        assert_eq!(code.len(), CHARS);
        assert!(code.bytes().all(|b| ALPHABET.contains(&b)), "{code}");
        assert_eq!(of(&ring(1), "2027", "a1"), code);
        for other in [
            of(&ring(1), "2028", "a1"),
            of(&ring(1), "2027", "a2"),
            of(&ring(2), "2027", "a1"),
            of(&ring(1), "202", "7a1"),
        ] {
            assert_ne!(other, code);
        }
    }

    #[test]
    fn a_new_link_key_leaves_printed_letters_good() {
        let mut ring = ring(1);
        let code = of(&ring, "2027", "a1");
        ring.add(&Random::seeded(2), "2026-12-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(of(&ring, "2027", "a1"), code);
    }

    #[test]
    fn what_people_type() {
        let code = "7K1QX9ZB40";
        assert_eq!(shown(code), "7K1QX-9ZB40");
        let table = [
            ("7K1QX-9ZB40", true),
            ("7k1qx 9zb40", true),
            (" 7klqx–9zb4o ", true),
            ("7K1QX9ZB4", false),
            ("7K1QX9ZB400", false),
            ("7K1QX9ZB41", false),
            ("é7K1QX9ZB40", false),
            ("", false),
        ];
        for (typed, good) in table {
            assert_eq!(matches(code, typed), good, "{typed}");
        }
        assert!(!matches(code, &"7K1QX-9ZB40".repeat(9)));
    }
}
