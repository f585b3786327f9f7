//! Owns which taxes fall due on a line: by its supplier's registrations, its kind, where the member
//! lives and the day. What the rates are is config; a fact of law is the treasurer's to confirm.

use jiff::civil::Date;

use super::bill::{LineKind, TaxLine};
use super::money::Cents;
use crate::config::{Association, TaxConfig};

/// What the config writes for places outside Canada.
pub const ABROAD: &str = "abroad";

/// A line on its way onto a bill.
#[derive(Debug, Clone, Copy)]
pub struct Supply<'a> {
    /// The body whose line it is.
    pub supplier: &'a Association,
    /// What it is for.
    pub kind: LineKind,
    /// Category code at that body.
    pub category: &'a str,
    /// Code of the member's province or territory; empty outside Canada.
    pub place: &'a str,
    /// The day on which the tax falls due: the invoice's.
    pub on: Date,
    /// Amount before taxes.
    pub amount: Cents,
}

/// The taxes on a line, each rounded to the cent, in the config's order. None on nothing.
#[must_use]
pub fn due(taxes: &[TaxConfig], supply: &Supply<'_>) -> Vec<TaxLine> {
    if is_exempt(supply) || supply.amount == Cents::ZERO {
        return Vec::new();
    }
    let place = if supply.place.is_empty() { ABROAD } else { supply.place };
    let applies = |tax: &&TaxConfig| {
        tax.kinds.contains(&supply.kind)
            && tax.places.iter().any(|p| p.eq_ignore_ascii_case(place))
            && tax.from <= supply.on
            && tax.until.is_none_or(|until| supply.on <= until)
    };
    let line = |tax: &TaxConfig| {
        let registration = match &tax.registration {
            None => String::new(),
            // A body that is not registered charges nothing.
            Some(name) => supply.supplier.tax.registrations.get(name)?.clone(),
        };
        let amount = tax.rate.of(supply.amount);
        Some(TaxLine { tax: tax.code.clone(), rate: tax.rate, registration, amount })
    };
    taxes.iter().filter(applies).filter_map(line).collect()
}

