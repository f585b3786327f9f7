//! Owns the search of many phrases in one pass. The tables of phrases are data beside the rules
//! that use them; every phrase is written folded (lower case, no accents, straight quotes).

use aho_corasick::{AhoCorasick, MatchKind};

/// A table of phrases, each standing for a value of its row.
pub struct Phrases<T> {
    search: AhoCorasick,
    values: Vec<T>,
}

impl<T: Copy> Phrases<T> {
    /// Builds the search over a table of rows.
    ///
    /// # Panics
    /// Where a table is too large for the automaton, which a test would find.
    #[must_use]
    pub fn new(table: &[(T, &[&str])]) -> Self {
        let mut phrases = Vec::new();
        let mut values = Vec::new();
        for (value, row) in table {
            phrases.extend(row.iter().copied());
            values.extend(row.iter().map(|_| *value));
        }
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&phrases)
            .expect("a table of a few hundred short phrases fits");
        Self { search, values }
    }

    /// The value of every phrase found in folded text, with where it ends, as they come.
    pub fn find<'s>(&'s self, folded: &'s str) -> impl Iterator<Item = (T, usize, usize)> + 's {
        self.search
            .find_overlapping_iter(folded)
            .map(|m| (self.values[m.pattern().as_usize()], m.start(), m.end()))
    }

    /// Whether any phrase stands in folded text.
    #[must_use]
    pub fn any(&self, folded: &str) -> bool {
        self.search.is_match(folded)
    }
}
