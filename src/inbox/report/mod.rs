//! Owns delivery reports: whether a mail is one, which recipients it is about, and what became
//! of them. MIME structure first (RFC 3464, 6522), then text rules. Never reads the returned
//! mail for anything but its header.

mod addresses;
mod codes;
mod cut;
mod fields;
mod notice;
mod prose;

use std::sync::LazyLock;

pub use addresses::addresses;
pub use cut::part_returned;
use fields::{Action, Group};
pub use notice::{Notice, read as notice};
use prose::{Known, Said};

use super::clues::Clues;
use super::guard::RECIPIENTS_MAX;
use super::mime::{self, Mail, address};
use super::phrases::{Phrases, REPORTS};
use super::reading::{Kind, Reported};
use super::reasons::{Reason, Stage, reason, stage};
use super::text::{clean_line, fold};

static SUBJECT: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "subjects"));
static STATEMENT: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "statements"));
static DELAY: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "delays"));
static ARRIVAL: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "arrivals"));
static VOICE: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "voices"));
static DAEMON: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::of(REPORTS, "daemons"));

/// Whether a name or local part, folded, is a program's that reports.
#[must_use]
pub fn is_daemon(folded: &str) -> bool {
    DAEMON.any(folded)
}

/// Evidence that makes a mail without status fields a report.
const EVIDENCE_MIN: u8 = 4;

/// Longest text that is taken for a report though no machine shows itself in its header.
const PLAIN_REPORT_OCTETS: usize = 1500;

/// Longest recipient that is kept where it is no internet address.
const FOREIGN_OCTETS_MAX: usize = 256;

/// What kind of report a mail is, and on whom; `None` where it is none.
#[must_use]
pub fn read(mail: &Mail<'_>, clues: &Clues) -> Option<(Kind, Vec<Reported>)> {
    let (kind, reported, sure) = read_one(mail, clues)?;
    if sure {
        return Some((kind, reported));
    }
    // A report that was itself sent back tells what the outer one does not.
    let inner = clues.returned.report.as_ref().and_then(|octets| {
        let mail = mime::parse(octets);
        let clues = Clues::find(&mail);
        read_one(&mail, &clues).filter(|(_, _, sure)| *sure)
    });
    Some(inner.map_or((kind, reported), |(kind, reported, _)| (kind, reported)))
}

/// The kind and recipients, and whether the report itself names them.
fn read_one(mail: &Mail<'_>, clues: &Clues) -> Option<(Kind, Vec<Reported>, bool)> {
    let groups = status_groups(mail, clues);
    let structured = !groups.is_empty();
    let evidence = if structured { EVIDENCE_MIN } else { evidence(mail, clues) };
    if evidence < EVIDENCE_MIN {
        return None;
    }
    let known = Known {
        failed: &clues.failed_recipients,
        senders: &clues.senders,
        returned_to: &clues.returned.to,
        subject: &clues.subject,
        domain: clues.domain(),
    };
    let prose::Found { said, named, head } = prose::recipients(&clues.report_text, &known);
    // Where no machine shows itself, the text must have a report's form as well as its words.
    let short = clues.folded_report.len() < PLAIN_REPORT_OCTETS;
    let plain = head && short && !VOICE.any(&format!(" {} ", clues.folded_report));
    if !(structured || clues.machine || clues.returned.any || plain) {
        return None;
    }
    let verdicts =
        if structured { from_groups(&groups, &said, clues) } else { from_text(&said, clues) };
    let (kind, reported) = conclude(verdicts);
    Some((kind, reported, structured || named))
}

/// Status groups of the report's parts, or written into its text.
fn status_groups(mail: &Mail<'_>, clues: &Clues) -> Vec<Group> {
    let mut groups = Vec::new();
    for part in &mail.parts {
        let mime = part.content.mime.as_str();
        if matches!(mime, "message/delivery-status" | "message/global-delivery-status") {
            groups.extend(fields::groups(&part.text()));
        }
    }
    if groups.is_empty()
        && let Some(Notice::Report(told)) = notice(&clues.text)
    {
        groups = told;
    }
    if groups.is_empty() && clues.machine {
        let lower = clues.report_text.to_ascii_lowercase();
        if lower.contains("final-recipient:") || lower.contains("\naction: fail") {
            groups = fields::groups(&clues.report_text);
        }
    }
    groups.truncate(RECIPIENTS_MAX);
    groups
}

