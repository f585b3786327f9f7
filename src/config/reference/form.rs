//! Owns what a single value may be: its TOML type, its shape, and the words for both. Knows
//! nothing of other keys.

use std::net::{IpAddr, SocketAddr};

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;
use toml::Value;

use crate::config::fault::split_cure;
use crate::domain::bill::Rate;
use crate::domain::{place, season, tax};
use crate::members::address;
use crate::scheduler::rule::{Rule, RuleFault};

/// Longest text in the configuration: a postal address on one line is far shorter, and a header
/// made of it stays within RFC 5322's 998 octets.
pub const LINE_CHARS_MAX: usize = 300;
/// Longest text of a question: insurers write long sentences, no pages.
pub const PROSE_CHARS_MAX: usize = 2000;
/// Longest code or id: they stand in keys, headers and file names.
pub const ID_CHARS_MAX: usize = 32;
/// The months of a membership year.
const MONTHS: usize = 12;
/// Longest list in one key.
const LIST_MAX: usize = 100;

/// What may stand at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table with keys of its own.
    Table,
    /// A list of tables.
    Tables,
    /// A text in both languages: a table of `en` and perhaps `fr`.
    Text,
    /// As [`Form::Text`], with room for long sentences.
    Prose,
    /// One line of text.
    Line {
        /// Whether it may be empty.
        empty: bool,
    },
    /// One line of text, as long as a question may be.
    Sentences,
    /// Letters, digits and hyphens: a code of the member list.
    Code,
    /// Lower-case letters, digits and hyphens: a lasting name.
    Id,
    /// A whole number, from and to.
    Int(i64, i64),
    /// True or false.
    Bool,
    /// A day.
    Date,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An IANA time zone that the bundled data knows.
    Zone,
    /// An email address.
    Email,
    /// What stands before the `+` of an address that carries a token.
    LocalPart,
    /// A domain name.
    Domain,
    /// An https address without a slash at its end; http on loopback.
    Url,
    /// An IP address and port to listen on.
    Listen,
    /// IP addresses.
    Ips,
    /// Codes of associations.
    Codes,
    /// Codes of provinces and territories.
    Provinces,
    /// Places where a tax falls due: provinces and territories, or all outside Canada.
    Places,
    /// Some of these words.
    Words(&'static [&'static str]),
    /// A decimal percentage in quotation marks.
    Percent,
    /// Twelve percentages, one a month; or none.
    Shares,
    /// Registration numbers by name.
    Registrations,
    /// A file or folder.
    Path,
    /// A cron rule of five fields.
    Cron,
    /// A time of day at which something may be due.
    Time,
}

/// What is wrong with a value, and what would be right.
pub(in crate::config) type Complaint = (String, String);

