//! Owns the tables of words in `words/*.txt` and the search of many phrases in one pass. A table
//! is sections of phrases, `[name]` above each; `#` begins a comment, `|` parts phrases, an outer
//! `_` stands for a space. Phrases are written folded: lower case, no accents, straight quotes.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// What servers say, by reason.
pub const REASONS: &str = include_str!("words/reasons.txt");
/// What reports on delivery say.
pub const REPORTS: &str = include_str!("words/reports.txt");
/// What machines say that answer for people.
pub const AUTOREPLIES: &str = include_str!("words/autoreplies.txt");
/// What mail programs add to what people write.
pub const REPLIES: &str = include_str!("words/replies.txt");
/// What stands around a command.
pub const COMMANDS: &str = include_str!("words/commands.txt");

/// The sections of a table, in order.
pub fn sections(table: &'static str) -> Vec<(&'static str, Vec<String>)> {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            found.push((name, Vec::new()));
        } else if let Some((_, phrases)) = found.last_mut() {
            let parts = line.split('|').map(str::trim).filter(|phrase| !phrase.is_empty());
            phrases.extend(parts.map(spaced));
        }
    }
    found
}

/// A phrase with the spaces that its outer `_` stand for.
fn spaced(phrase: &str) -> String {
    let (open, left) = phrase.strip_prefix('_').map_or((phrase, ""), |rest| (rest, " "));
    let (inner, right) = open.strip_suffix('_').map_or((open, ""), |rest| (rest, " "));
    format!("{left}{inner}{right}")
}

/// The phrases of one section.
///
/// # Panics
/// Where the table has no such section: the name is a mistake in the code.
pub fn section(table: &'static str, name: &str) -> Vec<String> {
    let found = sections(table).into_iter().find(|(section, _)| *section == name);
    found.expect("a section that stands in the table").1
}

/// A search for phrases, each standing for a value.
pub struct Phrases<T> {
    search: AhoCorasick,
    values: Vec<T>,
}

impl<T: Copy> Phrases<T> {
    /// Builds the search over rows of phrases, one value a row.
    ///
    /// # Panics
    /// Where a table is too large for the automaton, which every test would find.
    pub fn new<P: AsRef<str>>(rows: &[(T, Vec<P>)]) -> Self {
        let phrases = rows.iter().flat_map(|(_, row)| row.iter().map(AsRef::as_ref));
        let values = rows.iter().flat_map(|(value, row)| row.iter().map(|_| *value)).collect();
        // One look an octet: the tables are small, and every mail is searched for all of them.
        let search = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(phrases);
        let search = search.expect("a few hundred short phrases fit");
        Self { search, values }
    }

    /// The value of every phrase in folded text, overlapping ones too, with where it begins and
    /// ends, in order of their ends.
    pub fn find<'s>(&'s self, folded: &'s str) -> impl Iterator<Item = (T, usize, usize)> + 's {
        self.search
            .find_overlapping_iter(folded)
            .map(|m| (self.values[m.pattern().as_usize()], m.start(), m.end()))
    }

    /// Whether any phrase stands in folded text.
    pub fn any(&self, folded: &str) -> bool {
        self.search.is_match(folded)
    }
}

impl Phrases<()> {
    /// The search for one section's phrases.
    pub fn of(table: &'static str, name: &str) -> Self {
        Self::new(&[((), section(table, name))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::text::fold;

    #[test]
    fn tables_are_folded_and_hold_each_phrase_once() {
        for table in [REASONS, REPORTS, AUTOREPLIES, REPLIES, COMMANDS] {
            let found = sections(table);
            assert!(!found.is_empty());
            for (name, phrases) in found {
                let mut seen = std::collections::HashSet::new();
                assert!(!phrases.is_empty(), "{name}");
                for phrase in phrases {
                    assert_eq!(fold(&phrase).trim(), phrase.trim(), "[{name}]");
                    assert!(seen.insert(phrase.clone()), "[{name}] has twice: {phrase}");
                }
            }
        }
    }

    #[test]
    fn every_phrase_is_found_with_its_value() {
        let search = Phrases::new(&[(1, vec!["no such user", "user"]), (2, vec!["such"])]);
        let found: Vec<_> = search.find("no such user").collect();
        assert_eq!(found, [(2, 3, 7), (1, 0, 12), (1, 8, 12)]);
    }
}
