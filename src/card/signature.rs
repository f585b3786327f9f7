//! Owns the signature header of Stripe's webhooks: `t=SECONDS,v1=HEX[,v1=HEX…]`, HMAC-SHA256 over
//! the time, a full stop and the body as it came. While a secret is being replaced there is one
//! signature for each. Source: Stripe's page on verifying webhooks by hand.

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Seconds between signing and receiving, either way: the provider's own libraries allow as much,
/// and our clock may be a little off. Each delivery, also a repeated one, is signed anew.
pub const TOLERANCE_S: i64 = 300;
/// Longer headers are somebody's invention: two signatures take some 170 octets.
const HEADER_OCTETS_MAX: usize = 2048;
/// Signatures looked at. Two secrets are in use at most.
const SIGNATURES_MAX: usize = 8;

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No signature header, or none that can be read.
    #[error("no readable signature")]
    Form,
    /// Signed too long ago, or in the future.
    #[error("signed at another time than now")]
    Time,
    /// None of the signatures is ours.
    #[error("not signed with our secret")]
    Signature,
}

/// A header as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// When it was signed, in seconds since the epoch.
    pub at_s: i64,
    /// The signatures of the scheme that we know.
    pub v1: Vec<[u8; 32]>,
}

impl Signature {
    /// Reads a header. Schemes that we do not know are passed over, as the provider asks.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        if header.len() > HEADER_OCTETS_MAX {
            return None;
        }
        let (mut at_s, mut v1) = (None, Vec::new());
        for part in header.split(',') {
            let (scheme, value) = part.trim().split_once('=')?;
            match scheme {
                "t" if at_s.is_some() => return None,
                "t" => {
                    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
                        return None;
                    }
                    at_s = Some(value.parse().ok()?);
                }
                "v1" if v1.len() < SIGNATURES_MAX => {
                    let octets = HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok()?;
                    v1.push(octets.try_into().ok()?);
                }
                _ => {}
            }
        }
        if v1.is_empty() { None } else { Some(Self { at_s: at_s?, v1 }) }
    }

    /// Whether one of the signatures over `body` was made with `secret`, and now.
    pub fn verify(&self, body: &[u8], secret: &SecretString, now: Timestamp) -> Result<(), Doubt> {
        let mac = mac(secret, self.at_s, body);
        // Constant in time for each; which of several fits is no secret.
        if !self.v1.iter().any(|given| mac.clone().verify_slice(given).is_ok()) {
            return Err(Doubt::Signature);
        }
        let age_s = now.as_second().saturating_sub(self.at_s);
        if (-TOLERANCE_S..=TOLERANCE_S).contains(&age_s) { Ok(()) } else { Err(Doubt::Time) }
    }
}

fn mac(secret: &SecretString, at_s: i64, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(at_s.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;
    const AT_S: i64 = 1_793_700_000;

    fn secret() -> SecretString {
        SecretString::from("whsec_for_a_test")
    }

    fn signed(secret: &SecretString, at_s: i64, body: &[u8]) -> String {
        HEXLOWER.encode(&mac(secret, at_s, body).finalize().into_bytes())
    }

    fn now(after_s: i64) -> Timestamp {
        Timestamp::from_second(AT_S + after_s).unwrap()
    }

    /// Computed by `openssl dgst -sha256 -hmac`.
    #[test]
    fn the_signature_is_the_one_that_others_compute() {
        let mac = signed(&SecretString::from("whsec_test"), 1_700_000_000, b"{}");
        assert_eq!(mac, "35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91");
    }

    #[test]
    fn what_is_believed() {
        let other = SecretString::from("whsec_another");
        let ours = signed(&secret(), AT_S, BODY);
        let theirs = signed(&other, AT_S, BODY);
        let upper = ours.to_uppercase();
        let table = [
            ("as sent", format!("t={AT_S},v1={ours}"), 0, Ok(())),
            ("an unknown scheme", format!("t={AT_S},v1={ours},v0={theirs}"), 0, Ok(())),
            ("while the secret changes", format!("t={AT_S},v1={theirs},v1={ours}"), 0, Ok(())),
            ("in another order, with spaces", format!("v1={ours}, t={AT_S}"), 0, Ok(())),
            ("capitals", format!("t={AT_S},v1={upper}"), 0, Ok(())),
            ("just in time", format!("t={AT_S},v1={ours}"), TOLERANCE_S, Ok(())),
            ("replayed", format!("t={AT_S},v1={ours}"), TOLERANCE_S + 1, Err(Doubt::Time)),
            ("from the future", format!("t={AT_S},v1={ours}"), -301, Err(Doubt::Time)),
            ("another secret", format!("t={AT_S},v1={theirs}"), 0, Err(Doubt::Signature)),
            ("another time", format!("t={},v1={ours}", AT_S + 1), 0, Err(Doubt::Signature)),
            ("v0 only", format!("t={AT_S},v0={ours}"), 0, Err(Doubt::Form)),
            ("no time", format!("v1={ours}"), 0, Err(Doubt::Form)),
            ("two times", format!("t={AT_S},t=1,v1={ours}"), 0, Err(Doubt::Form)),
            ("a signed time", format!("t=+{AT_S},v1={ours}"), 0, Err(Doubt::Form)),
            ("cut off", format!("t={AT_S},v1={}", &ours[..62]), 0, Err(Doubt::Form)),
            ("nothing", String::new(), 0, Err(Doubt::Form)),
        ];
        for (name, header, after_s, want) in table {
            let verified = Signature::parse(&header)
                .ok_or(Doubt::Form)
                .and_then(|s| s.verify(BODY, &secret(), now(after_s)));
            assert_eq!(verified, want, "{name}");
        }
        let changed = Signature::parse(&format!("t={AT_S},v1={ours}")).unwrap();
        assert_eq!(changed.verify(b"{}", &secret(), now(0)), Err(Doubt::Signature));
    }

    proptest! {
        #[test]
        fn no_header_does_harm(header in "\\PC{0,200}") {
            if let Some(read) = Signature::parse(&header) {
                prop_assert!(read.v1.len() <= SIGNATURES_MAX);
                prop_assert_eq!(read.verify(BODY, &secret(), now(0)), Err(Doubt::Signature));
            }
        }

        #[test]
        fn what_is_written_is_read(
            at_s in 0..=i64::MAX,
            v1 in prop::collection::vec(any::<[u8; 32]>(), 1..=SIGNATURES_MAX),
            strangers in prop::collection::vec("[a-z][a-z0-9]{2,5}=[A-Za-z0-9+/=]{0,40}", 0..4),
        ) {
            let mut parts = vec![format!("t={at_s}")];
            parts.extend(strangers);
            parts.extend(v1.iter().map(|s| format!("v1={}", HEXLOWER.encode(s))));
            let read = Signature::parse(&parts.join(","));
            prop_assert_eq!(read, Some(Signature { at_s, v1 }));
        }

        #[test]
        fn one_wrong_bit_is_enough(bit in 0..256_usize, body in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut given: [u8; 32] = mac(&secret(), AT_S, &body).finalize().into_bytes().into();
            let sound = Signature { at_s: AT_S, v1: vec![given] };
            prop_assert_eq!(sound.verify(&body, &secret(), now(0)), Ok(()));
            given[bit / 8] ^= 1 << (bit % 8);
            let spoilt = Signature { at_s: AT_S, v1: vec![given] };
            prop_assert_eq!(spoilt.verify(&body, &secret(), now(0)), Err(Doubt::Signature));
        }
    }
}
