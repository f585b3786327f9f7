//! A member's situation changed: another category, leave, no change; and a correction that the list
//! contradicts.

use super::{Desk, get, link_after, submit};
use crate::support::db::dump;

const LEAVE: [(&str, &str); 2] = [("choice", "situation"), ("situation", "on-leave")];

#[test]
fn a_situation_is_decided_with_its_invoice_and_its_mail() {
    let desk = Desk::open("en", 4);
    // Invoiced, then retired; not invoiced, then a student; on leave; and one whom nothing changes.
    desk.member(1, &[("choice", "invoice")]);
    desk.member(1, &[("choice", "situation"), ("situation", "retired")]);
    let why = "I study & work.";
    desk.member(2, &[("choice", "situation"), ("situation", "other"), ("note", why)]);
    desk.member(3, &LEAVE);
    desk.member(4, &[("choice", "invoice")]);
    desk.member(4, &LEAVE);
    assert_eq!(desk.waiting("situation"), 4);
    let digest = desk.digest(3);

    let retired = link_after(&digest, "number 1, since");
    let page = get(&desk.cip, &retired).body;
    assert!(page.contains("The member has retired.") && page.contains("Full member"), "{page}");
    let before = dump(&desk.cip.store());
    for wrong in [
        &[("deed", "category"), ("staff", "Ann")][..],
        &[("deed", "category"), ("category", "nobility"), ("staff", "Ann")],
        &[("deed", "category"), ("category", "retired")],
        &[("deed", "done"), ("staff", "Ann"), ("note", "Seen.")],
    ] {
        assert_eq!(submit(&desk.cip, &retired, wrong).status, 400, "{wrong:?}");
    }
    assert_eq!(dump(&desk.cip.store()), before);
    desk.decide(&retired, &[("deed", "category"), ("category", "retired")]);
    assert_eq!(desk.state(1), "\"pledged\"");
    let documents = "SELECT i.kind, i.total_cents FROM invoice i JOIN renewal r ON r.id = i.renewal
                     WHERE r.person = 1 ORDER BY i.n";
    // 315.00 with 13 % and 185.00 with 8 %; 95.00 with 13 %.
    assert_eq!(
        desk.cip.query(documents),
        ["\"invoice\" | 55575", "\"credit-note\" | -55575", "\"invoice\" | 10735"]
    );
    assert!(desk.last_mail(1).contains("$107.35"), "{}", desk.last_mail(1));
    // Yesterday's list does not undo it.
    let rows: Vec<String> = (1..=4)
        .map(|n| crate::support::rehearsal::row(n, &format!("m{n}@club.test"), "CIP"))
        .collect();
    desk.cip.import(&rows);
    let category = "SELECT category FROM membership WHERE person = 1";
    assert_eq!(desk.cip.query(category), ["\"retired\""]);

    let student = link_after(&digest, "number 2, since");
    assert!(get(&desk.cip, &student).body.contains("I study &amp; work."));
    desk.decide(&student, &[("deed", "category"), ("category", "candidate")]);
    assert_eq!(desk.state(2), "\"open\"", "the member says how they pay");
    assert!(desk.last_mail(2).contains("Our desk has looked at your situation"));

    desk.decide(&link_after(&digest, "number 3, since"), &[("deed", "leave")]);
    assert_eq!(desk.state(3), "\"not-renewing\"");
    assert!(desk.last_mail(3).contains("You owe nothing for your membership"));

    desk.decide(&link_after(&digest, "number 4, since"), &[("deed", "refused")]);
    assert_eq!(desk.state(4), "\"pledged\"", "what was promised stands");
    assert!(desk.last_mail(4).contains("stays as it was"), "{}", desk.last_mail(4));
    assert_eq!(desk.waiting("situation"), 0);
    let decided = "SELECT json_extract(data, '$.did') FROM ledger
                   WHERE kind = 'situation-decided' ORDER BY seq";
    assert_eq!(
        desk.cip.query(decided),
        ["\"category\"", "\"category\"", "\"leave\"", "\"refused\""]
    );
    desk.audit();
}

#[test]
fn une_adhesion_qui_prend_fin_laisse_une_note_de_credit() {
    let desk = Desk::open("fr", 2);
    desk.member(1, &[("choice", "invoice")]);
    desk.member(1, &[("choice", "situation"), ("situation", "moved")]);
    desk.member(2, &LEAVE);
    let digest = desk.digest(3);
    let moved = link_after(&digest, "numéro 1, depuis");
    let page = get(&desk.cip, &moved).body;
    assert!(page.contains("Le membre appartient maintenant à une autre association."), "{page}");
    desk.decide(&moved, &[("deed", "moved")]);
    assert_eq!(desk.state(1), "\"not-renewing\"");
    let why = "SELECT json_extract(data, '$.why') FROM ledger WHERE data LIKE '%\"why\"%'";
    assert_eq!(desk.cip.query(why), ["\"transfer\""]);
    let mail = desk.last_mail(1);
    assert!(mail.contains("CIP-2027-00002"), "the credit note: {mail}");
    desk.decide(&link_after(&digest, "numéro 2, depuis"), &[("deed", "ended")]);
    assert_eq!(desk.state(2), "\"not-renewing\"");
    desk.audit();
}

const COLUMNS: &str =
    "member_no,given_name,family_name,email,language,province,association,category,pli,phone";

fn list(desk: &Desk, phone: &str) {
    let row = |n| format!("{n},Given{n},Family{n},m{n}@club.test,en,ON,CIP,full,yes,{phone}");
    let file = desk.cip.file("full.csv", format!("{COLUMNS}\n{}\n{}\n", row(1), row(2)));
    desk.cip.cli(&["import", &file]).ok();
}

#[test]
fn where_member_and_list_disagree_the_desk_keeps_one_value() {
    let desk = Desk::open("en", 2);
    let phones = "SELECT phone FROM person ORDER BY id";
    list(&desk, "613-555-0100");
    for n in [1, 2] {
        desk.member(n, &[("act", "correct"), ("phone", "613-555-0101")]);
    }
    list(&desk, "613-555-0102");
    assert_eq!(desk.waiting("conflict"), 2);
    let digest = desk.digest(3);
    let (first, second) =
        (link_after(&digest, "number 1, since"), link_after(&digest, "number 2, since"));
    let page = get(&desk.cip, &first).body;
    for value in ["613-555-0101", "613-555-0102", "Telephone"] {
        assert!(page.contains(value), "{value}: {page}");
    }
    desk.decide(&first, &[("deed", "ours")]);
    assert!(desk.last_mail(1).contains("What you corrected stands."), "{}", desk.last_mail(1));
    desk.decide(&second, &[("deed", "theirs")]);
    assert!(desk.last_mail(2).contains("what the membership list says counts"));
    assert_eq!(desk.cip.query(phones), ["\"613-555-0101\"", "\"613-555-0102\""]);
    // The same list again asks nothing again, and undoes neither.
    list(&desk, "613-555-0102");
    assert_eq!(desk.waiting("conflict"), 0);
    assert_eq!(desk.cip.query(phones), ["\"613-555-0101\"", "\"613-555-0102\""]);
    desk.audit();
}
