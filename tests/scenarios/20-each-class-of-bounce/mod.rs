//! Mail comes back for different reasons, and each is worth something else: a dead address is
//! suspended at once, a full mailbox and a policy count against it, a delay is no failure. What
//! counts fades; what goes on adds up.

use crate::support::club::{ALICE, Club, SOON};
use crate::support::http;
use crate::support::mail::Mail;
use crate::support::mailstack::{self, MAILBOX, MailStack, Options, Verdict};
use crate::support::relay::{Act, Relay, Rule, Stage};

const GONE: &str = "10003,Gaston,Parti,nobody@club.test,fr,QC,CIP,full,yes\n";
const FULL: &str = "10004,Fanny,Pleine,anyone@full.test,en,ON,CIP,full,yes\n";
const REFUSED: &str = "10005,Rémi,Refus,anyone@policy.test,fr,QC,CIP,full,yes\n";
const LATE: &str = "10006,Laure,Tardy,anyone@later.test,en,ON,CIP,full,yes\n";
/// Three colleagues whose mail goes to one address of their firm.
const TEAM: [&str; 3] = [
    "10011,Anne,Un,team@full.test,en,ON,CIP,full,yes\n",
    "10012,Bruno,Deux,team@full.test,en,ON,CIP,full,yes\n",
    "10013,Chloé,Trois,team@full.test,fr,QC,CIP,full,yes\n",
];
const REMINDER: &str = "2026-12-08T15:00:00Z";
const LAST_CALL: &str = "2026-12-17T15:00:00Z";
const ADDRESSES: &str = "SELECT address || ' ' || round(score, 2) || ' ' || reason || ' '
    || iif(suspended_at IS NULL, 'works', 'suspended') FROM address ORDER BY address";

fn begin(members: &[&str], options: &Options) -> Option<(MailStack, Club)> {
    let stack = mailstack::start_or_skip(options)?;
    let club = Club::with_servers(&stack).at_the_notice(members);
    Some((stack, club))
}

/// The report about the mail to that address, as it lies in our mailbox.
fn report(stack: &MailStack, about: &str) -> String {
    let raw = stack.maildir(MAILBOX).wait_for(&format!("Final-Recipient: rfc822; {about}"), SOON);
    String::from_utf8(raw).unwrap()
}

/// Where a report goes: the sender of the envelope, with its token.
fn envelope(report: &str) -> String {
    Mail::read(report.as_bytes()).header("X-Original-To").unwrap().to_owned()
}

/// The same report under another Message-ID, as a second server would write it.
fn again(report: &str) -> String {
    let id = report.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id: <"));
    report.replacen(id.unwrap(), "Message-Id: <second-report@mx.club.test>", 1)
}

