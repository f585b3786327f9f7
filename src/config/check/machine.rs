//! Owns what the sections on web, mail, relay, mailbox and files must agree on.

use std::path::Path;

use super::{Report, is_example};
use crate::config::reference::{File, is_loopback, url_host};
use crate::config::secret::{open_to_others, secret};
use crate::config::{InboxSource, Relance, Tls, Transport};

const FILE: File = File::Relance;

pub(super) fn check(relance: &Relance, credentials_dir: Option<&Path>, report: &mut Report) {
    listeners(relance, report);
    mail(relance, report);
    relay(relance, credentials_dir, report);
    mailbox(relance, credentials_dir, report);
    files(relance, report);
}

fn listeners(relance: &Relance, report: &mut Report) {
    if !relance.admin.listen.ip().is_loopback() {
        report.fault(
            FILE,
            "admin.listen",
            format!("is {}: anybody could read the health page and metrics", relance.admin.listen),
            "Write a loopback address like \"127.0.0.1:9125\".",
        );
    }
    if relance.admin.listen == relance.web.listen && !report.is_stained(FILE, "web.listen") {
        report.fault(
            FILE,
            "admin.listen",
            "is the same address and port as web.listen",
            "Choose another port.",
        );
    }
    if !relance.web.listen.ip().is_loopback() && relance.web.trusted_proxies.is_empty() {
        report.warn(
            FILE,
            "web.listen",
            format!("is {}, which others than this machine can reach", relance.web.listen),
            "Relance speaks no TLS: put a reverse proxy before it and name it in trusted_proxies.",
        );
    }
    if is_example(url_host(&relance.web.base_url)) {
        example(report, "web.base_url", &relance.web.base_url);
    }
}

fn mail(relance: &Relance, report: &mut Report) {
    let mail = &relance.mail;
    for (key, domain) in
        [("mail.bounce_domain", &mail.bounce_domain), ("mail.reply_domain", &mail.reply_domain)]
    {
        if is_example(domain) {
            example(report, key, domain);
        }
    }
    for (key, local) in
        [("mail.bounce_local", &mail.bounce_local), ("mail.reply_local", &mail.reply_local)]
    {
        if *local == mail.verify_local {
            report.fault(
                FILE,
                "mail.verify_local",
                format!("is {local}, as {key}: a mail to it could mean either"),
                "Give each of the three a name of its own.",
            );
        }
    }
    if mail.authserv_id.is_empty() && relance.inbox.source != InboxSource::None {
        report.warn(
            FILE,
            "mail.authserv_id",
            "is empty: no reply's sender can be verified, so each is confirmed by mail first",
            "Write the name that your MX puts first into Authentication-Results.",
        );
    }
}

fn relay(relance: &Relance, credentials_dir: Option<&Path>, report: &mut Report) {
    let smtp = &relance.smtp;
    if report.is_stained(FILE, "smtp.transport") {
        return;
    }
    match smtp.transport {
        Transport::Smtp => {
            let server = Server {
                section: "smtp",
                host: &smtp.host,
                tls: smtp.tls,
                username: &smtp.username,
                password_file: smtp.password_file.as_deref(),
                ca_file: smtp.ca_file.as_deref(),
            };
            server.check(credentials_dir, report);
        }
        Transport::Maildir => {
            needs_maildir("smtp.maildir", "transport", smtp.maildir.as_deref(), report);
        }
    }
}

fn mailbox(relance: &Relance, credentials_dir: Option<&Path>, report: &mut Report) {
    let inbox = &relance.inbox;
    if report.is_stained(FILE, "inbox.source") {
        return;
    }
    match inbox.source {
        InboxSource::Imap => {
            let server = Server {
                section: "inbox",
                host: &inbox.host,
                tls: inbox.tls,
                username: &inbox.username,
                password_file: inbox.password_file.as_deref(),
                ca_file: inbox.ca_file.as_deref(),
            };
            server.check(credentials_dir, report);
            if inbox.username.is_empty() {
                report.fault(
                    FILE,
                    "inbox.username",
                    "is empty, and an IMAP server asks for a name",
                    "Write the user name of the mailbox.",
                );
            }
        }
        InboxSource::Maildir => {
            needs_maildir("inbox.maildir", "source", inbox.maildir.as_deref(), report);
        }
        InboxSource::None => report.warn(
            FILE,
            "inbox.source",
            "is none: replies and bounces are not read",
            "Write imap or maildir for anything but a rehearsal.",
        ),
    }
}

