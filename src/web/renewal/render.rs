//! Owns what the renewal's page shows for where the renewal stands.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::super::ask::Ask;
use super::super::{Site, reply};
use super::{Shown, nonce};
use crate::actions::{Context, RenewalView};
use crate::compose::{
    Conflict, ConflictPage, DonePage, FormFault, Notice, Page, RenewalPage, Said, Status, Typed,
};
use crate::domain::answer::{self, Choice, Given};
use crate::domain::words::{Lang, RenewalState};
use crate::domain::{offer, season};
use crate::ids::MessageId;

/// What a form just sent leaves on the page.
pub(super) struct Sent {
    pub typed: Typed,
    pub faults: Vec<FormFault>,
    pub notice: Notice,
}

impl Sent {
    /// A page that is only looked at; `saved`: corrections were saved just before.
    pub fn nothing(saved: bool) -> Self {
        let notice = if saved { Notice::Saved } else { Notice::None };
        Self { typed: Typed::default(), faults: Vec::new(), notice }
    }

    fn status(&self) -> u16 {
        match (self.faults.is_empty(), self.notice) {
            (false, _) => 400,
            (true, Notice::Priced) => 409,
            (true, _) => 200,
        }
    }
}

/// The page for where the renewal stands.
pub(super) fn page(site: &Site, ask: &Ask, shown: &Shown, sent: &Sent) -> Response {
    let lang = ask.lang(shown.own_lang());
    let state = shown.view.row.renewal.state;
    let open = matches!(state, RenewalState::Open | RenewalState::Lapsed);
    let (Some(offer), true) = (&shown.view.offer, open) else {
        return done(site, ask, shown, sent, lang);
    };
    let season = &site.context.config.relance.season;
    let page = RenewalPage {
        issuer: &shown.issuer,
        person: shown.person(),
        on_file: &shown.view.on_file,
        waiting: &shown.waiting,
        offer,
        insurance: None,
        card: false,
        late: state == RenewalState::Lapsed,
        remind_on: shown.remind_on.filter(|day| *day > shown.today),
        remind_until: offer::remind_until(season, shown.today),
        notice: sent.notice,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
        typed: &sent.typed,
        faults: &sent.faults,
    };
    reply::page(site, sent.status(), &Page::Renewal(page), lang)
}

/// The page once more, with what was typed and what is wrong with it.
pub(super) fn faulty(
    site: &Site,
    ask: &Ask,
    shown: &Shown,
    mid: MessageId,
    typed: &Typed,
    faults: Vec<FormFault>,
) -> Response {
    if faults.contains(&FormFault::ProofWrong) {
        site.limits.wrong_proof(mid, crate::clock::monotonic());
    }
    page(site, ask, shown, &Sent { typed: typed.clone(), faults, notice: Notice::None })
}

fn done(site: &Site, ask: &Ask, shown: &Shown, sent: &Sent, lang: Lang) -> Response {
    let state = shown.view.row.renewal.state;
    let Some((said, at)) = last(&shown.view.given, state) else {
        return ask.page(site, 404, &Page::NotFound);
    };
    let undo_until = undo_until(&site.context, &shown.view, ask.now);
    let owes = matches!(said, Said::RenewedByInvoice | Said::PayingByCard);
    let status = [match state {
        RenewalState::WithDesk => Status::WithDesk(at),
        _ => Status::Answered(at),
    }];
    let page = DonePage {
        issuer: &shown.issuer,
        person: shown.person(),
        on_file: &shown.view.on_file,
        waiting: &shown.waiting,
        said,
        at,
        bill: shown.view.bill().filter(|_| owes),
        status: &status,
        insurance: None,
        by_card: None,
        invoice: "",
        undo_until,
        notice: sent.notice,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
        typed: &sent.typed,
        faults: &sent.faults,
    };
    reply::page(site, sent.status(), &Page::Done(page), lang)
}

/// What was said last, and when.
fn last(given: &[Given], state: RenewalState) -> Option<(Said, Timestamp)> {
    given.last().map(|g| (said(g.choice, state), g.at))
}

const fn said(choice: Option<Choice>, state: RenewalState) -> Said {
    match (choice, state) {
        (Some(Choice::Invoice | Choice::Card), RenewalState::Paid) => Said::Renewed,
        (Some(Choice::Invoice), _) => Said::RenewedByInvoice,
        (Some(Choice::Card), _) => Said::PayingByCard,
        (Some(Choice::NotRenewing), _) => Said::NotRenewing,
        (Some(Choice::Situation), _) => Said::Situation,
        (None, _) => Said::Undone,
    }
}

fn undo_until(context: &Context, view: &RenewalView, now: Timestamp) -> Option<Timestamp> {
    let deadline = season::deadline(&context.config.relance.season);
    let given = view.given.last()?;
    let state = view.row.renewal.state;
    if !answer::may_undo(state, Some(given), deadline, now) {
        return None;
    }
    let day = given.at.checked_add(SignedDuration::from_hours(answer::UNDO_HOURS_MAX)).ok()?;
    Some(if state == RenewalState::Pledged { day.min(deadline) } else { day })
}

/// Shows both answers and asks; nothing was changed.
pub(super) fn conflict(
    site: &Site,
    ask: &Ask,
    shown: &Shown,
    asked: Choice,
    typed: &Typed,
    stale: bool,
) -> Response {
    let state = shown.view.row.renewal.state;
    let Some((recorded, at)) = last(&shown.view.given, state) else {
        return reply::see(&ask.path, ask.chosen);
    };
    let conflict = if stale || recorded == Said::Undone {
        Conflict::Changed { meanwhile: Some(recorded), at }
    } else {
        Conflict::Answered { recorded, at }
    };
    let quote = shown.view.offer.as_ref().map(offer::Offer::quote).unwrap_or_default();
    let page = ConflictPage {
        issuer: &shown.issuer,
        person: shown.person(),
        asked,
        conflict,
        typed,
        quote: &quote,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
    };
    reply::page(site, 409, &Page::Conflict(page), ask.lang(shown.own_lang()))
}
