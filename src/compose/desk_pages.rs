//! Owns what a desk's pages are composed from, and their values. A form posts to the page's own
//! address: `deed` (one of those that the case offers), `staff`, `note`, `count`; for a member,
//! `wanted`, `channel`, `version`, `nonce`.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use tera::{Context, Value};

use super::digest_mail::named;
use super::frame::{named as named_in, put};
use super::mail::foreign_line;
use super::page_values::form;
use super::text::{capital, fenced};
use super::{Behalf, ComposeError, Inner, PersonFacts, Typed, format};
use crate::config::Association;
use crate::domain::correction::Field;
use crate::domain::desk::{
    Case, Deed, Fault, Form, NOTE_CHARS_MAX, REFERENCE_CHARS_MAX, STAFF_CHARS_MAX,
};
use crate::domain::digest::{Act, HeldFiring, Item, Listing, Who};
use crate::domain::money::Cents;
use crate::domain::words::Lang;

/// One page of a desk.
#[derive(Debug, Clone)]
pub struct DeskPage<'a> {
    /// Whose desk.
    pub issuer: &'a Association,
    /// What it shows.
    pub view: DeskView<'a>,
    /// What was typed, shown again with its faults.
    pub typed: DeskTyped<'a>,
    /// What was wrong with the form just sent; empty on the first view.
    pub faults: &'a [Fault],
}

/// What was typed in the form just sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeskTyped<'a> {
    /// In a form about a case, or about a member.
    pub form: Form<'a>,
    /// A member number.
    pub member_no: &'a str,
}

/// What a desk's page shows.
#[derive(Debug, Clone)]
pub enum DeskView<'a> {
    /// A mailing that stands still.
    Firing(FiringCase<'a>),
    /// A line of the digest, with what can be decided about it.
    Line {
        /// What can be decided.
        case: Case,
        /// The line.
        item: &'a Item,
        /// What the decision looks at besides.
        more: LineMore<'a>,
        /// The day at the desk.
        today: Date,
    },
    /// What was done by the link.
    Done {
        /// What it was good for.
        act: Act,
        /// What was done.
        deed: Deed,
        /// By whom; empty where that was erased.
        staff: &'a str,
        /// What was noted.
        note: &'a str,
        /// When.
        at: Timestamp,
    },
    /// There is nothing to decide any more.
    Settled,
    /// The link has expired.
    Expired,
    /// Which member to act for.
    Find,
    /// A member to act for, who has nothing to answer here.
    Member(MemberCase<'a>),
    /// The last day's list.
    LastDay(LastDayList<'a>),
}

/// What a decision about a line looks at besides the line.
#[derive(Debug, Clone, Copy)]
pub enum LineMore<'a> {
    /// Nothing.
    Nothing,
    /// Numbers of the other members behind the same address; empty for none.
    Shared(&'a str),
    /// A kept mail's text, links redacted.
    Text(&'a str),
    /// A situation.
    Situation {
        /// What the member said, or how the list differs.
        what: &'a str,
        /// The member's own words; empty for none.
        words: &'a str,
        /// Code of their category now.
        category: &'a str,
    },
    /// A correction that the list contradicts.
    Conflict {
        /// Of what.
        field: Field,
        /// The member's value.
        ours: &'a str,
        /// The list's.
        theirs: &'a str,
    },
    /// The member's open invoices, with what is owed of each.
    Open(&'a [(String, Cents)]),
}

/// A mailing that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FiringCase<'a> {
    /// Which, why, until when, and who decides too.
    pub line: &'a HeldFiring,
    /// Whom it would reach: the number to be typed.
    pub all: i64,
    /// Of them, English first.
    pub en: i64,
    /// French first.
    pub fr: i64,
}

/// A member who has nothing to answer here.
#[derive(Debug, Clone)]
pub struct MemberCase<'a> {
    /// Who.
    pub person: PersonFacts<'a>,
    /// As the desk sees them.
    pub behalf: Behalf<'a>,
    /// Whether the season is over; else no invoice of this association's is theirs.
    pub closed: bool,
    /// What was typed in the form just sent.
    pub typed: &'a Typed,
    /// Version of the renewal; 0 where there is none yet.
    pub version: i64,
    /// The form's idempotency key.
    pub nonce: &'a str,
}

/// The last day's list.
#[derive(Debug, Clone)]
pub struct LastDayList<'a> {
    /// When the list was read.
    pub now: Timestamp,
    /// Covered members who have not answered.
    pub undecided: &'a [Who],
    /// How many more there are.
    pub more: i64,
    /// Who renewed today, and when.
    pub renewed_today: &'a [(Who, Timestamp)],
    /// What stands still.
    pub listings: &'a [Listing],
}

impl DeskPage<'_> {
    /// Stable name: key of its words.
    pub(super) const fn name(&self) -> &'static str {
        match self.view {
            DeskView::Firing(_) => "desk-firing",
            DeskView::Line { case: Case::Message, .. } => "desk-message",
            DeskView::Line { case: Case::Address, .. } => "desk-address",
            DeskView::Line { case: Case::Mail, .. } => "desk-mail",
            DeskView::Line { case: Case::Situation, .. } => "desk-situation",
            DeskView::Line { case: Case::Conflict, .. } => "desk-conflict",
            DeskView::Line { case: Case::Credit { .. }, .. } => "desk-credit",
            DeskView::Line { .. } => "desk-task",
            DeskView::Done { .. } => "desk-done",
            DeskView::Settled => "desk-settled",
            DeskView::Expired => "desk-expired",
            DeskView::Find => "desk-find",
            DeskView::Member(_) => "desk-member",
            DeskView::LastDay(_) => "desk-last-day",
        }
    }

    /// Cases share one template.
    pub(super) const fn template(&self) -> &'static str {
        match self.view {
            DeskView::Firing(_) | DeskView::Line { .. } => "desk-case",
            DeskView::Settled | DeskView::Expired => "plain",
            _ => self.name(),
        }
    }
}

