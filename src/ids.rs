//! Owns the newtypes that name things, and the one source of randomness.
//! Never holds contact data.

use std::fmt;

use data_encoding::HEXLOWER;

/// Eight bytes that name one attempt to send one message: the capability from which every
/// link and address of that message derives. Computed by [`crate::link::Keyring::message_id`],
/// never sequential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 8]);

impl MessageId {
    /// As SQLite stores it.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        i64::from_be_bytes(self.0)
    }

    /// From SQLite.
    #[must_use]
    pub fn from_i64(value: i64) -> Self {
        Self(value.to_be_bytes())
    }

    /// From sixteen hexadecimal digits, as people see it in logs and commands.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.to_ascii_lowercase().as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

/// Sixteen random bytes that name one try to pay by card: the provider's idempotency key, and the
/// handle in the addresses of its pages. Shows where the try stands, and authorises nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckoutId([u8; 16]);

impl CheckoutId {
    /// A new one.
    #[must_use]
    pub fn draw(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// From its 32 hexadecimal digits, in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for CheckoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for CheckoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckoutId({self})")
    }
}

/// Row numbers of the store, each of its own kind so that they cannot be mixed up.
macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub i64);
    )*};
}

row_id! {
    /// A person's row.
    PersonId,
    /// A renewal's row: what one member owes one issuer for one season.
    RenewalId,
    /// A message's row: one cause, one or more attempts.
    MessageRow,
    /// A firing's row.
    FiringId,
    /// The row of a line that waits for a desk.
    TaskId,
    /// An invoice's or a credit note's row.
    InvoiceId,
    /// A payment's row.
    PaymentId,
    /// A payer's row: who pays in a member's place.
    PayerId,
}

/// Where random bytes come from: the system's generator, or a seed in tests.
#[derive(Clone, Debug)]
pub enum Random {
    /// The system's generator.
    System,
    /// Bytes derived from a seed and a counter: the same every time. Tests and the demo only.
    Seeded(std::sync::Arc<(u64, std::sync::atomic::AtomicU64)>),
}

impl Random {
    /// A repeatable source.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(std::sync::Arc::new((seed, std::sync::atomic::AtomicU64::new(0))))
    }

    /// `N` bytes, up to 32.
    ///
    /// # Panics
    /// If the system has no randomness to give: nothing can be signed safely then.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32, "one digest's worth at a time") };
        let mut out = [0u8; N];
        match self {
            Self::System => {
                getrandom::fill(&mut out).expect("the system's random generator answers");
            }
            Self::Seeded(state) => {
                use sha2::Digest;
                let n = state.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let mut hash = sha2::Sha256::new();
                hash.update(state.0.to_be_bytes());
                hash.update(n.to_be_bytes());
                out.copy_from_slice(&hash.finalize()[..N]);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_survive_each_form() {
        let id = MessageId([0xff, 0, 1, 2, 3, 4, 5, 0x80]);
        assert_eq!(MessageId::from_i64(id.to_i64()), id);
        assert_eq!(MessageId::from_hex(&id.to_string()), Some(id));
        assert_eq!(MessageId::from_hex("xyz"), None);
    }

    #[test]
    fn checkout_ids_survive_their_text() {
        let id = CheckoutId::draw(&Random::seeded(3));
        assert_eq!(CheckoutId::parse(&id.to_string()), Some(id));
        for text in ["", "xyz", "00", &"0".repeat(34), &"AB".repeat(16)] {
            assert_eq!(CheckoutId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_seed_repeats_and_moves_on() {
        let (a, b) = (Random::seeded(1), Random::seeded(1));
        assert_eq!(a.bytes::<16>(), b.bytes::<16>());
        assert_ne!(a.bytes::<16>(), Random::seeded(1).bytes::<16>());
    }
}
