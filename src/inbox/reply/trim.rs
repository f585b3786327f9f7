//! Owns the parting of new text from quoted text, header blocks and signatures. Works on lines,
//! whatever they came from; the words it knows are in `marks` and
//! `words/replies.txt`.

use std::sync::LazyLock;

use super::html::{Line, Mark};
use super::marks::{ATTRIBUTIONS, FIELDS, Field, SAID};
use crate::inbox::phrases::{Phrases, REPLIES, section};
use crate::inbox::text::fold;

/// What can end an attribution: verbs of every language, and the colon after an address.
static VERB: LazyLock<Phrases<()>> = LazyLock::new(|| {
    let ends = ATTRIBUTIONS.iter().flat_map(|(_, ends)| ends.iter().copied());
    Phrases::new(&[((), ends.chain(SAID.iter().copied()).chain([">:"]).collect::<Vec<_>>())])
});
static SEPARATORS: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "separators"));
static BANNERS: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "banners"));
static DISCLAIMERS: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "disclaimers"));
static MAYBE_DEVICES: LazyLock<Vec<String>> =
    LazyLock::new(|| section(REPLIES, "devices of doubt"));
static DEVICES: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "devices"));

/// Lines over which one attribution may be broken.
const ATTRIBUTION_LINES: usize = 6;
/// Octets of one attribution.
const ATTRIBUTION_OCTETS: usize = 400;
/// Longest verb that ends one.
const VERB_OCTETS: usize = 24;
/// Longest line about how a mail was sent, its link included.
const DEVICE_OCTETS_MAX: usize = 120;
/// Lines among which the fields of a header block stand.
const BLOCK_LINES: usize = 9;

/// The new text of a mail's lines.
#[must_use]
pub fn new_text(lines: &[Line]) -> String {
    let folded: Vec<String> = lines.iter().map(|line| fold(&line.text)).collect();
    let mut kept: Vec<String> = Vec::new();
    // Whether anything but blank lines was kept.
    let mut written = false;
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        if line.mark == Mark::Cut {
            if written {
                break;
            }
            at += 1;
            continue;
        }
        if let Some((before, length)) = attribution(lines, &folded, at) {
            if !before.is_empty() {
                written |= !before.trim().is_empty();
                kept.push(before);
            }
            at += length;
            if written && !quote_follows(lines, at) {
                break;
            }
            continue;
        }
        if is_quoted(line) {
            at += 1;
            continue;
        }
        if is_separator(&folded[at]) || header_block(lines, &folded, at) {
            break;
        }
        if line.mark == Mark::Signature {
            at += 1;
            continue;
        }
        if !written && is_banner(&folded[at]) {
            at += 1;
            continue;
        }
        if is_image(&line.text) {
            at += 1;
            continue;
        }
        let rule = is_signature_rule(&line.text) || is_device(lines, &folded, at, written);
        if rule || written && is_disclaimer(&folded[at]) {
            at = after_signature(lines, &folded, at);
            continue;
        }
        written |= !line.text.trim().is_empty();
        kept.push(line.text.trim_end().to_owned());
        at += 1;
    }
    tidy(kept)
}

/// Whether a line is quoted by `>` or by its markup. `>>> offer <<<` is an ornament.
fn is_quoted(line: &Line) -> bool {
    let text = line.text.trim_start();
    line.mark == Mark::Quoted || (text.starts_with('>') && !text.trim_end().ends_with("<<<"))
}

/// Whether what follows is marked as quoted, so that unmarked text after it is new.
fn quote_follows(lines: &[Line], at: usize) -> bool {
    let next = lines[at..].iter().find(|line| !line.text.trim().is_empty());
    next.is_none_or(|line| is_quoted(line) && line.mark != Mark::Cut)
}

