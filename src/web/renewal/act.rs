//! Owns what the renewal's forms do, each in one transaction.

use axum::response::Response;
use rusqlite::Connection;

use super::super::ask::Ask;
use super::super::card::{self, Payer};
use super::super::{Site, reply};
use super::form::Asked;
use super::{Shown, expired, load, render};
use crate::actions::insurance::{self, By};
use crate::actions::{self, Action, Applied, Context, Door, Evidence, Sent};
use crate::compose::{Notice, Typed};
use crate::domain::answer::{Choice, Declared};
use crate::domain::insurance::Declaration;
use crate::faults;
use crate::ids::{MessageId, RenewalId};
use crate::store::{Lane, StoreError};

/// Does what a form asks for, and shows it.
pub(super) async fn apply(
    site: &Site,
    ask: &Ask,
    shown: Shown,
    mid: MessageId,
    asked: Asked,
    typed: Typed,
) -> Response {
    let lang = ask.lang(shown.own_lang());
    let (context, renewal) = (site.context.clone(), shown.id());
    faults::point("web.posted");
    // The form's body is complete: that is when the act counts.
    let now = site.clock.now();
    let choice = match &asked {
        Asked::Answer { answer, .. } => Some(answer.choice),
        _ => None,
    };
    let corrected = matches!(asked, Asked::Correct(_));
    let payer = Payer { renewal, mid, issuer: shown.issuer, lang, back: ask.path.clone() };
    if matches!(asked, Asked::Pay) {
        return card::pay(site, ask, &payer).await;
    }
    let applied = site
        .store
        .write(Lane::Front, move |c| {
            let evidence = Evidence { door: Door::Web, mid: Some(mid), lang, at: now, answers: "" };
            let proof = Action::Proof { mid, what: "click", human: true };
            actions::apply(c, &context, &proof, &evidence)?;
            act(c, &context, renewal, &asked, &evidence)
        })
        .await;
    faults::point("web.applied");
    match (applied, choice) {
        (Ok(Applied::Priced), _) => match load(site, ask, mid).await {
            Ok(now) => {
                let sent = render::Sent { typed, faults: Vec::new(), notice: Notice::Priced };
                render::page(site, ask, &now, &sent)
            }
            Err(answer) => answer,
        },
        (Ok(applied @ (Applied::Conflict | Applied::Stale)), Some(choice)) => {
            match load(site, ask, mid).await {
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
            if pays && choice == Some(Choice::Card) {
                return card::pay(site, ask, &payer).await;
            }
            if corrected {
                reply::saved(&ask.path, ask.chosen)
            } else {
                reply::see(&ask.path, ask.chosen)
            }
        }
        (Err(e), _) => reply::trouble(site, &e, lang),
    }
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
            let by = By { staff: "", tell: true };
            return insurance::declare(c, context, renewal, &declaration, by, evidence);
        }
        Asked::Answer { answer, version, nonce, quote } => {
            Action::Answer { renewal, answer, form: Some(Sent { version: *version, nonce, quote }) }
        }
        Asked::Correct(changes) => Action::Correct { renewal, changes },
        Asked::RemindOn(day) => Action::RemindOn { renewal, day: *day },
        Asked::Undo | Asked::Keep | Asked::Pay => Action::TakeBack { renewal },
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
            expired(site, ask, shown, true)
        }
        Err(e) => reply::trouble(site, &e, lang),
    }
}
