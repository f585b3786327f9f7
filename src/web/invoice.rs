//! Owns the invoice's pages: the member's, behind their own link, and that of whoever pays in their
//! place, behind the link to one invoice or from the list of all that they have open.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use rusqlite::Connection;

use super::ask::{Ask, Presented, message_of};
use super::card::{self, Payer};
use super::renewal::nonce;
use super::{Site, reply};
use crate::actions::Context;
use crate::actions::payload::Payload;
use crate::compose::{CoverNote, FormFault, InvoicePage, Page, PersonFacts, Typed};
use crate::config::Association;
use crate::domain::invoice::Invoice;
use crate::domain::member::Member;
use crate::domain::money::Cents;
use crate::domain::season;
use crate::domain::words::{Lang, RenewalState};
use crate::ids::{InvoiceId, MessageId};
use crate::link::Purpose;
use crate::store::{StoreError, attempts, invoices, messages, payers, payments, people, renewals};

/// What an invoice's page shows, owned.
pub(super) struct Shown {
    invoice: Invoice,
    member: Member,
    issuer: Association,
    left: Cents,
    state: RenewalState,
    lang: Lang,
}

/// Whose page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// The member's, which shows what is owed now.
    Member,
    /// The payer's: the invoice that was mailed to them.
    Payer,
}

fn shown(
    c: &Connection,
    context: &Context,
    mid: MessageId,
    of: Of,
) -> Result<Option<Shown>, StoreError> {
    let Some(attempt) = attempts::by_mid(c, mid)? else { return Ok(None) };
    let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
    let invoice = match of {
        Of::Payer => match Payload::from_json(&message.payload).invoice {
            Some(id) => invoices::by_id(c, InvoiceId(id))?.filter(|i| i.payer.is_some()),
            None => None,
        },
        Of::Member => match message.renewal {
            Some(id) => invoices::standing(c, id)?.into_iter().find(|i| !i.is_penalty()),
            None => None,
        },
    };
    match invoice {
        Some(invoice) => of_invoice(c, context, invoice, of),
        None => Ok(None),
    }
}

/// What a payer sees of that invoice of theirs.
pub(super) fn of_payer(
    c: &Connection,
    context: &Context,
    payer: &payers::Payer,
    number: &str,
) -> Result<Option<Shown>, StoreError> {
    let invoice = invoices::by_number(c, number)?.filter(|i| i.payer == Some(payer.id));
    match invoice {
        Some(invoice) => of_invoice(c, context, invoice, Of::Payer),
        None => Ok(None),
    }
}

fn of_invoice(
    c: &Connection,
    context: &Context,
    invoice: Invoice,
    of: Of,
) -> Result<Option<Shown>, StoreError> {
    let Some(row) = renewals::by_id(c, invoice.renewal)? else { return Ok(None) };
    let Some(member) = people::by_id(c, row.person)? else { return Ok(None) };
    let Some(issuer) = context.config.association(&invoice.issuer).cloned() else {
        return Ok(None);
    };
    let lang = match (of, invoice.payer) {
        (Of::Payer, Some(payer)) => payers::by_id(c, payer)?
            .and_then(|p| Lang::parse(&p.language))
            .unwrap_or(issuer.language),
        _ => member.reads(issuer.language),
    };
    let applied = payments::applied_to(c, invoice.id)?;
    let paid: i64 = applied.iter().map(|a| a.amount.get()).sum();
    let left = Cents::new(invoice.bill.total().get() - paid).unwrap_or_default();
    Ok(Some(Shown { left, state: row.renewal.state, invoice, member, issuer, lang }))
}

async fn load(site: &Site, ask: &Ask, mid: MessageId, of: Of) -> Result<Shown, Response> {
    let context = site.context.clone();
    let found = site.store.read(move |c| shown(c, &context, mid, of)).await;
    match found {
        Ok(None) if of == Of::Member => Err(ask.page(site, 404, &Page::NotFound)),
        found => ask.found(site, found),
    }
}

