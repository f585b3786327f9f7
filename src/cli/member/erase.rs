//! Owns `relance member erase` and its undoing for the next list, `relance member readmit`.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::super::acting::now;
use super::super::{Place, say};
use super::{find, known};
use crate::clock::Clock;
use crate::domain::member::Member;
use crate::link::Keyring;
use crate::store::tombstones::{self, Tomb};
use crate::store::{Direct, PersonRow, StoreError, erasure, ledger, people};

/// Files of refused rows that a list from standard input left in the state folder.
const REJECTS: &str = "import.rejects.csv";

pub(super) fn run(place: &Place, number: &str, why: &str, yes: bool) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
    let found = store.write(|c| {
        let Some(member) = find(c, number)? else { return Ok(None) };
        let contact = people::contact(c, member.id)?;
        Ok(Some((member, contact)))
    })?;
    let (member, contact) = known(found, number)?;
    if why.trim().is_empty() {
        bail!("--why is empty: say why, for whoever asks later");
    }
    if let Some(word) = names(&member, &contact, why) {
        bail!("--why names the member (“{word}”), and would be kept: say it without");
    }
    if !yes && !agreed(number)? {
        say("nothing was erased");
        return Ok(ExitCode::FAILURE);
    }
    let cancelled =
        store.write(|c| erase(c, &ring, &member, &contact, why, now(c)?.as_millisecond()))?;
    let Some(cancelled) = cancelled else {
        bail!("a mail to this member is being sent at this moment; try again in a minute");
    };
    forget_rejects(&dir, &member, &contact)?;
    let truncated = store.forget_log()?;
    say(&format!(
        "erased; {cancelled} waiting mails cancelled. Amounts, states and declarations stay, under a number that means nothing"
    ));
    if !truncated {
        say(
            "the database's log could not be cleared, since the daemon was reading it: restart the daemon, which clears it",
        );
    }
    say(
        "not in this state, and yours to clear: the mailbox, backups, member lists, the log (numbers only), the membership system",
    );
    Ok(ExitCode::SUCCESS)
}

/// `None`: not now.
fn erase(
    c: &rusqlite::Connection,
    ring: &Keyring,
    member: &Member,
    contact: &PersonRow,
    why: &str,
    now_ms: i64,
) -> Result<Option<usize>, StoreError> {
    if erasure::is_sending(c, member.id)? {
        return Ok(None);
    }
    let mark = Tomb::Number.mark(ring, &member.member_no);
    tombstones::put(c, Tomb::Number, &mark, why, now_ms)?;
    for (address, reason) in erasure::suppressed(c, member.id)? {
        let mark = Tomb::Address.mark(ring, &address);
        tombstones::put(c, Tomb::Address, &mark, &reason, now_ms)?;
    }
    let cancelled = erasure::erase(c, member.id, now_ms)?;
    let data = json!({"by": "operator", "cancelled": cancelled});
    ledger::append(c, ring, now_ms, &contact.subject, "erased", &data)?;
    Ok(Some(cancelled))
}

/// A word of theirs in a text that would be kept.
fn names(member: &Member, contact: &PersonRow, text: &str) -> Option<String> {
    let folded = crate::members::name::folded(text);
    let own = [
        Some(member.member_no.clone()),
        Some(member.given_name.clone()),
        Some(member.family_name.clone()),
        member.email.clone(),
        contact.email2.clone(),
        Some(contact.phone.clone()),
    ];
    own.into_iter().flatten().find(|word| {
        let word = crate::members::name::folded(word);
        !word.is_empty() && folded.contains(&word)
    })
}

/// Asks for the number once more.
fn agreed(number: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("this cannot be undone: say --yes where nobody can be asked");
    }
    write!(
        std::io::stdout(),
        "This cannot be undone. Type the member number again to erase {number}: "
    )?;
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim() == number)
}

/// Refused rows that came by standard input stand in the state folder: the whole file goes, since
/// its rows are in the list that they came from.
fn forget_rejects(dir: &Path, member: &Member, contact: &PersonRow) -> anyhow::Result<()> {
    let path = dir.join(REJECTS);
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(()) };
    let own = [Some(&member.member_no), member.email.as_ref(), contact.email2.as_ref()];
    let found = own.into_iter().flatten().any(|word| text.contains(word.as_str()))
        || text.contains(&member.family_name);
    if found {
        std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

pub(super) fn readmit(place: &Place, number: &str) -> anyhow::Result<ExitCode> {
    let config = place.config()?;
    let dir = place.existing(&config)?;
    let ring = Place::ring(&dir)?;
    let mark = Tomb::Number.mark(&ring, number);
    let mut store = Direct::open(&dir, Clock::system().now().as_millisecond())?;
    let was = store.write(|c| {
        let was = tombstones::remove(c, &mark)?;
        if was {
            ledger::append(c, &ring, now(c)?.as_millisecond(), "", "readmitted", &json!({}))?;
        }
        Ok(was)
    })?;
    if !was {
        bail!("no number like that was erased");
    }
    say("the next list that has it brings a new record, without what was erased");
    Ok(ExitCode::SUCCESS)
}
