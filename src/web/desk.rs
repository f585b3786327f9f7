//! Owns the pages behind a desk's links: the case and what can be decided about it, acting for a
//! member, the last day's list. GET shows; a POST acts, once, in somebody's name.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ask::{Ask, Presented, message_of};
use super::{Site, desk_member, reply};
use crate::actions::desk::{self, By, CaseView, LastDay, Order, SALT_OCTETS};
use crate::compose::{DeskPage, DeskTyped, DeskView, FiringCase, LastDayList, Page, Typed};
use crate::config::Association;
use crate::domain::desk::{Case, Deed, Fault, Form as Fields, received, weigh};
use crate::domain::digest::{Act, InDoubt, Item, KeptMail};
use crate::domain::season;
use crate::ids::MessageId;
use crate::link::Purpose;
use crate::store::desk::{self as kept, LinkRow};
use crate::store::{Lane, StoreError};

/// A link of a desk and whose it is.
pub(super) struct Door {
    pub link: LinkRow,
    pub issuer: Association,
    /// Who did what was done by it.
    deed: kept::Deed,
}

impl Door {
    /// A page of this desk.
    pub fn page(
        &self,
        site: &Site,
        ask: &Ask,
        status: u16,
        view: DeskView<'_>,
        typed: DeskTyped<'_>,
        faults: &[Fault],
    ) -> Response {
        let page = DeskPage { issuer: &self.issuer, view, typed, faults };
        reply::page(site, status, &Page::Desk(page), ask.lang(self.issuer.desk.language))
    }

    /// The day at this desk.
    fn today(&self, now: Timestamp) -> Date {
        let zone = season::zone(&self.issuer.zone).unwrap_or(TimeZone::UTC);
        zone.to_datetime(now).date()
    }

    pub fn trouble(&self, site: &Site, ask: &Ask, e: &StoreError) -> Response {
        reply::trouble(site, e, ask.lang(self.issuer.desk.language))
    }
}

/// Verifies the link and reads its row. `Err` is the answer.
async fn open(site: &Site, ask: &Ask, text: &str) -> Result<Door, Response> {
    let token = ask.verify(site, text, Purpose::Desk).await?;
    let id: MessageId = message_of(&token);
    let found = site
        .store
        .read(move |c| {
            let Some(link) = kept::link_by_id(c, id)? else { return Ok(None) };
            let deed = link.deed.map(|seq| kept::deed(c, seq)).transpose()?.flatten();
            Ok(Some((link, deed.unwrap_or_default())))
        })
        .await
        .map_err(|e| reply::trouble(site, &e, ask.chosen.unwrap_or(ask.accepted)))?;
    let found = found.and_then(|(link, deed)| {
        let issuer = site.context.config.association(&link.issuer)?.clone();
        Some(Door { link, issuer, deed })
    });
    let Some(door) = found else {
        tracing::error!(link = %id, "web.desk_link_of_nothing_here");
        return Err(ask.page(site, 404, &Page::Damaged));
    };
    // What was done by it stays to be seen.
    if token.is_err() && door.link.used_ms.is_none() {
        return Err(door.page(site, ask, 410, DeskView::Expired, DeskTyped::default(), &[]));
    }
    Ok(door)
}

/// GET: shows, and changes nothing.
pub(super) async fn show(
    ask: Ask,
    State(site): State<Site>,
    RawQuery(query): RawQuery,
    Presented(text): Presented,
) -> Response {
    let door = match open(&site, &ask, &text).await {
        Ok(door) => door,
        Err(answer) => return answer,
    };
    if let Some(at_ms) = door.link.used_ms {
        return done(&site, &ask, &door, at_ms);
    }
    match door.link.handle.act {
        Act::LastDay => last_day(&site, &ask, &door).await,
        Act::Member => desk_member::show(&site, &ask, &door, query.as_deref()).await,
        _ => match look(&site, &ask, &door).await {
            Ok(case) => render(&site, &ask, &door, &case, DeskTyped::default(), &[]),
            Err(answer) => answer,
        },
    }
}

async fn look(site: &Site, ask: &Ask, door: &Door) -> Result<CaseView, Response> {
    let (context, link, now) = (site.context.clone(), door.link.clone(), ask.now);
    let found = site.store.read(move |c| desk::look(c, &context, &link, now)).await;
    found.map_err(|e| door.trouble(site, ask, &e))
}

fn done(site: &Site, ask: &Ask, door: &Door, at_ms: i64) -> Response {
    let Some(deed) = Deed::parse(&door.link.did) else {
        return ask.page(site, 404, &Page::Damaged);
    };
    let view = DeskView::Done {
        act: door.link.handle.act,
        deed,
        staff: &door.deed.staff,
        note: &door.deed.note,
        at: Timestamp::from_millisecond(at_ms).unwrap_or(ask.now),
    };
    door.page(site, ask, 200, view, DeskTyped::default(), &[])
}

