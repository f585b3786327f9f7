//! Owns who bills whom for what: one renewal per member, issuer and season. Each body's dues is
//! its own line; insurance stands once, on the home association's bill.

use super::member::{Member, Membership};
use super::money::Cents;
use crate::compose::{Bill, Line, LineKind};
use crate::config::{Association, Config, PliRule};

/// The code of the association whose invoice carries this membership's dues: another one of the
/// member's that bills for it, else the body itself.
#[must_use]
pub fn billed_by<'a>(config: &'a Config, member: &Member, association: &'a str) -> &'a str {
    config
        .associations
        .iter()
        .find(|a| {
            a.code != association
                && a.bills_for.iter().any(|b| b == association)
                && member.membership(&a.code).is_some()
        })
        .map_or(association, |a| &a.code)
}

/// The association at which the member is at home: the one that the list says; else the first
/// that is not the national body; else the national body.
#[must_use]
pub fn home<'a>(config: &Config, member: &'a Member) -> Option<&'a Membership> {
    let national = &config.relance.federation.national;
    member
        .memberships
        .iter()
        .find(|m| m.home)
        .or_else(|| member.memberships.iter().find(|m| &m.association != national))
        .or_else(|| member.memberships.first())
}

/// Whether insurance goes with a membership, by its category's rule.
fn insured_in(association: &Association, membership: &Membership) -> bool {
    association.category(&membership.category).is_some_and(|c| match c.pli {
        PliRule::None => false,
        PliRule::Optional => membership.pli,
        PliRule::Included => true,
    })
}

/// What `member` owes `issuer` this season; `None` where the issuer bills them for nothing
/// (no membership there, or another body's invoice carries it).
#[must_use]
pub fn bill(config: &Config, member: &Member, issuer: &Association) -> Option<Bill> {
    member.membership(&issuer.code)?;
    if billed_by(config, member, &issuer.code) != issuer.code {
        return None;
    }
    let mut lines = Vec::new();
    let mut premium = None;
    let home = home(config, member).map(|m| m.association.as_str());
    for code in std::iter::once(&issuer.code).chain(&issuer.bills_for) {
        let (Some(body), Some(membership)) = (config.association(code), member.membership(code))
        else {
            continue;
        };
        if billed_by(config, member, code) != issuer.code {
            continue;
        }
        let Some(category) = body.category(&membership.category) else { continue };
        lines.push(line(LineKind::Dues, membership, category.dues_cents));
        if home == Some(code.as_str()) && insured_in(body, membership) {
            premium = Some(line(LineKind::Premium, membership, category.premium_cents));
        }
    }
    lines.extend(premium);
    Some(Bill { lines })
}

fn line(kind: LineKind, membership: &Membership, cents: i64) -> Line {
    Line {
        kind,
        supplier: membership.association.clone(),
        category: membership.category.clone(),
        amount: Cents::new(cents).unwrap_or_default(),
    }
}

/// Whether a bill carries insurance.
#[must_use]
pub fn insures(bill: &Bill) -> bool {
    bill.lines.iter().any(|l| l.kind == LineKind::Premium)
}
