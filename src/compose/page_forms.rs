//! Owns what forms say on their way back to the member: what was typed, what is wrong with it and
//! at which field.

use std::collections::BTreeMap;

use tera::{Context, Value};

use super::text::clean;
use crate::domain::correction::{Field, Proof};
use crate::domain::desk::Fault;

/// Longest reason or note, in characters; the form says so to the browser.
pub const REASON_CHARS_MAX: u32 = 500;

/// Fields of the renewal's form that a member fills in and finds again with their faults. Those of
/// the insurance questions come besides: `q-` and the question's id. The last four are a desk's.
pub const TYPED: &[&str] = &[
    "proof",
    "email",
    "phone",
    "language",
    "street",
    "city",
    "province",
    "postal_code",
    "situation",
    "note",
    "reason",
    "cover",
    "employer_name",
    "employer_email",
    "purchase_order",
    "remind_on",
    "member",
    "staff",
    "channel",
    "desk_note",
];

/// What was typed into a form, by field. A field may stand several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// Of a form's fields.
    #[must_use]
    pub const fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The field's first value; empty where it is missing.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Everything that a member filled in, to be sent once more.
    pub fn filled(&self) -> impl Iterator<Item = (&str, &str)> {
        let kept = |name: &str| TYPED.contains(&name) || name == "drop" || name.starts_with("q-");
        let filled = self.0.iter().filter(move |(n, v)| kept(n) && !v.is_empty());
        filled.map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormFault {
    /// No answer was chosen.
    NoChoice,
    /// An answer that this page does not offer.
    UnknownChoice,
    /// The reason or note is longer than [`REASON_CHARS_MAX`].
    ReasonTooLong(Longest),
    /// A hidden field is missing: the page was cut or changed on its way.
    Incomplete,
    /// The form cannot be read at all.
    Unreadable,
    /// What shows who it is was not typed.
    Proof(Proof),
    /// It is another one.
    ProofWrong(Proof),
    /// It was another one too often.
    ProofTooOften,
    /// A correction without one.
    NothingChanged,
    /// Not the shape of such a value.
    Correction(Field),
    /// Too long a value.
    TooLong(Field),
    /// Insurance: kept or declined.
    Cover,
    /// The question with that place, from one.
    Question(u8),
    /// What changed.
    Situation,
    /// What changed, in words.
    Note,
    /// The employer has no name.
    EmployerName,
    /// The employer has no acceptable address.
    EmployerEmail,
    /// An employer, and a card.
    EmployerByCard,
    /// Not a day on which we could remind.
    RemindOn,
    /// What is wrong with how a desk signs for a member.
    Signature(Fault),
    /// Of number, code and postal code one is missing.
    CodeIncomplete,
    /// Number, code and postal code do not belong together.
    CodeWrong,
    /// Too many wrong codes.
    CodeTooOften,
}

/// Which text is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Longest {
    /// Of who leaves.
    Reason,
    /// Beside a situation.
    Note,
}

impl FormFault {
    /// Every fault of the front page.
    pub const FRONT: &'static [Self] = &[Self::CodeIncomplete, Self::CodeWrong, Self::CodeTooOften];