/// The case as it stands, or that there is nothing to decide.
fn render(
    site: &Site,
    ask: &Ask,
    door: &Door,
    case: &CaseView,
    typed: DeskTyped<'_>,
    faults: &[Fault],
) -> Response {
    let status = if faults.is_empty() { 200 } else { 400 };
    let show = |view: DeskView<'_>| door.page(site, ask, status, view, typed, faults);
    let line = |case, item: &Item, shared: &str, text: &str| {
        show(DeskView::Line { case, item, shared, text, today: door.today(ask.now) })
    };
    match case {
        CaseView::Settled => show(DeskView::Settled),
        CaseView::Firing { row, reach } => show(DeskView::Firing(FiringCase {
            step: &row.step,
            due: Timestamp::from_millisecond(row.due_ms).unwrap_or(ask.now),
            until: row.hold_until_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            all: reach.total,
            en: reach.en,
            fr: reach.fr,
        })),
        CaseView::Message { view, who, tried } => {
            let since = tried.unwrap_or(ask.now);
            let kind = view.kind.clone();
            let item = Item::InDoubt(InDoubt { id: view.id, kind, who: who.clone(), since });
            line(Case::Message, &item, "", "")
        }
        CaseView::Address { line: unreachable, shared } => {
            line(Case::Address, &Item::Unreachable(unreachable.clone()), &shared.join(", "), "")
        }
        CaseView::Money { line: task, owed, .. } => {
            let case = Case::Money { kind: task.kind, owed: *owed };
            line(case, &Item::Task(task.clone()), "", "")
        }
        CaseView::Task(task) => line(Case::Task(task.kind), &Item::Task(task.clone()), "", ""),
        CaseView::Mail(mail) => {
            let item = Item::Mail(KeptMail {
                id: mail.id,
                from: mail.sender.clone(),
                subject: mail.subject.clone(),
                received: Timestamp::from_millisecond(mail.received_ms).unwrap_or(ask.now),
            });
            line(Case::Mail, &item, "", &mail.text)
        }
    }
}

async fn last_day(site: &Site, ask: &Ask, door: &Door) -> Response {
    let (context, issuer, now) = (site.context.clone(), door.issuer.clone(), ask.now);
    let list = site.store.read(move |c| desk::last_day(c, &context, &issuer, now)).await;
    let LastDay { undecided, more, renewed_today, listings } = match list {
        Ok(list) => list,
        Err(e) => return door.trouble(site, ask, &e),
    };
    let list = LastDayList {
        now,
        undecided: &undecided,
        more,
        renewed_today: &renewed_today,
        listings: &listings,
    };
    door.page(site, ask, 200, DeskView::LastDay(list), DeskTyped::default(), &[])
}

/// POST: decides, in one transaction, and shows what was done.
pub(super) async fn act(
    ask: Ask,
    State(site): State<Site>,
    Presented(text): Presented,
    body: Body,
) -> Response {
    let door = match open(&site, &ask, &text).await {
        Ok(door) => door,
        Err(answer) => return answer,
    };
    let form = match ask.form(&site, body).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    match door.link.handle.act {
        Act::LastDay => return reply::see(&ask.path, ask.chosen),
        Act::Member => return desk_member::act(&site, &ask, &door, form).await,
        _ => {}
    }
    if door.link.used_ms.is_some() {
        return reply::see(&ask.path, ask.chosen);
    }
    let case = match look(&site, &ask, &door).await {
        Ok(case) => case,
        Err(answer) => return answer,
    };
    let Some(decided) = case.case() else { return reply::see(&ask.path, ask.chosen) };
    let fields = fields(&form);
    let today = door.today(ask.now);
    match weigh(decided, &fields, today) {
        Ok(deed) => {
            let received = received(&fields, today).ok().filter(|_| deed == Deed::Received);
            let reference = fields.reference.trim().to_owned();
            let received = received.map(|received| (received, reference));
            let by = by(&site, &form);
            let count = match decided {
                Case::Firing { count } if deed == Deed::Send => Some(count),
                _ => None,
            };
            decide(&site, &ask, &door, Order { deed, count, received }, by).await
        }
        Err(faults) => render(
            &site,
            &ask,
            &door,
            &case,
            DeskTyped { form: fields, ..DeskTyped::default() },
            &faults,
        ),
    }
}

fn fields(form: &Typed) -> Fields<'_> {
    Fields {
        deed: form.get("deed"),
        staff: form.get("staff"),
        note: form.get("note"),
        count: form.get("count"),
        amount: form.get("amount"),
        on: form.get("on"),
        method: form.get("method"),
        reference: form.get("reference"),
    }
}

/// Who signed the form, as of now: its body is complete.
fn by(site: &Site, form: &Typed) -> By {
    By {
        deed: kept::Deed {
            staff: form.get("staff").trim().to_owned(),
            channel: String::new(),
            note: form.get("note").trim().to_owned(),
        },
        salt: site.random.bytes::<SALT_OCTETS>(),
        at: site.clock.now(),
    }
}

async fn decide(site: &Site, ask: &Ask, door: &Door, order: Order, by: By) -> Response {
    let (context, id) = (site.context.clone(), door.link.id);
    let applied =
        site.store.write(Lane::Front, move |c| desk::act(c, &context, id, &order, &by)).await;
    match applied {
        Ok(_) => {
            site.outbox.wake();
            // A mailing that was let go is planned now, not at the next look.
            site.scheduler.ring();
            reply::see(&ask.path, ask.chosen)
        }
        Err(e) => door.trouble(site, ask, &e),
    }
}