fn needs_maildir(path: &str, chooser: &str, maildir: Option<&Path>, report: &mut Report) {
    if maildir.is_none() {
        report.fault(
            FILE,
            path,
            format!("is missing, and {chooser} is maildir"),
            "Write the path of the folder.",
        );
    }
}

/// What `[smtp]` and `[inbox]` have in common.
struct Server<'a> {
    section: &'static str,
    host: &'a str,
    tls: Tls,
    username: &'a str,
    password_file: Option<&'a Path>,
    ca_file: Option<&'a Path>,
}

impl Server<'_> {
    fn check(&self, credentials_dir: Option<&Path>, report: &mut Report) {
        let at = |key: &str| format!("{}.{key}", self.section);
        if self.host.is_empty() {
            report.fault(FILE, &at("host"), "is missing", "Write the server's host name.");
        } else if self.host.contains(['/', ':', '@', ' ']) && !is_loopback(self.host) {
            report.fault(
                FILE,
                &at("host"),
                format!("is “{}”, which is no host name", self.host),
                "Write the name alone, like mail.example.ca; the port is a key of its own.",
            );
        }
        let host_is_sound = !report.is_stained(FILE, &at("host"));
        if self.tls == Tls::None && host_is_sound && !is_loopback(self.host) {
            report.fault(
                FILE,
                &at("tls"),
                format!("is none, and {} is another machine", self.host),
                "Write \"implicit\" or \"starttls\"; none is for loopback only.",
            );
        }
        match (self.username.is_empty(), self.password_file) {
            (false, None) => report.fault(
                FILE,
                &at("password_file"),
                "is missing, and there is a username",
                "Name the file that holds the password.",
            ),
            (true, Some(_)) => report.fault(
                FILE,
                &at("username"),
                "is empty, and there is a password_file",
                "Write the user name, or leave password_file out.",
            ),
            (false, Some(file)) => {
                secret_file(&at("password_file"), file, credentials_dir, report);
            }
            (true, None) => {}
        }
        exists(&at("ca_file"), self.ca_file, report);
    }
}

/// A warning only: the unit may hand the secret over later.
pub(super) fn secret_file(
    at: &str,
    file: &Path,
    credentials_dir: Option<&Path>,
    report: &mut Report,
) {
    if let Err(e) = secret(file, credentials_dir) {
        let (problem, cure) = super::super::fault::split_cure(&e.to_string(), "");
        report.warn(FILE, at, format!("cannot be used now: {problem}"), cure);
    } else if open_to_others(file, credentials_dir) {
        report.warn(
            FILE,
            at,
            format!("names {}, which every user can read", file.display()),
            format!("Run: chmod o-rwx {}", file.display()),
        );
    }
}

fn files(relance: &Relance, report: &mut Report) {
    exists("words.templates_dir", relance.words.templates_dir.as_deref(), report);
    exists("words.locales_dir", relance.words.locales_dir.as_deref(), report);
    exists("host.identity_file", relance.host.identity_file.as_deref(), report);
}

/// A warning only: `check` may run on another machine than the daemon.
pub(super) fn exists(at: &str, path: Option<&Path>, report: &mut Report) {
    if let Some(path) = path.filter(|path| !path.exists()) {
        report.warn(
            FILE,
            at,
            format!("names {}, which is not there or cannot be seen", path.display()),
            "Make it, correct the path, or leave the key out.",
        );
    }
}

fn example(report: &mut Report, path: &str, domain: &str) {
    report.warn(
        FILE,
        path,
        format!("is {domain}, a name reserved for examples"),
        "Write your own before anything is mailed.",
    );
}
