//! Owns the domains that belong to nobody (RFC 2606, RFC 6761), to which a simulation keeps.

/// Each with everything below it.
const RESERVED: [&str; 8] = [
    "test",
    "example",
    "invalid",
    "localhost",
    "example.com",
    "example.net",
    "example.org",
    "example.ca",
];

/// Whether nobody can have this address.
#[must_use]
pub fn is_nobodys(address: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    RESERVED.iter().any(|reserved| {
        domain.strip_suffix(reserved).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_nobodys;

    #[test]
    fn whose_addresses_they_are() {
        for (address, nobodys) in [
            ("a@club.test", true),
            ("a@test", true),
            ("a@members.Example.CA", true),
            ("a@contest", false),
            ("a@example.ca.evil.org", false),
            ("a@myexample.com", false),
            ("a@gmail.com", false),
            ("", false),
        ] {
            assert_eq!(is_nobodys(address), nobodys, "{address}");
        }
    }
}
