//! One member's address is wrong. Postfix itself says so, to the envelope's token; the address is
//! suspended, the reminder is not sent there, and the forecast says why.

use crate::support::club::{ALICE, Club, letter};
use crate::support::mailstack::{self, MailStack, Options};

const GONE: &str = "10003,Gaston,Parti,nobody@club.test,fr,QC,CIP,full,yes\n";
const FULL: &str = "10004,Fanny,Pleine,anyone@full.test,en,ON,CIP,full,yes\n";

fn begin(members: &[&str]) -> Option<(MailStack, Club)> {
    let stack = mailstack::start_or_skip(&Options::default())?;
    let club = Club::with_servers(&stack).at_the_notice(members);
    Some((stack, club))
}

#[test]
fn a_dead_address_is_suspended_and_gets_no_reminder() {
    let Some((stack, club)) = begin(&[ALICE, GONE]) else { return };
    club.wait_for("SELECT outcome FROM inbound", "\"bounced-hard\"");
    let attempts = "SELECT a.address, a.state, a.bounce_status, a.bounce_hard FROM attempt a
                    WHERE a.bounced_at IS NOT NULL";
    assert_eq!(club.query(attempts), ["\"nobody@club.test\" | \"sent\" | \"5.1.1\" | 1"]);
    let suspended = "SELECT address, reason FROM address WHERE suspended_at IS NOT NULL";
    assert_eq!(club.query(suspended), ["\"nobody@club.test\" | \"address-dead\""]);

    let forecast = club.site.cli(&["forecast", "--json"]).ok();
    let forecast: serde_json::Value = serde_json::from_str(&forecast).unwrap();
    let coming = &forecast["firings"];
    assert_eq!(coming[0]["step"], "reminder-1");
    assert_eq!(coming[0]["recipients"]["total"], 1);
    assert_eq!(coming[0]["excluded"]["address-suspended"], 1, "{forecast}");

    club.next();
    letter(&stack, "alice@club.test", "We do not have your answer yet");
    insta::assert_snapshot!(club.messages(), @"
    10001 notice sent
    10003 notice sent
    10003 desk-note sent
    10001 reminder sent
    ");
    insta::assert_snapshot!(club.ledger(), @"
    imported
    fired
    bounced
    address-suspended
    fired
    ");
}

#[test]
fn a_full_mailbox_counts_against_the_address_and_stops_nothing_yet() {
    let Some((_stack, club)) = begin(&[FULL]) else { return };
    club.wait_for("SELECT outcome FROM inbound", "\"bounced-soft\"");
    let score = "SELECT suspended_at, score > 0 FROM address";
    assert_eq!(club.query(score), ["NULL | 1"]);
    club.next();
    insta::assert_snapshot!(club.messages(), @"
    10004 notice sent
    10004 reminder sent
    ");
}
