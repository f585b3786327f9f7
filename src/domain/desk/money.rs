//! Owns what a desk's form says of money: amounts as people type them, and what came in.

use jiff::civil::Date;

use super::{Fault, Form, REFERENCE_CHARS_MAX};
use crate::domain::money::Cents;
use crate::domain::payment::Method;

/// Money that came in, as a desk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How much.
    pub amount: Cents,
    /// The day on which it came.
    pub on: Date,
    /// How it came.
    pub method: Method,
}

/// What a form says of money that came in, or everything that is wrong with it.
pub fn received(form: &Form<'_>, today: Date) -> Result<Received, Vec<Fault>> {
    let amount = dollars(form.amount).filter(|cents| *cents > Cents::ZERO);
    let on = form.on.trim().parse::<Date>().ok().filter(|on| *on <= today);
    let method = Method::parse(form.method)
        .filter(|method| matches!(method, Method::Cheque | Method::Transfer));
    let mut faults = Vec::new();
    for (missing, fault) in [
        (amount.is_none(), Fault::NoAmount),
        (on.is_none(), Fault::NoDay),
        (method.is_none(), Fault::NoMethod),
        (form.reference.trim().chars().count() > REFERENCE_CHARS_MAX, Fault::ReferenceTooLong),
    ] {
        faults.extend(missing.then_some(fault));
    }
    match (amount, on, method) {
        (Some(amount), Some(on), Some(method)) if faults.is_empty() => {
            Ok(Received { amount, on, method })
        }
        _ => Err(faults),
    }
}

/// An amount as people type one: `555.75`, `$1,234.56`, `1 234,56 $`, `500`.
pub(super) fn dollars(text: &str) -> Option<Cents> {
    let kept: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '$' | '\u{202f}')).collect();
    let (whole, cents) = match kept.rfind(['.', ',']) {
        // A separator with two digits after it is the cents'; one with three, thousands'.
        Some(at) if kept.len() - at == 3 => (&kept[..at], &kept[at + 1..]),
        _ => (kept.as_str(), "00"),
    };
    let digits: String = whole.chars().filter(|c| *c != ',' && *c != '.').collect();
    let grouped = whole.split([',', '.']).skip(1).all(|group| group.len() == 3);
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !plain(&digits) || !plain(cents) || !grouped {
        return None;
    }
    let whole: i64 = digits.parse().ok()?;
    Cents::new(whole.checked_mul(100)?.checked_add(cents.parse().ok()?)?)
}

/// What a form says of money that was paid back: an amount above nothing and up to what `waits`, or
/// all of it where none was typed, and the day.
pub fn refunded(form: &Form<'_>, waits: Cents, today: Date) -> Result<(Cents, Date), Vec<Fault>> {
    let typed = form.amount.trim();
    let amount = match (typed, dollars(typed)) {
        ("", _) => super::refund(waits, None),
        (_, Some(amount)) => super::refund(waits, Some(amount)),
        (_, None) => None,
    };
    let on = form.on.trim().parse::<Date>().ok().filter(|on| *on <= today);
    match (amount, on) {
        (Some(amount), Some(on)) => Ok((amount, on)),
        (amount, on) => {
            let amount = amount.is_none().then_some(Fault::NoRefund);
            Err(amount.into_iter().chain(on.is_none().then_some(Fault::NoDay)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, cents) in [
            ("555.75", Some(55_575)),
            ("555,75", Some(55_575)),
            ("$1,234.56", Some(123_456)),
            ("1\u{a0}234,56\u{a0}$", Some(123_456)),
            ("1,234", Some(123_400)),
            ("1.234,00", Some(123_400)),
            ("500", Some(50_000)),
            ("0.05", Some(5)),
            ("12.5", None),
            ("1,23,456", None),
            ("", None),
            ("$", None),
            ("-1", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(dollars(text).map(Cents::get), cents, "{text}");
        }
    }

    #[test]
    fn no_more_is_paid_back_than_waits_and_not_tomorrow() {
        let waits = Cents::new(10_000).unwrap();
        let today = jiff::civil::date(2026, 12, 4);
        let table = [
            ("", "2026-12-04", Ok(10_000)),
            ("40", "2026-12-01", Ok(4_000)),
            ("100.01", "2026-12-04", Err(vec![Fault::NoRefund])),
            ("all", "2026-12-04", Err(vec![Fault::NoRefund])),
            ("40", "2026-12-05", Err(vec![Fault::NoDay])),
            ("0", "", Err(vec![Fault::NoRefund, Fault::NoDay])),
        ];
        for (amount, on, want) in table {
            let form = Form { amount, on, ..Form::default() };
            let got = refunded(&form, waits, today).map(|(cents, _)| cents.get());
            assert_eq!(got, want, "{form:?}");
        }
    }
}
