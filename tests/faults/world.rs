//! Owns the world around a round: members who read what the relay took and do what they would do,
//! again until it is done, as people do; a calendar that goes on to where what was refused for
//! now goes out. It looks into the store only to know when nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use relance::clock::monotonic;
use relance::daemon::control;

use crate::plan::{Does, Plan, Trouble};
use crate::support::club::hidden;
use crate::support::letters::{Letter, no_such_user};
use crate::support::mail::Mail;
use crate::support::rehearsal::Rehearsal;
use crate::support::relay::{Act, Relay, Rule, Stage, Taken};
use crate::support::{db, http};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A round that has not come to its end by then is stuck.
const END_WITHIN: Duration = Duration::from_mins(5);
/// Our own MX, which vouches for every member.
const MX: &str = "mx.cip.example.ca";

/// Everything around the daemon.
pub struct World<'a> {
    pub plan: &'a Plan,
    pub relay: &'a Relay,
    pub site: &'a Rehearsal,
    /// Where mail is delivered: a Maildir.
    pub mailbox: &'a (dyn Fn(&str, &str) + Sync),
    store: rusqlite::Connection,
    heard: usize,
    /// Members whose notice came.
    pub met: BTreeSet<usize>,
    /// Links of members who still want to renew.
    clicking: BTreeMap<usize, String>,
    /// Members whose form was answered with 303.
    pub answered: BTreeSet<usize>,
    /// Mails delivered.
    pub delivered: usize,
}

/// The number of the first member of a plan.
pub const FIRST: u32 = 1000;

/// A member's address.
pub fn at_home(member: usize) -> String {
    format!("m{}@club.test", FIRST as usize + member)
}

impl<'a> World<'a> {
    pub fn new(
        plan: &'a Plan,
        relay: &'a Relay,
        site: &'a Rehearsal,
        mailbox: &'a (dyn Fn(&str, &str) + Sync),
    ) -> Self {
        for (number, member) in plan.members.iter().enumerate() {
            if let Some((stage, act)) = scripted(member.trouble) {
                let home = at_home(number);
                relay.rule(Rule::at(stage, act).for_recipient(&home).times(1));
            }
        }
        Self {
            plan,
            relay,
            site,
            mailbox,
            store: db::open(&site.store()),
            heard: 0,
            met: BTreeSet::new(),
            clicking: BTreeMap::new(),
            answered: BTreeSet::new(),
            delivered: 0,
        }
    }

