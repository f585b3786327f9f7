//! Money that settles nothing: applied to an invoice of the same payee, or paid back.

use super::{Desk, get, link_after, submit};

const INVOICES: &str = "SELECT i.number FROM invoice i JOIN renewal r ON r.id = i.renewal
                        WHERE i.kind = 'invoice' ORDER BY r.person";

/// Two members' invoices, of 555.75 each: 199.80 of it a premium.
fn invoiced(desk: &Desk) -> (String, String) {
    desk.member(1, &[("choice", "invoice")]);
    desk.member(2, &[("choice", "invoice")]);
    let invoices = desk.cip.query(INVOICES);
    let [first, second] = &invoices[..] else { panic!("{invoices:?}") };
    (first.trim_matches('"').to_owned(), second.trim_matches('"').to_owned())
}

#[test]
fn money_that_settles_nothing_is_applied_or_paid_back() {
    let desk = Desk::open("en", 2);
    let (first, second) = invoiced(&desk);
    let (first, second) = (first.as_str(), second.as_str());
    // The first sends for both, and 20.00 besides; only one invoice is named.
    let cheque = ["payment", "record", "1131.50", "--invoice", first, "--on", "2026-11-02"];
    desk.cip.cli(&cheque).ok();
    desk.cip.settle();
    let digest = desk.digest(3);
    assert!(digest.text.contains("$575.75"), "{}", digest.text);
    let link = link_after(&digest, "Payments to sort out");
    let page = get(&desk.cip, &link).body;
    assert!(page.contains("Not applied: $575.75"), "{page}");
    for wrong in ["", "CIP-2027-09999", first] {
        let fields = [("deed", "applied"), ("invoice", wrong), ("staff", "Ann")];
        let answer = submit(&desk.cip, &link, &fields);
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.body.contains("No unpaid invoice of CIP has this number."));
    }
    desk.decide(&link, &[("deed", "applied"), ("invoice", second)]);
    assert_eq!((desk.state(1), desk.state(2)), ("\"paid\"".into(), "\"paid\"".into()));
    assert!(desk.last_mail(2).contains("receipt"), "{}", desk.last_mail(2));
    assert_eq!(desk.waiting("credit"), 1, "the rest waits still");

    let digest = desk.digest(4);
    let link = link_after(&digest, "Payments to sort out");
    assert!(digest.text.contains("$20.00"), "{}", digest.text);
    let too_much = [("deed", "refunded"), ("amount", "20.01"), ("on", "2026-11-04")];
    let answer = submit(&desk.cip, &link, &[&too_much[..], &[("staff", "Ann")]].concat());
    assert_eq!(answer.status, 400);
    desk.decide(&link, &[("deed", "refunded"), ("amount", ""), ("on", "2026-11-04")]);
    assert_eq!(desk.waiting("credit"), 0);
    let back = desk.cip.query("SELECT why, cents FROM payment WHERE reverses IS NOT NULL");
    assert_eq!(back, ["\"refund\" | -2000"]);
    assert!(desk.last_mail(1).contains("was paid back to you"), "{}", desk.last_mail(1));
    desk.audit();
}

/// A short cheque for both pays both premiums before any dues; what the desk applies afterwards
/// settles what that left, and the line closes with its last cent.
#[test]
fn what_a_payment_across_lines_left_is_settled_by_the_desk() {
    let desk = Desk::open_with("en", 2, |cip| cip.site.config.set("payment.across", "lines"));
    let (first, second) = invoiced(&desk);
    let (first, second) = (first.as_str(), second.as_str());
    let pay = |cents: &str, invoices: &[&str]| {
        let named = invoices.iter().flat_map(|number| ["--invoice", *number]);
        let args = ["payment", "record", cents, "--on", "2026-11-02"].into_iter().chain(named);
        desk.cip.cli(&args.collect::<Vec<_>>()).ok();
        desk.cip.settle();
    };
    let owed = |number: &str| {
        desk.cip.json(&["invoice", "show", number])["owed"].as_str().unwrap().to_owned()
    };
    pay("600.00", &[first, second]);
    assert_eq!((owed(first), owed(second)), ("155.55".into(), "355.95".into()));
    assert_eq!(desk.waiting("credit"), 0);
    // Settles the first, and 375.95 are left: 20.00 more than the other owes.
    pay("531.50", &[first]);
    assert_eq!((desk.state(1), desk.state(2)), ("\"paid\"".into(), "\"pledged\"".into()));
    let digest = desk.digest(3);
    let link = link_after(&digest, "Payments to sort out");
    let page = get(&desk.cip, &link).body;
    assert!(page.contains("Not applied: $375.95"), "{page}");
    desk.decide(&link, &[("deed", "applied"), ("invoice", second)]);
    assert_eq!((owed(first), owed(second)), ("0.00".into(), "0.00".into()));
    assert_eq!(desk.state(2), "\"paid\"");
    assert_eq!(desk.waiting("credit"), 1, "20.00 wait still");

    let digest = desk.digest(4);
    let link = link_after(&digest, "Payments to sort out");
    desk.decide(&link, &[("deed", "refunded"), ("amount", ""), ("on", "2026-11-04")]);
    assert_eq!(desk.waiting("credit"), 0);
    let closed = "SELECT closed_by IS NOT NULL FROM task WHERE kind = 'credit'";
    assert_eq!(desk.cip.query(closed), ["1"]);
    desk.audit();
}