/// Dues that keep a professional status of law, where the body has not elected otherwise.
fn is_exempt(supply: &Supply<'_>) -> bool {
    if supply.kind != LineKind::Dues {
        return false;
    }
    let category = supply.supplier.category(supply.category).and_then(|c| c.dues_taxable);
    !category.unwrap_or(supply.supplier.tax.dues_taxable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::billing::tests::federation;

    /// Kind, supplier, category, place, day, cents; what is charged.
    type Case<'a> =
        (LineKind, &'a str, &'a str, &'a str, &'a str, i64, &'a [(&'a str, &'a str, i64)]);

    #[test]
    fn by_supplier_kind_place_and_day() {
        use LineKind::{Dues, Penalty, Premium};
        let config = federation();
        let table: [Case<'_>; 26] = [
            (Dues, "CIP", "full", "ON", "2026-11-02", 31_500, &[("HST", "13", 4_095)]),
            (Dues, "CIP", "full", "NS", "2026-11-02", 31_500, &[("HST", "14", 4_410)]),
            (Dues, "CIP", "full", "NS", "2025-04-01", 31_500, &[("HST", "14", 4_410)]),
            (Dues, "CIP", "full", "NS", "2025-03-31", 31_500, &[("HST", "15", 4_725)]),
            (Dues, "CIP", "full", "NB", "2026-11-02", 31_500, &[("HST", "15", 4_725)]),
            (Dues, "CIP", "full", "NL", "2026-11-02", 31_500, &[("HST", "15", 4_725)]),
            (Dues, "CIP", "full", "PE", "2026-11-02", 31_500, &[("HST", "15", 4_725)]),
            (Dues, "CIP", "full", "BC", "2026-11-02", 31_500, &[("GST", "5", 1_575)]),
            (Dues, "CIP", "full", "YT", "2026-11-02", 31_500, &[("GST", "5", 1_575)]),
            (
                Dues,
                "CIP",
                "full",
                "QC",
                "2026-11-02",
                31_500,
                &[("GST", "5", 1_575), ("QST", "9.975", 3_142)],
            ),
            (Dues, "CIP", "full", "", "2026-11-02", 31_500, &[]),
            (Dues, "CIP", "student", "ON", "2026-11-02", 0, &[]),
            (Dues, "OPPI", "full", "QC", "2026-11-02", 36_000, &[("GST", "5", 1_800)]),
            (Dues, "SPPI", "full", "SK", "2026-11-02", 29_000, &[]),
            (Dues, "SPPI", "student", "SK", "2026-11-02", 100, &[("GST", "5", 5)]),
            (Premium, "OPPI", "full", "ON", "2026-11-02", 18_500, &[("PREMIUM-TAX", "8", 1_480)]),
            (Premium, "CIP", "full", "QC", "2026-12-31", 18_500, &[("PREMIUM-TAX", "9", 1_665)]),
            (
                Premium,
                "CIP",
                "full",
                "QC",
                "2027-01-01",
                18_500,
                &[("PREMIUM-TAX", "9.975", 1_845)],
            ),
            (Premium, "MPPI", "full", "MB", "2026-11-02", 18_500, &[("PREMIUM-TAX", "7", 1_295)]),
            (Premium, "SPPI", "full", "SK", "2026-11-02", 18_500, &[("PREMIUM-TAX", "6", 1_110)]),
            (Premium, "API", "full", "NL", "2026-11-02", 18_500, &[("PREMIUM-TAX", "15", 2_775)]),
            (Premium, "API", "full", "NS", "2026-11-02", 18_500, &[]),
            (Premium, "PIBC", "full", "BC", "2026-11-02", 18_500, &[]),
            (Premium, "CIP", "full", "", "2026-11-02", 18_500, &[]),
            (Penalty, "OPPI", "full", "ON", "2026-11-02", 5_000, &[]),
            (Premium, "OPPI", "full", "on", "2026-11-02", -18_500, &[("PREMIUM-TAX", "8", -1_480)]),
        ];
        for (kind, supplier, category, place, on, cents, want) in table {
            let supply = Supply {
                supplier: config.association(supplier).unwrap(),
                kind,
                category,
                place,
                on: on.parse().unwrap(),
                amount: Cents::new(cents).unwrap(),
            };
            let got: Vec<_> = due(&config.taxes, &supply)
                .into_iter()
                .map(|t| (t.tax, t.rate.to_string(), t.amount.get()))
                .collect();
            let want: Vec<_> =
                want.iter().map(|(t, r, c)| ((*t).to_owned(), (*r).to_owned(), *c)).collect();
            assert_eq!(got, want, "{kind} {supplier} {category} {place} {on}");
        }
    }

    #[test]
    fn a_line_names_its_suppliers_registration() {
        let config = federation();
        let supply = |code: &str, kind| Supply {
            supplier: config.association(code).unwrap(),
            kind,
            category: "full",
            place: "ON",
            on: "2026-11-02".parse().unwrap(),
            amount: Cents::new(10_000).unwrap(),
        };
        for (code, kind, want) in [
            ("CIP", LineKind::Dues, "100000001 RT0001"),
            ("OPPI", LineKind::Dues, "100000002 RT0001"),
            ("OPPI", LineKind::Premium, ""),
        ] {
            let taxes = due(&config.taxes, &supply(code, kind));
            assert_eq!(taxes[0].registration, want, "{code}");
        }
    }

    #[test]
    fn abroad_is_what_the_config_says() {
        let mut config = federation();
        config.taxes[0].places = vec![ABROAD.into()];
        let supply = Supply {
            supplier: config.association("CIP").unwrap(),
            kind: LineKind::Dues,
            category: "full",
            place: "",
            on: "2026-11-02".parse().unwrap(),
            amount: Cents::new(10_000).unwrap(),
        };
        assert_eq!(due(&config.taxes, &supply)[0].amount.get(), 1_300);
        assert_eq!(due(&config.taxes, &Supply { place: "ON", ..supply }), []);
    }
}
