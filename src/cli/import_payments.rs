//! Owns `relance import payments`: money that another system (the association's membership system,
//! a bank) got for members. A CSV file in UTF-8 whose first line names the columns in any order:
//! `external_id`, `association`, `member_no`, `amount` and `received_on` must be there; `method`
//! (`ams` where left out), `reference`, `invoice` and `reverses` may. A negative amount went back, of
//! the payment whose `external_id` stands in `reverses`. The same file again changes nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use rusqlite::Connection;
use serde_json::json;

use super::acting::Acting;
use super::place::count;
use super::{Place, say, say_error, say_json};
use crate::actions::payments::{self, Money, PaidBy, Recorded};
use crate::actions::{Context, Evidence};
use crate::domain::money::Cents;
use crate::domain::payment::{Method, Reversal};
use crate::store::{StoreError, invoices, payments as kept, people};

/// Columns that must be there.
const REQUIRED: [&str; 5] = ["external_id", "association", "member_no", "amount", "received_on"];
/// Columns that may be there.
const OPTIONAL: [&str; 4] = ["method", "reference", "invoice", "reverses"];

/// What else than a member list can be taken in.
#[derive(Debug, Subcommand)]
pub(super) enum Other {
    /// Take payments in that another system got (CSV).
    Payments(ImportPayments),
}

/// Arguments of `relance import payments`.
#[derive(Debug, Args)]
pub(super) struct ImportPayments {
    /// The file. Its columns: `external_id`, `association`, `member_no`, `amount` (like 962.55;
    /// negative went back), `received_on`; and where needed `method`, `reference`, `invoice`,
    /// `reverses`.
    file: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug, Default)]
struct Report {
    new: usize,
    known: usize,
    waiting: Vec<(u64, Cents)>,
    refused: Vec<(u64, String)>,
}

impl ImportPayments {
    pub(super) fn run(&self, place: &Place) -> anyhow::Result<ExitCode> {
        let acting = Acting::new(place)?;
        let shown = self.file.display().to_string();
        let rows = read(&self.file).with_context(|| shown.clone())?;
        let mut report = Report::default();
        for (line, row) in rows {
            // One row a transaction: what was right stays when the next is wrong.
            let came = acting.act(|c, evidence| take(c, &acting.context, &row, evidence))?;
            match came {
                Ok(Recorded::New { unapplied, .. }) => {
                    report.new += 1;
                    if unapplied > Cents::ZERO {
                        report.waiting.push((line, unapplied));
                    }
                }
                Ok(Recorded::Already(_)) => report.known += 1,
                Ok(Recorded::Refused(why)) => report.refused.push((line, why.to_string())),
                Err(why) => report.refused.push((line, why)),
            }
        }
        self.tell(&report)?;
        Ok(if report.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn tell(&self, report: &Report) -> anyhow::Result<()> {
        if self.json {
            let waiting: Vec<_> = report
                .waiting
                .iter()
                .map(|(line, cents)| json!({"line": line, "amount": cents.to_string()}))
                .collect();
            let refused: Vec<_> = report
                .refused
                .iter()
                .map(|(line, why)| json!({"line": line, "why": why}))
                .collect();
            return say_json(&json!({"new": report.new, "known": report.known,
                "waiting": waiting, "refused": refused}));
        }
        for (line, why) in &report.refused {
            say_error(&format!("line {line}: {why}"));
        }
        for (line, cents) in &report.waiting {
            say(&format!("line {line}: {cents} settles nothing and waits"));
        }
        let new = count(report.new, "payment");
        let refused = report.refused.len();
        say(&format!("{new} recorded, {} known before, {refused} refused", report.known));
        Ok(())
    }
}

type Row = HashMap<String, String>;

fn read(file: &Path) -> anyhow::Result<Vec<(u64, Row)>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file)?;
    let heads: Vec<String> = reader.headers()?.iter().map(str::to_ascii_lowercase).collect();
    for head in &heads {
        if !REQUIRED.iter().chain(&OPTIONAL).any(|known| known == head) {
            bail!("there is no column “{head}”; known: {}", known_columns());
        }
    }
    for needed in REQUIRED {
        if !heads.iter().any(|head| head == needed) {
            bail!("the column {needed} is missing; known: {}", known_columns());
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = heads.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        rows.push((line, row));
    }
    Ok(rows)
}

fn known_columns() -> String {
    [&REQUIRED[..], &OPTIONAL[..]].concat().join(", ")
}

/// One row; the inner error says what is wrong with it.
fn take(
    c: &Connection,
    context: &Context,
    row: &Row,
    evidence: &Evidence<'_>,
) -> Result<Result<Recorded, String>, StoreError> {
    let get = |name: &str| row.get(name).map_or("", String::as_str);
    let (external, issuer) = (get("external_id"), get("association"));
    if external.is_empty() {
        return Ok(Err("external_id is empty".into()));
    }
    if context.config.association(issuer).is_none() {
        return Ok(Err(format!("association: “{issuer}” is none")));
    }
    let Some(amount) = Cents::parse(get("amount")) else {
        return Ok(Err(format!("amount: “{}”: write it like 962.55", get("amount"))));
    };
    let Ok(received_on) = get("received_on").parse() else {
        return Ok(Err(format!("received_on: “{}”: write it like 2026-12-01", get("received_on"))));
    };
    let method = match get("method") {
        "" => Method::Ams,
        text => match Method::parse(text) {
            Some(method) => method,
            None => return Ok(Err(format!("method: “{text}” is none"))),
        },
    };
    if amount < Cents::ZERO {
        let Some(paid) = kept::by_external(c, issuer, method, get("reverses"))? else {
            return Ok(Err(format!("reverses: “{}” is no payment here", get("reverses"))));
        };
        let (back, why) = (Some(amount.negated()), Reversal::Refund);
        let id = Some(external);
        return payments::reverse(c, context, paid.id, back, why, received_on, id, evidence)
            .map(Ok);
    }
    let Some(member) = people::by_number(c, get("member_no"))? else {
        return Ok(Err(format!("member_no: “{}” is not here", get("member_no"))));
    };
    let money = Money {
        issuer,
        method,
        external: Some(external),
        amount,
        received_on,
        reference: get("reference"),
        by: PaidBy::Billed,
    };
    let recorded = match get("invoice") {
        "" => payments::record_for(c, context, &money, &member, evidence)?,
        number => match invoices::by_number(c, number)? {
            Some(invoice) => payments::record(c, context, &money, &[invoice.id], evidence)?,
            None => return Ok(Err(format!("invoice: “{number}” is not here"))),
        },
    };
    Ok(Ok(recorded))
}
