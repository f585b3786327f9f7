//! Machines that are no out-of-office notes: a filter that wants proof of a person, a receipt
//! that a mail program writes, a mailing list, a ticket system. Nobody is answered, no link is
//! followed, nothing is done.

use crate::support::club::{ALICE, Club, SOON, address};
use crate::support::mail::Mail;
use crate::support::mailstack::{self, MAILBOX, Options, Verdict};

const HER: &str = "alice@club.test";

fn mail(id: &str, from: &str, to: &str, header: &str, body: &str) -> String {
    format!(
        "From: {from}\nTo: {to}\nMessage-ID: <{id}@shield.test>\nMIME-Version: 1.0\n{header}\n\n\
         {body}\n"
    )
}

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8";

#[test]
fn nothing_is_answered() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE]);
    let notice = Mail::read(&stack.maildir(HER).wait_for("X-Relance-Loop", SOON));
    let envelope = notice.header("Return-Path").unwrap().trim_matches(['<', '>']).to_owned();
    let reply_to = address(notice.header("Reply-To").unwrap()).to_owned();
    let answers = format!("In-Reply-To: {}", notice.header("Message-ID").unwrap());
    let link = format!("http://{}/r/nothing", club.site.web);
    let receipt = format!(
        "--b\nContent-Type: text/plain\n\nYour message was displayed.\n\n--b\n\
         Content-Type: message/disposition-notification\n\n\
         Final-Recipient: rfc822;{HER}\nOriginal-Message-ID: {}\n\
         Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--",
        notice.header("Message-ID").unwrap()
    );
    let cases = [
        (
            "",
            envelope.clone(),
            mail(
                "challenge",
                HER,
                &envelope,
                &format!(
                    "Subject: Please confirm your message\nPrecedence: junk\n{answers}\n{PLAIN}"
                ),
                &format!("Click the link below to confirm that you are human:\n{link}"),
            ),
            "kept:auto-reply",
        ),
        (
            HER,
            reply_to.clone(),
            mail(
                "receipt",
                HER,
                &reply_to,
                "Subject: Read: notice\nContent-Type: multipart/report; \
                 report-type=disposition-notification; boundary=b",
                &receipt,
            ),
            "kept:auto-reply",
        ),
        (
            HER,
            reply_to.clone(),
            mail(
                "list",
                HER,
                &reply_to,
                &format!("Subject: Re: notice\nList-Id: <talk.club.test>\n{answers}\n{PLAIN}"),
                "renew",
            ),
            "kept:list-or-bulk",
        ),
        (
            "owner@lists.test",
            MAILBOX.to_owned(),
            mail(
                "newsletter",
                "news@lists.test",
                MAILBOX,
                &format!("Subject: News\nList-Id: <news.lists.test>\nPrecedence: bulk\n{PLAIN}"),
                "stop",
            ),
            "kept:list-or-bulk",
        ),
        (
            "",
            envelope.clone(),
            mail(
                "ticket",
                HER,
                &envelope,
                &format!(
                    "Subject: [#4711] Ticket received\nAuto-Submitted: auto-generated\n{answers}\n{PLAIN}"
                ),
                "We have received your request. We will respond within two business days.",
            ),
            "kept:auto-reply",
        ),
    ];
    for (from, to, raw, _) in &cases {
        stack.send(Verdict::Pass, from, to, raw.as_bytes()).unwrap();
    }
    let mut want = cases.each_ref().map(|(.., outcome)| *outcome);
    want.sort_unstable();
    assert_eq!(club.came_to(cases.len()), want);

    assert_eq!(stack.maildir(HER).files().len(), 1, "the notice");
    assert_eq!(stack.maildir("desk@club.test").files().len(), 0);
    assert_eq!(club.query("SELECT state || ' ' || version FROM renewal"), ["\"open 0\""]);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["0"]);
    assert_eq!(club.query("SELECT count(*) FROM address"), ["0"]);
    assert_eq!(club.metered("autoreply", "kept:auto-reply").as_deref(), Some("3"));
    assert_eq!(club.ledger(), "imported\nfired\n");
}
