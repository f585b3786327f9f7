use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::actions::insurance;
use crate::domain::billing::tests::federation;
use crate::folder::Folder;
use crate::store::{Direct, outcomes, people};

/// Ten thousand in a release build. A debug build composes slowly, so fewer play there: more than
/// enough that whatever the behaviour file names happens.
const MEMBERS: u32 = if cfg!(debug_assertions) { 400 } else { 10_000 };

const BEHAVIOUR: &str = "seed = 20\nemployers = 12
[shares]\ninvoice = 30\ncard = 25\nemployer = 12\nnot_renewing = 6\nsituation = 3\nreply = 8\nbounce = 2
[when]\nnotice = 40\nreminder = 30\nlast_call = 20\nlapse = 10
[cheque]\nfull = 70\npart = 8\ntoo_much = 7\nbounced = 7
[declaration]\nyes = 5\nno = 85";

/// Bodies, province, and how many in twenty.
const BODIES: [(&[&str], &str, u32); 5] = [
    (&["OPPI", "CIP"], "ON", 7),
    (&["PIBC", "CIP"], "BC", 5),
    (&["APPI", "CIP"], "AB", 4),
    (&["API", "CIP"], "NS", 2),
    (&["CIP"], "QC", 2),
];

/// Scatters a number over 0 to `below`; another `salt`, another scattering.
fn pick(n: u32, salt: u32, below: u32) -> u32 {
    (n.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) >> 9) % below
}

/// A store with that many invented members.
fn people_of(state: &Path, members: u32) {
    let mut store = Direct::open(state, 0).unwrap();
    let added = store.write(|c| {
        for n in 1..=members {
            let number = (20_000 + n).to_string();
            let mut place = pick(n, 1, 20);
            let body = BODIES.iter().find(|(_, _, share)| {
                let here = place < *share;
                place = place.saturating_sub(*share);
                here
            });
            let (bodies, province, _) = body.unwrap();
            let status = if pick(n, 2, 60) == 0 { "on-leave" } else { "active" };
            let email = Some(format!("m{n}@members.example")).filter(|_| pick(n, 3, 50) > 0);
            c.execute(
                "INSERT INTO person (id, member_no, subject, salt, given_name, family_name, email,
                   language, province, status)
                 VALUES (?1, ?2, 'subject-' || ?1, x'00', 'Camille', 'Roy', ?3, ?4, ?5, ?6)",
                (n, &number, email, ["en", "fr"][usize::from(n % 4 == 0)], province, status),
            )?;
            let category = ["full", "full", "full", "candidate", "student", "retired"];
            let category = category[usize::try_from(pick(n, 4, 6)).unwrap()];
            for (at, body) in bodies.iter().enumerate() {
                let insured = at == 0 && n % 3 > 0 && matches!(category, "full" | "candidate");
                c.execute(
                    "INSERT INTO membership (person, association, category, pli, home)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    (n, body, category, insured, at == 0),
                )?;
            }
        }
        Ok(())
    });
    added.unwrap();
}

fn number(c: &rusqlite::Connection, sql: &str) -> i64 {
    c.query_row(sql, [], |r| r.get(0)).unwrap()
}

/// Covered members by association, each with one outcome.
fn covered(c: &rusqlite::Connection, config: &Arc<Config>) -> BTreeMap<String, i64> {
    let ring = Arc::new(Keyring::generate(&Random::seeded(1), Timestamp::UNIX_EPOCH));
    let context = Context { config: Arc::clone(config), ring };
    let season = &config.relance.season.id;
    let mut covered = BTreeMap::new();
    for association in &config.associations {
        for member in people::of_association(c, &association.code, 0, i64::MAX).unwrap() {
            if insurance::concerns(c, &context, &member, &association.code).unwrap() {
                let renewal = outcomes::renewal_of(c, member.id, season).unwrap();
                assert!(renewal.is_some(), "member {} has no outcome", member.member_no);
                *covered.entry(association.code.clone()).or_default() += 1;
            }
        }
    }
    covered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_season_adds_up() {
    let (state, copy) = (Folder::temporary().unwrap(), Folder::temporary().unwrap());
    let out = Folder::temporary().unwrap();
    people_of(state.path(), MEMBERS);
    let config = federation();
    let what = Play {
        config: config.clone(),
        state: state.path().to_owned(),
        copy: copy.path().to_owned(),
        out: out.path().join("mail"),
        behaviour: Behaviour::parse(BEHAVIOUR).unwrap(),
        now: "2026-10-01T12:00:00Z".parse().unwrap(),
    };
    let begun = crate::clock::monotonic();
    let outcome = play(what, |_| {}).await.unwrap();
    println!("{MEMBERS} members in {:?}", begun.elapsed());
    for row in &outcome.associations {
        println!("{}: {:?} {:?} {:?}", row.association, row.renewals, row.cover, row.sent);
    }
    for totals in &outcome.books {
        println!("{totals:?}");
    }
    assert_eq!(outcome.discrepancies, []);
    assert_eq!((outcome.ledger_broken_at, outcome.unsettled), (None, 0));
    assert!(outcome.cheques > u64::from(MEMBERS) / 10, "{} cheques", outcome.cheques);
    // Whatever the behaviour file names has happened.
    let every =
        |f: fn(&crate::store::books::Totals) -> i64| outcome.books.iter().map(f).sum::<i64>();
    assert!(every(|t| t.invoiced) > 0 && every(|t| t.went_back) < 0);
    assert!(every(|t| t.unapplied) > 0 && every(|t| t.outstanding) > 0);
    for state in ["paid", "pledged", "not-renewing", "with-desk", "lapsed"] {
        assert!(outcome.associations.iter().any(|a| a.renewals.contains_key(state)), "{state}");
    }

    let config = Arc::new(config);
    let look = Look::open(copy.path()).unwrap();
    look.read(|c| {
        let covered = covered(c, &config);
        let kept: BTreeMap<String, i64> = outcome.associations.iter()
            .map(|row| (row.association.clone(), row.cover.values().sum()))
            .filter(|(_, n)| *n > 0)
            .collect();
        assert_eq!(covered, kept, "one outcome for each who is covered, and none for others");
        let twice = "SELECT count(*) FROM (SELECT r.person FROM renewal r
            WHERE EXISTS (SELECT 1 FROM outcome o WHERE o.renewal = r.id)
            GROUP BY r.person, r.season HAVING count(*) > 1)";
        assert_eq!(number(c, twice), 0, "nobody's cover has two fates");
        let again = "SELECT count(*) FROM (SELECT person FROM message
            WHERE firing IS NOT NULL AND recipient = 'member' GROUP BY person, firing HAVING count(*) > 1)";
        assert_eq!(number(c, again), 0, "nobody has one firing's mail twice");
        let attempts = number(c, "SELECT count(*) FROM attempt WHERE state = 'sent'");
        let sent = number(c, "SELECT count(*) FROM message WHERE state = 'sent'");
        let files = std::fs::read_dir(out.path().join("mail/new")).unwrap().count();
        assert_eq!((attempts, i64::try_from(files).unwrap()), (sent, sent), "each went once");
        assert!(number(c, "SELECT max(n) FROM (SELECT count(*) AS n FROM payer
            JOIN invoice ON invoice.payer = payer.id GROUP BY payer.id)") > 1);
        Ok(())
    })
    .unwrap();
}