/// How much speaks for a report in plain text.
fn evidence(mail: &Mail<'_>, clues: &Clues) -> u8 {
    let subject = SUBJECT.any(&clues.subject);
    let statement = STATEMENT.any(&clues.opening);
    let named = !clues.failed_recipients.is_empty();
    let report = mail.content.mime == "multipart/report"
        && matches!(mail.content.report_type.as_str(), "" | "delivery-status");
    // In a language that no table knows: a daemon returns a mail.
    let foreign = clues.daemon && clues.returned.any;
    if !(subject || statement || named || report || foreign) {
        return 0;
    }
    if clues.answering && !clues.daemon && !reports_at_end(&clues.subject) {
        return 0;
    }
    let points = [
        (clues.daemon, 3),
        (foreign, 1),
        (clues.null_sender, 2),
        (named, 4),
        (report, 3),
        (subject, 2),
        (statement, 2),
        (clues.auto_submitted, 1),
        (!clues.returned.is_empty, 1),
        (clues.nameless, 2),
    ];
    points.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum()
}

/// `RE: …: non remis` is a report's subject, `Re: Undeliverable: …` a person's.
fn reports_at_end(subject: &str) -> bool {
    let Some(start) = SUBJECT.find(subject).map(|((), start, _)| start).min() else { return false };
    let before = subject[..start].trim_end();
    let own = ["re:", "re :", "fw:", "fwd:", "tr:", "aw:"];
    let bare = own.iter().fold(before.to_owned(), |text, prefix| text.replace(prefix, ""));
    before.ends_with([':', '(', '-']) && bare.chars().any(char::is_alphanumeric)
}

/// What became of one recipient.
struct Verdict {
    address: String,
    action: Action,
    status: String,
    reason: Reason,
}

fn from_groups(groups: &[Group], said: &[Said], clues: &Clues) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for group in groups {
        let own = address(&group.last).or_else(|| address(&group.original));
        let told = own
            .as_ref()
            .and_then(|own| said.iter().find(|said| said.address.eq_ignore_ascii_case(own)));
        // A group that names nobody: the text does, or the returned mail.
        let address = match own {
            Some(address) => address,
            None => match said.first() {
                Some(first) if groups.len() == 1 => first.address.clone(),
                _ if !group.last.is_empty() => foreign(&group.last),
                _ => continue,
            },
        };
        let told = told.or_else(|| (groups.len() == 1).then(|| said.first()).flatten());
        let text = told.map(|said| said.words.as_str()).unwrap_or_default();
        let action = group.action.unwrap_or(match group.status.as_bytes().first() {
            Some(b'2') => Action::Done,
            _ => Action::Failed,
        });
        let status = status(&group.status, &group.diagnostic, text);
        let verdict = judge(address, action, status, &group.diagnostic, &fold(text), clues);
        verdicts.push(verdict);
    }
    verdicts
}

/// A recipient that is no internet address (X.400, a local user), as written.
fn foreign(name: &str) -> String {
    clean_line(&name[..name.floor_char_boundary(FOREIGN_OCTETS_MAX)])
}

fn from_text(said: &[Said], clues: &Clues) -> Vec<Verdict> {
    let delayed = DELAY.any(&clues.folded_report);
    let arrived = ARRIVAL.any(&clues.folded_report);
    let failed = STATEMENT.any(&clues.opening) || SUBJECT.any(&clues.subject);
    let action = match (delayed, arrived) {
        (true, _) => Action::Delayed,
        (false, true) if !failed => Action::Done,
        _ => Action::Failed,
    };
    let judged = said.iter().map(|said| {
        let status = status("", &said.words, &clues.report_text);
        judge(said.address.clone(), action, status, &said.words, &clues.folded_report, clues)
    });
    let mut verdicts: Vec<_> = judged.collect();
    if verdicts.is_empty() {
        let text = clues.report_text.as_str();
        let status = status("", text, "");
        verdicts.push(judge(String::new(), action, status, text, "", clues));
    }
    verdicts
}

