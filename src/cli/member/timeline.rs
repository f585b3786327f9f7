//! Owns telling one record in a line: what happened, from whichever table it comes. A declaration
//! is told to have been made, never what it says.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::store::capabilities;
use crate::store::records::{Record, Source};

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    /// When, in milliseconds.
    pub at_ms: i64,
    /// The same, for people.
    pub at: String,
    /// The table that has it.
    pub from: &'static str,
    /// What.
    pub what: String,
}

/// Acts whose rows tell more than their line in the ledger.
const TOLD_ELSEWHERE: [&str; 2] = ["answered", "taken-back"];
/// What a line of the ledger is told by: keys that mean something to a person.
const TOLD: [&str; 16] = [
    "issuer", "season", "step", "kind", "said", "status", "hard", "by", "why", "door", "state",
    "outcome", "cents", "number", "fields", "ours",
];

/// Everything that happened, in order.
pub(super) fn entries(all: &[(&'static Source, Vec<Record>)]) -> Vec<Entry> {
    let linked = linked(all);
    let mut out: Vec<Entry> = Vec::new();
    for (source, rows) in all.iter().filter(|(source, _)| !source.at.is_empty()) {
        for row in rows {
            let Some(what) = told(source.table, row, all) else { continue };
            if source.table == "ledger" && linked.contains(&number(row, "seq")) {
                continue;
            }
            let at_ms = number(row, source.at);
            let at = jiff::Timestamp::from_millisecond(at_ms);
            let at = at.map(|t| t.to_string()).unwrap_or_default();
            out.push(Entry { at_ms, at, from: source.table, what });
            out.extend(closing(source.table, row));
        }
    }
    out.sort_by_key(|entry| entry.at_ms);
    out
}

/// Ledger lines of which a row of another table says more.
fn linked(all: &[(&'static Source, Vec<Record>)]) -> std::collections::HashSet<i64> {
    let rows = all.iter().flat_map(|(_, rows)| rows);
    rows.filter_map(|row| row.get("ledger")?.as_i64()).collect()
}

/// A desk line's end is a thing of its own.
fn closing(table: &str, row: &Record) -> Option<Entry> {
    let at_ms = row.get("closed_at")?.as_i64().filter(|_| table == "task")?;
    let at = jiff::Timestamp::from_millisecond(at_ms).map(|t| t.to_string()).unwrap_or_default();
    let what = format!(
        "desk line {} closed by {}: {}",
        text(row, "kind"),
        text(row, "closed_by"),
        text(row, "outcome")
    );
    Some(Entry { at_ms, at, from: "task", what })
}

fn text<'a>(row: &'a Record, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

fn number(row: &Record, column: &str) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_default()
}

fn money(row: &Record, column: &str) -> String {
    let cents = number(row, column);
    format!("{}{}.{:02} $", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

/// `: x` where there is one.
fn after(value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(": {value}") }
}

/// `None`: another row tells it.
fn told(table: &str, row: &Record, all: &[(&'static Source, Vec<Record>)]) -> Option<String> {
    let issuer = text(row, "issuer");
    Some(match table {
        "renewal" => format!("renewal {} with {issuer} opened", text(row, "season")),
        "answer" => answer(row),
        // That, never what.
        "declaration" => format!(
            "insurance questions answered (version {}, by {})",
            number(row, "version"),
            text(row, "door")
        ),
        "outcome" => format!("cover {}", text(row, "outcome")),
        "certificate" => format!("certificate for {} there", text(row, "season")),
        "correction" => {
            format!("{} corrected by the member ({})", text(row, "field"), text(row, "state"))
        }
        "address_change" => format!("new address asked for ({})", text(row, "state")),
        "invoice" => format!(
            "{} {} over {}, due on {}",
            text(row, "kind"),
            text(row, "number"),
            money(row, "total_cents"),
            text(row, "due_on")
        ),
        "payment" => format!(
            "payment by {} of {}, received on {}{}",
            text(row, "method"),
            money(row, "cents"),
            text(row, "received_on"),
            after(text(row, "why"))
        ),
        "checkout" => {
            format!("card payment of {} begun ({})", money(row, "cents"), text(row, "state"))
        }
        "message" => return message(row, all),
        "attempt" => return attempt(row, all),
        "inbound" => format!("{} came in{}", text(row, "kind"), after(text(row, "outcome"))),
        "task" => format!("desk line opened at {issuer}: {}", text(row, "kind")),
        "deed" => {
            format!("done by {} at {issuer}{}", text(row, "staff"), after(text(row, "channel")))
        }
        "ledger" => return ledger(row),
        // The ledger has both the beginning and the end of it.
        "unsubscription" => return None,
        other => generic(other, row),
    })
}

fn answer(row: &Record) -> String {
    let by = match text(row, "staff") {
        "" => text(row, "door").to_owned(),
        staff => format!("{}, {staff}", text(row, "door")),
    };
    let cover = match text(row, "cover") {
        "" => String::new(),
        cover => format!(", cover {cover}"),
    };
    match text(row, "choice") {
        "" => format!("answer taken back (by {by})"),
        choice => format!("answered {choice}{cover} (by {by}){}", after(text(row, "reason"))),
    }
}

/// A message that was never tried; those that were are told by their attempts.
fn message(row: &Record, all: &[(&'static Source, Vec<Record>)]) -> Option<String> {
    let attempts = all.iter().find(|(source, _)| source.table == "attempt");
    let tried = attempts.is_some_and(|(_, attempts)| {
        attempts.iter().any(|a| number(a, "message") == number(row, "id"))
    });
    (!tried).then(|| {
        format!("mail {} {}{}", text(row, "kind"), text(row, "state"), after(text(row, "reason")))
    })
}

fn attempt(row: &Record, all: &[(&'static Source, Vec<Record>)]) -> Option<String> {
    let (_, messages) = all.iter().find(|(source, _)| source.table == "message")?;
    let message = messages.iter().find(|m| number(m, "id") == number(row, "message"))?;
    let kind = text(message, "kind");
    if kind == capabilities::SIGN_IN {
        return None;
    }
    let to = if text(message, "recipient") == "desk" { "the desk" } else { text(row, "address") };
    let code = row.get("code").and_then(Value::as_i64);
    let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
    Some(format!("mail {kind} to {to}: {}{code}", text(row, "state")))
}

fn ledger(row: &Record) -> Option<String> {
    let kind = text(row, "kind");
    if TOLD_ELSEWHERE.contains(&kind) {
        return None;
    }
    let data: Map<String, Value> = serde_json::from_str(text(row, "data")).unwrap_or_default();
    let facts: Vec<String> = TOLD
        .iter()
        .filter_map(|key| Some((key, data.get(*key).filter(|v| !v.is_null())?)))
        .map(|(key, value)| {
            format!("{key} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    Some(format!("{kind}{}", after(&facts.join(", "))))
}

/// A table that nobody wrote words for is told by its own.
fn generic(table: &str, row: &Record) -> String {
    let facts = row.iter().filter(|(name, value)| {
        !value.is_null() && value.as_str() != Some("") && !["id", "person"].contains(&name.as_str())
    });
    let facts: Vec<String> = facts.map(|(name, value)| format!("{name} {value}")).collect();
    format!("{table}{}", after(&facts.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::records::SOURCES;

    fn of(rows: &[(&str, Value)]) -> Vec<String> {
        let mut all: Vec<(&'static Source, Vec<Record>)> =
            SOURCES.iter().map(|source| (source, Vec::new())).collect();
        for (table, row) in rows {
            let (_, records) = all.iter_mut().find(|(s, _)| s.table == *table).unwrap();
            records.push(row.as_object().unwrap().clone());
        }
        entries(&all).into_iter().map(|e| e.what).collect()
    }

    #[test]
    fn what_happened_in_order_and_once() {
        let told = of(&[
            ("ledger", json!({"seq": 9, "at": 50, "kind": "payment", "data": "{}"})),
            (
                "payment",
                json!({"at": 50, "ledger": 9, "method": "cheque", "cents": -1205, "received_on": "2026-12-01"}),
            ),
            (
                "ledger",
                json!({"seq": 8, "at": 40, "kind": "bounced", "data": "{\"status\":\"5.1.1\",\"mid\":\"x\"}"}),
            ),
            ("ledger", json!({"seq": 7, "at": 30, "kind": "answered", "data": "{}"})),
            ("answer", json!({"at": 30, "choice": "invoice", "door": "web"})),
            ("message", json!({"id": 1, "created_at": 10, "kind": "notice", "state": "sent"})),
            (
                "attempt",
                json!({"message": 1, "started_at": 11, "address": "a@b.test", "state": "sent", "code": 250}),
            ),
            (
                "message",
                json!({"id": 2, "created_at": 60, "kind": "reminder", "state": "cancelled", "reason": "answered"}),
            ),
            (
                "task",
                json!({"opened_at": 70, "closed_at": 80, "issuer": "CIP", "kind": "call", "closed_by": "Ann", "outcome": "reached"}),
            ),
        ]);
        assert_eq!(
            told,
            [
                "mail notice to a@b.test: sent (250)",
                "answered invoice (by web)",
                "bounced: status 5.1.1",
                "payment by cheque of -12.05 $, received on 2026-12-01",
                "mail reminder cancelled: answered",
                "desk line opened at CIP: call",
                "desk line call closed by Ann: reached",
            ]
        );
    }

    #[test]
    fn a_declaration_is_told_and_never_what_it_says() {
        let told = of(&[(
            "declaration",
            json!({"at": 1, "version": 2, "door": "web", "answers": "{\"claims\":\"yes\"}"}),
        )]);
        assert_eq!(told, ["insurance questions answered (version 2, by web)"]);
    }
}
