//! Owns the parting of new text from quoted text, header blocks and signatures. Works on lines,
//! whatever they came from; the words it knows are in `marks` and
//! `words/replies.txt`.

use std::sync::LazyLock;

use super::attribution::attribution;
use super::html::{Line, Mark};
use super::marks::{FIELDS, Field};
use crate::inbox::phrases::{REPLIES, section};
use crate::inbox::text::fold;

static SEPARATORS: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "separators"));
static BANNERS: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "banners"));
static DISCLAIMERS: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "disclaimers"));
static MAYBE_DEVICES: LazyLock<Vec<String>> =
    LazyLock::new(|| section(REPLIES, "devices of doubt"));
static DEVICES: LazyLock<Vec<String>> = LazyLock::new(|| section(REPLIES, "devices"));

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
pub(super) fn quote_follows(lines: &[Line], at: usize) -> bool {
    let next = lines[at..].iter().find(|line| !line.text.trim().is_empty());
    next.is_none_or(|line| is_quoted(line) && line.mark != Mark::Cut)
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
