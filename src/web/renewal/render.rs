//! Owns what the renewal's page shows for where the renewal stands.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::super::ask::Ask;
use super::super::{Site, reply};
use super::{Shown, desk_member, nonce, see};
use crate::actions::{Context, RenewalView};
use crate::compose::{
    Conflict, ConflictPage, DonePage, FormFault, InsuranceFacts, Notice, Page, RenewalPage, Said,
    Typed,
};
use crate::domain::answer::{self, Choice};
use crate::domain::money::Cents;
use crate::domain::offer::Offer;
use crate::domain::words::{Lang, RenewalState};
use crate::domain::{offer, season};

/// What a form just sent leaves on the page.
pub(in crate::web) struct Sent {
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
pub(in crate::web) fn page(site: &Site, ask: &Ask, shown: &Shown, sent: &Sent) -> Response {
    let lang = ask.lang(shown.own_lang());
    if shown.behalf().is_some() && !shown.is_answerable(site, ask.now) {
        return desk_member::bare(site, ask, shown, sent);
    }
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
        insurance: offer.speaks_of_insurance().then(|| insurance(site, offer)).flatten(),
        card: site.card.is_some() && shown.behalf().is_none(),
        late: state == RenewalState::Lapsed,
        remind_on: shown.remind_on.filter(|day| *day > shown.today),
        remind_until: offer::remind_until(season, shown.today),
        behalf: shown.behalf(),
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
    typed: &Typed,
    faults: Vec<FormFault>,
) -> Response {
    page(site, ask, shown, &Sent { typed: typed.clone(), faults, notice: Notice::None })
}

/// Who insures, and those of its questions that are still to be answered.
fn insurance<'a>(site: &'a Site, offer: &Offer) -> Option<InsuranceFacts<'a>> {
    let section = site.context.config.relance.insurance.as_ref()?;
    let open = section.questions.iter().filter(|_| offer.asks_questions());
    Some(InsuranceFacts {
        broker: &section.broker,
        webinar_url: section.webinar_url.as_deref(),
        news: section.news.as_ref(),
        questions: open.map(|q| (q.id.as_str(), &q.text)).collect(),
    })
}

fn done(site: &Site, ask: &Ask, shown: &Shown, sent: &Sent, lang: Lang) -> Response {
    let (view, state) = (&shown.view, shown.view.row.renewal.state);
    let owes = view.owed.as_ref().is_some_and(|b| b.total().get() > 0);
    let at = view.given.last().map(|g| g.at);
    let said = said(view.given.last().and_then(|g| g.choice), state, owes);
    let renews = matches!(state, RenewalState::Pledged | RenewalState::Paid);
    let declare = renews && shown.insured();
    let by_card = site.card.is_some() && state == RenewalState::Pledged && shown.behalf().is_none();
    let offer = view.offer.as_ref().filter(|offer| declare && offer.asks_questions());
    // A desk's link opens no invoice.
    let own = shown.standing.invoice.as_ref().filter(|_| shown.behalf().is_none());
    let invoice = own.map(|_| format!("{}/invoice", ask.path));
    let page = DonePage {
        issuer: &shown.issuer,
        person: shown.person(),
        on_file: &view.on_file,
        waiting: &shown.waiting,
        said,
        at,
        bill: view.owed.as_ref().filter(|_| renews && owes),
        status: &shown.standing.status,
        insurance: offer.and_then(|offer| insurance(site, offer)),
        by_card: Some(shown.standing.left).filter(|left| by_card && *left > Cents::ZERO),
        invoice: invoice.as_deref().unwrap_or_default(),
        undo_until: undo_until(&site.context, view, ask.now),
        behalf: shown.behalf(),
        notice: sent.notice,
        version: view.row.renewal.version,
        nonce: &nonce(site),
        typed: &sent.typed,
        faults: &sent.faults,
    };
    reply::page(site, sent.status(), &Page::Done(page), lang)
}

/// What was said last. Where nobody answered, the state speaks: the association's own list, or a
/// desk, has settled it.
const fn said(choice: Option<Choice>, state: RenewalState, owes: bool) -> Said {
    match (choice, state) {
        (_, RenewalState::Paid) if owes => Said::Paid,
        (_, RenewalState::Paid) => Said::Renewed,
        (_, RenewalState::WithDesk) | (Some(Choice::Situation), _) => Said::Situation,
        (Some(Choice::Invoice), _) | (_, RenewalState::Pledged) => Said::RenewedByInvoice,
        (_, RenewalState::NotRenewing) | (Some(Choice::NotRenewing), _) => Said::NotRenewing,
        (Some(Choice::Card), _) => Said::PayingByCard,
        (None, _) => Said::Undone,
    }
}

fn undo_until(context: &Context, view: &RenewalView, now: Timestamp) -> Option<Timestamp> {
    let deadline = season::deadline_of(&context.config.relance.season, &view.member);
    let given = view.given.last()?;
    let state = view.state_to_undo();
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
    let Some(last) = shown.view.given.last() else { return see(ask, &shown.hand, false) };
    let owes = shown.view.owed.as_ref().is_some_and(|b| b.total().get() > 0);
    let (recorded, at) = (said(last.choice, state, owes), last.at);
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
        behalf: shown.behalf(),
        conflict,
        typed,
        quote: &quote,
        version: shown.view.row.renewal.version,
        nonce: &nonce(site),
    };
    reply::page(site, 409, &Page::Conflict(page), ask.lang(shown.own_lang()))
}
