//! Owns what two renderings in two languages must share: links, amounts, dates, and the fields
//! of forms. Pure extraction from text.

use std::collections::BTreeSet;

use super::format::Calendar;
use super::text::{SUP_OPEN_TAG, unmarked};
use crate::domain::words::Lang;

/// What a rendering says that no translation may change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Substance {
    /// `https:` and `mailto:` links.
    pub links: BTreeSet<String>,
    /// Cents.
    pub amounts: BTreeSet<String>,
    /// `year-month-day`.
    pub dates: BTreeSet<String>,
    /// Names and values of form fields and buttons.
    pub fields: BTreeSet<String>,
}

impl Substance {
    /// Extracts from text, or from HTML whose tags are first turned into spaces.
    pub(super) fn of(lang: Lang, calendar: &Calendar, source: &str, html: bool) -> Self {
        let source = unmarked(source).replace(SUP_OPEN_TAG, "").replace("</sup>", "");
        let plain = if html { strip_tags(&source) } else { source.clone() };
        Self {
            links: links(&source),
            amounts: amounts(lang, &plain),
            dates: dates(lang, calendar, &plain),
            fields: if html { fields(&source) } else { BTreeSet::new() },
        }
    }

    /// What stands in one and not in the other, by kind.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let kinds = [
            ("link", &self.links, &other.links),
            ("amount", &self.amounts, &other.amounts),
            ("date", &self.dates, &other.dates),
            ("form field", &self.fields, &other.fields),
        ];
        kinds
            .into_iter()
            .flat_map(|(kind, a, b)| {
                a.symmetric_difference(b).map(move |only| format!("{kind} {only}"))
            })
            .collect()
    }
}

/// Tags become spaces, the few entities of the templates their characters.
fn strip_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
}

fn links(source: &str) -> BTreeSet<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | ')');
    ["https://", "http://", "mailto:"]
        .into_iter()
        .flat_map(|scheme| source.match_indices(scheme))
        .map(|(at, _)| source[at..].split(ends).next().unwrap_or_default())
        .map(|link| link.trim_end_matches(['.', ',']).to_owned())
        .collect()
}

fn amounts(lang: Lang, text: &str) -> BTreeSet<String> {
    let number = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '\u{a0}' | '\u{2212}');
    let digits = |s: &str| s.chars().filter(char::is_ascii_digit).collect::<String>();
    text.match_indices('$')
        .map(|(at, _)| match lang {
            Lang::En => {
                let rest = &text[at + 1..];
                let number = rest.split(|c| !number(c) || c == '\u{a0}').next().unwrap_or_default();
                digits(number)
            }
            Lang::Fr => {
                let before = &text[..at];
                let start = before
                    .rfind(|c| !number(c))
                    .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
                digits(&before[start..])
            }
        })
        .collect()
}

fn dates(lang: Lang, calendar: &Calendar, text: &str) -> BTreeSet<String> {
    let words: Vec<&str> = text
        .split(char::is_whitespace)
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .collect();
    let number = |word: Option<&&str>| {
        let digits: String = word?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let mut found = BTreeSet::new();
    for (i, word) in words.iter().enumerate() {
        let Some(month) = calendar.months.iter().position(|m| m == word) else { continue };
        let (day, year) = match lang {
            Lang::En => (words.get(i + 1), words.get(i + 2)),
            Lang::Fr => (i.checked_sub(1).and_then(|j| words.get(j)), words.get(i + 1)),
        };
        let (Some(day), Some(year)) = (number(day), number(year)) else {
            found.insert(format!("half a date at “{word}”"));
            continue;
        };
        found.insert(format!("{year}-{:02}-{day:02}", month + 1));
    }
    found
}

fn fields(html: &str) -> BTreeSet<String> {
    html.split('<')
        .filter(|tag| ["input", "button", "textarea"].iter().any(|t| tag.starts_with(t)))
        .map(|tag| {
            let attribute = |name: &str| {
                let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
                tag[at..].split('"').next()
            };
            let value = attribute("value").unwrap_or_default();
            format!("{}={value}", attribute("name").unwrap_or_default())
        })
        // The language of the page itself, carried on by a form.
        .filter(|field| !field.starts_with("lang="))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(months: &str) -> Calendar {
        Calendar { months: months.split(' ').map(str::to_owned).collect(), weekdays: Vec::new() }
    }

    #[test]
    fn the_same_said_twice_is_the_same() {
        let en = "Pay $1,234.56 by Monday, January\u{a0}1, 2027 at https://example.ca/r/x.";
        let fr = "Payez 1\u{a0}234,56\u{a0}$ d’ici le 1\u{e001}er\u{e002}\u{a0}janvier 2027 à https://example.ca/r/x";
        let en = Substance::of(Lang::En, &calendar("January"), en, false);
        let fr = Substance::of(Lang::Fr, &calendar("janvier"), fr, false);
        assert_eq!(en.differences(&fr), Vec::<String>::new());
        assert_eq!(en.amounts, ["123456".to_owned()].into());
        assert_eq!(en.dates, ["2027-01-01".to_owned()].into());
        assert_eq!(en.links, ["https://example.ca/r/x".to_owned()].into());
    }

    #[test]
    fn each_kind_of_difference_shows() {
        let en = "<p>$5.00, January 2, 2027 <a href=\"https://a.example/\">x</a><button name=\"act\" value=\"undo\">";
        let fr = "<p>5,01\u{a0}$ et 3 janvier 2027 <button name=\"act\" value=\"redo\">";
        let en = Substance::of(Lang::En, &calendar("January"), en, true);
        let fr = Substance::of(Lang::Fr, &calendar("janvier"), fr, true);
        assert_eq!(en.differences(&fr).len(), 7);
    }
}
