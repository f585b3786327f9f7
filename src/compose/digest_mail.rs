//! Owns the parts of a desk's digest: one language, its lines in the order in which the domain put
//! them, a link beside each that needs a person.

use std::collections::BTreeMap;

use serde_json::json;
use tera::{Context, Value};

use super::frame::put;
use super::mail::{Half, Parts, foreign_line};
use super::text::{clean, marks_to_html, unmarked};
use super::{ComposeError, Inner, MailFacts, format};
use crate::config::Association;
use crate::domain::digest::{Act, Digest, Handle, HeldFiring, Item, Standing, TaskLine, Who};
use crate::domain::money::Cents;
use crate::domain::words::{Lang, TaskKind};

/// What a digest is made of.
#[derive(Debug, Clone, Copy)]
pub struct DigestMail<'a> {
    /// What it tells.
    pub digest: &'a Digest,
    /// Complete addresses of its links. A line whose link is not here has none.
    pub links: &'a BTreeMap<Handle, String>,
    /// Whether it goes to a deputy, since the desk is closed.
    pub deputy: bool,
}

impl Inner {
    /// Text and HTML, in the reader's language only.
    pub(super) fn digest(
        &self,
        facts: &MailFacts<'_>,
        mail: &DigestMail<'_>,
    ) -> Result<Parts, ComposeError> {
        let lang = facts.prefer;
        let half = self.digest_half(facts.issuer, mail, lang)?;
        Ok(Parts {
            subject: half.subject,
            text: unmarked(&half.text),
            html: Some(marks_to_html(&half.html)),
            first: lang,
        })
    }

    /// As it is in one language.
    pub(super) fn digest_half(
        &self,
        issuer: &Association,
        mail: &DigestMail<'_>,
        lang: Lang,
    ) -> Result<Half, ComposeError> {
        let digest = mail.digest;
        let mut context = self.frame(issuer, lang)?;
        context.insert_value("deputy", Value::from(mail.deputy));
        put(&mut context, "date", &self.local_date(lang, digest.until, issuer)?);
        let since = digest.since.map(|at| self.instant(lang, at, &issuer.zone)).transpose()?;
        put(&mut context, "since", &since.unwrap_or_default());
        let pause = digest.pause.map(|at| self.instant(lang, at, &issuer.zone)).transpose()?;
        put(&mut context, "pause", &pause.unwrap_or_default());
        put(&mut context, "code", &issuer.code);
        put(&mut context, "waiting", &format::number(lang, digest.waiting()));
        let link = |act| mail.links.get(&Handle { act, target: 0 }).map_or("", String::as_str);
        put(&mut context, "door", link(Act::Member));
        put(&mut context, "last_day", if digest.last_day { link(Act::LastDay) } else { "" });
        put(&mut context, "seq", &digest.head.0.to_string());
        put(&mut context, "head", &format!("{}:{}", digest.head.0, digest.head.1));
        self.listings(&mut context, lang, issuer, mail)?;
        self.happened(&mut context, lang, digest)?;
        Ok(Half {
            subject: self.subject("digest", lang, &context)?,
            text: self.engine.render("digest/body.txt", &context)?,
            html: self.engine.render("digest/body.html", &context)?,
        })
    }

    /// A day as people of the association's zone write it.
    pub(super) fn local_date(
        &self,
        lang: Lang,
        at: jiff::Timestamp,
        issuer: &Association,
    ) -> Result<String, ComposeError> {
        let zone = crate::domain::season::zone(&issuer.zone)
            .ok_or_else(|| ComposeError::Zone { zone: issuer.zone.clone() })?;
        let calendar = self.engine.words.calendar(lang);
        Ok(format::date(lang, calendar, zone.to_datetime(at).date()))
    }

    fn listings(
        &self,
        context: &mut Context,
        lang: Lang,
        issuer: &Association,
        mail: &DigestMail<'_>,
    ) -> Result<(), ComposeError> {
        let mut sections = Vec::new();
        for listing in &mail.digest.listings {
            let mut lines = Vec::new();
            for item in &listing.items {
                let handle = item.handle();
                lines.push(json!({
                    "text": self.item_line(lang, issuer, item)?,
                    "ways": self.ways(lang, issuer, item)?,
                    "url": mail.links.get(&handle).map_or("", String::as_str),
                    "act": handle.act.as_str(),
                }));
            }
            sections.push(Value::from_serializable(&json!({
                "name": listing.section.as_str(),
                "lines": lines,
                "more": if listing.more > 0 { format::number(lang, listing.more) } else { String::new() },
            })));
        }
        context.insert_value("sections", Value::from(sections));
        Ok(())
    }

