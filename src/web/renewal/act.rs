//! Owns what the renewal's forms do, each in one transaction.

use axum::response::Response;
use rusqlite::Connection;

use super::super::ask::Ask;
use super::super::card::{self, Payer};
use super::super::desk_member::Stead;
use super::super::{Site, reply};
use super::form::Asked;
use super::{Gone, Hand, Shown, again, gone, render, see};
use crate::actions::desk::{self, By};
use crate::actions::insurance;
use crate::actions::{self, Action, Applied, Context, Door, Evidence, Sent};
use crate::compose::{Notice, Typed};
use crate::domain::answer::{Choice, Declared};
use crate::domain::desk::Channel;
use crate::domain::insurance::Declaration;
use crate::domain::words::Lang;
use crate::faults;
use crate::ids::{MessageId, RenewalId};
use crate::store::desk::Deed;
use crate::store::{Lane, StoreError};

/// Does what a form asks for, and shows it.
pub(super) async fn apply(
    site: &Site,
    ask: &Ask,
    shown: Shown,
    asked: Asked,
    typed: Typed,
) -> Response {
    let lang = ask.lang(shown.own_lang());
    let renewal = shown.id();
    faults::point("web.posted");
    let choice = match &asked {
        Asked::Answer { answer, .. } => Some(answer.choice),
        _ => None,
    };
    let corrected = matches!(asked, Asked::Correct(_));
    let payer = match shown.hand {
        Hand::Member(mid) => {
            let (issuer, back) = (shown.issuer.clone(), ask.path.clone());
            Some(Payer { renewal, mid, issuer, lang, back })
        }
        Hand::Desk(_) => None,
    };
    if let (Asked::Pay, Some(payer)) = (&asked, &payer) {
        return card::pay(site, ask, payer).await;
    }
    let applied = match &shown.hand {
        Hand::Member(mid) => by_member(site, renewal, *mid, asked, lang).await,
        Hand::Desk(stead) => by_desk(site, stead, &shown, asked, lang, &typed).await,
    };
    faults::point("web.applied");
    match (applied, choice) {
        (Ok(Applied::Priced), _) => match again(site, ask, &shown).await {
            Ok(now) => {
                let sent = render::Sent { typed, faults: Vec::new(), notice: Notice::Priced };
                render::page(site, ask, &now, &sent)
            }
            Err(answer) => answer,
        },
        (Ok(applied @ (Applied::Conflict | Applied::Stale)), Some(choice)) => {
            match again(site, ask, &shown).await {
                Ok(now) => {
                    let stale = applied == Applied::Stale;
                    render::conflict(site, ask, &now, choice, &typed, stale)
                }
                Err(answer) => answer,
            }
        }
        (Ok(applied), choice) => {
            if applied == Applied::Done {
                site.outbox.wake();
            }
            // Pressed twice, or gone back: the payment page that there is.
            let pays = matches!(applied, Applied::Done | Applied::Already);
            if let (true, Some(Choice::Card), Some(payer)) = (pays, choice, &payer) {
                return card::pay(site, ask, payer).await;
            }
            see(ask, &shown.hand, corrected)
        }
        (Err(e), _) => reply::trouble(site, &e, lang),
    }
}

/// The member's own act, with the click as proof that the mail arrived.
async fn by_member(
    site: &Site,
    renewal: RenewalId,
    mid: MessageId,
    asked: Asked,
    lang: Lang,
) -> Result<Applied, StoreError> {
    // The form's body is complete: that is when the act counts.
    let (context, at) = (site.context.clone(), site.clock.now());
    let act = move |c: &Connection| {
        let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at, answers: "" };
        let proof = Action::Proof { mid, what: "click", human: true };
        actions::apply(c, &context, &proof, &evidence)?;
        act(c, &context, renewal, &asked, &evidence)
    };
    site.store.write(Lane::Front, act).await
}

/// The same act by a desk, in the member's place.
async fn by_desk(
    site: &Site,
    stead: &Stead,
    shown: &Shown,
    asked: Asked,
    lang: Lang,
    typed: &Typed,
) -> Result<Applied, StoreError> {
    let Some(channel) = Channel::parse(typed.get("channel")) else { return Ok(Applied::Nothing) };
    let (context, link) = (site.context.clone(), stead.link.clone());
    let (person, issuer) = (shown.view.row.person, shown.issuer.code.clone());
    let deed = Deed {
        staff: typed.get("staff").trim().to_owned(),
        channel: channel.as_str().to_owned(),
        note: typed.get("desk_note").trim().to_owned(),
    };
    let by = By { deed, salt: site.random.bytes(), at: site.clock.now() };
    let behalf = desk::Asked { person, channel, lang };
    let act = move |c: &Connection| {
        desk::act_for_member(c, &context, &link, behalf, asked.did(), &by, |renewal, evidence| {
            match &asked {
                Asked::Stop => {
                    let action = Action::Unsubscribe { person, issuer: &issuer };
                    actions::apply(c, &context, &action, evidence)
                }
                Asked::Start => {
                    let action = Action::Resubscribe { person, issuer: &issuer };
                    actions::apply(c, &context, &action, evidence)
                }
                asked => act(c, &context, renewal, asked, evidence),
            }
        })
    };
    site.store.write(Lane::Front, act).await
}

/// The act that a form asks for, in the caller's transaction.
fn act(
    c: &Connection,
    context: &Context,
    renewal: RenewalId,
    asked: &Asked,
    evidence: &Evidence<'_>,
) -> Result<Applied, StoreError> {
    let action = match asked {
        Asked::Declare(declared) => {
            let Declared { questions, answers } = declared.clone();
            let declaration = Declaration { questions, answers };
            return insurance::declare(c, context, renewal, &declaration, true, evidence);
        }
        Asked::Answer { answer, version, nonce, quote } => {
            Action::Answer { renewal, answer, form: Some(Sent { version: *version, nonce, quote }) }
        }
        Asked::Correct(changes) => Action::Correct { renewal, changes },
        Asked::RemindOn(day) => Action::RemindOn { renewal, day: *day },
        Asked::Link => Action::OwnLink { renewal },
        Asked::Undo => Action::TakeBack { renewal },
        // Done without this page's transaction, or by a desk alone.
        Asked::Keep | Asked::Pay | Asked::Stop | Asked::Start => return Ok(Applied::Nothing),
    };
    actions::apply(c, context, &action, evidence)
}

/// A fresh link for an expired one, to the address on file.
pub(super) async fn fresh_link(site: &Site, ask: &Ask, shown: &Shown, mid: MessageId) -> Response {
    let lang = ask.lang(shown.own_lang());
    let (context, now) = (site.context.clone(), site.clock.now());
    let applied = site
        .store
        .write(Lane::Front, move |c| {
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at: now, answers: "" };
            actions::apply(c, &context, &Action::FreshLink { expired: mid }, &evidence)
        })
        .await;
    match applied {
        Ok(_) => {
            site.outbox.wake();
            gone(site, ask, shown, &Gone::Followed)
        }
        Err(e) => reply::trouble(site, &e, lang),
    }
}
