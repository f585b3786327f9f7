//! Owns the token's thirty bytes: key id (1), purpose (1), message id (8), expiry in hours since
//! the epoch (4, big-endian), HMAC-SHA256 over those and a domain string, cut to 16 bytes
//! (RFC 2104 §5 allows no less than half the digest). Never tells a bad key from a bad
//! purpose or a bad tag.

use data_encoding::{BASE64URL_NOPAD, Encoding, Specification};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use super::Keyring;
use crate::ids::MessageId;

/// Signed bytes before the tag.
const BODY_LEN: usize = 14;
/// Bytes of the tag that are kept: 128 bits.
const TAG_LEN: usize = 16;
const TOKEN_LEN: usize = BODY_LEN + TAG_LEN;
/// Keeps these signatures apart from any other use of the same key.
const DOMAIN: &[u8] = b"relance token v1\0";
/// Characters of a token in an address.
pub const ADDRESS_LEN: usize = 48;

/// What a token may be used for. A token of one purpose is refused for any other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[repr(u8)]
pub enum Purpose {
    /// Opens one renewal's page and renews.
    Renew = 1,
    /// Shows and pays one invoice and nothing else.
    Invoice = 2,
    /// Stops one category of mail (RFC 8058).
    Unsubscribe = 3,
    /// Envelope sender: a report comes back to it.
    Bounce = 4,
    /// `Reply-To`: a reply comes back to it.
    Reply = 5,
    /// In the Message-ID: attributes, authorises nothing.
    Ref = 6,
    /// Confirms one act that a reply asked for.
    Confirm = 7,
    /// One act of a desk.
    Desk = 8,
    /// Signs a member in.
    SignIn = 9,
    /// Lists a payer's open invoices, shows and pays each of them.
    Payer = 10,
    /// Tells whether mail to our own addresses comes back; acts on nothing.
    Probe = 11,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 11] = [
        Self::Renew,
        Self::Invoice,
        Self::Unsubscribe,
        Self::Bounce,
        Self::Reply,
        Self::Ref,
        Self::Confirm,
        Self::Desk,
        Self::SignIn,
        Self::Payer,
        Self::Probe,
    ];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|p| *p as u8 == byte)
    }

    /// Stable name for commands and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::Invoice => "invoice",
            Self::Unsubscribe => "unsubscribe",
            Self::Bounce => "bounce",
            Self::Reply => "reply",
            Self::Ref => "ref",
            Self::Confirm => "confirm",
            Self::Desk => "desk",
            Self::SignIn => "sign-in",
            Self::Payer => "payer",
            Self::Probe => "probe",
        }
    }
}

/// A token whose signature was verified, or that is about to be signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is for.
    pub purpose: Purpose,
    /// The message it belongs to.
    pub message: MessageId,
    /// Hours since the epoch at which it stops acting. `u32::MAX`: never.
    pub expires_h: u32,
}

/// Why a token opens nothing. The caller shows one page for `Damaged`, with no detail, and
/// offers a fresh link for `Expired`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// Not ours, altered, cut, or meant for something else.
    #[error("the link is damaged")]
    Damaged,
    /// Ours, and past its time. Attributes still; acts no more.
    #[error("the link has expired")]
    Expired(Token),
}

impl Token {
    /// Expiry in whole hours, rounded up, for an instant.
    #[must_use]
    pub fn hours(at: Timestamp) -> u32 {
        u32::try_from(at.as_second().max(0) / 3600 + 1).unwrap_or(u32::MAX)
    }

    /// Signs with the ring's newest key; forty characters of base64url, no padding.
    #[must_use]
    pub fn to_url(self, ring: &Keyring) -> String {
        BASE64URL_NOPAD.encode(&self.sign(ring))
    }

    /// Signs with the ring's newest key; forty-eight characters of lower-case base32, for the
    /// local part of an address, which servers may change to upper case.
    #[must_use]
    pub fn to_address(self, ring: &Keyring) -> String {
        base32().encode(&self.sign(ring))
    }

