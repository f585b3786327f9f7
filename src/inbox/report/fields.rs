//! Owns the fields of a `message/delivery-status` part (RFC 3464), and of the same fields where
//! a system writes them into plain text. Lenient about blank lines, folding and order.

use crate::inbox::guard::RECIPIENTS_MAX;

/// What became of one recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// Given up.
    #[default]
    Failed,
    /// Still being tried.
    Delayed,
    /// Delivered, relayed or expanded.
    Done,
}

/// One group of per-recipient fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Final-Recipient without its type.
    pub last: String,
    /// Original-Recipient, or a system's own field that means it.
    pub original: String,
    /// `None` where no Action stands.
    pub action: Option<Action>,
    /// Status as written, comments off.
    pub status: String,
    /// Diagnostic-Code and the like, unfolded and joined.
    pub diagnostic: String,
}

impl Group {
    fn is_recipient(&self) -> bool {
        !self.last.is_empty() || !self.original.is_empty()
    }

    fn is_empty(&self) -> bool {
        !self.is_recipient()
            && self.action.is_none()
            && self.status.is_empty()
            && self.diagnostic.is_empty()
    }
}

/// What a field is for. Systems' own names stand beside RFC 3464's.
#[derive(Clone, Copy)]
enum Use {
    Last,
    Original,
    Action,
    Status,
    Diagnostic,
}

const FIELDS: &[(&str, Use)] = &[
    ("final-recipient", Use::Last),
    ("original-recipient", Use::Original),
    ("x-actual-recipient", Use::Original),
    ("action", Use::Action),
    ("status", Use::Status),
    ("diagnostic-code", Use::Diagnostic),
    ("x-display-name", Use::Diagnostic),
    ("x-supplementary-info", Use::Diagnostic),
    ("x-notes-item", Use::Diagnostic),
    ("x-mailer-diagnostic", Use::Diagnostic),
];

/// Reads every per-recipient group of a text.
#[must_use]
pub fn groups(text: &str) -> Vec<Group> {
    let mut done: Vec<Group> = Vec::new();
    let mut current = Group::default();
    let mut last_use = None;
    for line in text.lines() {
        if line.trim().is_empty() {
            close(&mut current, &mut done);
            last_use = None;
            continue;
        }
        if done.len() >= RECIPIENTS_MAX {
            break;
        }
        let named = line.split_once(':').and_then(|(name, value)| {
            let name = name.trim().to_ascii_lowercase();
            let known = FIELDS.iter().find(|(field, _)| *field == name);
            let field = !line.starts_with([' ', '\t']) && is_field_name(&name);
            known.map(|(_, what)| (Some(*what), value)).or(field.then_some((None, value)))
        });
        match named {
            Some((what, value)) => {
                if matches!(what, Some(Use::Last)) && !current.last.is_empty() {
                    close(&mut current, &mut done);
                }
                if let Some(what) = what {
                    set(&mut current, what, value.trim());
                }
                last_use = what;
            }
            None => {
                if let Some(Use::Diagnostic) = last_use {
                    current.diagnostic.push(' ');
                    current.diagnostic.push_str(line.trim());
                }
            }
        }
    }
    close(&mut current, &mut done);
    done
}

/// Names that can be fields; a diagnostic's own `host: said` on a line that was folded without
/// indent is none.
fn is_field_name(name: &str) -> bool {
    name.starts_with("x-")
        || matches!(
            name,
            "remote-mta"
                | "last-attempt-date"
                | "will-retry-until"
                | "final-log-id"
                | "reporting-mta"
                | "arrival-date"
                | "received-from-mta"
                | "dsn-gateway"
                | "original-envelope-id"
                | "localized-status"
                | "localized-reason"
        )
}

fn close(current: &mut Group, done: &mut Vec<Group>) {
    let group = std::mem::take(current);
    if group.is_empty() {
        return;
    }
    if group.is_recipient() {
        done.push(group);
    } else if let Some(before) = done.last_mut() {
        // A blank line inside one recipient's fields.
        if before.action.is_none() {
            before.action = group.action;
        }
        if before.status.is_empty() {
            before.status = group.status;
        }
        if before.diagnostic.is_empty() {
            before.diagnostic = group.diagnostic;
        }
    } else {
        // A status without any recipient: the text or the returned mail names it.
        done.push(group);
    }
}

fn set(group: &mut Group, what: Use, value: &str) {
    match what {
        Use::Last => group.last = untyped(value),
        Use::Original if group.original.is_empty() && value.contains('@') => {
            group.original = untyped(value);
        }
        Use::Original => {}
        Use::Action => {
            let word = value.to_ascii_lowercase();
            group.action = Some(match word.split([' ', ';', '(']).next().unwrap_or_default() {
                "delayed" => Action::Delayed,
                "delivered" | "relayed" | "expanded" => Action::Done,
                _ => Action::Failed,
            });
        }
        Use::Status => {
            let code = value.split([' ', '(', '\t', ';']).next().unwrap_or_default();
            code.clone_into(&mut group.status);
        }
        Use::Diagnostic => {
            if !group.diagnostic.is_empty() {
                group.diagnostic.push('\n');
            }
            group.diagnostic.push_str(value);
        }
    }
}

/// `rfc822; <a@b>` without its type (RFC 3464 §2.3.1), xtext undone where it is plain.
fn untyped(value: &str) -> String {
    let value = match value.split_once(';') {
        Some((kind, rest)) if !kind.contains('@') => rest,
        _ => value,
    };
    let value = value.trim().trim_matches(['<', '>', ' ']);
    value.replace("+40", "@").replace("+2B", "+").replace("+3D", "=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_recipients() {
        let text = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: RFC822; <a@x.test>\n\
            Action: failed\nStatus: 5.1.1 (bad)\nDiagnostic-Code: smtp; 550 no\n such user\n\n\
            Original-Recipient: rfc822;b@x.test\nFinal-Recipient: rfc822;c@x.test\n\
            Action: delayed\n\nStatus: 4.0.0\n";
        let found = groups(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].last, "a@x.test");
        assert_eq!((found[0].status.as_str(), found[0].action), ("5.1.1", Some(Action::Failed)));
        assert_eq!(found[0].diagnostic, "smtp; 550 no such user");
        assert_eq!((found[1].original.as_str(), found[1].last.as_str()), ("b@x.test", "c@x.test"));
        assert_eq!((found[1].status.as_str(), found[1].action), ("4.0.0", Some(Action::Delayed)));
        assert!(groups("no fields at all\n").is_empty());
    }
}