    /// Lives until nothing is left to do, or says why that does not come.
    pub fn live(&mut self) -> Result<(), String> {
        let start = monotonic();
        loop {
            self.hear();
            self.click();
            match self.standing() {
                Standing::Done if self.relay.taken_after(self.heard).is_empty() => return Ok(()),
                Standing::Waits(until) => self.wait_until(until),
                _ => {}
            }
            if start.elapsed() > END_WITHIN {
                return Err(format!("no end in sight:\n{}", self.messages()));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Each member's first mail is the notice.
    fn hear(&mut self) {
        for taken in self.relay.taken_after(self.heard) {
            self.heard += 1;
            let mail = Mail::read(&taken.bytes);
            let number = taken.to[0].strip_prefix('m').and_then(|rest| rest.split('@').next());
            let Some(number) = number.and_then(|n| n.parse::<usize>().ok()) else { continue };
            let number = number - FIRST as usize;
            if self.met.insert(number) {
                self.react(number, &mail, &taken);
            }
        }
    }

    fn react(&mut self, number: usize, notice: &Mail, taken: &Taken) {
        let member = self.plan.members[number];
        let copies = 1 + usize::from(member.twice);
        let answer = |words| Letter::reply(taken, MX, &format!("answer-{number}"), words).raw();
        let raw = match member.does {
            Does::Nothing => return,
            Does::Renews => {
                let link = notice.path_with("/r/").expect("a notice has its link");
                self.clicking.insert(number, link);
                return;
            }
            Does::Writes => answer("renew"),
            Does::Asks => answer("May my employer pay for me?"),
            Does::IsGone => no_such_user(taken, &format!("report-{number}")),
        };
        for copy in 0..copies {
            (self.mailbox)(&format!("mail-{number}-{copy}"), &raw);
            self.delivered += 1;
        }
    }

    /// Whoever wants to renew opens the link; where no answer comes, again.
    fn click(&mut self) {
        let web = self.site.site.web;
        let (plan, answered) = (self.plan, &mut self.answered);
        self.clicking.retain(|number, link| {
            let Ok(page) = http::get(web, link) else { return true };
            if page.status != 200 {
                return true;
            }
            if !page.body.contains("value=\"invoice\"") {
                // It was done before the answer was lost.
                return false;
            }
            let form = [&hidden(&page.body)[..], &[("choice", "invoice")]].concat();
            let pressed = http::post_form(web, link, &form);
            if plan.members[*number].twice {
                let _ = http::post_form(web, link, &form);
            }
            let done = pressed.is_ok_and(|answer| answer.status == 303);
            if done {
                answered.insert(*number);
            }
            !done
        });
    }

    fn standing(&self) -> Standing {
        if !self.clicking.is_empty() {
            return Standing::Busy;
        }
        let sql = "SELECT (SELECT count(*) FROM message WHERE kind = 'notice'),
                     (SELECT count(*) FROM message WHERE state IN ('queued', 'sending')),
                     (SELECT count(*) FROM inbound),
                     (SELECT coalesce(min(due_at), 0) FROM message WHERE state = 'deferred'),
                     (SELECT count(*) FROM firing WHERE state <> 'done')";
        let rows = db::read(&self.store, sql);
        let numbers: Vec<i64> = rows[0].split(" | ").filter_map(|n| n.parse().ok()).collect();
        let [notices, under_way, read, deferred_due, unplanned] = numbers[..] else {
            return Standing::Busy;
        };
        let all = i64::try_from(self.plan.members.len()).unwrap_or(i64::MAX);
        let delivered = i64::try_from(self.delivered).unwrap_or(i64::MAX);
        if notices < all || unplanned > 0 || under_way > 0 || read < delivered {
            Standing::Busy
        } else if deferred_due > 0 {
            Standing::Waits(Timestamp::from_millisecond(deferred_due).unwrap_or_default())
        } else {
            Standing::Done
        }
    }

    /// The calendar goes on to then. A daemon that dies meanwhile is asked again.
    fn wait_until(&self, due: Timestamp) {
        let at = due + jiff::SignedDuration::from_secs(1);
        let _ = control::ask(&self.site.site.state(), &format!("clock set {at}"));
    }

    fn messages(&self) -> String {
        let sql = "SELECT m.kind, m.state, m.reason, count(*) FROM message m GROUP BY 1, 2, 3";
        let firings = db::read(&self.store, "SELECT state, planned, cursor FROM firing");
        let mails = db::read(&self.store, "SELECT outcome, count(*) FROM inbound GROUP BY 1");
        format!(
            "{}\nfirings {firings:?}\nmails {mails:?} of {}\nclicking {:?}",
            db::read(&self.store, sql).join("\n"),
            self.delivered,
            self.clicking.keys(),
        )
    }
}

enum Standing {
    /// Something is under way.
    Busy,
    /// All that is left waits for that instant.
    Waits(Timestamp),
    /// Nothing is left.
    Done,
}

fn scripted(trouble: Trouble) -> Option<(Stage, Act)> {
    let later = Act::Reply("451 4.7.1 come back later");
    let no = Act::Reply("550 5.7.1 not by our policy");
    Some(match trouble {
        Trouble::None => return None,
        Trouble::LaterAtRcpt => (Stage::Rcpt, later),
        Trouble::LaterAtData => (Stage::Data, later),
        Trouble::LaterAtDot => (Stage::Dot, later),
        Trouble::NoAtRcpt => (Stage::Rcpt, no),
        Trouble::NoAtDot => (Stage::Dot, no),
        Trouble::GoneAtRcpt => (Stage::Rcpt, Act::Close),
        Trouble::GoneAtData => (Stage::Data, Act::Close),
        Trouble::GoneInBody => (Stage::Body, Act::Close),
        Trouble::GoneAtDot => (Stage::Dot, Act::Close),
        Trouble::TakenAndGone => (Stage::Dot, Act::TakeAndClose),
    })
}