/// An attribution that begins at this line: the new text before it on the line, and how many
/// lines it takes.
fn attribution(lines: &[Line], folded: &[String], at: usize) -> Option<(String, usize)> {
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

/// Whether a line is a separator and nothing else.
fn is_separator(folded: &str) -> bool {
    let bare = folded.trim_matches(|c: char| !c.is_alphanumeric());
    if bare.is_empty() || bare.len() > 60 {
        return false;
    }
    let dressed =
        folded.starts_with(['-', '*', '_', '=', '#']) || folded.ends_with([':', '-', '*', '_']);
    dressed
        && SEPARATORS
            .iter()
            .any(|separator| bare == *separator || bare.starts_with(&format!("{separator} ")))
}

/// What field a line of a header block is, and whether a value stands behind it.
fn field(folded: &str) -> Option<(Field, bool)> {
    let bare = folded.trim_start_matches(['*', '|', '_', ' ', '-']);
    let colon = bare.find([':', '：']).filter(|at| *at <= 24)?;
    let name = bare[..colon].trim_matches([' ', '*', '_']);
    // Bilingual programs write `From/De:`.
    let name = name.split('/').next().unwrap_or(name).trim();
    let known = FIELDS.iter().find(|(_, names)| names.contains(&name))?;
    let value = bare[colon..].trim_matches([':', '：', ' ', '*', '_']);
    Some((known.0, !value.is_empty()))
}

/// `Word: value`, in any language.
fn is_label(folded: &str) -> bool {
    let colon = folded.find(':').filter(|at| *at <= 24);
    colon.is_some_and(|at| !folded[..at].trim().is_empty() && !folded[..at].trim().contains(' '))
}

/// Whether a quoted header block begins at this line: two kinds of field, the first of them
/// From, Sent, To or Subject, on neighbouring lines.
fn header_block(lines: &[Line], folded: &[String], at: usize) -> bool {
    let Some((first, _)) = field(&folded[at]) else { return false };
    if first == Field::Other {
        return false;
    }
    let mut kinds = vec![first];
    let mut strays = 0;
    let mut labels = 1;
    let mut addressed = lines[at].text.contains('@');
    for (line, text) in lines[at..].iter().zip(&folded[at..]).skip(1).take(BLOCK_LINES) {
        if line.mark == Mark::Quoted || line.text.trim_start().starts_with('>') {
            break;
        }
        if text.is_empty() {
            continue;
        }
        addressed |= text.contains('@');
        labels += usize::from(is_label(text));
        match field(text) {
            Some((kind, _)) => {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
                strays = 0;
            }
            None => strays += 1,
        }
        if strays > 2 {
            break;
        }
    }
    let has = |kind: Field| kinds.contains(&kind);
    let two = kinds.iter().filter(|kind| **kind != Field::Other).count() >= 2;
    // `De : Québec, À : Montréal` alone is a person's journey.
    let block = has(Field::Sent) || has(Field::Subject) || addressed || labels > 2;
    two && block && (has(Field::From) || has(Field::Sent))
}

/// `-- ` (RFC 3676 §4.3), and a rule of underscores.
fn is_signature_rule(text: &str) -> bool {
    let bare = text.trim();
    bare == "--" || bare == "—" || (bare.len() >= 5 && bare.bytes().all(|b| b == b'_'))
}

/// Words about how a mail was sent. Those that a person can also write (`Sent by mail`, `Envoyé
/// par la poste`) count only where text stands above and next to none below.
fn is_device(lines: &[Line], folded: &[String], at: usize, written: bool) -> bool {
    let line = &folded[at];
    if line.len() >= DEVICE_OCTETS_MAX {
        return false;
    }
    let begins = |table: &[String]| table.iter().any(|device| line.starts_with(device.as_str()));
    if begins(&DEVICES) {
        return true;
    }
    if !written || !begins(&MAYBE_DEVICES) {
        return false;
    }
    let below = lines[at + 1..].iter().take_while(|line| !is_quoted(line));
    below.filter(|line| !line.text.trim().is_empty()).take(2).count() < 2
}

/// `[cid:image001.png@…]`, `[image: logo]`: a picture in a text.
fn is_image(text: &str) -> bool {
    let text = text.trim();
    let lower = text.get(..8.min(text.len())).unwrap_or_default().to_ascii_lowercase();
    text.ends_with(']') && (lower.starts_with("[cid:") || lower.starts_with("[image"))
}

/// What gateways put above a mail.
fn is_banner(folded: &str) -> bool {
    BANNERS.iter().any(|banner| folded.starts_with(banner.as_str()))
}

/// What offices put below one.
fn is_disclaimer(folded: &str) -> bool {
    let bare = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    DISCLAIMERS.iter().any(|disclaimer| bare.starts_with(disclaimer.as_str()))
}

/// Where new text may go on after a signature: at the next quote.
fn after_signature(lines: &[Line], folded: &[String], at: usize) -> usize {
    let rest = (at + 1..lines.len()).find(|&next| {
        is_quoted(&lines[next])
            || lines[next].mark == Mark::Cut
            || attribution(lines, folded, next).is_some()
            || is_separator(&folded[next])
            || header_block(lines, folded, next)
    });
    rest.unwrap_or(lines.len())
}

/// Without blank lines and rules at both ends, and with at most one blank line in a row.
fn tidy(mut kept: Vec<String>) -> String {
    let empty = |line: &str| {
        let bare = line.trim();
        bare.chars().all(|c| "-=_*#~+".contains(c) || c == '\u{1427}' || c.is_whitespace())
    };
    while kept.last().is_some_and(|line| empty(line)) {
        kept.pop();
    }
    let start = kept.iter().position(|line| !line.trim().is_empty()).unwrap_or(kept.len());
    let mut out = String::new();
    let mut blank = false;
    for line in &kept[start..] {
        if line.trim().is_empty() {
            blank = true;
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        if std::mem::take(&mut blank) && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line);
    }
    out
}
