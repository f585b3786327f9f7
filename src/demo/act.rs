//! Owns doing what a person does: opening a link, pressing its button, answering, through the
//! same doors as everybody; and keeping count of what should have come of it.

use std::collections::{BTreeMap, BTreeSet};

use super::browser::{Answer, Browser};
use super::mailbox::{Opened, Person};
use super::post::{Reply, Style};
use super::report;
use super::stage::{Stage, StageError};
use super::temper::{self, Deed};
use crate::actions::payload::{Payload, Wish};
use crate::domain::words::Lang;
use crate::ids::MessageId;
use crate::store::{attempts, messages, people};

/// What is known of a mail beside what stands in it.
#[derive(Debug, Clone)]
pub struct About {
    /// Its kind: `notice`, `confirmation`, `forward` …
    pub kind: String,
    /// In whose name.
    pub issuer: String,
    /// About whom; empty for a stray mail that was forwarded.
    pub number: String,
    /// Language in which they read.
    pub lang: Lang,
    /// What its link would do, for one that asks to confirm.
    pub wish: Option<Wish>,
    /// Whether a desk gets it.
    pub to_desk: bool,
}

impl Stage {
    /// What the store knows of a mail.
    pub async fn about(&self, id: MessageId) -> Result<Option<About>, StageError> {
        let config = std::sync::Arc::clone(self.config());
        let about = self.loops.store.read(move |c| {
            let Some(attempt) = attempts::by_mid(c, id)? else { return Ok(None) };
            let Some(message) = messages::by_id(c, attempt.message)? else { return Ok(None) };
            let member = match message.person {
                Some(person) => people::by_id(c, person)?,
                None => None,
            };
            let house = config.association(&message.issuer).map_or(Lang::En, |a| a.language);
            Ok(Some(About {
                kind: message.kind,
                issuer: message.issuer,
                lang: member.as_ref().map_or(house, |m| m.reads(house)),
                number: member.map(|m| m.member_no).unwrap_or_default(),
                wish: Payload::from_json(&message.payload).wish,
                to_desk: message.to_desk,
            }))
        });
        Ok(about.await?)
    }
}

/// What somebody's renewal should have come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Should {
    /// Renewed on the page.
    Link,
    /// Renewed by answering.
    Reply,
    /// Not renewing.
    Leave,
}

/// What all deeds so far should have come to, and what went wrong with them.
#[derive(Debug, Default)]
pub struct Expected {
    /// By association and member number.
    pub answers: BTreeMap<(String, String), Should>,
    /// Who stopped whose reminders.
    pub stopped: BTreeSet<(String, String)>,
    /// Mails put into the inbox.
    pub delivered: i64,
    /// Pages that answered otherwise than they should.
    pub problems: Vec<String>,
}

impl Expected {
    fn page(&mut self, what: &str, about: &About, answer: &Answer, want: u16) -> bool {
        let right = answer.status == want;
        if !right {
            let (number, got) = (&about.number, answer.status);
            self.problems.push(format!("{what} for {number}: {got} instead of {want}"));
        }
        right
    }

    fn answered(&mut self, about: &About, what: Should) {
        self.answers.insert((about.issuer.clone(), about.number.clone()), what);
    }

    fn stop(&mut self, about: &About) {
        self.stopped.insert((about.issuer.clone(), about.number.clone()));
    }
}

/// Does `deed` with a mail.
pub async fn act(
    stage: &Stage,
    mail: &Opened,
    about: &About,
    deed: Deed,
    expected: &mut Expected,
) -> Result<(), StageError> {
    match deed {
        Deed::Nothing => {}
        Deed::ReplyRenew
        | Deed::ReplyElsewhere
        | Deed::ReplyStop
        | Deed::Ask
        | Deed::Away
        | Deed::DeskAnswer => write(stage, mail, about, deed, expected)?,
        Deed::Bounce(trouble) => {
            report::bounce(&stage.postman, &stage.loops.clock, mail, trouble)?;
            expected.delivered += 1;
        }
        Deed::Complain => {
            report::complain(&stage.postman, &stage.loops.clock, mail)?;
            expected.delivered += 1;
            expected.stop(about);
        }
        _ => Visit { stage, mail, about }.make(deed, expected).await?,
    }
    Ok(())
}

fn write(
    stage: &Stage,
    mail: &Opened,
    about: &About,
    deed: Deed,
    expected: &mut Expected,
) -> Result<(), StageError> {
    let ours = &stage.config().relance.mail.reply_domain;
    if !mail.reply_to.ends_with(&format!("@{ours}")) {
        // Past us, to somebody who wrote without a link of ours.
        return Ok(());
    }
    let own = mail.envelope.to.clone();
    let odd = super::members::pick(&about.number, "style", 2) == 1;
    let mut reply = Reply {
        to: mail,
        from: &own,
        words: temper::words(&about.number, deed, about.lang),
        lang: about.lang,
        style: if odd { Style::Outlook } else { Style::Gmail },
        subject: "",
        header: "",
    };
    let elsewhere = Person { name: own.name.clone(), address: format!("home.{}", own.address) };
    match deed {
        Deed::ReplyElsewhere => reply.from = &elsewhere,
        Deed::Away => reply = temper::out_of_office(mail, about.lang),
        Deed::DeskAnswer => {
            reply.words = temper::desk_answer(stage.desk_language(&about.issuer));
            reply.lang = stage.desk_language(&about.issuer);
        }
        _ => {}
    }
    stage.postman.reply(&reply)?;
    expected.delivered += 1;
    match deed {
        Deed::ReplyRenew => expected.answered(about, Should::Reply),
        // Close to the deadline it is confirmed first: `Confirm` counts it then.
        Deed::ReplyStop if !stage.near_deadline() => expected.stop(about),
        _ => {}
    }
    Ok(())
}

