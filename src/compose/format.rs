//! Owns how amounts, dates, times and addresses are written in Canadian English and French.
//! Pure; names of months and days come from the locales. Never decides what is shown.

use jiff::civil::{Date, Time};

use super::text::mark;
use crate::domain::bill::Rate;
use crate::domain::correction::OnFile;
use crate::domain::money::Cents;
use crate::domain::words::Lang;

/// U+00A0, which keeps a number with its unit.
const NBSP: char = '\u{a0}';

/// Digits between two separators of thousands.
const GROUP_DIGITS: usize = 3;

/// Names of months (January first) and days (Monday first) of one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Twelve names.
    pub months: Vec<String>,
    /// Seven names.
    pub weekdays: Vec<String>,
}

/// `$1,234.56`, `−$5.00`; `1 234,56 $`, `−5,00 $`, with no-break spaces.
#[must_use]
pub fn money(lang: Lang, amount: Cents) -> String {
    let (negative, dollars, cents) = amount.parts();
    let sign = if negative { "\u{2212}" } else { "" };
    match lang {
        Lang::En => format!("{sign}${}.{cents:02}", grouped(dollars, ',')),
        Lang::Fr => format!("{sign}{},{cents:02}{NBSP}$", grouped(dollars, NBSP)),
    }
}

/// `1,204`; `1 204`, with no-break spaces.
#[must_use]
pub fn number(lang: Lang, number: i64) -> String {
    let sign = if number < 0 { "\u{2212}" } else { "" };
    let separator = if lang == Lang::En { ',' } else { NBSP };
    format!("{sign}{}", grouped(number.unsigned_abs(), separator))
}

/// `9.975%`, `13%`; `9,975 %`, with a no-break space.
#[must_use]
pub fn percent(lang: Lang, rate: Rate) -> String {
    match lang {
        Lang::En => format!("{rate}%"),
        Lang::Fr => format!("{}{NBSP}%", rate.to_string().replace('.', ",")),
    }
}

fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(GROUP_DIGITS) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// `December 31, 2026`; `31 décembre 2026`, `1er janvier 2027` (the `er` carries the marks that
/// become `<sup>` in HTML).
#[must_use]
pub fn date(lang: Lang, calendar: &Calendar, date: Date) -> String {
    let month = name(&calendar.months, date.month());
    let (day, year) = (date.day(), date.year());
    match lang {
        Lang::En => format!("{month}{NBSP}{day}, {year}"),
        Lang::Fr if day == 1 => {
            format!("1{}er{}{NBSP}{month} {year}", mark::SUP_OPEN, mark::SUP_CLOSE)
        }
        Lang::Fr => format!("{day}{NBSP}{month} {year}"),
    }
}

/// `Monday, November 2, 2026`; `lundi 2 novembre 2026` (the article belongs to the sentence).
#[must_use]
pub fn day_and_date(lang: Lang, calendar: &Calendar, day: Date) -> String {
    let weekday = name(&calendar.weekdays, day.weekday().to_monday_one_offset());
    let rest = date(lang, calendar, day);
    match lang {
        Lang::En => format!("{weekday}, {rest}"),
        Lang::Fr => format!("{weekday} {rest}"),
    }
}

/// `11:59 p.m.`, `9 a.m.`; `23 h 59`, `9 h`, with no-break spaces. Seconds are dropped.
#[must_use]
pub fn time(lang: Lang, time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    match lang {
        Lang::En => {
            let half = if hour < 12 { "a.m." } else { "p.m." };
            let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
            if minute == 0 {
                format!("{hour}{NBSP}{half}")
            } else {
                format!("{hour}:{minute:02}{NBSP}{half}")
            }
        }
        Lang::Fr if minute == 0 => format!("{hour}{NBSP}h"),
        Lang::Fr => format!("{hour}{NBSP}h{NBSP}{minute:02}"),
    }
}

/// `m…@example.ca`: enough for its owner to know it, nothing for anybody else.
#[must_use]
pub fn mask(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}…@{domain}")
        }
        None => "…".to_owned(),
    }
}

/// The last characters of a number, the rest hidden; empty for none.
#[must_use]
pub fn mask_tail(number: &str, shown: usize) -> String {
    let number = number.trim();
    let hidden = number.chars().count().saturating_sub(shown);
    if number.is_empty() {
        return String::new();
    }
    format!("…{}", number.chars().skip(hidden).collect::<String>())
}

