//! Owns who bills whom for what: one renewal per member, issuer and season. Each body's dues is
//! its own line; insurance stands once, on the home association's bill.

use jiff::Timestamp;
use jiff::civil::Date;

use super::bill::{Bill, Line, LineKind};
use super::member::{Member, Membership};
use super::money::Cents;
use super::tax::Supply;
use super::words::Cover;
use super::{season, tax};
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

/// What a bill depends on besides the member: the day, and what they chose.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The day on which it is made, in the issuer's zone: taxes go by it.
    pub on: Date,
    /// Whether the season's day of lapse has passed: the late fee is owed.
    pub late: bool,
    /// What they want of the insurance; `None`: as the member list says.
    pub cover: Option<Cover>,
    /// Codes of optional bodies that they leave out.
    pub dropped: &'a [String],
}

impl Terms<'_> {
    /// The terms at that instant for whoever chose nothing yet.
    #[must_use]
    pub fn at(config: &Config, issuer: &Association, now: Timestamp) -> Self {
        Self::on(config, season::day_in(&issuer.zone, now))
    }

    /// As [`Terms::at`], on that day in the issuer's zone.
    #[must_use]
    pub fn on(config: &Config, day: Date) -> Self {
        let late = season::is_late(&config.relance.season, day);
        Terms { on: day, late, cover: None, dropped: &[] }
    }
}

/// Whether insurance goes with a membership: by its category's rule, the member list, and what the
/// member wants.
fn insured_in(association: &Association, membership: &Membership, cover: Option<Cover>) -> bool {
    association.category(&membership.category).is_some_and(|c| match c.pli {
        PliRule::None => false,
        PliRule::Optional => cover.map_or(membership.pli, |cover| cover == Cover::Keep),
        PliRule::Included => true,
    })
}

/// Whether `issuer` bills `member` at all: they have a place there, and no other body's invoice
/// carries it.
#[must_use]
pub fn is_billed(config: &Config, member: &Member, issuer: &Association) -> bool {
    member.membership(&issuer.code).is_some()
        && billed_by(config, member, &issuer.code) == issuer.code
}

/// What `member` owes `issuer` this season; `None` where the issuer bills them for nothing
/// (no membership there, or another body's invoice carries it).
#[must_use]
pub fn bill(
    config: &Config,
    member: &Member,
    issuer: &Association,
    terms: &Terms<'_>,
) -> Option<Bill> {
    if !is_billed(config, member, issuer) {
        return None;
    }
    let with_taxes = |supplier: &Association, kind, category: &str, amount| Line {
        kind,
        supplier: supplier.code.clone(),
        category: category.to_owned(),
        amount,
        taxes: tax::due(
            &config.taxes,
            &Supply { supplier, kind, category, place: &member.province, on: terms.on, amount },
        ),
    };
    let is_dropped =
        |code: &String| issuer.optional_bodies.contains(code) && terms.dropped.contains(code);
    let mut lines = Vec::new();
    let mut premium = None;
    let home = home(config, member).map(|m| m.association.as_str());
    for code in std::iter::once(&issuer.code).chain(&issuer.bills_for) {
        let (Some(body), Some(membership)) = (config.association(code), member.membership(code))
        else {
            continue;
        };
        if is_dropped(code) || billed_by(config, member, code) != issuer.code {
            continue;
        }
        let Some(category) = body.category(&membership.category) else { continue };
        let dues = admission_share(config, body, membership, category.dues_cents);
        lines.push(with_taxes(body, LineKind::Dues, &membership.category, dues));
        if home == Some(code.as_str()) && insured_in(body, membership, terms.cover) {
            let amount = Cents::new(category.premium_cents).unwrap_or_default();
            premium = Some(with_taxes(body, LineKind::Premium, &membership.category, amount));
        }
    }
    if !issuer.insurance_needs.iter().any(is_dropped) {
        lines.extend(premium);
    }
    if terms.late && issuer.late_fee_cents > 0 {
        lines.push(penalty(config, member, issuer, issuer.late_fee_cents, terms.on));
    }
    Some(Bill { lines })
}

/// The line of a fee for being late, with its taxes.
#[must_use]
pub fn penalty(
    config: &Config,
    member: &Member,
    issuer: &Association,
    fee_cents: i64,
    on: Date,
) -> Line {
    let category = member.membership(&issuer.code).map_or("", |m| m.category.as_str());
    let amount = Cents::new(fee_cents).unwrap_or_default();
    let (supplier, kind, place) = (issuer, LineKind::Penalty, member.province.as_str());
    Line {
        kind,
        supplier: issuer.code.clone(),
        category: category.to_owned(),
        amount,
        taxes: tax::due(&config.taxes, &Supply { supplier, kind, category, place, on, amount }),
    }
}

/// What of the dues is owed: a share by the month for whoever was admitted during the year.
fn admission_share(
    config: &Config,
    body: &Association,
    membership: &Membership,
    dues_cents: i64,
) -> Cents {
    const WHOLE_PERCENT: i64 = 100;
    let dues = Cents::new(dues_cents).unwrap_or_default();
    let season = &config.relance.season;
    let within = |day: &Date| season.cover_from <= *day && *day <= season.cover_until;
    let Some(since) = membership.since.filter(within) else { return dues };
    let months = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
    let month = usize::try_from(months(since) - months(season.cover_from)).unwrap_or_default();
    body.admission_shares.get(month).map_or(dues, |percent| dues.share(*percent, WHOLE_PERCENT))
}

#[cfg(test)]
pub(crate) mod tests;