/// The code that says most: the field's, unless it says only a class or subject and the server's
/// words say more.
fn status(field: &str, words: &str, text: &str) -> String {
    let field = codes::enhanced(field).or_else(|| codes::is_success(field).then_some(field));
    let said = codes::enhanced(words);
    let better = match (field, said) {
        (Some(field), Some(said)) if codes::detail(said) > codes::detail(field) => Some(said),
        (Some(field), Some(said)) if codes::detail(said) == codes::Detail::Full => {
            if field == said { Some(field) } else { Some(said) }
        }
        (Some(field), _) => Some(field),
        (None, said) => said,
    };
    // A field that says only a class, without a server's words: the text may hold them.
    let silent =
        words.is_empty() && better.is_none_or(|b| codes::detail(b) == codes::Detail::Class);
    let told = codes::enhanced(text).filter(|_| silent || better.is_none());
    let told = told.filter(|told| better.is_none_or(|better| better[..1] == told[..1]));
    told.or(better).unwrap_or_default().to_owned()
}

/// `text` is folded.
fn judge(
    address: String,
    action: Action,
    mut status: String,
    words: &str,
    text: &str,
    clues: &Clues,
) -> Verdict {
    let words = fold(words);
    let at = match stage(&words) {
        Stage::Unknown => stage(text),
        known => known,
    };
    let mut why = reason(&words, &status, at);
    if why == Reason::Unknown && !text.is_empty() {
        why = reason(text, &status, at);
    }
    if why == Reason::Unknown {
        why = reason(&clues.subject, &status, at);
    }
    // RFC 7504: the host takes no mail at all.
    let vague = matches!(why, Reason::Unknown | Reason::Policy | Reason::Server);
    if vague && matches!(codes::reply(&words), Some(521 | 556)) {
        why = Reason::UnknownHost;
    }
    if status.is_empty() {
        let reply = codes::reply(&words).or_else(|| codes::reply(text));
        let class = match (action, reply) {
            (Action::Done, _) => 2,
            (Action::Delayed, _) => 4,
            (_, Some(code)) => code / 100,
            // Exim gives up on what only failed for a time.
            (_, None) if why == Reason::Expired && words.contains("retry time") => 4,
            _ => 5,
        };
        status = format!("{class}.0.0");
    }
    match action {
        Action::Delayed => why = Reason::Delayed,
        Action::Done => why = Reason::Delivered,
        Action::Failed => {}
    }
    Verdict { address, action, status, reason: why }
}

/// Failures make a bounce, delays beside them included; without one, delays and arrivals make a
/// report.
fn conclude(verdicts: Vec<Verdict>) -> (Kind, Vec<Reported>) {
    let failed = verdicts.iter().any(|v| v.action == Action::Failed);
    let kind = if failed { Kind::Bounce } else { Kind::Report };
    let mut reported: Vec<Reported> = Vec::new();
    for verdict in verdicts {
        if failed && verdict.action == Action::Done {
            continue;
        }
        let again = reported.iter().any(|r| r.address.eq_ignore_ascii_case(&verdict.address));
        if again {
            continue;
        }
        reported.push(Reported {
            hard: verdict.reason.is_dead() && verdict.status.starts_with('5'),
            address: verdict.address,
            status: verdict.status,
            reason: verdict.reason.as_str(),
        });
    }
    (kind, reported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_and_codes_are_what_they_seem() {
        let long = "Ü".repeat(FOREIGN_OCTETS_MAX);
        for (last, code, address, status) in [
            ("rfc822; Jean@X.test", "2.1.5", "Jean@x.test", "2.1.5"),
            ("local; jean\troy", "2.<b>", "jean roy", "2.0.0"),
            (long.as_str(), "2.0.0", &long[..FOREIGN_OCTETS_MAX], "2.0.0"),
        ] {
            let raw = format!(
                "From: MAILER-DAEMON@x.test\nContent-Type: message/delivery-status\n\n\
                 Final-Recipient: {last}\nAction: delivered\nStatus: {code}\n"
            );
            let mail = mime::parse(raw.as_bytes());
            let (kind, reported) = read(&mail, &Clues::find(&mail)).expect("a report");
            let told: Vec<_> = reported.iter().map(|r| (r.address.as_str(), &*r.status)).collect();
            assert_eq!((kind, told), (Kind::Report, vec![(address, status)]), "{last}");
        }
    }
}