    /// Verifies the form that stands in a URL.
    pub fn from_url(
        text: &str,
        purpose: Purpose,
        ring: &Keyring,
        now: Timestamp,
    ) -> Result<Self, TokenError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
        Self::verify(&bytes, ring)?.for_purpose(purpose, now)
    }

    /// Verifies the form that stands in an address, without regard to case.
    pub fn from_address(
        text: &str,
        purpose: Purpose,
        ring: &Keyring,
        now: Timestamp,
    ) -> Result<Self, TokenError> {
        let bytes = base32().decode(text.to_ascii_lowercase().as_bytes()).unwrap_or_default();
        Self::verify(&bytes, ring)?.for_purpose(purpose, now)
    }

    /// Verifies either form, whatever the purpose and age: for attribution and `link inspect`.
    pub fn read(text: &str, ring: &Keyring) -> Result<Self, TokenError> {
        let bytes = if text.len() == ADDRESS_LEN {
            base32().decode(text.to_ascii_lowercase().as_bytes()).unwrap_or_default()
        } else {
            BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default()
        };
        Self::verify(&bytes, ring)
    }

    fn for_purpose(self, purpose: Purpose, now: Timestamp) -> Result<Self, TokenError> {
        if self.purpose != purpose {
            return Err(TokenError::Damaged);
        }
        if self.expires_h != u32::MAX && now.as_second() >= i64::from(self.expires_h) * 3600 {
            return Err(TokenError::Expired(self));
        }
        Ok(self)
    }

    fn body(self, key_id: u8) -> [u8; BODY_LEN] {
        let mut body = [0; BODY_LEN];
        body[0] = key_id;
        body[1] = self.purpose as u8;
        body[2..10].copy_from_slice(&self.message.0);
        body[10..].copy_from_slice(&self.expires_h.to_be_bytes());
        body
    }

    fn sign(self, ring: &Keyring) -> [u8; TOKEN_LEN] {
        let (key_id, secret) = ring.newest();
        let body = self.body(key_id);
        let tag = mac(secret, &body).finalize().into_bytes();
        let mut out = [0; TOKEN_LEN];
        out[..BODY_LEN].copy_from_slice(&body);
        out[BODY_LEN..].copy_from_slice(&tag[..TAG_LEN]);
        out
    }

    /// One HMAC for whatever comes, so that a wrong length or an unknown key takes as long as a
    /// wrong tag.
    fn verify(bytes: &[u8], ring: &Keyring) -> Result<Self, TokenError> {
        let mut whole = [0u8; TOKEN_LEN];
        let right_length = bytes.len() == TOKEN_LEN;
        if right_length {
            whole.copy_from_slice(bytes);
        }
        let (body, tag) = whole.split_at(BODY_LEN);
        let (known, secret) = ring.by_id_or_decoy(body[0]);
        let verified = mac(secret, body).verify_truncated_left(tag).is_ok();
        let purpose = Purpose::from_byte(body[1]);
        match purpose {
            Some(purpose) if right_length & known & verified => Ok(Self {
                purpose,
                message: MessageId(body[2..10].try_into().expect("eight bytes of fourteen")),
                expires_h: u32::from_be_bytes(body[10..].try_into().expect("the last four bytes")),
            }),
            _ => Err(TokenError::Damaged),
        }
    }
}

fn mac(secret: &[u8; 32], body: &[u8]) -> Hmac<Sha256> {
    #[cfg(test)]
    tests::MADE.with(|made| made.set(made.get() + 1));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(DOMAIN);
    mac.update(body);
    mac
}

