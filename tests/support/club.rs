//! Owns a small club: one association of the sample, a handful of members in reserved domains, a
//! travelling calendar, and the daemon on it. A scenario says what happens; this knows how.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::daemon::{Daemon, Site};
use super::http::{self, Answer};
use super::mail::Mail;
use super::mailstack::MailStack;
use super::relay::Relay;
use super::{db, wait_until};

/// Whatever a daemon or mail server is waited for happens within this, even on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);
/// An hour before the association's notice.
pub const BEFORE_NOTICE: &str = "2026-11-02T08:00:00-05:00";

const COLUMNS: &str =
    "member_no,given_name,family_name,email,language,province,association,category,pli\n";
/// Reads English, carries insurance.
pub const ALICE: &str = "10001,Alice,Martin,alice@club.test,en,ON,CIP,full,yes\n";
/// Reads French, carries insurance.
pub const BENOIT: &str = "10002,Benoît,Roy,benoit@club.test,fr,QC,CIP,full,yes\n";

/// The club, its config and state; the daemon runs unless it was stopped or died.
#[derive(Debug)]
pub struct Club {
    /// Config and state.
    pub site: Site,
    /// The running daemon.
    pub daemon: Option<Daemon>,
}

impl Club {
    /// With real mail servers: mail goes out through Postfix and comes in by IMAP.
    pub fn with_servers(stack: &MailStack) -> Self {
        let club = Self::laid();
        club.site.config.use_mail_stack(stack);
        club
    }

    /// With a relay that delivers nothing. Mail comes in by [`Club::arrive`].
    pub fn with_relay(relay: &Relay) -> Self {
        let club = Self::laid();
        club.site.config.use_relay(relay.port);
        club.site.config.set("inbox.source", "maildir");
        let incoming = club.incoming();
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(incoming.join(part)).expect("a folder");
        }
        club.site.config.set("inbox.maildir", incoming.display().to_string());
        club
    }

    fn incoming(&self) -> PathBuf {
        self.site.dir().join("incoming")
    }

    /// Lays a mail into the daemon's mailbox, and lets it look.
    pub fn arrive(&self, name: &str, raw: &str) {
        let incoming = self.incoming();
        let written = incoming.join("tmp").join(name);
        std::fs::write(&written, raw).expect("a mail is written");
        std::fs::rename(written, incoming.join("new").join(name)).expect("a mail is delivered");
        // A daemon that is down looks when it starts.
        if let Ok(mut control) = UnixStream::connect(self.site.state().join("control.sock")) {
            let _ = control.write_all(b"wake\n");
            let _ = control.read_to_end(&mut Vec::new());
        }
    }

    fn laid() -> Self {
        let site = Site::new();
        let only = |key: &'static str| {
            move |table: &toml::Table| table.get(key).and_then(toml::Value::as_str) == Some("CIP")
        };
        site.config.retain("associations.toml", "association", only("code"));
        site.config.retain("schedules.toml", "schedule", only("association"));
        site.config.no_digests();
        let desk = "desk@club.test";
        site.config.set_each("associations.toml", "association", "desk.email", desk);
        Self { site, daemon: None }
    }

    /// Takes these rows in as the member list.
    pub fn import(&self, rows: &[&str]) {
        let list = self.list(rows);
        self.site.cli(&["import", &list]).ok();
    }

    /// Writes these rows as a member list. Returns its path.
    pub fn list(&self, rows: &[&str]) -> String {
        let list = self.site.dir().join("members.csv");
        std::fs::write(&list, format!("{COLUMNS}{}", rows.concat())).expect("a file is written");
        list.display().to_string()
    }

    /// Starts the daemon with its calendar at `instant`, or where it was if that is later.
    pub fn start(&mut self, instant: &str) {
        let daemon = self.site.try_start(&["--clock", instant], &[]);
        self.daemon = Some(daemon.unwrap_or_else(|why| panic!("{why}")));
    }

    /// Imports, starts an hour before the notice, and lets the notices go out.
    pub fn at_the_notice(mut self, members: &[&str]) -> Self {
        self.import(members);
        self.start(BEFORE_NOTICE);
        self.next();
        self
    }

    /// The calendar jumps to what is due next, and everything that follows is done.
    pub fn next(&self) -> String {
        self.site.cli(&["clock", "next"]).ok()
    }

    /// The calendar jumps to an instant, and everything that is due until then is done.
    pub fn jump(&self, instant: &str) {
        self.site.cli(&["clock", "set", instant]).ok();
    }

    /// What the calendar says.
    pub fn now(&self) -> Timestamp {
        self.site.cli(&["clock", "now"]).ok().trim().parse().expect("an instant")
    }

    /// Waits until nothing is under way.
    pub fn rest(&self) {
        let now: Timestamp = self.now();
        self.jump(&(now + SignedDuration::from_secs(1)).to_string());
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        http::get(self.site.web, path).expect("the daemon answers")
    }

    /// Opens a page and sends its form with these fields besides its own.
    pub fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path);
        self.post(path, &[&hidden(&page.body)[..], fields].concat())
    }

    /// POST of a form.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        http::post_form(self.site.web, path, fields).expect("the daemon answers")
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.site.state().join("relance.db")
    }

    /// Everything in the database, as [`db::dump`].
    pub fn dump(&self) -> String {
        db::dump(&self.database())
    }

    /// The rows of a query.
    pub fn query(&self, sql: &str) -> Vec<String> {
        db::query(&self.database(), sql)
    }

    /// Waits until a query gives exactly this one value.
    pub fn wait_for(&self, sql: &str, value: &str) {
        wait_until(&format!("{value} from {sql}"), SOON, || {
            (self.query(sql) == [value]).then_some(())
        });
    }

    /// Waits until the mails that came in are so many, has everything done that follows, and
    /// tells what they came to, sorted.
    pub fn came_to(&self, count: usize) -> Vec<String> {
        let number = "SELECT count(*) FROM inbound WHERE outcome <> 'backlog'";
        self.wait_for(number, &count.to_string());
        self.rest();
        let sql = "SELECT outcome FROM inbound WHERE outcome <> 'backlog' ORDER BY outcome";
        self.query(sql).iter().map(|row| row.trim_matches('"').to_owned()).collect()
    }

    /// How many mails of that kind came to that, as `/metrics` counts them.
    pub fn metered(&self, kind: &str, outcome: &str) -> Option<String> {
        let text = http::get(self.site.admin, "/metrics").expect("the daemon answers").body;
        let name = format!("relance_inbound_mails{{kind=\"{kind}\",outcome=\"{outcome}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&name)).map(str::to_owned)
    }

    /// A command whose standard output is JSON.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let text = self.site.cli(&[args, &["--json"]].concat()).ok();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// Every message, a line each: member, kind, state, and its reason where it has one.
    pub fn messages(&self) -> String {
        let rows = self.query(
            "SELECT coalesce(p.member_no, '-') || ' ' || m.kind || ' ' || m.state
               || CASE m.reason WHEN '' THEN '' ELSE ' (' || m.reason || ')' END
             FROM message m LEFT JOIN person p ON p.id = m.person ORDER BY m.id",
        );
        lines(&rows)
    }

    /// Every act in the ledger, a line each, in order.
    pub fn ledger(&self) -> String {
        lines(&self.query("SELECT kind FROM ledger ORDER BY seq"))
    }
}

