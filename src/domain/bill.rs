//! Owns what a bill is: lines, each a body's, each with its taxes. Pure data; `billing` says what
//! stands on it, `tax` what is due on a line.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::money::Cents;
use super::words::vocabulary;

vocabulary! {
    /// The kinds of line, taxed and remitted differently.
    LineKind {
        /// Dues of a body.
        Dues = "dues",
        /// Premium of professional liability insurance.
        Premium = "premium",
        /// What being late costs.
        Penalty = "penalty" }
}

/// What one renewal owes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Bill {
    /// Lines, dues first.
    pub lines: Vec<Line>,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// What it is for.
    pub kind: LineKind,
    /// Code of the body whose line it is.
    pub supplier: String,
    /// Category code at that body.
    pub category: String,
    /// Amount before taxes.
    pub amount: Cents,
    /// Taxes on it, in the config's order.
    pub taxes: Vec<TaxLine>,
}

/// One tax on one line, rounded to the cent there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaxLine {
    /// Code of the tax.
    pub tax: String,
    /// Its rate on that day.
    pub rate: Rate,
    /// The supplier's registration number; empty for a tax that needs none.
    pub registration: String,
    /// Amount.
    pub amount: Cents,
}

/// One tax of one body over all lines of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxSum<'a> {
    /// Code of the body that charges it.
    pub supplier: &'a str,
    /// Code of the tax.
    pub tax: &'a str,
    /// Rate.
    pub rate: Rate,
    /// The body's registration number; empty where none is needed.
    pub registration: &'a str,
    /// Sum of what was rounded line by line.
    pub amount: Cents,
}

/// The share of a line that a tax takes, in millionths: 9.975 % is 99 750.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(i64);

/// No tax is more than the whole line.
const RATE_MAX: i64 = 1_000_000;
/// Decimals of a percentage that a millionth can hold.
const PERCENT_DECIMALS_MAX: usize = 4;

impl Rate {
    /// From millionths, as the store keeps it; `None` for less than nothing and more than all.
    #[must_use]
    pub fn new(millionths: i64) -> Option<Self> {
        (0..=RATE_MAX).contains(&millionths).then_some(Self(millionths))
    }

