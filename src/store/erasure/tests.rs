use rusqlite::Connection;

use super::super::{migrate, records};
use super::*;

/// Columns with text that erasing leaves as they are, and why they name nobody.
const KEPT: &[(&str, &[&str], &str)] = &[
    ("person", &["subject"], "random, and what the chain knows them by"),
    ("membership", &["association", "category", "since"], "a place, a day"),
    ("ruling", &["association", "was", "category", "state"], "codes of a place"),
    ("renewal", &["issuer", "season", "state", "remind_on", "reminded_on"], "a state, days"),
    (
        "answer",
        &["nonce", "choice", "door", "language", "cover", "dropped", "situation"],
        "codes of what was chosen",
    ),
    ("answer", &["body"], "a keyed digest"),
    ("answer", &["staff"], "a desk's, not the member's"),
    ("earlier_word", &["choice", "door"], "codes of what was chosen"),
    (
        "declaration",
        &["questions", "answers", "language", "door", "staff", "channel"],
        "evidence that is never altered; it names nobody once the person is empty",
    ),
    ("outcome", &["outcome", "evidence"], "codes and instants"),
    ("certificate", &["season"], "a year"),
    ("correction", &["field", "state"], "codes"),
    ("address_change", &["issuer", "state"], "codes"),
    (
        "invoice",
        &["issuer", "season", "number", "kind", "place", "issued_on", "due_on"],
        "an invoice never changes, save to whom it is: see bills()",
    ),
    ("invoice", &["bill_to", "purchase_order"], "emptied where they are the member's: bills()"),
    ("invoice_line", &["kind", "supplier", "category"], "codes"),
    ("invoice_tax", &["tax", "registration"], "the association's"),
    ("invoice_share", &["due_on"], "a day"),
    ("payment", &["issuer", "method", "external", "received_on"], "the books'"),
    ("payment", &["reference", "why"], "freed of the member's names: bills()"),
    ("payer", &["issuer", "language"], "codes"),
    ("payer", &["name", "email"], "an employer's; emptied where they are the member's: bills()"),
    (
        "checkout",
        &["id", "provider", "session", "currency", "lines", "language", "state"],
        "the provider's own ids, and codes",
    ),
    ("card_refund", &["provider", "key", "name", "state"], "the provider's own ids, and codes"),
    ("unsubscription", &["association"], "a code"),
    ("address", &["address", "reason"], "the row goes: foreign()"),
    ("message", &["kind", "issuer", "recipient", "state"], "codes"),
    (
        "attempt",
        &["header_id", "state", "digest", "template", "evidence", "bounce_status"],
        "computed ids, digests, codes",
    ),
    ("inbound", &["mailbox", "key", "kind", "outcome"], "a place in the mailbox, codes"),
    ("inbound", &["digest", "mark"], "digests, by which a mail is not read twice"),
    ("waiting_mail", &["issuer", "why"], "codes; settled when the person is erased"),
    ("task", &["cause", "issuer", "kind"], "numbers and codes"),
    ("task", &["closed_by"], "a desk's, not the member's"),
    ("deed", &["issuer", "staff", "channel"], "who at a desk did it, not for whom"),
    ("ledger", &["subject", "kind", "data", "hash"], "the chain, without contact data"),
];

fn store() -> Connection {
    let mut c = Connection::open_in_memory().unwrap();
    migrate::run(&mut c, 0).unwrap();
    c
}

/// Columns of a table, and whether each can hold a text.
fn columns(c: &Connection, table: &str) -> Vec<(String, bool)> {
    let mut statement = c.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
    let rows = statement.query_map([table], |r| {
        Ok((r.get(0)?, !matches!(r.get::<_, String>(1)?.as_str(), "INTEGER" | "REAL")))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn every_text_about_a_person_is_emptied_or_kept_for_a_reason() {
    let c = store();
    for source in SOURCES {
        for (column, _) in columns(&c, source.table).iter().filter(|(_, text)| *text) {
            let emptied = EMPTIED
                .iter()
                .any(|(table, set)| *table == source.table && set.iter().any(|(n, _)| n == column));
            let kept = KEPT
                .iter()
                .any(|(table, names, _)| *table == source.table && names.contains(&&**column));
            let at = format!("{}.{column}", source.table);
            assert!(emptied != kept, "{at}: empty it in EMPTIED, or say in KEPT why it stays");
        }
    }
}

#[test]
fn nothing_is_listed_that_is_not_there() {
    let c = store();
    let emptied = EMPTIED.iter().flat_map(|(t, set)| set.iter().map(move |(n, _)| (*t, *n)));
    let kept = KEPT.iter().flat_map(|(t, names, _)| names.iter().map(move |n| (*t, *n)));
    for (table, column) in emptied.chain(kept) {
        let there = columns(&c, table).iter().any(|(name, _)| name == column);
        assert!(there && SOURCES.iter().any(|s| s.table == table), "{table}.{column}");
    }
}

#[test]
fn a_mail_that_waits_for_a_desk_waits_no_more_and_notes_are_gone() {
    let c = store();
    c.execute_batch(
        "INSERT INTO person (id, subject, member_no, given_name, family_name, email, province, status, salt)
           VALUES (1, 's', '10001', 'Alice', 'Martin', 'alice@club.test', 'ON', 'active', x'01');
         INSERT INTO inbound (id, mailbox, validity, key, digest, mark, received, at, kind, outcome,
           sender, text, person)
           VALUES (7, 'm', 0, 'k', x'', x'', 1, 1, 'reply', 'to-desk:question', 'alice@club.test',
             'from Alice', 1);
         INSERT INTO waiting_mail (inbound, issuer, why) VALUES (7, 'CIP', 'question');
         INSERT INTO deed (ledger, issuer, person, staff, note, salt, at)
           VALUES (3, 'CIP', 1, 'Ann Desk', 'Alice called', x'02', 1);",
    )
    .unwrap();
    let told = records::of_person(&c, PersonId(1)).unwrap();
    let tables: Vec<_> =
        told.iter().filter(|(_, rows)| !rows.is_empty()).map(|(s, _)| s.table).collect();
    assert_eq!(tables, ["person", "inbound", "waiting_mail", "deed"]);
    erase(&c, PersonId(1), 9).unwrap();
    let one = |sql: &str| c.query_row(sql, [], |r| r.get::<_, String>(0)).unwrap();
    assert_eq!(one("SELECT text || sender FROM inbound"), "");
    assert_eq!(one("SELECT CAST(settled_at AS TEXT) FROM waiting_mail"), "9");
    assert_eq!(one("SELECT note || hex(salt) || staff FROM deed"), "Ann Desk");
}
