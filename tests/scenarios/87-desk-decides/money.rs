//! Money that settles nothing: applied to an invoice of the same payee, or paid back.

use super::{Desk, get, link_after, submit};

const INVOICES: &str = "SELECT i.number FROM invoice i JOIN renewal r ON r.id = i.renewal
                        WHERE i.kind = 'invoice' ORDER BY r.person";

#[test]
fn money_that_settles_nothing_is_applied_or_paid_back() {
    let desk = Desk::open("en", 2);
    desk.member(1, &[("choice", "invoice")]);
    desk.member(2, &[("choice", "invoice")]);
    let invoices = desk.cip.query(INVOICES);
    let [first, second] = &invoices[..] else { panic!("{invoices:?}") };
    let (first, second) = (first.trim_matches('"'), second.trim_matches('"'));
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