    /// From a decimal percentage as in the config: `9.975`. `None` for anything else, a sign or
    /// more than four decimals.
    #[must_use]
    pub fn parse(percent: &str) -> Option<Self> {
        let (whole, decimals) = percent.split_once('.').unwrap_or((percent, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let dangling = percent.ends_with('.');
        if whole.is_empty() || whole.len() > 3 || decimals.len() > PERCENT_DECIMALS_MAX || dangling
        {
            return None;
        }
        if !digits(whole) || !digits(decimals) {
            return None;
        }
        Self::new(format!("{whole}{decimals:0<PERCENT_DECIMALS_MAX$}").parse().ok()?)
    }

    /// As the store keeps it.
    #[must_use]
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// What it takes of an amount, rounded to the cent, half away from zero.
    #[must_use]
    pub fn of(self, amount: Cents) -> Cents {
        amount.share(self.0, RATE_MAX)
    }
}

impl fmt::Display for Rate {
    /// The percentage without idle zeros: `9.975`, `13`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Line {
    /// The amount with its taxes: what a payment of this line must come to.
    #[must_use]
    pub fn total(&self) -> Cents {
        std::iter::once(self.amount).chain(self.taxes.iter().map(|t| t.amount)).sum()
    }

    /// The line that takes this one back.
    #[must_use]
    pub fn negated(&self) -> Self {
        let taxes = self.taxes.iter().map(|t| TaxLine { amount: t.amount.negated(), ..t.clone() });
        Self { amount: self.amount.negated(), taxes: taxes.collect(), ..self.clone() }
    }
}

impl Bill {
    /// The sum of the lines, taxes included.
    #[must_use]
    pub fn total(&self) -> Cents {
        self.lines.iter().map(Line::total).sum()
    }

    /// The sum before taxes of the lines of one kind.
    #[must_use]
    pub fn net_of(&self, kind: LineKind) -> Cents {
        self.lines.iter().filter(|l| l.kind == kind).map(|l| l.amount).sum()
    }

    /// Whether it carries insurance.
    #[must_use]
    pub fn insures(&self) -> bool {
        self.lines.iter().any(|l| l.kind == LineKind::Premium)
    }

    /// The bill that takes this one back.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { lines: self.lines.iter().map(Line::negated).collect() }
    }

    /// The taxes summed by body, tax, rate and registration, in the order of the lines.
    #[must_use]
    pub fn taxes(&self) -> Vec<TaxSum<'_>> {
        let mut sums: Vec<TaxSum<'_>> = Vec::new();
        for line in &self.lines {
            for tax in &line.taxes {
                let one = TaxSum {
                    supplier: &line.supplier,
                    tax: &tax.tax,
                    rate: tax.rate,
                    registration: &tax.registration,
                    amount: tax.amount,
                };
                let same =
                    sums.iter_mut().find(|s| TaxSum { amount: one.amount, ..(*s).clone() } == one);
                match same {
                    Some(sum) => sum.amount = [sum.amount, one.amount].into_iter().sum(),
                    None => sums.push(one),
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cents(c: i64) -> Cents {
        Cents::new(c).unwrap()
    }

    #[test]
    fn rates_are_read_as_people_write_percentages() {
        for (text, want) in [
            ("13", Some(130_000)),
            ("9.975", Some(99_750)),
            ("0", Some(0)),
            ("100", Some(1_000_000)),
            ("0.0001", Some(1)),
            ("100.1", None),
            ("-5", None),
            ("9,975", None),
            ("9.", None),
            (".5", None),
            ("1.00001", None),
            ("", None),
            ("+5", None),
        ] {
            assert_eq!(Rate::parse(text).map(Rate::millionths), want, "{text}");
        }
        for text in ["13", "9.975", "0", "100", "0.5"] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn tax_is_rounded_half_away_from_zero() {
        for (rate, amount, want) in [
            ("13", 31_500, 4_095),
            ("9.975", 18_500, 1_845),
            ("9.975", -18_500, -1_845),
            ("5", 10, 1),
            ("5", 9, 0),
            ("5", -10, -1),
        ] {
            assert_eq!(
                Rate::parse(rate).unwrap().of(cents(amount)),
                cents(want),
                "{rate} {amount}"
            );
        }
    }

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        let tax = (0usize..3, 0i64..1_000_000).prop_map(|(n, rate)| (["A", "B", "C"][n], rate));
        let line = (0usize..3, 0usize..2, 0i64..10_000_000, prop::collection::vec(tax, 0..3));
        let line = line.prop_map(|(kind, supplier, amount, taxes)| Line {
            kind: LineKind::ALL[kind],
            supplier: ["OPPI", "CIP"][supplier].into(),
            category: "full".into(),
            amount: cents(amount),
            taxes: taxes
                .into_iter()
                .map(|(tax, rate)| TaxLine {
                    tax: tax.into(),
                    rate: Rate::new(rate).unwrap(),
                    registration: String::new(),
                    amount: Rate::new(rate).unwrap().of(cents(amount)),
                })
                .collect(),
        });
        prop::collection::vec(line, 0..6)
    }

    proptest! {
        #[test]
        fn a_bill_adds_up(lines in lines()) {
            let bill = Bill { lines };
            let net: Cents = LineKind::ALL.iter().map(|k| bill.net_of(*k)).sum();
            let taxes: Cents = bill.taxes().iter().map(|t| t.amount).sum();
            prop_assert_eq!(bill.total().get(), net.get() + taxes.get());
            prop_assert_eq!(bill.negated().total(), bill.total().negated());
            let text = serde_json::to_string(&bill).unwrap();
            prop_assert_eq!(serde_json::from_str::<Bill>(&text).unwrap(), bill);
        }
    }
}