/// RFC 4648 §6 in lower case, no padding.
fn base32() -> Encoding {
    static ENCODING: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
        let mut spec = Specification::new();
        spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
        spec.encoding().expect("thirty-two distinct symbols")
    });
    ENCODING.clone()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::Random;

    std::thread_local! {
        /// Signatures reckoned so far, for a test that counts work where a clock would be unsure.
        pub(super) static MADE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }

    #[test]
    fn every_text_costs_one_signature() {
        let ring = ring();
        let good = token(Purpose::Renew);
        let mut other_key = good.sign(&ring);
        other_key[0] = 200;
        let mut bad_tag = good.sign(&ring);
        bad_tag[TOKEN_LEN - 1] ^= 1;
        let url = good.to_url(&ring);
        let texts = [
            url.clone(),
            BASE64URL_NOPAD.encode(&other_key),
            BASE64URL_NOPAD.encode(&bad_tag),
            token(Purpose::Desk).to_url(&ring),
            Token { expires_h: 1, ..good }.to_url(&ring),
            url[..20].to_owned(),
            url.repeat(5),
            String::new(),
            "é%00".to_owned(),
            good.to_address(&ring),
        ];
        for text in texts {
            let before = MADE.with(std::cell::Cell::get);
            let _ = Token::from_url(&text, Purpose::Renew, &ring, now());
            assert_eq!(MADE.with(std::cell::Cell::get), before + 1, "{text}");
            let _ = Token::from_address(&text, Purpose::Renew, &ring, now());
            assert_eq!(MADE.with(std::cell::Cell::get), before + 2, "{text}");
        }
    }

    /// Characters of a token in a URL.
    const URL_LEN: usize = 40;

    fn ring() -> Keyring {
        Keyring::generate(&Random::seeded(7), "2026-11-01T00:00:00Z".parse().unwrap())
    }

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn token(purpose: Purpose) -> Token {
        Token { purpose, message: MessageId([9; 8]), expires_h: Token::hours(now()) + 24 }
    }

    #[test]
    fn lengths_fit_a_local_part() {
        let ring = ring();
        assert_eq!(token(Purpose::Renew).to_url(&ring).len(), URL_LEN);
        assert_eq!(token(Purpose::Bounce).to_address(&ring).len(), ADDRESS_LEN);
    }

    #[test]
    fn expiry_is_told_apart_and_attributes() {
        let ring = ring();
        let old = Token { expires_h: Token::hours(now()) - 48, ..token(Purpose::Renew) };
        let text = old.to_url(&ring);
        assert_eq!(
            Token::from_url(&text, Purpose::Renew, &ring, now()),
            Err(TokenError::Expired(old))
        );
        assert_eq!(Token::read(&text, &ring), Ok(old));
        let lasting = Token { expires_h: u32::MAX, ..old };
        let text = lasting.to_url(&ring);
        assert_eq!(Token::from_url(&text, Purpose::Renew, &ring, now()), Ok(lasting));
    }

    #[test]
    fn a_token_of_one_purpose_is_refused_for_every_other() {
        let ring = ring();
        for made in Purpose::ALL {
            for asked in Purpose::ALL {
                let url = Token::from_url(&token(made).to_url(&ring), asked, &ring, now());
                let address =
                    Token::from_address(&token(made).to_address(&ring), asked, &ring, now());
                assert_eq!(url.is_ok(), made == asked, "{made:?} as {asked:?}");
                assert_eq!(address, url);
            }
        }
    }

    #[test]
    fn an_older_key_verifies_until_it_is_destroyed() {
        let mut ring = ring();
        let text = token(Purpose::Renew).to_url(&ring);
        ring.add(&Random::seeded(8), now()).unwrap();
        assert_ne!(token(Purpose::Renew).to_url(&ring), text);
        assert!(Token::from_url(&text, Purpose::Renew, &ring, now()).is_ok());
        let other = Keyring::generate(&Random::seeded(99), "2026-11-01T00:00:00Z".parse().unwrap());
        assert_eq!(Token::from_url(&text, Purpose::Renew, &other, now()), Err(TokenError::Damaged));
    }

    proptest! {
        #[test]
        fn round_trip(purpose in 0..Purpose::ALL.len(), message: [u8; 8], ahead in 1u32..100_000) {
            let ring = ring();
            let purpose = Purpose::ALL[purpose];
            let t = Token { purpose, message: MessageId(message), expires_h: Token::hours(now()) + ahead };
            prop_assert_eq!(Token::from_url(&t.to_url(&ring), purpose, &ring, now()), Ok(t));
            let shouted = t.to_address(&ring).to_ascii_uppercase();
            prop_assert_eq!(Token::from_address(&shouted, purpose, &ring, now()), Ok(t));
        }

        #[test]
        fn any_flipped_bit_is_refused(bit in 0usize..TOKEN_LEN * 8, message: [u8; 8]) {
            let ring = ring();
            let t = Token { message: MessageId(message), ..token(Purpose::Renew) };
            let mut bytes = t.sign(&ring);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let text = BASE64URL_NOPAD.encode(&bytes);
            prop_assert_eq!(Token::read(&text, &ring), Err(TokenError::Damaged));
            let text = base32().encode(&bytes);
            prop_assert_eq!(Token::read(&text, &ring), Err(TokenError::Damaged));
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            prop_assert!(Token::read(&text, &ring()).is_err());
        }
    }
}
