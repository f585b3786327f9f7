//! Owns `relance invoice`: looking at invoices and credit notes, and taking an invoice back.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use serde_json::{Value, json};

use super::acting::Acting;
use super::{Place, say, say_json};
use crate::actions::invoices::{self, Why};
use crate::domain::invoice::{DocumentKind, Invoice};
use crate::domain::payment;
use crate::store::{StoreError, invoices as kept, payments, people, renewals};

/// Subcommands of `relance invoice`.
#[derive(Debug, Subcommand)]
pub(super) enum InvoiceCommand {
    /// List the season's invoices and credit notes in the order of their numbers.
    List {
        /// Only those of this association.
        #[arg(long, value_name = "CODE")]
        from: Option<String>,
        /// Only invoices of which something is owed.
        #[arg(long)]
        open: bool,
        /// A JSON list.
        #[arg(long)]
        json: bool,
    },
    /// Show one with its lines and taxes.
    Show {
        /// Its number.
        number: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Take an invoice back by a credit note; what was paid on it waits, or counts towards the new
    /// one. The member is told.
    Credit {
        /// Its number.
        number: String,
        /// mistake, situation or transfer.
        #[arg(long, value_parser = why)]
        why: Why,
        /// Issue a new one by the member list and the config as they are now.
        #[arg(long)]
        reissue: bool,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

fn why(text: &str) -> Result<Why, String> {
    Why::OF_A_DESK.into_iter().find(|w| w.as_str() == text).ok_or_else(|| {
        let all: Vec<&str> = Why::OF_A_DESK.iter().map(|w| w.as_str()).collect();
        format!("one of: {}", all.join(", "))
    })
}

/// An invoice, whose it is, and what was paid of it.
struct Shown {
    invoice: Invoice,
    member_no: String,
    paid: i64,
}

impl Shown {
    fn of(c: &rusqlite::Connection, invoice: Invoice) -> Result<Self, StoreError> {
        let row = renewals::by_id(c, invoice.renewal)?;
        let member = row.map(|r| people::by_id(c, r.person)).transpose()?.flatten();
        let paid = payment::sum(&payments::applied_to(c, invoice.id)?).get();
        Ok(Self { invoice, member_no: member.map(|m| m.member_no).unwrap_or_default(), paid })
    }

    fn owed(&self) -> i64 {
        if self.invoice.stands() { self.invoice.bill.total().get() - self.paid } else { 0 }
    }

    fn as_json(&self) -> Value {
        let i = &self.invoice;
        let lines = i.bill.lines.iter().map(|line| {
            let taxes = line.taxes.iter().map(|t| {
                json!({"tax": t.tax, "percent": t.rate.to_string(),
                       "registration": t.registration, "amount": t.amount.to_string()})
            });
            json!({"kind": line.kind, "supplier": line.supplier, "category": line.category,
                   "amount": line.amount.to_string(), "taxes": taxes.collect::<Vec<_>>()})
        });
        let shares = i
            .shares
            .iter()
            .map(|s| json!({"due_on": s.due_on.to_string(), "amount": s.amount.to_string()}));
        json!({
            "number": i.number, "kind": i.kind, "association": i.issuer, "season": i.season,
            "member_no": self.member_no, "bill_to": i.bill_to,
            "purchase_order": i.purchase_order, "place": i.place,
            "issued_on": i.issued_on.to_string(), "due_on": i.due_on().to_string(),
            "shares": shares.collect::<Vec<_>>(),
            "corrects": i.corrects.as_ref().map(|(_, number)| number),
            "corrected_by": i.corrected_by, "lines": lines.collect::<Vec<_>>(),
            "total": i.bill.total().to_string(), "paid": dollars(self.paid),
            "owed": dollars(self.owed()),
        })
    }
}

fn dollars(cents: i64) -> String {
    crate::domain::money::Cents::new(cents).unwrap_or_default().to_string()
}

impl InvoiceCommand {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let acting = Acting::new(place)?;
        match self {
            Self::List { from, open, json } => list(&acting, from.as_deref(), open, json)?,
            Self::Show { number, json } => show(&acting, &number, json)?,
            Self::Credit { number, why, reissue, json } => {
                let done = acting.act(|c, evidence| {
                    invoices::credit_by_desk(c, &acting.context, &number, why, reissue, evidence)
                })?;
                let (note, instead) = done.map_err(|why| anyhow!("{why}"))?;
                let instead = instead.map(|i| i.number);
                if json {
                    say_json(&json!({"credit_note": note.number, "invoice": instead}))?;
                } else {
                    let instead = instead.map_or(String::new(), |n| format!("; new invoice {n}"));
                    say(&format!("{number} is taken back by {}{instead}", note.number));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(acting: &Acting, from: Option<&str>, open: bool, json: bool) -> anyhow::Result<()> {
    if let Some(code) = from {
        acting.association(code)?;
    }
    let season = &acting.context.config.relance.season.id;
    let found = acting.read(|c| {
        let all = kept::list(c, season, from)?;
        all.into_iter().map(|i| Shown::of(c, i)).collect::<Result<Vec<_>, _>>()
    })?;
    let found: Vec<Shown> = found.into_iter().filter(|s| !open || s.owed() > 0).collect();
    if json {
        return say_json(&found.iter().map(Shown::as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        say("none");
    }
    for s in found {
        let i = &s.invoice;
        let what = match (i.kind, &i.corrected_by) {
            (DocumentKind::CreditNote, _) => {
                i.corrects.as_ref().map_or(String::new(), |(_, n)| format!("takes back {n}"))
            }
            (_, Some(by)) => format!("taken back by {by}"),
            _ => format!("owed {}, due {}", dollars(s.owed()), i.due_on()),
        };
        say(&format!(
            "{}  {}  {:<10}  {:>10}  {what}",
            i.number,
            i.issued_on,
            s.member_no,
            i.bill.total().to_string()
        ));
    }
    Ok(())
}

fn show(acting: &Acting, number: &str, json: bool) -> anyhow::Result<()> {
    let found = acting.read(|c| {
        let invoice = kept::by_number(c, number)?;
        invoice.map(|i| Shown::of(c, i)).transpose()
    })?;
    let shown = found.with_context(|| format!("there is no invoice {number}"))?;
    if json {
        return say_json(&shown.as_json());
    }
    let value = shown.as_json();
    for (key, value) in value.as_object().into_iter().flatten() {
        if !value.is_array() && !value.is_null() {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            say(&format!("{key:<15} {text}"));
        }
    }
    for line in &shown.invoice.bill.lines {
        let (kind, supplier, category) = (line.kind, &line.supplier, &line.category);
        say(&format!("  {kind:<8} {supplier:<5} {category:<12} {:>10}", line.amount.to_string()));
        for tax in &line.taxes {
            let rate = format!("{} % {}", tax.rate, tax.registration);
            say(&format!(
                "    {:<24} {:>10}",
                format!("{} {}", tax.tax, rate.trim()),
                tax.amount.to_string()
            ));
        }
    }
    Ok(())
}
