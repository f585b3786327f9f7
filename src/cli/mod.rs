//! Owns the command line: one file per subcommand. Exit codes: 0 done, 1 failed or found faults,
//! 2 the command line is wrong.

mod acting;
mod adopt;
mod approve;
mod audit;
mod backup;
mod bench;
mod check;
mod clock;
mod demo;
mod digest;
mod dns;
mod doctor;
mod export;
mod firing;
mod forecast;
mod generate;
mod import;
mod import_payments;
mod inbox;
pub mod inspect;
mod insurance;
mod invoice;
mod key;
mod letters;
mod link;
mod link_desk;
mod member;
mod outbox;
mod payment;
mod place;
mod preview;
mod relay_log;
mod remit;
mod retention;
mod run;
mod simulate;
mod suppression;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::members::name::is_dangerous;

/// Runs a membership renewal season by email, in English and French.
#[derive(Debug, Parser)]
#[command(name = "relance", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

/// Where config and state are.
#[derive(Debug, Clone, Args)]
struct Place {
    /// Folder of relance.toml, associations.toml and schedules.toml.
    #[arg(long, global = true, value_name = "DIR", default_value = "/etc/relance")]
    config: PathBuf,
    /// State folder; else `$STATE_DIRECTORY`, else state.dir of the config.
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon.
    Run(run::Run),
    /// Say everything that is wrong in the config, the templates and the words.
    Check(check::Check),
    /// Take a member list (CSV) in, or with `payments` what another system got.
    Import(Imports),
    /// Record money that came in or went back, and look at it.
    #[command(subcommand)]
    Payment(payment::PaymentCommand),
    /// Look at invoices, and take one back.
    #[command(subcommand)]
    Invoice(invoice::InvoiceCommand),
    /// List what was collected for another body or the insurer, and freeze it for handing over.
    Remit(remit::Remit),
    /// List the coming firings, with their recipients and the excluded by reason, the money that
    /// may come, and what is overdue or waits.
    Forecast(forecast::Forecast),
    /// Approve how many a mailing reaches: one that then differs too much waits for a person.
    Approve(approve::Approve),
    /// Write a mail-merge file of a step's letters, to those whom no mail reaches.
    Letters(letters::Letters),
    /// Show one mail of the season; nothing is sent, and its links open nothing.
    Preview(preview::Preview),
    /// Play a season against a copy of the store, with invented behaviour; mails nobody.
    Simulate(simulate::Simulate),
    /// Look at messages, and decide on those in doubt.
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    /// Look at firings, and decide on held ones.
    #[command(subcommand)]
    Firing(firing::Firing),
    /// Look at and change the list of addresses that nothing is mailed to.
    #[command(subcommand)]
    Suppression(suppression::Suppression),
    /// List the mails that came in, and let a held mailbox be read.
    #[command(subcommand)]
    Inbox(inbox::Inbox),
    /// Print what a desk's next digest would say, without sending it.
    Digest(digest::Digest),
    /// Insurance cover: lists for the insurer and the desks, evidence, certificates.
    #[command(subcommand)]
    Insurance(insurance::Insurance),
    /// What happened since a cursor, for the membership system: CSV, or a JSON object a line.
    Export(export::Export),
    /// Say, give out or forget everything about one member.
    #[command(subcommand)]
    Member(member::Member),
    /// Say what is past its time and would be forgotten, or forget it.
    Retention(retention::Retention),
    /// Look into a link or address, or make one for a desk.
    #[command(subcommand)]
    Link(link::Link),
    /// Make and list the keys that links are signed with.
    #[command(subcommand)]
    Key(key::Key),
    /// Verify the ledger.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Copy the store into one file while the daemon goes on; the copy mails nothing.
    Backup(backup::Backup),
    /// Let a state go on that holds everything: a copy, one from another host, one that was set
    /// back, or one whose clock was wrong.
    Adopt(adopt::Adopt),
    /// Print the DNS records that the config needs.
    Dns(dns::Dns),
    /// Play with a sample federation in the browser; needs nothing, mails nobody.
    Demo(demo::Demo),
    /// Look for trouble: config, keys, store, servers, time zones, clock, disk.
    Doctor(doctor::Doctor),
    /// Move the calendar of a simulation.
    #[command(subcommand)]
    Clock(clock::ClockCommand),
    /// Say what incoming mails in files are.
    Inspect(Inspect),
    /// Man pages and shell completions.
    Generate(generate::Generate),
    /// Measure.
    #[command(hide = true, subcommand)]
    Bench(bench::Bench),
}

/// Arguments of `relance import`: a member list's, or a subcommand.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Imports {
    #[command(subcommand)]
    other: Option<import_payments::Other>,
    #[command(flatten)]
    list: Option<import::Import>,
}

impl Imports {
    fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        match (self.other, self.list) {
            (Some(import_payments::Other::Payments(payments)), _) => payments.run(place),
            (None, Some(list)) => list.run(place),
            (None, None) => anyhow::bail!("name a member list, or say `import payments FILE`"),
        }
    }
}

