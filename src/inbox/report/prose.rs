//! Owns the reading of reports written as plain text: which addresses failed, and which words
//! belong to each. The words themselves are in `words/reports.txt`.

use std::sync::LazyLock;

use super::addresses;
use crate::inbox::guard::{RECIPIENTS_MAX, REPORT_TEXT_MAX};
use crate::inbox::mime::address;
use crate::inbox::phrases::{Phrases, REPORTS, section};
use crate::inbox::text::fold;

static LEAD: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "leads"));
static LIST: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "lists"));
static LABEL: LazyLock<Vec<String>> = LazyLock::new(|| section(REPORTS, "labels"));

/// Words about all recipients together: where many are named, a server says little of each.
const WORDS_OCTETS_MAX: usize = 4 * REPORT_TEXT_MAX;

/// How far after a phrase of prose its address may begin.
const LEAD_REACH: usize = 60;

/// One address that a text says failed, and the words about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The address.
    pub address: String,
    /// What the text says of it.
    pub words: String,
}

/// How surely a line names a recipient: less is surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The address stands alone at the line's start, as in qmail, Postfix, Exim.
    Head,
    /// The address opens the line and words follow, or a label names it.
    Named,
    /// A phrase of prose runs into it.
    Told,
    /// `To: address` in a summary of the mail.
    Summary,
    /// It stands somewhere.
    Anywhere,
}

/// What is known apart from the text.
#[derive(Debug, Default)]
pub struct Known<'k> {
    /// Addresses that the header says failed (X-Failed-Recipients).
    pub failed: &'k [String],
    /// Addresses of the sender of the returned mail, and of who writes the report.
    pub senders: &'k [String],
    /// To of the returned mail.
    pub returned_to: &'k [String],
    /// The report's folded subject.
    pub subject: &'k str,
    /// Domain of who reports: a recipient named without one is in it.
    pub domain: &'k str,
}

/// What a report's text says.
#[derive(Debug, Default)]
pub struct Found {
    /// The recipients with the words about each.
    pub said: Vec<Said>,
    /// Whether text or header name them; false where they are the returned mail's, for want of
    /// better.
    pub named: bool,
    /// Whether an address stands in the form in which servers list them.
    pub head: bool,
}

/// The recipients of a report's text.
#[must_use]
pub fn recipients(text: &str, known: &Known<'_>) -> Found {
    let lines: Vec<&str> = text.lines().collect();
    let mut seen: Vec<(Rank, usize, String)> = Vec::new();
    let mut labelled = false;
    for (at, line) in lines.iter().enumerate() {
        if seen.len() >= RECIPIENTS_MAX {
            break;
        }
        labelled = line_addresses(line, labelled, &mut |rank, address| {
            if seen.len() < RECIPIENTS_MAX {
                seen.push((rank, at, address));
            }
        });
    }
    let (chosen, named) = choose(text, &seen, known);
    let heads: Vec<(usize, &str)> = seen
        .iter()
        .filter(|(rank, _, address)| *rank <= Rank::Named && chosen.contains(address))
        .map(|(_, at, address)| (*at, address.as_str()))
        .collect();
    let share = WORDS_OCTETS_MAX / chosen.len().max(1);
    let words = |address: &String| {
        let mut words = words_of(address, &lines, &heads, chosen.len());
        words.truncate(words.floor_char_boundary(share));
        words
    };
    let said =
        chosen.iter().map(|address| Said { address: address.clone(), words: words(address) });
    let head = seen.iter().any(|(rank, _, _)| *rank == Rank::Head);
    Found { said: said.collect(), named, head }
}

/// The addresses of the surest rank that has any; false where none has.
fn choose(text: &str, seen: &[(Rank, usize, String)], known: &Known<'_>) -> (Vec<String>, bool) {
    let mut chosen: Vec<String> = Vec::new();
    let mut add = |address: &String| {
        if !chosen.iter().any(|known| known.eq_ignore_ascii_case(address)) {
            chosen.push(address.clone());
        }
    };
    if !known.failed.is_empty() {
        known.failed.iter().for_each(&mut add);
        return (chosen, true);
    }
    for rank in [Rank::Head, Rank::Named, Rank::Told, Rank::Summary, Rank::Anywhere] {
        let office = |address: &String| {
            if rank == Rank::Head {
                is_daemon(address)
            } else {
                is_daemon(address) || is_office(address)
            }
        };
        let usable = |address: &String| !is_sender(address, known) && !office(address);
        let found: Vec<_> = seen.iter().filter(|s| s.0 == rank && usable(&s.2)).collect();
        if !found.is_empty() {
            for seen in found {
                add(&seen.2);
            }
            return (chosen, true);
        }
    }
    let subject = addresses(known.subject).into_iter().map(|(_, _, address)| address);
    if let Some(address) = subject.into_iter().next() {
        return (vec![address], true);
    }
    // Named by local part alone: it is in the domain of who reports.
    if let Some(address) = bare_recipient(text, known.domain) {
        return (vec![address], true);
    }
    // Somebody who wrote to themselves.
    if let Some(first) = seen.iter().find(|s| s.0 <= Rank::Named && !is_daemon(&s.2)) {
        return (vec![first.2.clone()], true);
    }
    (known.returned_to.iter().take(1).cloned().collect(), false)
}

