//! Owns plain-text handling: wrapping, the marks that become markup in HTML and nothing in
//! text, and cleaning of foreign text. Never holds words.

/// Private characters which stand for markup inside values. They pass every escape untouched
/// and are resolved last, so no value ever carries markup. Foreign text is freed of them.
pub(super) mod mark {
    /// Becomes `<sup>`.
    pub const SUP_OPEN: char = '\u{e001}';
    /// Becomes `</sup>`.
    pub const SUP_CLOSE: char = '\u{e002}';
    /// Becomes `<span lang="en">`: English inside a French half.
    pub const EN_OPEN: char = '\u{e003}';
    /// Becomes `</span>`.
    pub const EN_CLOSE: char = '\u{e004}';
}

/// Columns of the text part (RFC 5322 §2.1.1 recommends at most 78; quoting takes some).
pub(super) const COLUMNS: usize = 72;

/// What stands before each line of foreign text, so that nothing inside can end the fence.
const FENCE: &str = "| ";

/// A raised letter that does not push its line apart from the others.
pub(super) const SUP_OPEN_TAG: &str = "<sup style=\"font-size:70%;line-height:0\">";

/// Resolves the marks for HTML.
pub(super) fn marks_to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        match c {
            mark::SUP_OPEN => out.push_str(SUP_OPEN_TAG),
            mark::SUP_CLOSE => out.push_str("</sup>"),
            mark::EN_OPEN => out.push_str("<span lang=\"en\">"),
            mark::EN_CLOSE => out.push_str("</span>"),
            c => out.push(c),
        }
    }
    out
}

/// Drops the marks.
pub(super) fn unmarked(text: &str) -> String {
    text.chars().filter(|c| !is_mark(*c)).collect()
}

/// The text with a capital first letter, where it stands alone: config has names as they stand
/// within a sentence.
pub(super) fn capital(text: &str) -> String {
    let at = text.char_indices().find(|(_, c)| !is_mark(*c));
    let Some((at, first)) = at else { return text.to_owned() };
    let rest = &text[at + first.len_utf8()..];
    [&text[..at], &first.to_uppercase().to_string(), rest].concat()
}

fn is_mark(c: char) -> bool {
    (mark::SUP_OPEN..=mark::EN_CLOSE).contains(&c)
}

/// Foreign text without control characters (line feeds and tabs stay where `multiline`), other
/// ends of lines, marks, and characters that turn the writing direction.
pub(super) fn clean(text: &str, multiline: bool) -> String {
    text.chars()
        .filter(|&c| {
            let line = multiline && matches!(c, '\n' | '\t');
            let turns = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            line || !(c.is_control() || is_mark(c) || turns)
        })
        .collect()
}

/// Wraps each line at [`COLUMNS`] and leaves at most one blank line in a row. Breaks at plain
/// spaces only: links and no-break groups stay whole. A continued line keeps its indent. A line
/// behind four spaces is a command, to be copied whole.
pub(super) fn wrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in squeezed(text) {
        wrap_line(line, &mut out);
    }
    out
}

/// Lines without white space at their ends; one blank line for several, none at either end.
pub(super) fn squeezed(text: &str) -> impl Iterator<Item = &str> {
    let mut gap = None;
    let mut begun = false;
    text.lines().map(str::trim_end).flat_map(move |line| {
        let (mut before, mut own) = (None, None);
        if line.is_empty() {
            gap = begun.then_some(line);
        } else {
            (before, own) = (gap.take(), Some(line));
            begun = true;
        }
        before.into_iter().chain(own)
    })
}

/// Spaces before a command in a mail's text.
const COMMAND_INDENT: usize = 4;

/// Wraps one line, which ends in no white space.
pub(super) fn wrap_line(line: &str, out: &mut String) {
    let indent = line.len() - line.trim_start_matches(' ').len();
    if indent >= COMMAND_INDENT {
        out.push_str(line);
        out.push('\n');
        return;
    }
    let mut column = 0;
    for word in line[indent..].split(' ') {
        let width = word.chars().count();
        if column == 0 {
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column + 1 + width > COLUMNS {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

/// Foreign text for a desk: cleaned, wrapped, its links taken apart so that no mail program
/// makes them live, each line behind a bar.
pub(super) fn fenced(text: &str) -> String {
    let dead = clean(text, true)
        .replace("://", "[:]//")
        .replace("www.", "www[.]")
        .replace("mailto:", "mailto[:]")
        .replace('\t', " ");
    let mut out = String::with_capacity(dead.len() + dead.len() / 16);
    for line in wrap(&dead).lines() {
        out.push_str(format!("{FENCE}{line}").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wraps_at_spaces_only_and_keeps_links_whole() {
        let link = format!("https://example.ca/{}", "x".repeat(90));
        let text = format!("{}\n\n\n\n{link}\n", "word ".repeat(30).trim_end());
        let wrapped = wrap(&text);
        assert!(wrapped.lines().any(|l| l == link));
        assert!(wrapped.lines().filter(|l| *l != link).all(|l| l.chars().count() <= COLUMNS));
        assert!(!wrapped.contains("\n\n\n"));
    }

    #[test]
    fn a_command_stays_on_one_line() {
        let command = format!("    relance audit verify --head 812:{}", "5f1d0a".repeat(11));
        assert_eq!(wrap(&command), format!("{command}\n"));
    }

    #[test]
    fn a_fence_cannot_be_closed_and_holds_no_live_link() {
        let fenced = fenced("a\n-- \nhttps://evil.example/x\n\u{e003}www.evil.example\u{7}");
        assert_eq!(fenced, "| a\n| --\n| https[:]//evil.example/x\n| www[.]evil.example\n");
    }

    #[test]
    fn marks_become_markup_or_nothing() {
        let date = "1\u{e001}er\u{e002} mai";
        assert_eq!(marks_to_html(date), "1<sup style=\"font-size:70%;line-height:0\">er</sup> mai");
        assert_eq!(unmarked(date), "1er mai");
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_word(text in "[a-zé\u{a0} \n]{0,400}") {
            let words = |s: &str| {
                s.split([' ', '\n']).filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>()
            };
            let wrapped = wrap(&text);
            // A word made of no-break spaces alone is trailing white space.
            let solid = |w: &String| w.chars().any(|c| c != '\u{a0}');
            let before: Vec<_> = words(&text).into_iter().filter(solid).map(|w| w.trim().to_owned()).collect();
            let after: Vec<_> = words(&wrapped).into_iter().filter(solid).map(|w| w.trim().to_owned()).collect();
            prop_assert_eq!(before, after);
        }
    }
}