impl Inner {
    /// Puts the values of a desk's page.
    pub(super) fn desk_page(
        &self,
        context: &mut Context,
        lang: Lang,
        page: &DeskPage<'_>,
    ) -> Result<(), ComposeError> {
        let typed = page.typed;
        put(context, "code", &page.issuer.code);
        for (name, value) in [
            ("staff", typed.form.staff),
            ("typed_no", typed.member_no),
            ("note", typed.form.note),
            ("amount", typed.form.amount),
            ("method", typed.form.method),
            ("reference", typed.form.reference),
            ("chosen", typed.form.category),
            ("invoice", typed.form.invoice),
        ] {
            put(context, name, &super::text::clean(value, name == "note"));
        }
        for (name, most) in [
            ("staff_chars_max", STAFF_CHARS_MAX),
            ("note_chars_max", NOTE_CHARS_MAX),
            ("reference_chars_max", REFERENCE_CHARS_MAX),
        ] {
            context.insert_value(name, Value::from(i64::try_from(most).unwrap_or(i64::MAX)));
        }
        match &page.view {
            DeskView::Firing(firing) => self.desk_firing(context, lang, page.issuer, *firing),
            DeskView::Line { case, item, more, today } => {
                let on = if typed.form.on.is_empty() {
                    today.to_string()
                } else {
                    typed.form.on.to_owned()
                };
                put(context, "on", &super::text::clean(&on, false));
                self.desk_line(context, lang, page.issuer, (*case, item, *more))
            }
            DeskView::Done { act, deed, staff, note, at } => {
                put(context, "did", &deed_key(*act, *deed));
                put(context, "staff", &foreign_line(staff));
                put(context, "note", &super::text::clean(note, true));
                put(context, "at", &self.instant(lang, *at, &page.issuer.zone)?);
                Ok(())
            }
            DeskView::Settled | DeskView::Expired | DeskView::Find => Ok(()),
            DeskView::Member(member) => {
                self.put_person(context, lang, Some(&member.person))?;
                Self::put_behalf(context, Some(&member.behalf), member.typed);
                put(context, "why", if member.closed { "closed" } else { "no-bill" });
                form(context, member.version, member.nonce);
                Ok(())
            }
            DeskView::LastDay(list) => self.desk_last_day(context, lang, page.issuer, list),
        }
    }

    fn desk_firing(
        &self,
        context: &mut Context,
        lang: Lang,
        issuer: &Association,
        firing: FiringCase<'_>,
    ) -> Result<(), ComposeError> {
        let line = firing.line;
        put(context, "step_name", &self.mailing(lang, &line.step)?);
        put(context, "due", &self.instant(lang, line.due, &issuer.zone)?);
        let until = line.until.map(|(at, _)| self.instant(lang, at, &issuer.zone)).transpose()?;
        put(context, "until", &until.unwrap_or_default());
        put(context, "then", line.until.map_or("", |(_, then)| then.as_str()));
        put(context, "why", line.why.as_str());
        put(context, "deputy_line", &self.deputy_line(lang, issuer, line)?.unwrap_or_default());
        for (name, n) in [("all", firing.all), ("en", firing.en), ("fr", firing.fr)] {
            put(context, name, &format::number(lang, n));
        }
        offers(context, Act::Firing, Case::Firing { count: firing.all });
        Ok(())
    }

