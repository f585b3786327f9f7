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

/// A machine's mail: sender and recipient of its envelope, and what it must come to.
struct Case {
    from: &'static str,
    to: String,
    raw: String,
    outcome: &'static str,
}

fn cases(club: &Club, notice: &Mail) -> Vec<Case> {
    let envelope = notice.header("Return-Path").unwrap().trim_matches(['<', '>']);
    let reply_to = address(notice.header("Reply-To").unwrap());
    let id = notice.header("Message-ID").unwrap();
    let link = format!("http://{}/r/nothing", club.site.web);
    let receipt = format!(
        "--b\nContent-Type: text/plain\n\nYour message was displayed.\n\n--b\n\
         Content-Type: message/disposition-notification\n\n\
         Final-Recipient: rfc822;{HER}\nOriginal-Message-ID: {id}\n\
         Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--"
    );
    let plain = |header: &str| format!("{header}\nIn-Reply-To: {id}\n{PLAIN}");
    let challenge = plain("Subject: Please confirm your message\nPrecedence: junk");
    let displayed = "Subject: Read: notice\nContent-Type: multipart/report; \
                     report-type=disposition-notification; boundary=b";
    let talk = plain("Subject: Re: notice\nList-Id: <talk.club.test>");
    let news = format!("Subject: News\nList-Id: <news.lists.test>\nPrecedence: bulk\n{PLAIN}");
    let ticket = plain("Subject: [#4711] Ticket received\nAuto-Submitted: auto-generated");
    let proof = format!("Click the link below to confirm that you are human:\n{link}");
    let received = "We have received your request. We will respond within two business days.";
    let all = [
        ("", envelope, mail("challenge", HER, envelope, &challenge, &proof), "kept:auto-reply"),
        (HER, reply_to, mail("receipt", HER, reply_to, displayed, &receipt), "kept:auto-reply"),
        (HER, reply_to, mail("talk", HER, reply_to, &talk, "renew"), "kept:list-or-bulk"),
        (
            "owner@lists.test",
            MAILBOX,
            mail("news", "news@lists.test", MAILBOX, &news, "stop"),
            "kept:list-or-bulk",
        ),
        ("", envelope, mail("ticket", HER, envelope, &ticket, received), "kept:auto-reply"),
    ];
    all.map(|(from, to, raw, outcome)| Case { from, to: to.to_owned(), raw, outcome }).into()
}

#[test]
fn nothing_is_answered() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let club = Club::with_servers(&stack).at_the_notice(&[ALICE]);
    let notice = Mail::read(&stack.maildir(HER).wait_for("X-Relance-Loop", SOON));
    let cases = cases(&club, &notice);
    for case in &cases {
        stack.send(Verdict::Pass, case.from, &case.to, case.raw.as_bytes()).unwrap();
    }
    let mut want: Vec<&str> = cases.iter().map(|case| case.outcome).collect();
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