impl Form {
    /// What the reference calls it; also the rest of “Write …”.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Table => "a table".into(),
            Self::Tables => "a list of tables".into(),
            Self::Text | Self::Prose => {
                "a text in both languages, `{ en = \"…\", fr = \"…\" }`".into()
            }
            Self::Line { empty: true } => "one line of text, may be empty".into(),
            Self::Line { empty: false } | Self::Sentences => "one line of text".into(),
            Self::Code => "a code of letters, digits and hyphens".into(),
            Self::Id => "a name of lower-case letters, digits and hyphens".into(),
            Self::Int(from, to) => format!("a whole number from {from} to {to}"),
            Self::Bool => "`true` or `false`".into(),
            Self::Date => "a date like `\"2026-11-01\"`".into(),
            Self::Word(words) => one_of(words),
            Self::Zone => "an IANA time zone like `\"America/Toronto\"`".into(),
            Self::Email => "an email address like `\"desk@example.ca\"`".into(),
            Self::LocalPart => "1 to 15 lower-case letters, digits, dots or hyphens".into(),
            Self::Domain => "a domain name like `\"renewal.example.ca\"`".into(),
            Self::Url => {
                "an address like `\"https://renew.example.ca\"`, without a slash at the end".into()
            }
            Self::Listen => "an IP address and port like `\"127.0.0.1:8080\"`".into(),
            Self::Ips => "a list of IP addresses like `[\"127.0.0.1\"]`".into(),
            Self::Codes => "a list of association codes like `[\"CIP\"]`".into(),
            Self::Provinces => "a list of province codes like `[\"ON\"]`".into(),
            Self::Places => "a list of province codes or `\"abroad\"`, like `[\"ON\"]`".into(),
            Self::Words(words) => format!("a list of {}", one_of(words)),
            Self::Percent => "a percentage from 0 to 100 like `\"9.975\"`".into(),
            Self::Shares => "a list of twelve whole numbers from 0 to 100, or `[]`".into(),
            Self::Registrations => "a table like `{ gst = \"100000001 RT0001\" }`".into(),
            Self::Path => "a path in quotation marks".into(),
            Self::Cron => "five cron fields like `\"0 9 2 11 *\"`".into(),
            Self::Time => "a time like `\"09:00\"`, from 04:00 to 23:59".into(),
        }
    }

    /// Checks a value and brings it into the form in which it is read: native TOML dates become
    /// strings, addresses and domains lower-case A-labels.
    pub(in crate::config) fn check(self, value: &mut Value) -> Result<(), Complaint> {
        if matches!(self, Self::Date)
            && let Value::Datetime(date) = value
        {
            *value = Value::String(date.to_string());
        }
        match (self, &mut *value) {
            (Self::Int(from, to), Value::Integer(n)) if (from..=to).contains(n) => Ok(()),
            (Self::Int(..), Value::Integer(n)) => Err(self.complain(format!("is {n}"))),
            (Self::Bool, Value::Boolean(_)) => Ok(()),
            (Self::Shares, Value::Array(items)) => {
                let percent = |v: &Value| v.as_integer().is_some_and(|n| (0..=100).contains(&n));
                let right = [0, MONTHS].contains(&items.len()) && items.iter().all(percent);
                if right { Ok(()) } else { Err(self.complain("is no such list".into())) }
            }
            (Self::Registrations, Value::Table(numbers)) => {
                for (name, number) in numbers.iter_mut() {
                    if !is_code(name) {
                        return Err(self.complain(format!("has the name “{name}” in it")));
                    }
                    let line = Self::Line { empty: false }.check(number);
                    line.map_err(|(problem, _)| {
                        self.complain(format!("has {name}, which {problem}"))
                    })?;
                }
                Ok(())
            }
            (
                Self::Ips | Self::Codes | Self::Provinces | Self::Places | Self::Words(_),
                Value::Array(items),
            ) => {
                if items.len() > LIST_MAX {
                    return Err(self.complain(format!("has more than {LIST_MAX} items")));
                }
                items.iter_mut().try_for_each(|item| self.check_item(item))
            }
            (_, Value::String(text)) if self.is_text() => {
                if let Some(normal) = self.check_text(text)? {
                    *text = normal;
                }
                Ok(())
            }
            (_, other) => Err(self.complain(format!("is {}", shown(other)))),
        }
    }

    fn complain(self, problem: String) -> Complaint {
        (problem, format!("Write {}.", self.describe()))
    }

    fn is_text(self) -> bool {
        !matches!(
            self,
            Self::Table
                | Self::Tables
                | Self::Text
                | Self::Prose
                | Self::Int(..)
                | Self::Bool
                | Self::Ips
                | Self::Codes
                | Self::Provinces
                | Self::Places
                | Self::Words(_)
                | Self::Shares
                | Self::Registrations
        )
    }

    fn check_item(self, item: &Value) -> Result<(), Complaint> {
        let wrong = || self.complain(format!("has {} in it", shown(item)));
        let text = item.as_str().ok_or_else(wrong)?;
        let right = match self {
            Self::Ips => text.parse::<IpAddr>().is_ok(),
            Self::Codes => is_code(text),
            Self::Words(words) => words.contains(&text),
            Self::Places if text == tax::ABROAD => true,
            _ => place::province(text).is_some_and(|p| p.code == text),
        };
        if right { Ok(()) } else { Err(wrong()) }
    }

    /// `Some` where the text is to be replaced by its normal form.
    fn check_text(self, text: &str) -> Result<Option<String>, Complaint> {
        let quoted = || shown(&Value::String(text.to_owned()));
        if text.chars().any(char::is_control) {
            return Err(self.complain("has a control character or line break".into()));
        }
        let chars_max = if self == Self::Sentences { PROSE_CHARS_MAX } else { LINE_CHARS_MAX };
        if text.chars().count() > chars_max {
            return Err(self.complain(format!("is longer than {chars_max} characters")));
        }
        if text.trim().is_empty() && !matches!(self, Self::Line { empty: true }) {
            return Err(self.complain("is empty".into()));
        }
        let right = match self {
            Self::Code => is_code(text),
            Self::Id => is_code(text) && !text.bytes().any(|b| b.is_ascii_uppercase()),
            // The parser takes a time after the date too.
            Self::Date => text.len() == "2026-11-01".len() && text.parse::<Date>().is_ok(),
            Self::Word(words) => words.contains(&text),
            Self::Time => season::time_of_day(text).is_some(),
            Self::Zone => TimeZoneDatabase::bundled().get(text).is_ok(),
            Self::Percent => Rate::parse(text).is_some(),
            Self::LocalPart => is_local_part(text),
            Self::Listen => text.parse::<SocketAddr>().is_ok(),
            Self::Url => return check_url(text).map(|()| None),
            Self::Cron => return check_cron(text).map(|()| None),
            Self::Email => {
                let address = address::normalise(text).map_err(|e| {
                    split_cure(&format!("{} {e}", quoted()), "write desk@example.ca or the like")
                })?;
                return Ok(Some(address.to_string()));
            }
            Self::Domain => {
                let domain = address::normalise_domain(text);
                return domain.map(Some).ok_or_else(|| self.complain(format!("is {}", quoted())));
            }
            _ => true,
        };
        if right { Ok(None) } else { Err(self.complain(format!("is {}", quoted()))) }
    }
}

