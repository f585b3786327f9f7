//! Owns the notifications that Amazon SES sends by mail as JSON: bounce, complaint, delivery.
//! Never follows an address in them.

use serde_json::Value;

use super::fields::{Action, Group};
use crate::inbox::guard::RECIPIENTS_MAX;

/// What a notification is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Failures and deliveries, as if they stood in a status part.
    Report(Vec<Group>),
    /// Who complained.
    Complaint(Vec<String>),
}

/// Reads a text that begins with a notification; what follows it is not looked at.
#[must_use]
pub fn read(text: &str) -> Option<Notice> {
    let text = text.trim_start();
    if !text.starts_with('{') || !text.contains("notificationType") {
        return None;
    }
    // Breaks that servers put into lines that are too long (RFC 5321 §4.5.3.1.6): no part of it.
    let text = text.replace("!\n ", "").replace('\n', "");
    let outer: Value = serde_json::Deserializer::from_str(&text).into_iter().next()?.ok()?;
    let inner = outer.get("Message").and_then(Value::as_str);
    let notice = match inner {
        Some(message) => serde_json::from_str(message).ok()?,
        None => outer,
    };
    let word = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let list = |part: &str, key: &str| {
        let found = notice.get(part).and_then(|part| part.get(key)).and_then(Value::as_array);
        found.cloned().unwrap_or_default().into_iter().take(RECIPIENTS_MAX)
    };
    match word(&notice, "notificationType").as_str() {
        "Bounce" => {
            let class = match notice["bounce"]["bounceType"].as_str() {
                Some("Transient") => "4.0.0",
                _ => "5.0.0",
            };
            let group = |r: Value| Group {
                last: word(&r, "emailAddress"),
                action: Some(Action::Failed),
                status: Some(word(&r, "status")).filter(|s| !s.is_empty()).unwrap_or(class.into()),
                diagnostic: word(&r, "diagnosticCode"),
                ..Group::default()
            };
            Some(Notice::Report(list("bounce", "bouncedRecipients").map(group).collect()))
        }
        "Complaint" => {
            let found = list("complaint", "complainedRecipients");
            Some(Notice::Complaint(found.map(|r| word(&r, "emailAddress")).collect()))
        }
        "Delivery" => {
            let group = |r: Value| Group {
                last: r.as_str().unwrap_or_default().to_owned(),
                action: Some(Action::Done),
                status: "2.0.0".to_owned(),
                ..Group::default()
            };
            Some(Notice::Report(list("delivery", "recipients").map(group).collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications() {
        let plain = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent",
            "bouncedRecipients":[{"emailAddress":"a@x.test","status":"5.1.1"}]}}"#;
        let Some(Notice::Report(groups)) = read(plain) else { panic!("no report") };
        assert_eq!((groups[0].last.as_str(), groups[0].status.as_str()), ("a@x.test", "5.1.1"));
        let wrapped = serde_json::json!({ "Type": "Notification", "Message":
            r#"{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"b@x.test"}]}}"#
        });
        let text = format!("{wrapped}\n--\nto unsubscribe");
        assert_eq!(read(&text), Some(Notice::Complaint(vec!["b@x.test".to_owned()])));
        assert_eq!(read("{ not json notificationType"), None);
        assert_eq!(read("hello"), None);
    }
}
