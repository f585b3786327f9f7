//! Owns what becomes of an invoice when the member list says otherwise than it: another category, a
//! membership that went elsewhere, a member who is not active any more. Fees and rates that changed
//! are no reason: what was issued stands.

use super::bill::{Bill, LineKind};
use super::member::Member;

/// How the list differs from an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A membership on it is in another category now: a candidate has become full, say.
    Category,
    /// A membership on it is no longer in the list.
    Gone,
    /// The member is on leave, honorary, deceased or resigned.
    NotActive,
}

impl Change {
    /// Every difference.
    pub const ALL: [Self; 3] = [Self::Category, Self::Gone, Self::NotActive];

    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Gone => "membership-gone",
            Self::NotActive => "not-active",
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing: the list says what the invoice says.
    Stand,
    /// A credit note, and a new invoice by the list.
    Replace,
    /// A person decides: money was paid on it, or nobody can know what is owed instead.
    Desk(Change),
}

/// How the list differs, the gravest first.
#[must_use]
pub fn of(bill: &Bill, member: &Member) -> Option<Change> {
    if !member.is_active() {
        return Some(Change::NotActive);
    }
    let dues = || bill.lines.iter().filter(|l| l.kind == LineKind::Dues);
    if dues().any(|l| member.membership(&l.supplier).is_none()) {
        return Some(Change::Gone);
    }
    let other = |l: &super::bill::Line| {
        member.membership(&l.supplier).is_some_and(|m| m.category != l.category)
    };
    dues().any(other).then_some(Change::Category)
}

/// What is to be done with a standing invoice on which that much was paid.
#[must_use]
pub fn decide(bill: &Bill, member: &Member, paid_cents: i64) -> Then {
    match of(bill, member) {
        None => Then::Stand,
        Some(Change::Category) if paid_cents == 0 => Then::Replace,
        Some(change) => Then::Desk(change),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::billing::tests::{federation, member, terms};
    use crate::domain::billing::{self, Terms};

    fn bill(places: &[&str]) -> Bill {
        let config = federation();
        let issuer = config.association("OPPI").unwrap();
        billing::bill(&config, &member(places), issuer, &terms()).unwrap()
    }

    /// What is different in the list now, what was paid, what is to be done.
    type Case<'a> = (&'a str, fn(&mut Member), i64, Then);

    #[test]
    fn what_the_list_says_now() {
        let category: fn(&mut Member) = |m| m.memberships[0].category = "candidate".into();
        let table: [Case<'_>; 12] = [
            ("the same", |_| {}, 0, Then::Stand),
            ("the same, paid", |_| {}, 96_255, Then::Stand),
            (
                "insurance is the member's choice, not the list's",
                |m| m.memberships[0].pli = false,
                0,
                Then::Stand,
            ),
            ("another category, unpaid", category, 0, Then::Replace),
            ("another category, paid in part", category, 1, Then::Desk(Change::Category)),
            ("another category, paid", category, 96_255, Then::Desk(Change::Category)),
            ("went elsewhere, unpaid", |m| m.memberships.truncate(1), 0, Then::Desk(Change::Gone)),
            ("went elsewhere, paid", |m| m.memberships.clear(), 9, Then::Desk(Change::Gone)),
            (
                "retired in both",
                |m| {
                    m.memberships.iter_mut().for_each(|m| m.category = "retired".into());
                },
                0,
                Then::Replace,
            ),
            ("on leave", |m| m.status = "on-leave".into(), 0, Then::Desk(Change::NotActive)),
            ("honorary", |m| m.status = "honorary".into(), 0, Then::Desk(Change::NotActive)),
            ("deceased", |m| m.status = "deceased".into(), 9, Then::Desk(Change::NotActive)),
        ];
        let bill = bill(&["OPPI+", "CIP"]);
        for (name, change, paid, want) in table {
            let mut member = member(&["OPPI+", "CIP"]);
            change(&mut member);
            assert_eq!(decide(&bill, &member, paid), want, "{name}");
        }
    }

    #[test]
    fn a_changed_fee_is_no_reason() {
        let mut config = federation();
        config.associations[1].categories[0].dues_cents = 1;
        let issuer = config.association("OPPI").unwrap();
        let terms = Terms { on: "2027-02-01".parse().unwrap(), ..terms() };
        let member = member(&["OPPI+", "CIP"]);
        let now = billing::bill(&config, &member, issuer, &terms).unwrap();
        let issued = bill(&["OPPI+", "CIP"]);
        assert_ne!(now, issued);
        assert_eq!(decide(&issued, &member, 0), Then::Stand);
    }
}
