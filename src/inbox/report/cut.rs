//! Owns where, in a report that is plain text, the returned mail begins.

use std::sync::LazyLock;

use crate::inbox::phrases::{Phrases, REPORTS};
use crate::inbox::text::fold;

static CUT: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "cuts"));

/// Field names that open a returned header in the middle of a text without any marker.
const CUT_FIELDS: &[&str] = &["received:", "return-path:", "dkim-signature:", "x-received:"];

/// Parts a report's text from the returned mail that follows it.
#[must_use]
pub fn part_returned(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let lower = line.get(..16.min(line.len())).unwrap_or_default().to_ascii_lowercase();
        if CUT_FIELDS.iter().any(|field| lower.starts_with(field)) {
            return text.split_at(at);
        }
        if marks_cut(trimmed) && CUT.any(&fold(trimmed)) {
            return (&text[..at], &text[at + line.len()..]);
        }
        at += line.len();
    }
    (text, "")
}

/// A marker is set off by rules of dashes and the like, or ends a sentence.
fn marks_cut(line: &str) -> bool {
    let rule = |c: char| matches!(c, '-' | '*' | '=' | '|' | '_' | '>');
    line.len() < 120
        && (line.starts_with(rule) || line.ends_with(rule) || line.ends_with([':', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_returned_mail_is_no_part_of_the_text() {
        let (text, returned) =
            part_returned("no\n\n--- Below this line is a copy of it.\n\nTo: x\n");
        assert_eq!((text, returned), ("no\n\n", "\nTo: x\n"));
        let (text, returned) = part_returned("no\n\nReceived: from x\nTo: y\n");
        assert_eq!((text, returned), ("no\n\n", "Received: from x\nTo: y\n"));
    }
}