    /// One line, in words.
    pub(super) fn item_line(
        &self,
        lang: Lang,
        issuer: &Association,
        item: &Item,
    ) -> Result<String, ComposeError> {
        let words = &self.engine.words;
        let moment = |at| self.instant(lang, at, &issuer.zone);
        match item {
            Item::Firing(f) => {
                let step = self.mailing(lang, &f.step)?;
                let due = moment(f.due)?;
                let held = format::number(lang, f.held);
                let args = [("step", step.as_str()), ("due", &due), ("held", &held)];
                let key =
                    if f.held > 0 { "digest-firing.stopped" } else { "digest-firing.not-sent" };
                let line = words.say(lang, key, &args)?;
                let why = words.say(lang, &format!("held-{}", f.why.as_str()), &[])?;
                Ok(format!("{line} {why}"))
            }
            Item::InDoubt(m) => {
                let what = self.mailing(lang, &m.kind)?;
                let since = moment(m.since)?;
                let mut args = vec![("what", what.as_str()), ("since", &since)];
                let (name, number) = m.who.as_ref().map(named).unwrap_or_default();
                args.extend([("name", name.as_str()), ("member_no", &number)]);
                let key =
                    if m.who.is_some() { "digest-in-doubt.member" } else { "digest-in-doubt.desk" };
                words.say(lang, key, &args)
            }
            Item::Unreachable(u) => {
                let (name, number) = named(&u.who);
                let since = self.local_date(lang, u.since, issuer)?;
                let address = foreign_line(&u.address);
                let args = [
                    ("name", name.as_str()),
                    ("member_no", &number),
                    ("address", &address),
                    ("since", &since),
                ];
                words.say(lang, "digest-unreachable", &args)
            }
            Item::Task(t) => self.task_line(lang, issuer, t),
            Item::Mail(m) => {
                let (from, subject) = (foreign_line(&m.from), foreign_line(&m.subject));
                let received = moment(m.received)?;
                let args =
                    [("from", from.as_str()), ("subject", &subject), ("received", &received)];
                words.say(lang, "digest-mail", &args)
            }
        }
    }

    fn task_line(
        &self,
        lang: Lang,
        issuer: &Association,
        t: &TaskLine,
    ) -> Result<String, ComposeError> {
        let words = &self.engine.words;
        let since = self.local_date(lang, t.since, issuer)?;
        let (name, number) = t.who.as_ref().map(named).unwrap_or_default();
        let args = [("name", name.as_str()), ("member_no", &number), ("since", &since)];
        let key = if t.who.is_some() { "digest-task.member" } else { "digest-task.nobody" };
        let mut line = words.say(lang, key, &args)?;
        if t.who.is_none() || matches!(t.kind, TaskKind::Credit | TaskKind::DoublePayment) {
            let kind = words.say(lang, &format!("task-{}", t.kind), &[])?;
            line = words.say(lang, "digest-task.of-kind", &[("kind", &kind), ("line", &line)])?;
        }
        if let Some(cents) = t.cents.and_then(Cents::new) {
            let amount = format::money(lang, cents);
            line =
                words.say(lang, "digest-task.amount", &[("line", &line), ("amount", &amount)])?;
        }
        if !t.reference.is_empty() {
            let number = foreign_line(&t.reference);
            line =
                words.say(lang, "digest-task.number", &[("line", &line), ("number", &number)])?;
        }
        Ok(line)
    }

    /// What happens to a firing that stands still if nobody decides, and who decides too.
    fn firing_ends(
        &self,
        lang: Lang,
        issuer: &Association,
        firing: &HeldFiring,
    ) -> Result<Vec<String>, ComposeError> {
        let words = &self.engine.words;
        let ends = match firing.until {
            Some((at, then)) => {
                let until = self.instant(lang, at, &issuer.zone)?;
                words.say(lang, &format!("held-until.{}", then.as_str()), &[("until", &until)])?
            }
            None => words.say(lang, "held-until.nobody", &[])?,
        };
        Ok([ends].into_iter().chain(self.deputy_line(lang, issuer, firing)?).collect())
    }

    /// Who decides too about a firing that stands still, and from when.
    pub(super) fn deputy_line(
        &self,
        lang: Lang,
        issuer: &Association,
        firing: &HeldFiring,
    ) -> Result<Option<String>, ComposeError> {
        let Some((code, from)) = &firing.deputy else { return Ok(None) };
        let from = self.instant(lang, *from, &issuer.zone)?;
        let of = match self.body(code) {
            Some(body) => self.form(body, lang, "form-of")?,
            None => code.clone(),
        };
        let args = [("deputy_of", of.as_str()), ("from", &from)];
        self.engine.words.say(lang, "held-deputy", &args).map(Some)
    }