/// Arguments of `relance inspect`.
#[derive(Debug, Args)]
struct Inspect {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Threads.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Lines on standard input are path, format (text, html, eml) and language, tab-separated;
    /// prints the newly written text.
    #[arg(long)]
    replies: bool,
    /// Mails; none: paths, one a line, on standard input.
    files: Vec<PathBuf>,
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let place = cli.place;
    let done = match cli.command {
        Command::Run(run) => run.run(&place),
        Command::Check(check) => check.run(&place),
        Command::Import(import) => import.run(&place),
        Command::Payment(payment) => payment.run(&place),
        Command::Invoice(invoice) => invoice.run(&place),
        Command::Remit(remit) => remit.run(&place),
        Command::Forecast(forecast) => forecast.run(&place),
        Command::Approve(approve) => approve.run(&place),
        Command::Letters(letters) => letters.run(&place),
        Command::Preview(preview) => preview.run(&place),
        Command::Simulate(simulate) => simulate.run(&place),
        Command::Backup(backup) => backup.run(&place),
        Command::Adopt(adopt) => adopt.run(&place),
        Command::Outbox(outbox) => outbox.run(&place),
        Command::Firing(firing) => firing.run(&place),
        Command::Suppression(suppression) => suppression.run(&place),
        Command::Inbox(inbox) => inbox.run(&place),
        Command::Digest(digest) => digest.run(&place),
        Command::Insurance(insurance) => insurance.run(&place),
        Command::Link(link) => link.run(&place),
        Command::Retention(retention) => retention.run(&place),
        Command::Export(export) => export.run(&place),
        Command::Member(member) => member.run(&place),
        Command::Key(key) => key.run(&place),
        Command::Audit(audit) => audit.run(&place),
        Command::Dns(dns) => dns.run(&place),
        Command::Demo(demo) => demo.run(),
        Command::Doctor(doctor) => doctor.run(&place),
        Command::Clock(clock) => clock.run(&place),
        Command::Inspect(i) => inspect::run(&inspect::Options {
            json: i.json,
            jobs: i.jobs,
            replies: i.replies,
            files: i.files,
        }),
        Command::Generate(generate) => generate.run(),
        Command::Bench(bench) => bench.run(&place),
    };
    done.unwrap_or_else(|e| {
        say_error(&told(&e));
        ExitCode::FAILURE
    })
}

/// An error and its causes, each said once: many an error names its cause itself.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| {
        if told.is_empty() {
            cause
        } else if told.contains(&cause) {
            told
        } else {
            format!("{told}: {cause}")
        }
    })
}

/// One line, or a few, on standard output. A closed pipe is no error: somebody ran `| head`.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{}", harmless(text));
}

/// One line, or a few, on standard error.
fn say_error(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "relance: {}", harmless(text));
}

/// What a terminal would obey, written out: much of what commands tell was typed by anybody, or
/// stood in anybody's mail. Reads as JSON where it stood in JSON.
fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    let obeyed = |c: char| is_dangerous(c) && !matches!(c, '\n' | '\t');
    if !text.contains(obeyed) {
        return text.into();
    }
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if obeyed(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// Pretty JSON on standard output.
fn say_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// What an act came to: as JSON, or in words.
fn tell(json: bool, value: &serde_json::Value, words: &str) -> anyhow::Result<()> {
    if json {
        return say_json(value);
    }
    say(words);
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn a_terminal_obeys_nothing_that_was_typed() {
        let typed = "Ann\u{1b}[2J\u{202e}\u{9b}31m\u{2028}\0\r, a\tb\nc é\r\n";
        let told = super::harmless(typed);
        assert_eq!(told, "Ann\\u001b[2J\\u202e\\u009b31m\\u2028\\u0000\\u000d, a\tb\nc é\n");
        let json = serde_json::to_string(typed).unwrap();
        let read: String = serde_json::from_str(&super::harmless(&json)).unwrap();
        assert_eq!(read, typed);
        assert_eq!(super::harmless("Zoë\n"), "Zoë\n");
    }

    #[test]
    fn a_cause_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("port 25: {source}; see smtp.port")]
        struct Named {
            source: std::io::Error,
        }
        let cause = std::io::Error::other("refused");
        let error = anyhow::Error::new(Named { source: cause }).context("relay");
        assert_eq!(super::told(&error), "relay: port 25: refused; see smtp.port");
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    /// `--config` and `--state` name folders, after whatever command.
    #[test]
    fn no_command_takes_a_global_option_for_itself() {
        fn look(command: &clap::Command) {
            for arg in command.get_arguments().filter(|arg| !arg.is_global_set()) {
                let long = arg.get_long().unwrap_or_default();
                assert!(!["config", "state"].contains(&long), "{}: --{long}", command.get_name());
            }
            command.get_subcommands().for_each(look);
        }
        super::Cli::command().get_subcommands().for_each(look);
    }
}