/// Waits for the first mail of an account that has these words in its plain text.
pub fn letter(stack: &MailStack, account: &str, words: &str) -> Mail {
    let mailbox = stack.maildir(account);
    wait_until(&format!("a mail to {account} that says: {words}"), SOON, || {
        mailbox.mails().iter().map(|raw| Mail::read(raw)).find(|mail| mail.text.contains(words))
    })
}

/// The newest mail to that recipient (a part of the address) that the relay took and that has
/// these words in its plain text. Panics where there is none: let the club come to rest first.
pub fn taken(relay: &Relay, recipient: &str, words: &str) -> Mail {
    let mut mails = sent_to(relay, recipient).into_iter().rev();
    let found = mails.find(|mail| mail.text.contains(words));
    found.unwrap_or_else(|| panic!("no mail to {recipient} says: {words}"))
}

/// Every mail to that recipient that the relay took, in order.
pub fn sent_to(relay: &Relay, recipient: &str) -> Vec<Mail> {
    let all = relay.taken();
    let theirs = all.iter().filter(|taken| taken.to.iter().any(|to| to.contains(recipient)));
    theirs.map(|taken| Mail::read(&taken.bytes)).collect()
}

/// `Name <a@b>` or `a@b`.
pub fn address(header: &str) -> &str {
    header.rsplit('<').next().unwrap_or(header).trim_end_matches('>').trim()
}

/// The hidden fields of a page's first form, as a browser would send them.
pub fn hidden(page: &str) -> Vec<(&str, &str)> {
    let form = page.split("<form").nth(1).unwrap_or_default();
    let form = form.split("</form>").next().unwrap_or_default();
    form.split("<input")
        .skip(1)
        .filter(|input| input.contains("type=\"hidden\""))
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!("{name}=\""))?.1.split_once('"').map(|(value, _)| value)
}

fn lines(rows: &[String]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        let _ = writeln!(text, "{}", row.trim_matches('"'));
        text
    })
}