/// A recipient that a list names by local part alone, in the domain of the reporting server.
fn bare_recipient(text: &str, domain: &str) -> Option<String> {
    let mut listed = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let word = line.trim();
        let local = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        let word = [" (", "  ", "\t", "..."]
            .iter()
            .fold(word, |word, end| word.split_once(end).map_or(word, |(before, _)| before));
        if listed && line.starts_with([' ', '\t']) && word.chars().all(local) {
            return address(&format!("{word}@{domain}"));
        }
        let folded = fold(line);
        listed |= LIST.any(&folded);
    }
    None
}

fn is_sender(address: &str, known: &Known<'_>) -> bool {
    known.senders.iter().any(|sender| sender.eq_ignore_ascii_case(address))
}

/// Addresses that a report names for help.
fn is_office(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    matches!(local.as_str(), "abuse" | "support" | "helpdesk" | "servicedesk")
}

fn is_daemon(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    matches!(local.as_str(), "postmaster" | "mailer-daemon")
}

/// Reports each address of one line. The answer says whether the next line is named by a label
/// at this line's end.
fn line_addresses(line: &str, labelled: bool, found: &mut dyn FnMut(Rank, String)) -> bool {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return labelled;
    }
    let all = addresses(trimmed);
    let folded = fold(trimmed);
    if all.is_empty() {
        return trimmed.ends_with([':', ','])
            && (label_rank(trimmed).is_some() || LIST.any(&folded));
    }
    let other = ["message-id", "references:", "in-reply-to", "from:", "sender:", "reply-to:"];
    if other.iter().any(|field| folded.starts_with(field)) {
        return false;
    }
    let opening = trimmed[..all[0].0].trim_matches(|c: char| !c.is_alphanumeric());
    // `550 <a@b>... User unknown` in a transcript.
    let coded = opening.len() == 3
        && opening.starts_with(['4', '5'])
        && opening.bytes().all(|b| b.is_ascii_digit())
        && trimmed[all[0].1..].trim_start_matches('>').starts_with("...");
    let opens = opening.is_empty() || opening.eq_ignore_ascii_case("smtp") || coded;
    if opens && !trimmed.starts_with(">>") {
        head_addresses(trimmed, &all, found);
        return false;
    }
    if labelled {
        found(Rank::Named, all[0].2.clone());
        return false;
    }
    if let Some((label, _)) = trimmed[..all[0].0].rsplit_once(':').or(Some((opening, "")))
        && let Some(rank) = label_rank(label)
    {
        for (_, _, address) in all {
            found(rank, address);
        }
        return false;
    }
    told_addresses(trimmed, &folded, &all, found);
    false
}

fn head_addresses(line: &str, all: &[(usize, usize, String)], found: &mut dyn FnMut(Rank, String)) {
    let mut listed = true;
    for (at, (start, end, address)) in all.iter().enumerate() {
        let close = |c: char| matches!(c, '>' | '"' | '\'' | ')' | ']');
        if at > 0 && listed {
            let between = &line[all[at - 1].1..*start];
            listed = between.trim_matches(|c: char| " ,;<>\"'[]()".contains(c)).is_empty();
        }
        if at > 0 && !listed {
            break;
        }
        let rest = line[*end..].trim_start_matches(close).trim_start();
        // `a@b <c@d>`: the first is a display name.
        if at == 0 && rest.starts_with('<') && all.len() > 1 && !line[..*start].ends_with('<') {
            continue;
        }
        let strict = rest.is_empty() || rest.starts_with([':', ';', ',', '(', '[', '.', '-', '<']);
        found(if strict { Rank::Head } else { Rank::Named }, address.clone());
    }
}

