//! Owns the front page: what this site is, and the way to a renewal's page for whoever has a code
//! instead of a link. A wrong number, code or postal code gets the same page after the same work.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::ask::{Ask, Form};
use super::{Site, reply};
use crate::actions::{self, Context, Door, Evidence};
use crate::compose::{FormFault, FrontPage, Page, SignedInPage};
use crate::domain::sign_in::{SIGN_IN_HOURS, postal_agrees};
use crate::ids::{MessageId, PersonId};
use crate::link::{Purpose, Token, code};
use crate::store::{Lane, StoreError, people};

/// Characters of one field that are looked at: more than a number, a code or a postal code has.
const FIELD_CHARS_MAX: usize = 64;
/// Stands in for the person whom nobody is, so that the same work is done.
const NOBODY: &str = "nobody";

/// What was typed.
struct Typed {
    number: String,
    code: String,
    postal: String,
}

impl Typed {
    fn read(form: &Form) -> Self {
        let field = |name| form.get(name).trim().chars().take(FIELD_CHARS_MAX).collect();
        Self { number: field("number"), code: field("code"), postal: field("postal") }
    }

    const fn is_complete(&self) -> bool {
        !self.number.is_empty() && !self.code.is_empty() && !self.postal.is_empty()
    }
}

/// GET: shows, and changes nothing.
pub(super) async fn show(ask: Ask, State(site): State<Site>) -> Response {
    ask.page(&site, 200, &Page::Front(FrontPage::default()))
}

/// POST: opens the page of whoever typed the right three.
pub(super) async fn sign_in(ask: Ask, State(site): State<Site>, body: Body) -> Response {
    let now = crate::clock::monotonic();
    if let Err(wait) = site.limits.may_present(ask.client, now) {
        return ask.too_many(&site, wait);
    }
    let typed = match ask.form(&site, body).await {
        Ok(form) => Typed::read(&form),
        Err(answer) => return answer,
    };
    if !typed.is_complete() {
        return again(&site, &ask, &typed, 400, FormFault::CodeIncomplete);
    }
    if site.guesses.begin(&typed.number, now).is_err() {
        return again(&site, &ask, &typed, 429, FormFault::CodeTooOften);
    }
    match open(&site, &ask, &typed).await {
        Ok(Some(pages)) => {
            site.guesses.succeeded(&typed.number);
            lead(&site, &ask, &pages)
        }
        Ok(None) => {
            site.limits.note_damaged(ask.client, now);
            again(&site, &ask, &typed, 400, FormFault::CodeWrong)
        }
        Err(e) => reply::trouble(&site, &e, ask.chosen.unwrap_or(ask.accepted)),
    }
}

fn again(site: &Site, ask: &Ask, typed: &Typed, status: u16, fault: FormFault) -> Response {
    let page = FrontPage {
        number: &typed.number,
        code: &typed.code,
        postal: &typed.postal,
        faults: &[fault],
    };
    ask.page(site, status, &Page::Front(page))
}

type Pages = Vec<(String, MessageId)>;

/// `None`: one of the three is wrong.
async fn open(site: &Site, ask: &Ask, typed: &Typed) -> Result<Option<Pages>, StoreError> {
    let (context, number) = (site.context.clone(), typed.number.clone());
    let (entered, postal) = (typed.code.clone(), typed.postal.clone());
    let found =
        site.store.read(move |c| recognise(c, &context, &number, &entered, &postal)).await?;
    let Some(id) = found else { return Ok(None) };
    let (context, lang, now) =
        (site.context.clone(), ask.chosen.unwrap_or(ask.accepted), site.clock.now());
    let opened = site.store.write(Lane::Front, move |c| {
        let evidence = Evidence { door: Door::Web, mid: None, lang, at: now, answers: "" };
        actions::sign_in(c, &context, id, &evidence)
    });
    opened.await.map(Some)
}

/// The person whose three these are. Reads and reckons the same whatever is wrong.
fn recognise(
    c: &Connection,
    context: &Context,
    number: &str,
    entered: &str,
    postal: &str,
) -> Result<Option<PersonId>, StoreError> {
    // Numbers are kept as the list writes them; people type letters as they like.
    let (exact, upper) =
        (people::by_number(c, number)?, people::by_number(c, &number.to_uppercase())?);
    let member = exact.or(upper);
    let contact = member.as_ref().map(|m| people::contact(c, m.id)).transpose()?;
    let subject = contact.as_ref().map_or(NOBODY, |p| &p.subject);
    let right = code::of(&context.ring, &context.config.relance.season.id, subject);
    let code = code::matches(&right, entered);
    let place = postal_agrees(contact.as_ref().map_or("", |p| &p.postal_code), postal);
    Ok(member.filter(|_| code & place).map(|m| m.id))
}

/// On to the page; where several associations bill, to a choice of them.
fn lead(site: &Site, ask: &Ask, pages: &Pages) -> Response {
    let hours = SignedDuration::from_hours(SIGN_IN_HOURS);
    let until = site.clock.now().checked_add(hours).unwrap_or(Timestamp::MAX);
    let path = |mid: MessageId| {
        let expires_h = Token::hours(until);
        let token = Token { purpose: Purpose::Renew, message: mid, expires_h };
        format!("/r/{}", token.to_url(&site.context.ring))
    };
    if let [(_, mid)] = pages.as_slice() {
        return reply::see(&path(*mid), ask.chosen);
    }
    let links = pages
        .iter()
        .filter_map(|(code, mid)| Some((site.context.config.association(code)?, path(*mid))))
        .collect();
    ask.page(site, 200, &Page::SignedIn(SignedInPage { links }))
}
