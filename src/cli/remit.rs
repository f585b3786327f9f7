//! Owns `relance remit`: what one body collected for another, or for the insurer.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

use super::acting::Acting;
use super::place::count;
use super::{Place, say, say_error, say_json};
use crate::actions::remittances::{self, List};
use crate::domain::money::Cents;
use crate::domain::remittance::{Beneficiary, Collected, taxes};
use crate::members::Sheet;

/// Arguments of `relance remit`.
#[derive(Debug, Args)]
pub(super) struct Remit {
    /// Code of the association that collected.
    #[arg(long, value_name = "CODE")]
    from: String,
    /// Code of the body whose dues they are, or `insurer` for premiums.
    #[arg(long, value_name = "CODE")]
    to: String,
    /// Freeze what waits into the next numbered batch, which is then handed over. What goes back
    /// later is negative in the one after it.
    #[arg(long)]
    freeze: bool,
    /// Show this frozen batch; left out: what waits.
    #[arg(long, value_name = "N", conflicts_with = "freeze")]
    batch: Option<i64>,
    /// A CSV file on standard output.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

impl Remit {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let acting = Acting::new(place)?;
        acting.association(&self.from)?;
        let to = Beneficiary::parse(&self.to);
        if let Beneficiary::Body(code) = to {
            acting.association(code)?;
            if code == self.from {
                bail!("{code} need not hand its own dues over");
            }
        }
        let list = if self.freeze {
            acting.act(|c, evidence| {
                remittances::freeze(c, &acting.context, &self.from, to, evidence.at)
            })?
        } else {
            acting.read(|c| remittances::list(c, &acting.context, &self.from, to, self.batch))?
        };
        let Some(list) = list else {
            match self.batch {
                Some(n) => bail!("there is no batch {n} from {} to {}", self.from, self.to),
                None => bail!("nothing waits to be handed over"),
            }
        };
        if self.json {
            say_json(&self.as_json(&list))?;
        } else if self.csv {
            write_csv(&list)?;
        } else {
            self.show(&list);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn show(&self, list: &List) {
        let batch = list.batch.map_or("not frozen yet".to_owned(), |n| format!("batch {n}"));
        for row in &list.rows {
            let back = row.reverses.map_or(String::new(), |(_, why)| format!("  {why}"));
            say(&format!(
                "{}  payment {:<5} {:<10}  {}  {:<8} {:>10}{back}",
                row.received_on,
                row.payment.0,
                row.member_no,
                row.invoice,
                row.part.kind,
                row.part.total().to_string()
            ));
        }
        let rows = count(list.rows.len(), "row");
        say(&format!("{} to {}, {batch}: {rows}, {}", self.from, self.to, list.total));
    }

    fn as_json(&self, list: &List) -> Value {
        json!({
            "from": self.from, "to": self.to, "batch": list.batch,
            "total": list.total.to_string(),
            "rows": list.rows.iter().map(row_json).collect::<Vec<_>>(),
        })
    }
}

fn row_json(row: &Collected) -> Value {
    let taxes: serde_json::Map<String, Value> =
        row.part.taxes.iter().map(|t| (t.tax.clone(), json!(t.amount.to_string()))).collect();
    json!({
        "payment": row.payment.0, "reverses": row.reverses.map(|(of, _)| of.0),
        "why": row.reverses.map(|(_, why)| why), "method": row.method,
        "received_on": row.received_on.to_string(), "member_no": row.member_no,
        "invoice": row.invoice, "kind": row.part.kind, "supplier": row.part.supplier,
        "category": row.part.category, "net": row.part.amount.to_string(), "taxes": taxes,
        "total": row.part.total().to_string(),
        "paid_through": row.paid_through.map(|d| d.to_string()),
    })
}

fn write_csv(list: &List) -> anyhow::Result<()> {
    const HEAD: [&str; 10] = [
        "batch",
        "payment",
        "reverses",
        "method",
        "received_on",
        "member_no",
        "invoice",
        "kind",
        "supplier",
        "category",
    ];
    let codes = taxes(&list.rows);
    let mut sheet = Sheet::new(std::io::stdout());
    let tail = ["total", "paid_through"];
    sheet.row(HEAD.iter().chain(&["net"]).chain(&codes).chain(&tail))?;
    for row in &list.rows {
        let tax = |code: &&str| -> Cents {
            row.part.taxes.iter().filter(|t| t.tax == **code).map(|t| t.amount).sum()
        };
        let mut record = vec![
            list.batch.map(|n| n.to_string()).unwrap_or_default(),
            row.payment.0.to_string(),
            row.reverses.map(|(of, _)| of.0.to_string()).unwrap_or_default(),
            row.method.to_string(),
            row.received_on.to_string(),
            row.member_no.clone(),
            row.invoice.clone(),
            row.part.kind.to_string(),
            row.part.supplier.clone(),
            row.part.category.clone(),
            row.part.amount.to_string(),
        ];
        record.extend(codes.iter().map(|code| tax(code).to_string()));
        record.push(row.part.total().to_string());
        record.push(row.paid_through.map(|d| d.to_string()).unwrap_or_default());
        sheet.row(&record)?;
    }
    sheet.finish()?.flush()?;
    say_error(&format!("{}, {}", count(list.rows.len(), "row"), list.total));
    Ok(())
}
