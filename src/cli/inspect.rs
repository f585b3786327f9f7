//! Owns `relance inspect`: what the reader of incoming mail makes of mails in files. Uses exactly
//! the code of the daemon, changes nothing, opens no store.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};

use super::say_error;
use crate::domain::words::Lang;
use crate::inbox::read::read;
use crate::inbox::reading::{Command, Kind, Reading};
use crate::inbox::source::RAW_OCTETS_MAX;
use crate::inbox::{from_html, from_plain, new_text};

/// What to inspect and how to tell it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// One JSON object a line instead of words.
    pub json: bool,
    /// Threads; 0 is one.
    pub jobs: usize,
    /// Lines are `path<TAB>format<TAB>lang`; the answer is the newly written text.
    pub replies: bool,
    /// Mails; where empty, one a line on standard input.
    pub files: Vec<PathBuf>,
}

/// Mails read before their answers are written, per thread: keeps memory bounded whatever the
/// length of the list.
const BATCH: usize = 64;

/// What is told of one file; `Err`: it could not be read.
type Answer = Result<String, String>;

/// Reads every mail and writes one answer each, in order. A file that cannot be read is told, and
/// fails the command once the others were read.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut all = true;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let jobs = options.jobs.max(1);
    if options.files.is_empty() {
        let mut lines = io::stdin().lock().lines();
        loop {
            let batch: Vec<String> = lines
                .by_ref()
                .take(BATCH * jobs)
                .collect::<Result<_, _>>()
                .context("standard input")?;
            if batch.is_empty() {
                break;
            }
            all &= answer(&batch, options, jobs, &mut out)?;
        }
    } else {
        let named: Vec<String> =
            options.files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        for batch in named.chunks(BATCH * jobs) {
            all &= answer(batch, options, jobs, &mut out)?;
        }
    }
    out.flush().context("standard output")?;
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all could be read.
fn answer(
    batch: &[String],
    options: &Options,
    jobs: usize,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let share = batch.len().div_ceil(jobs).max(1);
    let answers: Vec<Vec<Answer>> = if jobs == 1 {
        vec![batch.iter().map(|line| one(line, options)).collect()]
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = batch
                .chunks(share)
                .map(|lines| scope.spawn(|| lines.iter().map(|line| one(line, options)).collect()))
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().expect("reading a mail does not panic"))
                .collect()
        })
    };
    let mut all = true;
    for answer in answers.iter().flatten() {
        match answer {
            Ok(told) => writeln!(out, "{told}").context("standard output")?,
            Err(why) => {
                all = false;
                // Programs get a line for each file, in order; people see why beside the others.
                if options.json || options.replies {
                    writeln!(out, "{}", json!({ "error": why })).context("standard output")?;
                } else {
                    say_error(why);
                }
            }
        }
    }
    Ok(all)
}

fn one(line: &str, options: &Options) -> Answer {
    let mut pieces = line.split('\t');
    let path = pieces.next().unwrap_or_default();
    let (raw, cut) = load(path).map_err(|e| format!("{path}: cannot be read: {e}"))?;
    if options.replies {
        let text = match pieces.next() {
            Some("html") => from_html(&String::from_utf8_lossy(&raw)),
            Some("text") => from_plain(&String::from_utf8_lossy(&raw)),
            _ => new_text(&raw),
        };
        return Ok(json!({ "reply": text }).to_string());
    }
    let reading = read(&raw, cut);
    Ok(if options.json { as_json(&reading).to_string() } else { as_words(path, &reading) })
}

/// The file's beginning, and whether there is more of it.
fn load(path: &str) -> io::Result<(Vec<u8>, bool)> {
    let limit = RAW_OCTETS_MAX as u64 + 1;
    let mut raw = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut raw)?;
    let cut = raw.len() > RAW_OCTETS_MAX;
    raw.truncate(RAW_OCTETS_MAX);
    Ok((raw, cut))
}

/// A report of a delay counts among the bounces, as its recipient has nothing yet; a report that
/// all went well does not.
fn kind_word(reading: &Reading) -> &'static str {
    match reading.kind {
        Kind::Bounce => "bounce",
        Kind::Report if reading.recipients.iter().any(|r| r.reason == "delayed") => "bounce",
        Kind::Complaint => "complaint",
        Kind::AutoReply => "autoreply",
        Kind::Reply => "reply",
        Kind::Report | Kind::Other => "other",
    }
}

fn as_json(reading: &Reading) -> Value {
    let recipients: Vec<Value> = reading
        .recipients
        .iter()
        .map(|r| {
            json!({
                "address": r.address,
                "status": r.status,
                "hard": r.hard,
                "reason": r.reason,
                "permanent": r.status.starts_with('5') && r.reason != "delayed",
            })
        })
        .collect();
    let mut value = json!({ "kind": kind_word(reading), "recipients": recipients });
    if let Some(reply) = &reading.reply {
        value["reply"] = json!({
            "text": reply.text,
            "command": reply.command.map(Command::as_str),
            "lang": reply.lang.map(Lang::as_str),
        });
    }
    value
}

/// What a person would want to know of one mail.
fn as_words(path: &str, reading: &Reading) -> String {
    let mut lines = vec![path.to_owned(), format!("  kind      {}", described(reading))];
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("  {name:<9} {value}"));
        }
    };
    let name = if reading.from_name.is_empty() {
        String::new()
    } else {
        format!(" ({})", reading.from_name)
    };
    say("from", &format!("{}{name}", reading.from));
    say("subject", &reading.subject);
    for r in &reading.recipients {
        let end = if r.hard { "the address is dead" } else { "the address may live" };
        say("recipient", &format!("{} {} {}: {end}", r.address, r.status, r.reason));
    }
    say("back on", reading.back_on.as_deref().unwrap_or_default());
    say("answers", &reading.references.join(" "));
    if reading.no_answer {
        say("answer", "none may be sent");
    }
    if let Some(reply) = &reading.reply {
        say("language", reply.lang.map_or("not known", Lang::as_str));
        say("command", reply.command.map_or("none: for the desk", Command::as_str));
        for line in reply.text.lines() {
            say("text", line);
        }
    }
    if let Some(unreadable) = reading.unreadable {
        say("unread", &format!("{unreadable:?}"));
    }
    lines.join("\n")
}

fn described(reading: &Reading) -> &'static str {
    match reading.kind {
        Kind::Bounce => "bounce: it was not delivered",
        Kind::Report => "report: nothing failed, or not yet",
        Kind::Complaint => "complaint: reported as unwanted",
        Kind::AutoReply => "autoreply: a machine answered",
        Kind::Reply => "reply: a person answered",
        Kind::Other => "other mail",
    }
}