/// City and first half of the postal code, the street hidden; empty where neither is known.
#[must_use]
pub fn mask_street(on_file: &OnFile) -> String {
    let code: String = on_file.postal_code.chars().take(3).collect();
    let code = if code.is_empty() { code } else { format!("{code}{NBSP}…") };
    let street = if on_file.street.is_empty() { "" } else { "…" };
    let place = match (on_file.city.as_str(), on_file.province.as_str()) {
        ("", "") => String::new(),
        ("", province) => province.to_owned(),
        (city, "") => city.to_owned(),
        (city, province) => format!("{city}{NBSP}({province})"),
    };
    let parts = [street, &place, &code].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

/// The name with that number, counted from one.
fn name(names: &[String], number: i8) -> &str {
    usize::try_from(number)
        .ok()
        .and_then(|n| names.get(n.checked_sub(1)?))
        .map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date as ymd, time as hm};
    use proptest::prelude::*;

    use super::*;

    fn calendar(months: &str, weekdays: &str) -> Calendar {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Calendar { months: words(months), weekdays: words(weekdays) }
    }

    fn english() -> Calendar {
        calendar(
            "January February March April May June July August September October November December",
            "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        )
    }

    fn french() -> Calendar {
        calendar(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "lundi mardi mercredi jeudi vendredi samedi dimanche",
        )
    }

    #[test]
    fn amounts() {
        for (cents, en, fr) in [
            (0, "$0.00", "0,00\u{a0}$"),
            (5, "$0.05", "0,05\u{a0}$"),
            (99_999, "$999.99", "999,99\u{a0}$"),
            (123_456, "$1,234.56", "1\u{a0}234,56\u{a0}$"),
            (-500, "\u{2212}$5.00", "\u{2212}5,00\u{a0}$"),
            (12_345_678_900, "$123,456,789.00", "123\u{a0}456\u{a0}789,00\u{a0}$"),
        ] {
            let amount = Cents::new(cents).unwrap();
            assert_eq!(money(Lang::En, amount), en);
            assert_eq!(money(Lang::Fr, amount), fr);
        }
    }

    #[test]
    fn dates() {
        let plain =
            |s: String| s.replace('\u{a0}', " ").replace([mark::SUP_OPEN, mark::SUP_CLOSE], "");
        for (day, en, fr) in [
            (ymd(2026, 11, 2), "Monday, November 2, 2026", "lundi 2 novembre 2026"),
            (ymd(2027, 1, 1), "Friday, January 1, 2027", "vendredi 1er janvier 2027"),
            (ymd(2026, 12, 31), "Thursday, December 31, 2026", "jeudi 31 décembre 2026"),
            (ymd(2027, 2, 28), "Sunday, February 28, 2027", "dimanche 28 février 2027"),
        ] {
            assert_eq!(plain(day_and_date(Lang::En, &english(), day)), en);
            assert_eq!(plain(day_and_date(Lang::Fr, &french(), day)), fr);
        }
        assert!(
            date(Lang::Fr, &french(), ymd(2027, 1, 1)).starts_with("1\u{e001}er\u{e002}\u{a0}")
        );
    }

    #[test]
    fn times() {
        for (at, en, fr) in [
            (hm(9, 0, 0, 0), "9 a.m.", "9 h"),
            (hm(18, 15, 0, 0), "6:15 p.m.", "18 h 15"),
            (hm(23, 59, 59, 0), "11:59 p.m.", "23 h 59"),
            (hm(0, 5, 0, 0), "12:05 a.m.", "0 h 05"),
            (hm(12, 0, 0, 0), "12 p.m.", "12 h"),
        ] {
            assert_eq!(time(Lang::En, at).replace('\u{a0}', " "), en);
            assert_eq!(time(Lang::Fr, at).replace('\u{a0}', " "), fr);
        }
    }

    #[test]
    fn masks() {
        for (address, masked) in [
            ("marie@example.ca", "m…@example.ca"),
            ("@example.ca", "…@example.ca"),
            ("nothing", "…"),
        ] {
            assert_eq!(mask(address), masked);
        }
    }

    proptest! {
        #[test]
        fn both_languages_show_the_same_digits(cents in -100_000_000_000i64..=100_000_000_000) {
            let amount = Cents::new(cents).unwrap();
            let digits = |s: String| s.chars().filter(char::is_ascii_digit).collect::<String>();
            let en = digits(money(Lang::En, amount));
            prop_assert_eq!(&en, &digits(money(Lang::Fr, amount)));
            prop_assert_eq!(en.parse::<i64>().unwrap(), cents.abs());
        }

        #[test]
        fn no_number_can_be_torn_from_its_unit(cents in 0i64..=100_000_000_000, h in 0i8..24, m in 0i8..60) {
            prop_assert!(!money(Lang::Fr, Cents::new(cents).unwrap()).contains(' '));
            prop_assert!(!time(Lang::Fr, hm(h, m, 0, 0)).contains(' '));
            prop_assert!(!time(Lang::En, hm(h, m, 0, 0)).contains(' '));
        }
    }
}