    fn desk_line(
        &self,
        context: &mut Context,
        lang: Lang,
        issuer: &Association,
        (case, item, more): (Case, &Item, LineMore<'_>),
    ) -> Result<(), ComposeError> {
        put(context, "line", &self.item_line(lang, issuer, item)?);
        let ways = self.ways(lang, issuer, item)?;
        context.insert_value("ways", Value::from_serializable(&ways));
        put(context, "owed", "");
        put_more(context, lang, issuer, more);
        if let Item::Task(task) = item {
            put(context, "task", task.kind.as_str());
        }
        if let Case::Money { owed, .. } = case {
            put(context, "owed", &format::money(lang, owed));
        }
        let waits = if let Case::Credit { waits } = case {
            format::money(lang, waits)
        } else {
            String::new()
        };
        put(context, "waits", &waits);
        offers(context, item.handle().act, case);
        Ok(())
    }

    fn desk_last_day(
        &self,
        context: &mut Context,
        lang: Lang,
        issuer: &Association,
        list: &LastDayList<'_>,
    ) -> Result<(), ComposeError> {
        put(context, "now", &self.instant(lang, list.now, &issuer.zone)?);
        let person = |who: &Who, at: String| {
            let (name, member_no) = named(who);
            json!({"name": name, "member_no": member_no, "phone": foreign_line(&who.phone), "at": at})
        };
        let undecided: Vec<_> = list.undecided.iter().map(|w| person(w, String::new())).collect();
        let count = i64::try_from(undecided.len()).unwrap_or(i64::MAX) + list.more;
        context.insert_value("undecided", Value::from_serializable(&undecided));
        put(context, "count", &format::number(lang, count));
        put(
            context,
            "more",
            &if list.more > 0 { format::number(lang, list.more) } else { String::new() },
        );
        let mut renewed = Vec::new();
        for (who, at) in list.renewed_today {
            renewed.push(person(who, self.instant(lang, *at, &issuer.zone)?));
        }
        context.insert_value("renewed", Value::from_serializable(&renewed));
        let mut still = Vec::new();
        for item in list.listings.iter().flat_map(|l| &l.items) {
            still.push(self.item_line(lang, issuer, item)?);
        }
        context.insert_value("still", Value::from_serializable(&still));
        Ok(())
    }
}

/// What a decision about a line looks at besides the line.
fn put_more(context: &mut Context, lang: Lang, issuer: &Association, more: LineMore<'_>) {
    let shared = if let LineMore::Shared(shared) = more { shared } else { "" };
    put(context, "shared", &foreign_line(shared));
    let text = match more {
        LineMore::Text(text) | LineMore::Situation { words: text, .. } => text,
        _ => "",
    };
    let fenced = fenced(text);
    let lines: Vec<&str> = fenced.lines().collect();
    context.insert_value("text_lines", Value::from_serializable(&lines));
    let (what, category) = match more {
        LineMore::Situation { what, category, .. } => (what, category),
        _ => ("", ""),
    };
    put(context, "situation", what);
    let name_of = |code: &str| issuer.category(code).map(|c| capital(&named_in(&c.name, lang)));
    put(context, "category", &name_of(category).unwrap_or_else(|| category.to_owned()));
    let categories: Vec<_> = issuer
        .categories
        .iter()
        .map(|c| json!({"code": c.code, "name": capital(&named_in(&c.name, lang))}))
        .collect();
    context.insert_value("categories", Value::from_serializable(&categories));
    let (field, ours, theirs) = match more {
        LineMore::Conflict { field, ours, theirs } => (field.as_str(), ours, theirs),
        _ => ("", "", ""),
    };
    put(context, "field", field);
    put(context, "ours", &foreign_line(ours));
    put(context, "theirs", &foreign_line(theirs));
    let open = if let LineMore::Open(open) = more { open } else { &[] };
    let open: Vec<_> = open
        .iter()
        .map(|(number, owed)| json!({"number": number, "owed": format::money(lang, *owed)}))
        .collect();
    context.insert_value("open_invoices", Value::from_serializable(&open));
}

/// The words of a decision: `deed-firing-send`.
fn deed_key(act: Act, deed: Deed) -> String {
    format!("deed-{}-{}", act.as_str(), deed.as_str())
}

/// The decisions of a case, each with its words.
fn offers(context: &mut Context, act: Act, case: Case) {
    let offers: Vec<_> = case
        .offers()
        .iter()
        .map(|deed| json!({"value": deed.as_str(), "words": deed_key(act, *deed)}))
        .collect();
    context.insert_value("offers", Value::from_serializable(&offers));
    context.insert_value("needs_note", Value::from(case.needs_note()));
}