/// The host of a URL that [`Form::Url`] has accepted, without port.
#[must_use]
pub fn url_host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
    match authority.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((v6, _)) => v6,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    }
}

/// Whether a host name or IP address means this very machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn check_url(text: &str) -> Result<(), Complaint> {
    let complain = |problem: &str| {
        Err((problem.to_owned(), Form::Url.describe()))
            .map_err(|(p, wants): (String, String)| (p, format!("Write {wants}.")))
    };
    let Some((scheme, rest)) = text.split_once("://") else {
        return complain("is no web address: “https://” is missing");
    };
    if text.ends_with('/') {
        return complain("ends with a slash, which every link would have twice");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]%".contains(c);
    if let Some(c) = rest.chars().find(|c| !plain(*c)) {
        return complain(&format!("has “{c}”, which an address of a site has not"));
    }
    let host = url_host(text);
    let local = is_loopback(host);
    if !local && address::normalise_domain(host).as_deref() != Some(host) {
        return complain(&format!("has “{host}” where a lower-case domain name must stand"));
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let port = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    if port.is_some_and(|(_, port)| port.parse::<u16>().is_err()) {
        return complain("has a port that is no number from 1 to 65535");
    }
    match scheme {
        "https" => Ok(()),
        "http" if local => Ok(()),
        "http" => complain("is http, which anybody on the way could read and change"),
        _ => complain(&format!("begins with {scheme}://")),
    }
}

/// Any zone will do: the zone is another key's value.
fn check_cron(text: &str) -> Result<(), Complaint> {
    match Rule::parse(text, "Etc/UTC") {
        Ok(_) | Err(RuleFault::Zone(_)) => Ok(()),
        Err(fault) => Err(split_cure(
            &fault.to_string(),
            "write minute, hour, day of month, month, day of week, like “0 9 2 11 *”",
        )),
    }
}

