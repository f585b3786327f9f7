//! Owns the lines by which mail programs introduce what they quote: `On … wrote:`, in many
//! languages, over several lines. The words are in `marks`.

use std::sync::LazyLock;

use super::html::Line;
use super::marks::{ATTRIBUTIONS, SAID};
use super::trim::quote_follows;
use crate::inbox::phrases::Phrases;

/// What can end an attribution: verbs of every language, and the colon after an address.
static VERB: LazyLock<Phrases<()>> = LazyLock::new(|| {
    let ends = ATTRIBUTIONS.iter().flat_map(|(_, ends)| ends.iter().copied());
    Phrases::new(&[((), ends.chain(SAID.iter().copied()).chain([">:"]).collect::<Vec<_>>())])
});

/// Lines over which one attribution may be broken.
const ATTRIBUTION_LINES: usize = 6;
/// Octets of one attribution.
const ATTRIBUTION_OCTETS: usize = 400;
/// Longest verb that ends one.
const VERB_OCTETS: usize = 24;

/// An attribution that begins at this line: the new text before it on the line, and how many
/// lines it takes.
pub(super) fn attribution(lines: &[Line], folded: &[String], at: usize) -> Option<(String, usize)> {
    let first = &folded[at];
    if first.is_empty() || first.starts_with('>') {
        return None;
    }
    // `reply--- On Wed, … wrote:` on one line.
    if let Some(dashes) = first.find("--- on ").or_else(|| first.find("--- le "))
        && dashes > 0
        && ended(&first[dashes + 4..]).is_some()
    {
        let text = &lines[at].text;
        let before = text.find("---").map_or("", |found| &text[..found]);
        return Some((before.trim().to_owned(), 1));
    }
    let Some(lines_taken) = spans(folded, at) else {
        // `Jean Roy wrote:` above a quote.
        let said = SAID.iter().any(|end| first.ends_with(end)) && first.split(' ').count() <= 6;
        let quoted = lines.get(at + 1).is_some() && quote_follows(lines, at + 1);
        return (said && quoted).then_some((String::new(), 1));
    };
    // `Le chèque est posté.` right above `Le 2 nov., … a écrit :`: the later line begins it.
    let later = (at + 1..at + lines_taken)
        .any(|next| begins(&folded[next]) && spans(folded, next).is_some());
    (!later).then_some((String::new(), lines_taken))
}

/// Over how many lines an attribution reaches that begins with this line.
fn spans(folded: &[String], at: usize) -> Option<usize> {
    let mut joined = String::new();
    let mut verb = false;
    for (count, line) in folded[at..].iter().take(ATTRIBUTION_LINES).enumerate() {
        if !joined.is_empty() {
            joined.push(' ');
        }
        // The verb and its auxiliary can stand on two lines.
        let tail = joined.floor_char_boundary(joined.len().saturating_sub(VERB_OCTETS));
        joined.push_str(line);
        if joined.len() > ATTRIBUTION_OCTETS {
            return None;
        }
        let start = joined.trim_start_matches(['-', '*', '_', ' ', '"', '|']);
        if count == 0 && !may_begin(start) {
            return None;
        }
        verb |= VERB.any(&joined[tail..]);
        if (verb || starts_with_date(start)) && is_attribution(start) {
            return Some(count + 1);
        }
    }
    None
}

/// Cheap test on the first line alone.
fn may_begin(start: &str) -> bool {
    begins(start) || VERB.any(start)
}

/// Whether a line begins as an attribution of some language.
fn begins(start: &str) -> bool {
    starts_with_date(start)
        || ATTRIBUTIONS.iter().any(|(begins, _)| {
            begins.iter().any(|begin| !begin.is_empty() && start.starts_with(begin))
        })
}

fn is_attribution(text: &str) -> bool {
    let particular = text.contains('@') || text.chars().any(|c| c.is_ascii_digit());
    if starts_with_date(text) {
        let named = text.contains("gmt") || text.contains('@');
        let whole = text.ends_with(':') || text.ends_with('>') || text.contains("gmt");
        if named && whole && !text.trim_end().ends_with('<') {
            return true;
        }
    }
    // Gmail and others in any language: a time, then a person, then a colon or the verb.
    let timed = text.contains('@') && has_time(text);
    if timed && text.len() < 160 && text.ends_with(">:") {
        return true;
    }
    if timed && ended(text).is_some() {
        return true;
    }
    // What the writer says of themselves: `On Monday I wrote:`.
    if text.ends_with(" i wrote:") || text.ends_with(" j'ai ecrit :") {
        return false;
    }
    let told = ATTRIBUTIONS.iter().any(|(begins, ends)| {
        begins.iter().any(|begin| text.starts_with(begin))
            && ends.iter().any(|end| closes(text, end))
    });
    if told && particular {
        return true;
    }
    // A name or address and nothing else before the verb.
    let said = SAID.iter().any(|end| closes(text, end));
    let words = text.split(' ').count();
    said && (text.contains('@') || text.ends_with('-')) && words <= 8
}

/// Whether any attribution ends within the text.
fn ended(text: &str) -> Option<()> {
    let any = ATTRIBUTIONS.iter().any(|(_, ends)| ends.iter().any(|end| closes(text, end)));
    (any && text.chars().any(|c| c.is_ascii_digit() || c == '@')).then_some(())
}

/// Whether a text ends with this verb, its colon, or a quote begun on the same line. Some
/// languages put the name behind the verb.
fn closes(text: &str, end: &str) -> bool {
    let Some(at) = text.rfind(end) else { return false };
    let rest = text[at + end.len()..].trim_start_matches([' ', ':', '-', '>', '*', '_']);
    let behind = matches!(
        end,
        "schrieb" | "skrev" | "escreveu" | "a scris" | "ha scritto" | "escribio" | "schreef"
    );
    rest.is_empty()
        || end.ends_with(':') && text[at + end.len()..].trim_start().starts_with('>')
        || behind && rest.ends_with(':') && rest.len() < 120
}

/// `11:28`, `18.30`.
fn has_time(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(4).any(|w| {
        w[0].is_numeric()
            && matches!(w[1], ':' | '.' | 'h')
            && w[2].is_numeric()
            && w[3].is_numeric()
    })
}

/// `2014-10-17 11:28`, `2013/7/20`.
fn starts_with_date(text: &str) -> bool {
    let mut pieces = text.split(['-', '/']);
    let year = pieces.next().unwrap_or_default();
    let month = pieces.next().unwrap_or_default();
    let day: String =
        pieces.next().unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let number = |text: &str, long: std::ops::RangeInclusive<usize>| {
        long.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    number(year, 4..=4) && number(month, 1..=2) && number(&day, 1..=2)
}