/// A payer's view of an invoice: `back` is the list that they came from; empty for none.
pub(super) fn render_payers(site: &Site, ask: &Ask, shown: &Shown, back: &str) -> Response {
    render_with(site, ask, shown, (&ask.path, back))
}

fn render(site: &Site, ask: &Ask, shown: &Shown, of: Of) -> Response {
    let own = ask.path.trim_end_matches("/invoice");
    match of {
        Of::Member => render_with(site, ask, shown, (&format!("{own}/card"), own)),
        Of::Payer => render_payers(site, ask, shown, ""),
    }
}

fn render_with(site: &Site, ask: &Ask, shown: &Shown, (pay, back): (&str, &str)) -> Response {
    let Shown { invoice, member, issuer, .. } = shown;
    let owes = invoice.stands() && shown.left > Cents::ZERO;
    let takes = owes && shown.state == RenewalState::Pledged && site.card.is_some();
    let page = InvoicePage {
        issuer,
        // The invoice itself says for whom it is: name and number, nothing else of theirs.
        person: PersonFacts {
            member_no: &member.member_no,
            given_name: &member.given_name,
            family_name: &member.family_name,
            category: "",
            insured: false,
            state: shown.state,
            cover: CoverNote::Nothing,
            zone: season::deadline_zone(&site.context.config.relance.season, member),
        },
        invoice,
        left: shown.left,
        pay: if takes { pay } else { "" },
        back,
        nonce: &nonce(site),
    };
    reply::page(site, 200, &Page::Invoice(page), ask.lang(shown.lang))
}

/// GET behind a renewal's link.
pub(super) async fn own(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    let mid = match ask.verify(&site, &text, Purpose::Renew).await {
        Ok(Ok(token)) => token.message,
        // The renewal's page says that the link has expired, and offers a fresh one.
        Ok(Err(_)) => return reply::see(ask.path.trim_end_matches("/invoice"), ask.chosen),
        Err(answer) => return answer,
    };
    match load(&site, &ask, mid, Of::Member).await {
        Ok(shown) => render(&site, &ask, &shown, Of::Member),
        Err(answer) => answer,
    }
}

/// GET by who pays: shows, and changes nothing.
pub(super) async fn show(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
) -> Response {
    // An invoice that is owed has no end: an old link still shows what became of it.
    let mid = match ask.verify(&site, &text, Purpose::Invoice).await {
        Ok(token) => message_of(&token),
        Err(answer) => return answer,
    };
    match load(&site, &ask, mid, Of::Payer).await {
        Ok(shown) => render(&site, &ask, &shown, Of::Payer),
        Err(answer) => answer,
    }
}

/// POST by who pays: pays by card.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let (token, form) = match ask.posted(&site, &text, Purpose::Invoice, body).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let mid = message_of(&token);
    let shown = match load(&site, &ask, mid, Of::Payer).await {
        Ok(shown) => shown,
        Err(answer) => return answer,
    };
    if token.is_err() {
        return render(&site, &ask, &shown, Of::Payer);
    }
    pay(&site, &ask, shown, mid, &form, "").await
}

/// A payer's press on an invoice's page.
pub(super) async fn pay(
    site: &Site,
    ask: &Ask,
    shown: Shown,
    mid: MessageId,
    form: &Typed,
    back: &str,
) -> Response {
    if form.get("act") != "pay" {
        return ask.page(site, 400, &Page::BadForm(&[FormFault::Incomplete]));
    }
    if !shown.invoice.stands() || shown.left <= Cents::ZERO {
        return render_payers(site, ask, &shown, back);
    }
    let payer = Payer {
        renewal: shown.invoice.renewal,
        mid,
        lang: ask.lang(shown.lang),
        issuer: shown.issuer,
        back: ask.path.clone(),
    };
    card::pay(site, ask, &payer).await
}
