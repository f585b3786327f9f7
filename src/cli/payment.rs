//! Owns `relance payment`: money that came in, and money that went back.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::acting::{Acting, amount, day};
use super::{Place, say, say_json};
use crate::actions::payments::{self, Money, PaidBy, Recorded};
use crate::domain::money::Cents;
use crate::domain::payment::{Method, Reversal};
use crate::ids::{InvoiceId, PaymentId};
use crate::store::payers::Payer;
use crate::store::payments::{self as kept, Payment};
use crate::store::{invoices, payers, people};

/// Subcommands of `relance payment`.
#[derive(Debug, Subcommand)]
pub(super) enum PaymentCommand {
    /// Record money that came in: a cheque, a transfer.
    Record(Record),
    /// A cheque came back from the bank: all that it paid is owed again.
    Bounce(Back),
    /// Money was paid back: first what settles nothing, then what was applied last.
    Refund(Back),
    /// A card's holder had the money taken back.
    Chargeback(Back),
    /// Apply what waits of a payment to invoices.
    Allocate {
        /// Number of the payment.
        payment: i64,
        /// Numbers of the invoices.
        #[arg(long = "invoice", value_name = "NUMBER", required = true)]
        invoices: Vec<String>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List payments, and what of each waits.
    List {
        /// Only those to this association.
        #[arg(long, value_name = "CODE")]
        to: Option<String>,
        /// Only those of whoever pays at this address in members' places.
        #[arg(long, value_name = "EMAIL")]
        payer: Option<String>,
        /// Only those of which something waits for a decision.
        #[arg(long)]
        waiting: bool,
        /// A JSON list.
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of `relance payment record`.
#[derive(Debug, Args)]
pub(super) struct Record {
    /// How much, like 962.55.
    #[arg(value_parser = amount)]
    amount: Cents,
    /// Code of the association that got it; left out: that of the first invoice.
    #[arg(long, value_name = "CODE")]
    to: Option<String>,
    /// Number of an invoice that it pays; several times for one cheque over several. Without any,
    /// and without --member, it waits.
    #[arg(long = "invoice", value_name = "NUMBER")]
    invoices: Vec<String>,
    /// Address of who pays in members' places. Without an invoice it pays all that they have open,
    /// in the order of payment.across; the receipt goes there.
    #[arg(long, value_name = "EMAIL", conflicts_with = "member")]
    payer: Option<String>,
    /// Member number: it pays what they owe; where nothing was invoiced yet, they renew by it.
    #[arg(long, value_name = "NUMBER", conflicts_with = "invoices", requires = "to")]
    member: Option<String>,
    /// cheque, transfer, card or ams.
    #[arg(long, default_value = "cheque", value_parser = method)]
    method: Method,
    /// Day on which it came; left out: today.
    #[arg(long, value_parser = day, value_name = "DAY")]
    on: Option<Date>,
    /// Number of the cheque, say.
    #[arg(long, default_value = "", value_name = "TEXT")]
    reference: String,
    /// Its id in another system: told twice, it is recorded once.
    #[arg(long, value_name = "ID")]
    external: Option<String>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// Arguments of the three ways back.
#[derive(Debug, Args)]
pub(super) struct Back {
    /// Number of the payment.
    payment: i64,
    /// How much; left out: all that is left of it.
    #[arg(long, value_parser = amount)]
    amount: Option<Cents>,
    /// Day on which it went; left out: today.
    #[arg(long, value_parser = day, value_name = "DAY")]
    on: Option<Date>,
    /// Its id in another system: told twice, it is recorded once.
    #[arg(long, value_name = "ID")]
    external: Option<String>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

fn method(text: &str) -> Result<Method, String> {
    Method::parse(text).ok_or_else(|| {
        let all: Vec<&str> = Method::ALL.iter().map(|m| m.as_str()).collect();
        format!("one of: {}", all.join(", "))
    })
}

impl PaymentCommand {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let acting = Acting::new(place)?;
        match self {
            Self::Record(record) => record.run(&acting)?,
            Self::Bounce(back) => back.run(&acting, Reversal::Bounced)?,
            Self::Refund(back) => back.run(&acting, Reversal::Refund)?,
            Self::Chargeback(back) => back.run(&acting, Reversal::Chargeback)?,
            Self::Allocate { payment, invoices, json } => {
                let ids = acting.invoices(&invoices)?;
                let recorded = acting.act(|c, evidence| {
                    payments::allocate(c, &acting.context, PaymentId(payment), &ids, evidence)
                })?;
                tell(&recorded, json)?;
            }
            Self::List { to, payer, waiting, json } => {
                list(&acting, to.as_deref(), payer.as_deref(), waiting, json)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Record {
    fn run(&self, acting: &Acting) -> anyhow::Result<()> {
        let ids = acting.invoices(&self.invoices)?;
        let (issuer, by) = self.issuer_and_payer(acting, &ids)?;
        let association = acting.association(&issuer)?;
        let received_on = match self.on {
            Some(on) => on,
            None => acting.today(association)?,
        };
        let member = match &self.member {
            Some(number) => {
                let found = acting.read(|c| people::by_number(c, number))?;
                Some(found.with_context(|| format!("there is no member {number}"))?)
            }
            None => None,
        };
        let money = Money {
            issuer: &issuer,
            method: self.method,
            external: self.external.as_deref(),
            amount: self.amount,
            received_on,
            reference: &self.reference,
            by,
        };
        let recorded = acting.act(|c, evidence| match &member {
            Some(member) => payments::record_for(c, &acting.context, &money, member, evidence),
            None => payments::record(c, &acting.context, &money, &ids, evidence),
        })?;
        tell(&recorded, self.json)
    }
}

impl Record {
    /// The association that got it, and who paid.
    fn issuer_and_payer(
        &self,
        acting: &Acting,
        ids: &[InvoiceId],
    ) -> anyhow::Result<(String, PaidBy)> {
        let first = ids.first().map(|id| acting.read(|c| invoices::by_id(c, *id))).transpose()?;
        let first = first.flatten().map(|invoice| invoice.issuer);
        let issuer = self.to.clone().or(first);
        let Some(email) = &self.payer else {
            let issuer = issuer.context("say which association got it: --to CODE")?;
            return Ok((issuer, PaidBy::Billed));
        };
        let mut found = payers_at(acting, email)?;
        if let Some(issuer) = &issuer {
            found.retain(|payer| payer.issuer == *issuer);
        }
        match &found[..] {
            [payer] => Ok((payer.issuer.clone(), PaidBy::Payer(payer.id))),
            [] => bail!("{email} pays for nobody there"),
            several => {
                let codes: Vec<&str> = several.iter().map(|p| p.issuer.as_str()).collect();
                bail!("say which association got it: --to {}", codes.join(" or "))
            }
        }
    }
}

/// Those who pay in members' places at that address.
fn payers_at(acting: &Acting, email: &str) -> anyhow::Result<Vec<Payer>> {
    let found = acting.read(|c| payers::by_email(c, email))?;
    if found.is_empty() {
        bail!("{email} pays for nobody here");
    }
    Ok(found)
}

impl Back {
    fn run(&self, acting: &Acting, why: Reversal) -> anyhow::Result<()> {
        let id = PaymentId(self.payment);
        let payment = acting.read(|c| kept::by_id(c, id))?;
        let payment = payment.with_context(|| format!("there is no payment {}", self.payment))?;
        let on = match self.on {
            Some(on) => on,
            None => acting.today(acting.association(&payment.issuer)?)?,
        };
        let external = self.external.as_deref();
        let recorded = acting.act(|c, evidence| {
            payments::reverse(c, &acting.context, id, self.amount, why, on, external, evidence)
        })?;
        tell(&recorded, self.json)
    }
}

/// Says what came of it; what was refused is an error.
fn tell(recorded: &Recorded, json: bool) -> anyhow::Result<()> {
    let (payment, unapplied, new) = match recorded {
        Recorded::New { payment, unapplied } => (payment.0, *unapplied, true),
        Recorded::Already(payment) => (payment.0, Cents::ZERO, false),
        Recorded::Refused(why) => bail!("not recorded: {why}"),
    };
    if json {
        return say_json(
            &json!({"payment": payment, "new": new, "waiting": unapplied.to_string()}),
        );
    }
    if !new {
        say(&format!("payment {payment}: it was recorded before"));
    } else if unapplied > Cents::ZERO {
        say(&format!("payment {payment}: recorded; {unapplied} settles nothing and waits"));
    } else {
        say(&format!("payment {payment}: recorded"));
    }
    Ok(())
}

fn list(
    acting: &Acting,
    to: Option<&str>,
    payer: Option<&str>,
    waiting: bool,
    json: bool,
) -> anyhow::Result<()> {
    let payer = payer.map(|email| payers_at(acting, email)).transpose()?;
    let found = acting.read(|c| {
        let mut found = Vec::new();
        for payment in kept::list(c, to)? {
            let theirs = |all: &Vec<Payer>| all.iter().any(|p| payment.payer == Some(p.id));
            if !payer.as_ref().is_none_or(theirs) {
                continue;
            }
            let unapplied = kept::unapplied(c, payment.id)?;
            let waits = payment.reverses.is_none() && unapplied > Cents::ZERO;
            let mut on = Vec::new();
            for share in kept::applied_of(c, payment.id)? {
                let number = invoices::by_id(c, share.invoice)?.map(|i| i.number);
                on.extend(number.filter(|n| !on.contains(n)));
            }
            if waits || !waiting {
                let by = payment.payer.map(|id| payers::by_id(c, id)).transpose()?.flatten();
                let waits = if waits { unapplied } else { Cents::ZERO };
                found.push(Listed { payment, waits, on, by: by.map(|p| p.email) });
            }
        }
        Ok(found)
    })?;
    if json {
        let rows: Vec<Value> = found.iter().map(as_json).collect();
        return say_json(&rows);
    }
    if found.is_empty() {
        say("none");
    }
    for Listed { payment: p, waits, on, by } in found {
        let by = by.map_or(String::new(), |email| format!("  by {email}"));
        let back = p.reverses.map_or(String::new(), |(of, why)| format!("  {why} of {}", of.0));
        let waits = if waits > Cents::ZERO { format!("  {waits} waits") } else { String::new() };
        say(&format!(
            "{:>6}  {}  {:<5}  {:<8}  {:>10}  {}{by}{back}{waits}",
            p.id.0,
            p.received_on,
            p.issuer,
            p.method,
            p.amount.to_string(),
            on.join(" ")
        ));
    }
    Ok(())
}

/// A payment, what of it waits, the invoices that it pays, and the address of its payer.
struct Listed {
    payment: Payment,
    waits: Cents,
    on: Vec<String>,
    by: Option<String>,
}

fn as_json(listed: &Listed) -> Value {
    let Listed { payment: p, waits, on, by } = listed;
    json!({
        "payer": by,
        "payment": p.id.0, "association": p.issuer, "method": p.method, "external": p.external,
        "amount": p.amount.to_string(), "received_on": p.received_on.to_string(),
        "reference": p.reference, "reverses": p.reverses.map(|(of, _)| of.0),
        "why": p.reverses.map(|(_, why)| why), "waiting": waits.to_string(), "invoices": on,
    })
}
