//! Owns what an acceptable email address is: an ASCII dot-atom before the `@` (RFC 5322 §3.2.3),
//! a real domain after it, as A-labels (RFC 5890) so that no relay needs SMTPUTF8. Never asks the
//! DNS.

use std::fmt;

use idna::domain_to_ascii_strict;

/// RFC 5321 §4.5.3.1.1.
pub const LOCAL_OCTETS_MAX: usize = 64;
/// RFC 5321 §4.5.3.1.3: a path is at most 256 octets with its angle brackets.
pub const ADDRESS_OCTETS_MAX: usize = 254;
/// No input longer than this is looked at: A-labels are never shorter than a quarter of it.
const INPUT_OCTETS_MAX: usize = 1024;

/// An address that can be mailed and written into a header as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Address(String);

/// Why a text is not an acceptable address. The text says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// A control character, which could forge a header.
    #[error("has a control character; write the address alone, like jane.doe@example.ca")]
    Control,
    /// Not exactly one part before and one after an `@`.
    #[error("is not of the form name@domain, like jane.doe@example.ca")]
    Shape,
    /// Something else than an ASCII dot-atom before the `@`.
    #[error(
        "has “{0}” before the @; letters without accents, digits and .!#$%&'*+/=?^_`{{|}}~- are \
         accepted"
    )]
    Local(char),
    /// A dot at the beginning or end of the local part, or two in a row.
    #[error("has a dot at the beginning or end of the part before the @, or two in a row")]
    Dots,
    /// The domain is not one.
    #[error("has “{0}” after the @, which is not a domain name like example.ca")]
    Domain(String),
    /// Longer than mail allows.
    #[error("is too long: at most 64 characters before the @ and 254 in all")]
    Long,
}

impl Address {
    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`, in the case it was given.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// What stands after the `@`: lower case, A-labels.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Address {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The address in the form in which it is kept: blanks around it cut, the domain in lower case
/// and A-labels, the local part untouched.
pub fn normalise(text: &str) -> Result<Address, AddressFault> {
    if text.len() > INPUT_OCTETS_MAX {
        return Err(AddressFault::Long);
    }
    if text.chars().any(char::is_control) {
        return Err(AddressFault::Control);
    }
    let text = text.trim_matches([' ', '\u{a0}']);
    let (local, domain) = text.rsplit_once('@').ok_or(AddressFault::Shape)?;
    if local.is_empty() || domain.is_empty() {
        return Err(AddressFault::Shape);
    }
    if let Some(c) = local.chars().find(|c| !is_atext(*c) && *c != '.') {
        return Err(AddressFault::Local(c));
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(AddressFault::Dots);
    }
    let domain = normalise_domain(domain)
        .ok_or_else(|| AddressFault::Domain(domain.chars().take(60).collect()))?;
    let address = format!("{local}@{domain}");
    if local.len() > LOCAL_OCTETS_MAX || address.len() > ADDRESS_OCTETS_MAX {
        return Err(AddressFault::Long);
    }
    Ok(Address(address))
}

/// A domain name with at least two labels, in lower case and A-labels. `None` for an address
/// literal, a single label, a dotted number or anything the DNS could not carry.
#[must_use]
pub fn normalise_domain(text: &str) -> Option<String> {
    let domain = domain_to_ascii_strict(text).ok()?;
    let top = domain.rsplit_once('.')?.1;
    // A last label of digits only is an IPv4 address (RFC 3696 §2).
    let named = !top.is_empty() && !top.bytes().all(|b| b.is_ascii_digit());
    named.then_some(domain)
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepted() {
        for (text, want) in [
            ("Jane.Doe@Example.CA", "Jane.Doe@example.ca"),
            ("  jane+x@example.ca ", "jane+x@example.ca"),
            ("o'neil@example.ca", "o'neil@example.ca"),
            ("ok@exämple.ca", "ok@xn--exmple-cua.ca"),
            ("ok@EXÄMPLE.ca", "ok@xn--exmple-cua.ca"),
            ("ok@ｅｘａｍｐｌｅ.ca", "ok@example.ca"),
        ] {
            assert_eq!(normalise(text).unwrap().as_str(), want);
        }
        let a = normalise("Jane@Example.CA").unwrap();
        assert_eq!((a.local(), a.domain()), ("Jane", "example.ca"));
    }

    #[test]
    fn refused() {
        use AddressFault as F;
        let long_local = format!("{}@example.ca", "a".repeat(65));
        let long_all = format!("a@{}.ca", vec!["b".repeat(60); 5].join("."));
        let huge = "a".repeat(1_000_000);
        for (text, want) in [
            ("", F::Shape),
            ("jane", F::Shape),
            ("@example.ca", F::Shape),
            ("jane@", F::Shape),
            ("jané@example.ca", F::Local('é')),
            ("a@b@example.ca", F::Local('@')),
            ("\"a b\"@example.ca", F::Local('"')),
            ("Jane <jane@example.ca", F::Local(' ')),
            (".a@example.ca", F::Dots),
            ("a..b@example.ca", F::Dots),
            ("a@localhost", F::Domain("localhost".into())),
            ("a@[127.0.0.1]", F::Domain("[127.0.0.1]".into())),
            ("a@127.0.0.1", F::Domain("127.0.0.1".into())),
            ("a@example.ca.", F::Domain("example.ca.".into())),
            ("a@-x.ca", F::Domain("-x.ca".into())),
            ("a@b_c.ca", F::Domain("b_c.ca".into())),
            ("a@example.ca>", F::Domain("example.ca>".into())),
            ("a@example.ca\r\nBcc: b@example.ca", F::Control),
            (&long_local, F::Long),
            (&long_all, F::Domain(long_all[2..62].into())),
            (&huge, F::Long),
        ] {
            assert_eq!(normalise(text), Err(want), "{text:.80}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_is_stable(text in ".{0,90}") {
            if let Ok(a) = normalise(&text) {
                prop_assert!(a.as_str().is_ascii());
                prop_assert_eq!(normalise(a.as_str()), Ok(a));
            }
        }

        #[test]
        fn what_is_accepted_can_stand_in_a_header(
            local in "[a-zA-Z0-9.+@ \r\n\"é<>-]{1,12}",
            domain in "[a-zA-Zéß0-9.\\- \r\n<>]{1,20}",
        ) {
            if let Ok(a) = normalise(&format!("{local}@{domain}")) {
                let whole: Result<lettre::Address, _> = a.as_str().parse();
                prop_assert!(whole.is_ok(), "{}", a);
                prop_assert!(!a.as_str().contains([' ', '\r', '\n', '<', '>', '"']));
            }
        }
    }
}
