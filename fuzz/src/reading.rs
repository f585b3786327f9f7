//! Owns what holds of every reading, whatever was read.

use relance::inbox::reading::{Kind, Reading};

/// Recipients, addresses and ids kept of each kind.
const KEPT_MAX: usize = 100;
/// Authentication-Results kept.
const RESULTS_MAX: usize = 20;
/// Octets of an address: local part, at sign, domain, which some letters of lower case lengthen.
const ADDRESS_OCTETS_MAX: usize = 256 + 1 + 2 * 255;
/// Characters of a return date.
const BACK_ON_CHARS_MAX: usize = 40;

/// Panics where a reading is not what its documentation says.
pub fn check(reading: &Reading) {
    assert!(reading.recipients.len() <= KEPT_MAX);
    assert!(reading.addressed.len() <= KEPT_MAX && reading.references.len() <= KEPT_MAX);
    assert!(reading.authentication_results.len() <= RESULTS_MAX);
    let report = matches!(reading.kind, Kind::Bounce | Kind::Report | Kind::Complaint);
    let person = matches!(reading.kind, Kind::Reply | Kind::Other);
    assert!(report || reading.recipients.is_empty(), "only reports name recipients");
    assert!(person || reading.no_answer, "no machine is answered");
    assert_eq!(person, reading.reply.is_some(), "a person's mail has words, no other has");
    let back_on = reading.back_on.as_deref().unwrap_or("1");
    assert!(back_on.chars().count() <= BACK_ON_CHARS_MAX, "{back_on}");
    assert!(back_on.contains(|c: char| c.is_ascii_digit()), "{back_on}");
    assert!(reading.back_on.is_none() || reading.kind == Kind::AutoReply);
    recipients(reading);
    shown(&reading.from_name);
    shown(&reading.subject);
    reading.authentication_results.iter().for_each(|value| shown(value));
    let addresses = reading.addressed.iter().chain([&reading.from]).filter(|a| !a.is_empty());
    for address in addresses {
        assert!(address.contains('@'), "{address:?}");
        one_word_or_quoted(address);
    }
    for id in reading.references.iter().chain([&reading.message_id]) {
        assert!(!id.contains(|c: char| c.is_control() || c.is_whitespace()), "{id:?}");
    }
}

fn recipients(reading: &Reading) {
    for reported in &reading.recipients {
        assert!(!reported.reason.is_empty());
        assert!(!reported.hard || reported.status.starts_with('5'));
        assert!(reported.address.len() <= ADDRESS_OCTETS_MAX, "{:?}", reported.address);
        shown(&reported.address);
        let complaint = reading.kind == Kind::Complaint;
        assert!(complaint && reported.status.is_empty() || is_status(&reported.status));
    }
}

/// RFC 3463 §2: class, subject, detail.
fn is_status(text: &str) -> bool {
    let number = |piece: &str, digits_max: usize| {
        (1..=digits_max).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_digit())
    };
    let pieces: Vec<&str> = text.split('.').collect();
    matches!(pieces[..], [class, subject, detail]
        if number(class, 1) && number(subject, 3) && number(detail, 3))
}

/// Nothing that a terminal or a page would obey, on one line.
fn shown(text: &str) {
    let bidi = |c: char| ('\u{202A}'..='\u{202E}').contains(&c) || c == '\u{200B}';
    assert!(!text.contains(|c: char| c.is_control() || bidi(c)), "{text:?}");
}

fn one_word_or_quoted(address: &str) {
    assert!(address.len() <= ADDRESS_OCTETS_MAX, "{address:?}");
    assert!(!address.contains(|c: char| c.is_control()), "{address:?}");
    let open = !address.starts_with('"') && address.contains(char::is_whitespace);
    assert!(!open, "{address:?}");
}
