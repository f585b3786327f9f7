//! Owns what the membership system is told of a line of the ledger: which event it is, if it is
//! one. Pure. Whatever changed a row of ours is told by the row (a payment, a correction), anything
//! else by the line. `docs/export.md` has the shape.

use serde_json::{Map, Value, json};

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number: the cursor after it.
    pub seq: i64,
    /// What.
    pub kind: String,
    /// Amounts and states.
    pub data: Map<String, Value>,
}

/// Rows that a line brought about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Corrections: field, value before, value now.
    pub corrections: Vec<(String, String, String)>,
    /// Money in and out.
    pub payments: Vec<Map<String, Value>>,
    /// Invoices and credit notes.
    pub invoices: Vec<Map<String, Value>>,
    /// The address that a report was about.
    pub address: Option<String>,
}

/// One event: its name and its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Stable: `17`, or `17.2` where one line brought several.
    pub id: String,
    /// Name.
    pub event: &'static str,
    /// Facts, of the event's own keys.
    pub facts: Map<String, Value>,
}

/// Facts of a line that any event may carry.
const COMMON: [&str; 7] = ["issuer", "season", "state", "cover", "situation", "cents", "lines"];

/// The events of one line, in a fixed order.
#[must_use]
pub fn events(line: &Line, rows: &Rows) -> Vec<Event> {
    let mut out: Vec<(&'static str, Map<String, Value>)> = Vec::new();
    for (field, was, value) in &rows.corrections {
        let mut facts = common(line, &["issuer"]);
        let new_address = field == "email";
        if new_address {
            facts.insert("address".into(), value.as_str().into());
        } else {
            facts.insert("field".into(), field.as_str().into());
            facts.insert("value".into(), value.as_str().into());
        }
        facts.insert("was".into(), was.as_str().into());
        out.push((if new_address { "new-address" } else { "correction" }, facts));
    }
    out.extend(rows.invoices.iter().map(|row| {
        let credit = row.get("kind").and_then(Value::as_str) == Some("credit-note");
        (if credit { "credited" } else { "invoiced" }, row.clone())
    }));
    out.extend(rows.payments.iter().map(|row| ("payment", row.clone())));
    out.extend(of_line(line, rows));
    let several = out.len() > 1;
    let numbered = (1..).zip(out);
    numbered
        .map(|(n, (event, facts))| {
            let id = if several { format!("{}.{n}", line.seq) } else { line.seq.to_string() };
            Event { id, event, facts }
        })
        .collect()
}

/// What the line itself says.
fn of_line(line: &Line, rows: &Rows) -> Option<(&'static str, Map<String, Value>)> {
    let state = line.data.get("state").and_then(Value::as_str).unwrap_or_default();
    let event = match (line.kind.as_str(), state) {
        ("answered", "pledged" | "paid") => "renewed",
        ("answered", "not-renewing") => "not-renewing",
        ("answered", "with-desk") => "situation",
        ("taken-back", _) => "taken-back",
        ("lapsed", _) => "lapsed",
        ("unsubscribed" | "complained", _) => "unsubscribed",
        ("resubscribed", _) => "resubscribed",
        ("address-suspended", _) => "suspended",
        ("address-lifted", _) => "lifted",
        ("erased", _) => "erased",
        _ => return None,
    };
    let mut facts = common(line, &COMMON);
    if matches!(event, "suspended" | "lifted") {
        facts.insert("address".into(), json!(rows.address));
        if let Some(status) = line.data.get("status") {
            facts.insert("status".into(), status.clone());
        }
    }
    Some((event, facts))
}

fn common(line: &Line, keys: &[&str]) -> Map<String, Value> {
    let found = keys.iter().filter_map(|key| {
        let value = line.data.get(*key).filter(|value| !value.is_null())?;
        Some(((*key).to_owned(), value.clone()))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, data: &Value) -> Line {
        Line { seq: 17, kind: kind.into(), data: data.as_object().unwrap().clone() }
    }

    #[test]
    fn lines_and_their_events() {
        let table = [
            ("answered", json!({"state": "pledged"}), Some("renewed")),
            ("answered", json!({"state": "paid"}), Some("renewed")),
            // By card: told when the money is there.
            ("answered", json!({"state": "open"}), None),
            ("answered", json!({"state": "not-renewing"}), Some("not-renewing")),
            ("answered", json!({"state": "with-desk"}), Some("situation")),
            ("taken-back", json!({"state": "open"}), Some("taken-back")),
            ("unsubscribed", json!({}), Some("unsubscribed")),
            ("complained", json!({}), Some("unsubscribed")),
            ("address-suspended", json!({}), Some("suspended")),
            ("address-lifted", json!({}), Some("lifted")),
            ("lapsed", json!({}), Some("lapsed")),
            ("erased", json!({}), Some("erased")),
            ("fired", json!({}), None),
            ("declared", json!({}), None),
        ];
        for (kind, data, want) in table {
            let found = events(&line(kind, &data), &Rows::default());
            let names: Vec<_> = found.iter().map(|e| e.event).collect();
            assert_eq!(names, want.into_iter().collect::<Vec<_>>(), "{kind} {data}");
            assert!(found.iter().all(|e| e.id == "17"));
        }
    }

    #[test]
    fn one_line_with_several_rows_has_numbered_events() {
        let rows = Rows {
            corrections: vec![
                ("phone".into(), "1".into(), "2".into()),
                ("email".into(), "a@b.test".into(), "c@d.test".into()),
            ],
            ..Rows::default()
        };
        let data = json!({"issuer": "CIP", "fields": ["phone", "email"]});
        let found = events(&line("corrected", &data), &rows);
        let told: Vec<_> = found.iter().map(|e| (e.id.as_str(), e.event)).collect();
        assert_eq!(told, [("17.1", "correction"), ("17.2", "new-address")]);
        assert_eq!(found[1].facts["address"], "c@d.test");
        assert_eq!(found[0].facts["issuer"], "CIP");
    }
}