    /// Every fault of the page when a desk has it open, besides the member's own.
    pub const SIGNATURE: &'static [Self] = &[
        Self::Signature(Fault::NoStaff),
        Self::Signature(Fault::StaffTooLong),
        Self::Signature(Fault::NoteTooLong),
        Self::Signature(Fault::NoChannel),
    ];

    /// Every fault of the renewal's page.
    pub const ALL: &'static [Self] = &[
        Self::NoChoice,
        Self::UnknownChoice,
        Self::ReasonTooLong(Longest::Reason),
        Self::ReasonTooLong(Longest::Note),
        Self::Incomplete,
        Self::Unreadable,
        Self::Proof(Proof::PostalCode),
        Self::Proof(Proof::MemberNo),
        Self::ProofWrong(Proof::PostalCode),
        Self::ProofWrong(Proof::MemberNo),
        Self::ProofTooOften,
        Self::NothingChanged,
        Self::Correction(Field::Email),
        Self::Correction(Field::Phone),
        Self::Correction(Field::Language),
        Self::Correction(Field::Street),
        Self::Correction(Field::City),
        Self::Correction(Field::Province),
        Self::Correction(Field::PostalCode),
        Self::TooLong(Field::Street),
        Self::Cover,
        Self::Question(1),
        Self::Question(2),
        Self::Situation,
        Self::Note,
        Self::EmployerName,
        Self::EmployerEmail,
        Self::EmployerByCard,
        Self::RemindOn,
    ];

    /// Stable text form, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoChoice => "no-choice",
            Self::UnknownChoice => "unknown-choice",
            Self::ReasonTooLong(_) => "reason-too-long",
            Self::Incomplete => "incomplete",
            Self::Unreadable => "unreadable",
            Self::Proof(Proof::PostalCode) => "proof-postal",
            Self::Proof(Proof::MemberNo) => "proof-number",
            Self::ProofWrong(Proof::PostalCode) => "proof-wrong-postal",
            Self::ProofWrong(Proof::MemberNo) => "proof-wrong-number",
            Self::ProofTooOften => "proof-too-often",
            Self::NothingChanged => "nothing-changed",
            Self::Correction(field) => field.as_str(),
            Self::TooLong(_) => "too-long",
            Self::Cover => "cover",
            Self::Question(_) => "question",
            Self::Situation => "situation",
            Self::Note => "note",
            Self::EmployerName => "employer_name",
            Self::EmployerEmail => "employer_email",
            Self::EmployerByCard => "employer-by-card",
            Self::RemindOn => "remind_on",
            Self::Signature(fault) => fault.as_str(),
            Self::CodeIncomplete => "code-incomplete",
            Self::CodeWrong => "code-wrong",
            Self::CodeTooOften => "code-too-often",
        }
    }

    /// Id of the field at which it shows; empty for the form as a whole.
    #[must_use]
    pub fn field(self) -> String {
        match self {
            Self::NoChoice | Self::UnknownChoice => "pay".into(),
            Self::Incomplete | Self::Unreadable => String::new(),
            Self::ReasonTooLong(Longest::Reason) => "reason".into(),
            Self::ReasonTooLong(Longest::Note) | Self::Note => "note".into(),
            Self::Proof(_) | Self::ProofWrong(_) | Self::ProofTooOften => "proof".into(),
            Self::NothingChanged => "correct".into(),
            Self::Correction(field) | Self::TooLong(field) => field.as_str().into(),
            Self::Cover => "cover".into(),
            Self::Question(n) => format!("question-{n}"),
            Self::Situation => "situation".into(),
            Self::EmployerName | Self::EmployerByCard => "employer_name".into(),
            Self::EmployerEmail => "employer_email".into(),
            Self::RemindOn => "remind_on".into(),
            Self::Signature(Fault::NoChannel) => "channel".into(),
            Self::Signature(Fault::NoteTooLong) => "desk_note".into(),
            Self::Signature(_) => "staff".into(),
            Self::CodeIncomplete | Self::CodeWrong | Self::CodeTooOften => "number".into(),
        }
    }

    const fn number(self) -> i64 {
        match self {
            Self::Question(n) => n as i64,
            _ => 0,
        }
    }
}

/// Faults as a list with links, and by field.
pub(super) fn put_faults(context: &mut Context, faults: &[FormFault]) {
    let listed: Vec<_> = faults
        .iter()
        .map(|f| serde_json::json!({"code": f.as_str(), "field": f.field(), "n": f.number()}))
        .collect();
    context.insert_value("faults", Value::from_serializable(&listed));
    let by_field: BTreeMap<String, &str> = faults.iter().map(|f| (f.field(), f.as_str())).collect();
    let fields = TYPED.iter().copied().chain(["pay", "correct"]);
    let every: BTreeMap<&str, &str> =
        fields.map(|name| (name, by_field.get(name).copied().unwrap_or_default())).collect();
    context.insert_value("faulty", Value::from_serializable(&every));
}

/// Faults of a form whose fields have no marks of their own.
pub(super) fn put_fault_codes(context: &mut Context, codes: &[&str]) {
    let listed: Vec<_> =
        codes.iter().map(|code| serde_json::json!({"code": code, "field": "", "n": 0})).collect();
    context.insert_value("faults", Value::from_serializable(&listed));
}

/// What was typed, freed of what cannot be shown.
pub(super) fn put_typed(context: &mut Context, typed: &Typed) {
    let values: BTreeMap<&str, String> =
        TYPED.iter().map(|name| (*name, clean(typed.get(name), true))).collect();
    context.insert_value("typed", Value::from_serializable(&values));
    // Part of a form that was filled in is shown open.
    let any = |names: &[&str]| names.iter().any(|name| !typed.get(name).is_empty());
    for (group, names) in [
        ("open_correct", &TYPED[1..8]),
        ("open_situation", &["situation", "note"][..]),
        ("open_leaving", &["reason"]),
        ("open_employer", &["employer_name", "employer_email", "purchase_order"]),
        ("open_remind", &["remind_on"]),
    ] {
        context.insert_value(group, Value::from(any(names)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_member_fills_in_is_sent_once_more() {
        let typed =
            [("version", "3"), ("email", "a@example.ca"), ("q-claims", "yes"), ("phone", "")]
                .map(|(n, v)| (n.to_owned(), v.to_owned()));
        let typed = Typed::new(typed.into());
        let filled: Vec<_> = typed.filled().collect();
        assert_eq!(filled, [("email", "a@example.ca"), ("q-claims", "yes")]);
    }
}