#[test]
fn dead_full_refused_and_late_are_four_things() {
    let options = Options { delay_warning_s: 1, queue_run_s: 1, ..Options::default() };
    let Some((_stack, club)) = begin(&[ALICE, GONE, FULL, REFUSED, LATE], &options) else {
        return;
    };
    let all = ["bounced-hard", "bounced-soft", "bounced-soft", "kept:report"];
    assert_eq!(club.came_to(4), all);
    let addresses = club.query(ADDRESSES);
    assert_eq!(
        addresses,
        [
            "\"anyone@full.test 2.0  works\"",
            "\"anyone@policy.test 0.5  works\"",
            "\"nobody@club.test 2.5 address-dead suspended\"",
        ]
    );
    for (kind, outcome, n) in [
        ("bounce", "bounced-hard", "1"),
        ("bounce", "bounced-soft", "2"),
        ("report", "kept:report", "1"),
    ] {
        assert_eq!(club.metered(kind, outcome).as_deref(), Some(n), "{kind} {outcome}");
    }
    let listed = club.json(&["suppression", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["address"], "nobody@club.test");
    assert_eq!(listed[0]["reason"], "address-dead");
    assert_eq!(listed[0]["members"], serde_json::json!(["10003"]));
    assert_eq!(club.query("SELECT count(*) FROM renewal WHERE state = 'open'"), ["5"]);

    club.jump(REMINDER);
    let reminded = "SELECT p.member_no FROM message m JOIN person p ON p.id = m.person
                    WHERE m.kind = 'reminder' AND m.state = 'sent' ORDER BY 1";
    assert_eq!(club.query(reminded), ["\"10001\"", "\"10004\"", "\"10005\"", "\"10006\""]);
}

#[test]
fn a_mailbox_that_stays_full_is_given_up_before_the_last_call() {
    let Some((_stack, club)) = begin(&[ALICE, TEAM[0], TEAM[1], TEAM[2]], &Options::default())
    else {
        return;
    };
    // Three members, one mailbox: full once.
    assert_eq!(club.came_to(3), ["bounced-soft"; 3]);
    assert_eq!(club.query(ADDRESSES), ["\"team@full.test 2.0  works\""]);
    assert_eq!(club.json(&["suppression", "list"]), serde_json::json!([]));
    club.jump(REMINDER);
    // Suspended by the first report of the reminder; what had left by then comes back as well.
    assert_eq!(club.came_to(6), ["bounced-soft"; 6]);
    assert_eq!(club.query(ADDRESSES), ["\"team@full.test 3.32 bounces suspended\""]);
    let listed = club.json(&["suppression", "list"]);
    assert_eq!(listed[0]["reason"], "bounces");
    assert_eq!(listed[0]["members"], serde_json::json!(["10011", "10012", "10013"]));
    assert_eq!(club.ledger().matches("address-suspended").count(), 1);
    let told = "SELECT count(*) FROM message WHERE kind = 'desk-note'";
    assert_eq!(club.query(told), ["1"]);
}

#[test]
fn what_is_refused_for_our_sake_fades() {
    let Some((_stack, club)) = begin(&[REFUSED], &Options::default()) else { return };
    assert_eq!(club.came_to(1), ["bounced-soft"]);
    for (n, instant) in [(2, REMINDER), (3, LAST_CALL)] {
        club.jump(instant);
        assert_eq!(club.came_to(n), vec!["bounced-soft"; n]);
    }
    assert_eq!(club.query(ADDRESSES), ["\"anyone@policy.test 1.25  works\""]);
    assert_eq!(club.json(&["suppression", "list"]), serde_json::json!([]));
}

#[test]
fn one_attempt_counts_one_report_and_only_about_its_own_address() {
    let Some((stack, club)) = begin(&[FULL, REFUSED], &Options::default()) else { return };
    assert_eq!(club.came_to(2), ["bounced-soft"; 2]);
    let full = report(&stack, "anyone@full.test");
    let to = envelope(&full);
    stack.send(Verdict::Silent, "", &to, again(&full).as_bytes()).unwrap();
    assert_eq!(club.came_to(3), ["bounced-soft", "bounced-soft", "kept:bounce-counted"]);
    assert_eq!(
        club.query(ADDRESSES),
        ["\"anyone@full.test 2.0  works\"", "\"anyone@policy.test 0.5  works\""]
    );

    // The next attempts count again.
    club.jump(REMINDER);
    club.came_to(5);
    let counted = "SELECT count(*) FROM attempt WHERE bounced_at IS NOT NULL";
    assert_eq!(club.query(counted), ["4"], "each attempt apart");
}

#[test]
fn a_report_about_somebody_else_is_ignored() {
    let Some((stack, club)) = begin(&[ALICE, GONE], &Options::default()) else { return };
    assert_eq!(club.came_to(1), ["bounced-hard"]);
    // Alice's program passes her notice on to Gaston's old address: the report names him and
    // comes to her notice's envelope.
    let gone = report(&stack, "nobody@club.test");
    let hers = Mail::read(&stack.maildir("alice@club.test").wait_for("X-Relance-Loop", SOON));
    let to = hers.header("Return-Path").unwrap().trim_matches(['<', '>']);
    let passed_on = again(&gone).replace(&envelope(&gone), to);
    stack.send(Verdict::Silent, "", to, passed_on.as_bytes()).unwrap();
    assert_eq!(club.came_to(2), ["bounced-hard", "kept:bounce-of-another-address"]);
    assert_eq!(club.query(ADDRESSES), ["\"nobody@club.test 2.5 address-dead suspended\""]);
    assert_eq!(club.query("SELECT count(*) FROM attempt WHERE bounced_at IS NOT NULL"), ["1"]);
}

#[test]
fn a_national_desk_that_is_not_reached_is_shown_to_the_operator() {
    let relay = Relay::start();
    relay.rule(Rule::at(Stage::Rcpt, Act::Reply("550 5.1.1 no such user")).for_recipient("desk@"));
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let metric = || {
        let text = http::get(club.site.admin, "/metrics").expect("the daemon answers").body;
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix("relance_desks_unreached ")).map(str::to_owned)
    };
    let doctor = || club.site.cli(&["doctor", "--offline"]).stdout;
    assert_eq!(metric().as_deref(), Some("0"));
    // Three questions for the desk, of whose senders no mail server of ours says anything.
    for n in 1..=3 {
        let raw = format!(
            "From: stranger@other.test\r\nTo: renewals@club.test\r\nSubject: Question {n}\r\n\
             Message-ID: <q{n}@other.test>\r\n\r\nWhere do I renew? ({n})\r\n"
        );
        club.arrive(&format!("q{n}"), &raw);
    }
    assert_eq!(club.came_to(3), ["to-desk:no-token"; 3]);
    assert_eq!(metric().as_deref(), Some("1"));
    let said = doctor();
    assert!(said.contains("mail to the desk of CIP comes back"), "{said}");
    assert!(said.contains("the last 3 mails from people came without"), "{said}");
    assert_eq!(club.ledger().matches("desk-unreached").count(), 1, "one trouble, told once");
    let notes = "SELECT count(*) FROM message WHERE kind = 'desk-note'";
    assert_eq!(club.query(notes), ["0"], "a note to the same desk would come back as well");
    assert!(club.query("SELECT value FROM meta WHERE key = 'mails-without-results'") == ["\"3\""]);

    relay.accept_all();
    club.site.cli(&["suppression", "remove", "desk@club.test"]).ok();
    assert_eq!(metric().as_deref(), Some("0"));
    assert!(!doctor().contains("mail to the desk"), "it is over");
}