fn is_code(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !text.is_empty()
        && text.len() <= ID_CHARS_MAX
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// With `+` and a token of 48 characters it must stay within 64 octets (RFC 5321 §4.5.3.1.1).
const LOCAL_PART_MAX: usize = address::LOCAL_OCTETS_MAX - 1 - 48;

fn is_local_part(text: &str) -> bool {
    text.len() <= LOCAL_PART_MAX
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        && address::normalise(&format!("{text}@example.ca")).is_ok()
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`\"{w}\"`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// A value as a fault names it.
pub(in crate::config) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let cut: String = text.chars().take(60).collect();
            let more = if cut.len() < text.len() { "…" } else { "" };
            format!("“{cut}{more}”")
        }
        Value::Integer(n) => format!("the number {n}"),
        Value::Float(n) => format!("the number {n}"),
        Value::Boolean(b) => format!("{b}"),
        Value::Datetime(at) => format!("the date or time {at}"),
        Value::Array(_) => "a list".into(),
        Value::Table(_) => "a table".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, toml: &str) -> Result<Value, String> {
        let mut table: toml::Table = format!("x = {toml}").parse().unwrap();
        let value = table.get_mut("x").unwrap();
        form.check(value).map_err(|(problem, cure)| format!("{problem}. {cure}"))?;
        Ok(value.clone())
    }

    #[test]
    fn right_values() {
        for (form, toml) in [
            (Form::Date, "2026-11-01"),
            (Form::Date, "\"2026-11-01\""),
            (Form::Int(1, 50), "50"),
            (Form::Zone, "\"America/St_Johns\""),
            (Form::Url, "\"https://renew.example.ca\""),
            (Form::Url, "\"https://example.ca/renew\""),
            (Form::Url, "\"http://127.0.0.1:8080\""),
            (Form::Url, "\"http://[::1]:8080\""),
            (Form::Url, "\"http://localhost\""),
            (Form::LocalPart, "\"bounces.abc-def\""),
            (Form::Ips, "[\"::1\", \"192.0.2.1\"]"),
            (Form::Provinces, "[\"ON\"]"),
            (Form::Line { empty: true }, "\"\""),
            (Form::Cron, "\"0 9 1-7 11 Mon\""),
            (Form::Time, "\"09:00\""),
            (Form::Time, "\"23:59\""),
        ] {
            assert!(check(form, toml).is_ok(), "{form:?} {toml}: {:?}", check(form, toml));
        }
        assert_eq!(
            check(Form::Email, "\"Desk@EXÄMPLE.ca\"").unwrap().as_str(),
            Some("Desk@xn--exmple-cua.ca")
        );
    }

    #[test]
    fn wrong_values_say_what_would_be_right() {
        for (form, toml, want) in [
            (Form::Date, "2026-11-01T00:00:00", "is “2026-11-01T00:00:00”"),
            (Form::Date, "\"2026-02-30\"", "Write a date like"),
            (Form::Int(1, 50), "51", "is 51. Write a whole number from 1 to 50"),
            (Form::Int(1, 50), "\"4\"", "is “4”. Write a whole number"),
            (Form::Bool, "1", "is the number 1. Write `true` or `false`"),
            (Form::Zone, "\"Canada/Ottawa\"", "Write an IANA time zone"),
            (Form::Word(&["a", "b"]), "\"c\"", "Write `\"a\"` or `\"b\"`."),
            (Form::Url, "\"https://example.ca/\"", "ends with a slash"),
            (Form::Url, "\"http://example.ca\"", "is http"),
            (Form::Url, "\"example.ca\"", "https://” is missing"),
            (Form::Url, "\"https://jane@example.ca\"", "has “@”"),
            (Form::Url, "\"https://example.ca?x\"", "has “?”"),
            (Form::Url, "\"https://example.ca:99999\"", "has a port"),
            (Form::Url, "\"ftp://example.ca\"", "begins with ftp"),
            (Form::Url, "\"https://\"", "ends with a slash"),
            (Form::LocalPart, "\"0123456789abcdef\"", "1 to 15"),
            (Form::LocalPart, "\"b+c\"", "1 to 15"),
            (Form::Ips, "[\"localhost\"]", "has “localhost” in it"),
            (Form::Ips, "\"::1\"", "is “::1”. Write a list"),
            (Form::Provinces, "[\"Ontario\"]", "has “Ontario” in it"),
            (Form::Line { empty: false }, "\" \"", "is empty"),
            (Form::Line { empty: false }, "\"a\\nb\"", "control character"),
            (
                Form::Cron,
                "\"0 0 9 2 11 *\"",
                "has 6 fields: seconds and years are not accepted. Write five",
            ),
            (Form::Cron, "\"0 9 2 11 1-5\"", "Write names: Mon"),
            (Form::Time, "\"9:00\"", "Write a time like"),
            (Form::Time, "\"03:59\"", "from 04:00"),
            (Form::Time, "\"24:00\"", "Write a time like"),
            (Form::Id, "\"Notice\"", "lower-case"),
            (Form::Email, "\"desk\"", "is not of the form"),
        ] {
            let text = check(form, toml).unwrap_err();
            assert!(text.contains(want), "{form:?} {toml}: {text}");
        }
    }
}