    /// The other ways to reach a member.
    pub(super) fn ways(
        &self,
        lang: Lang,
        issuer: &Association,
        item: &Item,
    ) -> Result<Vec<String>, ComposeError> {
        let words = &self.engine.words;
        if let Item::Firing(firing) = item {
            return self.firing_ends(lang, issuer, firing);
        }
        let (who, other, employer) = match item {
            Item::Unreachable(u) => (&u.who, u.other_address.as_str(), u.employer.as_str()),
            Item::Task(t) if t.kind == TaskKind::Call => match &t.who {
                Some(who) => (who, "", ""),
                None => return Ok(Vec::new()),
            },
            _ => return Ok(Vec::new()),
        };
        let mut out = Vec::new();
        for (key, name, value) in [
            ("desk-note.phone", "phone", who.phone.as_str()),
            ("desk-note.other", "other_address", other),
            ("desk-note.employer", "employer", employer),
        ] {
            if !value.is_empty() {
                out.push(words.say(lang, key, &[(name, &foreign_line(value))])?);
            }
        }
        if out.is_empty() {
            out.push(words.say(lang, "desk-note.no-other", &[])?);
        }
        Ok(out)
    }

    /// What a step or a kind of message is called; its own name where no locale has one.
    pub(super) fn mailing(&self, lang: Lang, step: &str) -> Result<String, ComposeError> {
        let words = &self.engine.words;
        let named = |name: &str| {
            let key = format!("mailing-{name}");
            words.has(&key).then(|| words.say(lang, &key, &[])).transpose()
        };
        if let Some(word) = named(step)? {
            return Ok(word);
        }
        if let Some((base, n)) = step.rsplit_once('-')
            && n.bytes().all(|b| b.is_ascii_digit())
            && let Some(word) = named(base)?
        {
            return Ok(format!("{word}\u{a0}{n}"));
        }
        Ok(clean(step, false))
    }

    fn happened(
        &self,
        context: &mut Context,
        lang: Lang,
        digest: &Digest,
    ) -> Result<(), ComposeError> {
        let number = |n| format::number(lang, n);
        let happened = &digest.happened;
        let mut went = Vec::new();
        for w in &happened.went {
            let what = self.mailing(lang, &w.step)?;
            let (all, en, fr) = (number(w.en + w.fr), number(w.en), number(w.fr));
            let args = [("what", what.as_str()), ("all", &all), ("en", &en), ("fr", &fr)];
            went.push(Value::normal_string(&self.engine.words.say(lang, "digest-went", &args)?));
        }
        context.insert_value("went", Value::from(went));
        let b = happened.back;
        let mut back = Vec::new();
        for (key, n) in [
            ("answers", b.answers),
            ("forwarded", b.forwarded),
            ("absent", b.absent),
            ("hard", b.hard),
            ("soft", b.soft),
            ("complaints", b.complaints),
        ] {
            if n > 0 {
                let key = format!("digest-back.{key}");
                let line = self.engine.words.say(lang, &key, &[("n", &number(n))])?;
                back.push(Value::normal_string(&line));
            }
        }
        context.insert_value("back", Value::from(back));
        let standing = self.standing(lang, &happened.standing)?;
        context.insert_value("standing", Value::from(standing));
        let before = happened.before.as_ref().map(|before| {
            let (renewed, paid) = (number(before.renewed), number(before.paid));
            let left = number(before.not_renewing);
            let args = [
                ("season_before", before.season.as_str()),
                ("renewed", &renewed),
                ("paid", &paid),
                ("not_renewing", &left),
            ];
            self.engine.words.say(lang, "digest-before", &args)
        });
        put(context, "before", &before.transpose()?.unwrap_or_default());
        let corrections = match happened.corrections {
            0 => String::new(),
            n => self.engine.words.say(lang, "digest-corrections", &[("n", &number(n))])?,
        };
        put(context, "corrections", &corrections);
        Ok(())
    }

    fn standing(&self, lang: Lang, s: &Standing) -> Result<Vec<Value>, ComposeError> {
        let mut out = Vec::new();
        if s.all() == 0 {
            return Ok(out);
        }
        let number = |n| format::number(lang, n);
        let (renewed, paid, pledged) = (number(s.renewed()), number(s.paid), number(s.pledged));
        let args = [("renewed", renewed.as_str()), ("paid", &paid), ("pledged", &pledged)];
        out.push(Value::normal_string(&self.engine.words.say(
            lang,
            "digest-standing.renewed",
            &args,
        )?));
        for (key, n) in [
            ("open", s.open),
            ("not-renewing", s.not_renewing),
            ("with-desk", s.with_desk),
            ("lapsed", s.lapsed),
        ] {
            if n > 0 {
                let key = format!("digest-standing.{key}");
                let line = self.engine.words.say(lang, &key, &[("n", &number(n))])?;
                out.push(Value::normal_string(&line));
            }
        }
        Ok(out)
    }
}

/// Name and number of a member, cleaned.
pub(super) fn named(who: &Who) -> (String, String) {
    (foreign_line(&who.name), clean(&who.member_no, false))
}