fn told_addresses(
    line: &str,
    folded: &str,
    all: &[(usize, usize, String)],
    found: &mut dyn FnMut(Rank, String),
) {
    let leads: Vec<usize> = LEAD.find(folded).map(|((), _, end)| end).collect();
    let told = |address: &str| {
        let Some(at) = folded.find(&address.to_lowercase()) else { return false };
        leads.iter().any(|end| *end <= at && at - end < LEAD_REACH)
    };
    for (start, _, address) in all {
        let named = line[..*start].ends_with('<') && line.ends_with('>') && !line.contains(": ");
        let rank = if named || told(address) { Rank::Told } else { Rank::Anywhere };
        let before = line[..*start].trim_end().to_ascii_lowercase();
        // Who may not write is not who was written to; Exim's `generated from` is.
        if !before.ends_with("from") || before.ends_with("generated from") {
            found(rank, address.clone());
        }
    }
}

fn label_rank(label: &str) -> Option<Rank> {
    let label = fold(label.trim_matches(|c: char| !c.is_alphanumeric()));
    match label.as_str() {
        "to" | "for" | "user" | "address" | "email" => Some(Rank::Summary),
        label => LABEL.iter().any(|known| known == label).then_some(Rank::Named),
    }
}

/// What a text says of one recipient: from its own line to the next recipient's; where nothing
/// stands there, what follows the last recipient's line; then every other line that names it.
fn words_of(address: &str, lines: &[&str], heads: &[(usize, &str)], count: usize) -> String {
    let lower = address.to_lowercase();
    let names = |line: &str| line.len() >= lower.len() && line.to_lowercase().contains(&lower);
    let own = heads.iter().find(|(_, head)| head.eq_ignore_ascii_case(address)).map(|(at, _)| *at);
    let start = own.or_else(|| lines.iter().position(|line| names(line)));
    let Some(start) = start else { return lines.join("\n") };
    if count == 1 {
        return lines[start..].join("\n");
    }
    let next =
        heads.iter().filter(|(at, head)| *at > start && !head.eq_ignore_ascii_case(address)).min();
    let mut end = next.map_or(lines.len(), |(at, _)| *at);
    // In a transcript each recipient has one coded line.
    if starts_coded(lines[start]) {
        let coded = lines[start + 1..end].iter().position(|line| starts_coded(line));
        end = coded.map_or(end, |at| start + 1 + at);
    }
    let mut words = lines[start..end].join("\n");
    let own_words = words.replace(address, "");
    if own_words.chars().filter(|c| c.is_alphanumeric()).count() < 6 {
        let last = heads.iter().map(|(at, _)| *at).max().unwrap_or(start);
        words.push('\n');
        words.push_str(&lines[last..].join("\n"));
    } else {
        let elsewhere = lines.iter().enumerate().filter(|(at, _)| !(start..end).contains(at));
        for (_, line) in elsewhere.filter(|(_, line)| names(line)) {
            words.push('\n');
            words.push_str(line);
        }
    }
    words
}

fn starts_coded(line: &str) -> bool {
    let line = line.trim_start().as_bytes();
    line.len() > 4 && line[..3].iter().all(u8::is_ascii_digit) && matches!(line[3], b' ' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, String)> {
        let senders = ["us@sender.test".to_owned()];
        let known = Known { senders: &senders, ..Known::default() };
        let said = recipients(text, &known).said.into_iter();
        said.map(|s| (s.address, s.words.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect()
    }

    #[test]
    fn recipients_of_texts() {
        for (text, want) in [
            ("Sorry.\n\n<a@x.test>:\nNo such user\n", vec!["a@x.test"]),
            (
                "failed:\n\n  a@x.test\n    550 no\n  b@x.test\n    full\n",
                vec!["a@x.test", "b@x.test"],
            ),
            ("    Recipient: [SMTP:a@x.test]\n    Reason: no\n", vec!["a@x.test"]),
            ("There was an error delivering your mail to <a@x.test>.\n", vec!["a@x.test"]),
            ("From: us@sender.test\nRCPT TO: a@x.test\n", vec!["a@x.test"]),
            ("Note: us@sender.test wrote to a@x.test and it failed\n", vec!["a@x.test"]),
            ("550 <a@x.test>... Host unknown\n", vec!["a@x.test"]),
            ("did not reach:\n\nc=CA;a= ;dda:SMTP=a@x.test; on Monday\n", vec!["a@x.test"]),
            (
                "failed:\n  an undisclosed address\n    (generated from a@x.test)\n",
                vec!["a@x.test"],
            ),
        ] {
            let found: Vec<_> = of(text).into_iter().map(|(address, _)| address).collect();
            assert_eq!(found, want, "{text}");
        }
    }

    #[test]
    fn words_belong_to_their_recipient() {
        let found =
            of("failed:\n\n  a@x.test\n    550 no such user\n  b@x.test\n    mailbox full\n");
        assert_eq!(found[0].1, "a@x.test 550 no such user");
        assert_eq!(found[1].1, "b@x.test mailbox full");
    }
}
