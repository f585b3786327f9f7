//! Owns who gets a step of the season, and why somebody does not. Decided at planning, and again
//! in the transaction that claims the message for sending.

use serde::Serialize;

use super::bill::Bill;
use super::billing::{self, Terms};
use super::member::{Member, Renewal};
use super::words::{Category, RenewalState};
use crate::config::{Association, Config, StepKind};

/// Why a member gets nothing. The text form stands in forecasts and in cancelled messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Excluded {
    /// No place in the issuing association.
    NotAMember,
    /// Another association's invoice carries these dues.
    BilledElsewhere,
    /// On leave, honorary, deceased or resigned.
    NotActive,
    /// Renewed, paid, not renewing, or with the desk.
    Answered,
    /// The season ended without an answer.
    Lapsed,
    /// Stopped this association's reminders.
    Unsubscribed,
    /// No address on file: the desk writes a letter.
    NoAddress,
    /// Mail to the address comes back: the desk is told.
    AddressSuspended,
    /// No insurance that could end.
    NotInsured,
}

impl Excluded {
    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAMember => "not-a-member",
            Self::BilledElsewhere => "billed-elsewhere",
            Self::NotActive => "not-active",
            Self::Answered => "answered",
            Self::Lapsed => "lapsed",
            Self::Unsubscribed => "unsubscribed",
            Self::NoAddress => "no-address",
            Self::AddressSuspended => "address-suspended",
            Self::NotInsured => "not-insured",
        }
    }
}

/// What a step is, for unsubscribing: the notice carries the invoice, the last call warns of
/// cover ending; both are mandatory.
#[must_use]
pub const fn category(kind: StepKind) -> Category {
    match kind {
        StepKind::Notice | StepKind::LastCall => Category::Mandatory,
        StepKind::Reminder => Category::Reminder,
    }
}

/// Whether `member` gets the step, and what they are billed on these terms.
pub fn decide(
    config: &Config,
    issuer: &Association,
    kind: StepKind,
    member: &Member,
    renewal: Option<&Renewal>,
    terms: &Terms<'_>,
) -> Result<Bill, Excluded> {
    if member.membership(&issuer.code).is_none() {
        return Err(Excluded::NotAMember);
    }
    if !member.is_active() {
        return Err(Excluded::NotActive);
    }
    let Some(bill) = billing::bill(config, member, issuer, terms) else {
        return Err(Excluded::BilledElsewhere);
    };
    match renewal.map_or(RenewalState::Open, |r| r.state) {
        RenewalState::Open => {}
        RenewalState::Lapsed => return Err(Excluded::Lapsed),
        RenewalState::Pledged
        | RenewalState::Paid
        | RenewalState::NotRenewing
        | RenewalState::WithDesk => return Err(Excluded::Answered),
    }
    if kind == StepKind::LastCall && !bill.insures() {
        return Err(Excluded::NotInsured);
    }
    if category(kind) == Category::Reminder && member.unsubscribed.contains(&issuer.code) {
        return Err(Excluded::Unsubscribed);
    }
    match &member.email {
        None => Err(Excluded::NoAddress),
        // A report can be forged by whoever saw the mail: it never silences the last call.
        Some(_) if member.barred || (member.suspended && kind != StepKind::LastCall) => {
            Err(Excluded::AddressSuspended)
        }
        Some(_) => Ok(bill),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::billing::tests::{federation, member, terms};
    use crate::ids::RenewalId;

    type Change = fn(&mut Member);
    /// Name, what is different, state of the renewal, step, why not.
    type Case<'a> = (&'a str, Change, Option<RenewalState>, StepKind, Option<Excluded>);

    #[test]
    fn who_gets_what() {
        use RenewalState::{Lapsed, NotRenewing, Open, Paid, Pledged, WithDesk};
        use StepKind::{LastCall, Notice, Reminder};
        let config = federation();
        let issuer = config.association("OPPI").unwrap();
        let same: Change = |_| {};
        let stopped: Change = |m| m.unsubscribed.push("OPPI".into());
        let table: [Case<'_>; 19] = [
            ("a notice", same, None, Notice, None),
            ("a reminder", same, Some(Open), Reminder, None),
            ("pledged", same, Some(Pledged), Reminder, Some(Excluded::Answered)),
            ("paid", same, Some(Paid), LastCall, Some(Excluded::Answered)),
            ("not renewing", same, Some(NotRenewing), LastCall, Some(Excluded::Answered)),
            ("with the desk", same, Some(WithDesk), Reminder, Some(Excluded::Answered)),
            ("lapsed", same, Some(Lapsed), Reminder, Some(Excluded::Lapsed)),
            ("stopped, reminder", stopped, Some(Open), Reminder, Some(Excluded::Unsubscribed)),
            ("stopped, notice", stopped, None, Notice, None),
            ("stopped, last call", stopped, Some(Open), LastCall, None),
            (
                "stopped another's",
                |m| m.unsubscribed.push("CIP".into()),
                Some(Open),
                Reminder,
                None,
            ),
            ("no address", |m| m.email = None, None, Notice, Some(Excluded::NoAddress)),
            ("suspended", |m| m.suspended = true, None, Notice, Some(Excluded::AddressSuspended)),
            ("a report stops no last call", |m| m.suspended = true, None, LastCall, None),
            (
                "a person does",
                |m| m.barred = true,
                None,
                LastCall,
                Some(Excluded::AddressSuspended),
            ),
            ("deceased", |m| m.status = "deceased".into(), None, Notice, Some(Excluded::NotActive)),
            ("on leave", |m| m.status = "on-leave".into(), None, Notice, Some(Excluded::NotActive)),
            (
                "no cover",
                |m| m.memberships[0].pli = false,
                None,
                LastCall,
                Some(Excluded::NotInsured),
            ),
            ("left", |m| m.memberships.clear(), None, Notice, Some(Excluded::NotAMember)),
        ];
        for (name, change, state, kind, want) in table {
            let mut m = member(&["OPPI+", "CIP"]);
            change(&mut m);
            let renewal = state.map(|state| Renewal { id: RenewalId(1), state, version: 0 });
            let got = decide(&config, issuer, kind, &m, renewal.as_ref(), &terms());
            assert_eq!(got.as_ref().err().copied(), want, "{name}");
        }
    }

    #[test]
    fn the_national_notice_skips_whom_another_bills() {
        let config = federation();
        let cip = config.association("CIP").unwrap();
        let run = |places: &[&str]| {
            decide(&config, cip, StepKind::Notice, &member(places), None, &terms())
        };
        assert_eq!(run(&["OPPI", "CIP"]).unwrap_err(), Excluded::BilledElsewhere);
        assert!(run(&["SPPI", "CIP"]).is_ok());
        assert!(run(&["CIP"]).is_ok());
    }
}