struct Visit<'a> {
    stage: &'a Stage,
    mail: &'a Opened,
    about: &'a About,
}

impl Visit<'_> {
    fn browser(&self) -> Browser {
        Browser::of(self.stage.web, self.about.number.parse().unwrap_or_default())
    }

    async fn make(&self, deed: Deed, expected: &mut Expected) -> Result<(), StageError> {
        match deed {
            Deed::Scan => self.scan(expected).await,
            Deed::OneClick => self.one_click(expected).await,
            Deed::Confirm => self.confirm(expected).await,
            Deed::ConflictKeep => self.conflict("keep", expected).await,
            Deed::ConflictReplace => self.conflict("replace", expected).await,
            Deed::Leave => self.answer("not-renewing", 1, expected).await,
            Deed::RenewTwice => self.answer("invoice", 2, expected).await,
            Deed::TakeBack => {
                self.answer("invoice", 1, expected).await?;
                self.take_back(expected).await
            }
            _ => self.answer("invoice", 1, expected).await,
        }
    }

    fn page(&self, page: &str) -> &str {
        self.mail.path(page).unwrap_or("/")
    }

    async fn answer(
        &self,
        choice: &str,
        times: u32,
        expected: &mut Expected,
    ) -> Result<(), StageError> {
        let (browser, path) = (self.browser(), self.page("r"));
        let page = browser.get(path).await?;
        expected.page("the renewal page", self.about, &page, 200);
        for _ in 0..times {
            let done = press(browser, path, &page, (choice, &self.about.number)).await?;
            if expected.page("the answer", self.about, &done, 303) {
                let what = if choice == "invoice" { Should::Link } else { Should::Leave };
                expected.answered(self.about, what);
            }
        }
        Ok(())
    }

    async fn take_back(&self, expected: &mut Expected) -> Result<(), StageError> {
        let done = self.browser().post(self.page("r"), &[("act", "undo")]).await?;
        if expected.page("taking back", self.about, &done, 303) {
            let key = (self.about.issuer.clone(), self.about.number.clone());
            expected.answers.remove(&key);
        }
        Ok(())
    }

    /// The same page in two tabs, answered one way in the first and another in the second.
    async fn conflict(&self, then: &str, expected: &mut Expected) -> Result<(), StageError> {
        let (browser, path) = (self.browser(), self.page("r"));
        let (first, second) = (browser.get(path).await?, browser.get(path).await?);
        let done = press(browser, path, &first, ("invoice", &self.about.number)).await?;
        expected.page("the first answer", self.about, &done, 303);
        expected.answered(self.about, Should::Link);
        let asks = press(browser, path, &second, ("not-renewing", &self.about.number)).await?;
        expected.page("the second answer", self.about, &asks, 409);
        let (choice, version, nonce) =
            (asks.field("choice"), asks.field("version"), asks.field("nonce"));
        let form = [
            ("act", then),
            ("choice", &choice),
            ("proof", &self.about.number),
            ("version", &version),
            ("nonce", &nonce),
        ];
        let done = browser.post(path, &form).await?;
        if expected.page("deciding", self.about, &done, 303) && then == "replace" {
            expected.answered(self.about, Should::Leave);
        }
        Ok(())
    }

    async fn one_click(&self, expected: &mut Expected) -> Result<(), StageError> {
        let form = [("List-Unsubscribe", "One-Click")];
        let done = self.browser().post(self.page("u"), &form).await?;
        if expected.page("one-click unsubscribing", self.about, &done, 200) {
            expected.stop(self.about);
        }
        Ok(())
    }

    async fn confirm(&self, expected: &mut Expected) -> Result<(), StageError> {
        let (browser, path) = (self.browser(), self.page("c"));
        let page = browser.get(path).await?;
        expected.page("the confirming page", self.about, &page, 200);
        let (version, nonce) = (page.field("version"), page.field("nonce"));
        let form = [("act", "confirm"), ("version", &version), ("nonce", &nonce)];
        let done = browser.post(path, &form).await?;
        if expected.page("confirming", self.about, &done, 303) {
            match self.about.wish {
                Some(Wish::Renew) => expected.answered(self.about, Should::Link),
                Some(Wish::Stop) => expected.stop(self.about),
                None => {}
            }
        }
        Ok(())
    }

    /// Every link in every way that asks for nothing: the ledger must stand where it stood.
    async fn scan(&self, expected: &mut Expected) -> Result<(), StageError> {
        let before = self.stage.ledger_head().await?;
        for path in &self.mail.paths {
            for method in ["GET", "HEAD", "OPTIONS", "GET"] {
                let answer = self.browser().look(method, path).await?;
                if answer.status >= 500 {
                    expected.problems.push(format!("{method} got {}", answer.status));
                }
            }
        }
        if self.stage.ledger_head().await? != before {
            expected.problems.push("a scanner's looks left something in the ledger".into());
        }
        Ok(())
    }
}

async fn press(
    browser: Browser,
    path: &str,
    page: &Answer,
    (choice, number): (&str, &str),
) -> std::io::Result<Answer> {
    let (version, nonce, quote) = (page.field("version"), page.field("nonce"), page.field("quote"));
    let form = [
        ("choice", choice),
        ("proof", number),
        ("version", &version),
        ("nonce", &nonce),
        ("quote", &quote),
    ];
    browser.post(path, &form).await
}
