//! The demonstration's provider: the whole flow without an account anywhere, in a simulation only.

use jiff::SignedDuration;

use super::SITE;
use crate::support::club::{BENOIT, Club, taken};
use crate::support::http::Answer;
use crate::support::relay::Relay;

fn path_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").unwrap().trim_start_matches(SITE).to_owned()
}

#[test]
fn un_membre_paie_par_carte_en_demonstration() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("card.provider", "demo");
    let club = club.at_the_notice(&[BENOIT]);
    let link = taken(&relay, "benoit", "Voici votre avis").path_with("/r/").unwrap();
    let press = || path_of(&club.post(&format!("{link}/card"), &[]));

    let page = press();
    assert!(page.starts_with("/card/demo/"), "{page}");
    let before = club.dump();
    let shown = club.get(&page);
    for words in ["Ceci est une démonstration", "Refuser la carte", "Quitter sans payer"] {
        assert!(shown.body.contains(words), "{words}: {}", shown.body);
    }
    assert!(club.get(&format!("{page}?lang=en")).body.contains("Leave without paying"));
    let policy = shown.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self'"), "{policy}");
    let left = path_of(&club.post(&page, &[("act", "leave")]));
    assert!(club.get(&left).body.contains("Vous avez quitté la page de paiement"));
    assert_eq!(club.dump(), before, "looking and leaving change nothing");
    assert_eq!(press(), page, "the page is still there");

    let back = path_of(&club.post(&page, &[("act", "decline")]));
    assert!(club.get(&back).body.contains("Le paiement n’a pas eu lieu"));
    assert_eq!(path_of(&club.get(&page)), back, "that page is over");
    assert_eq!(club.query("SELECT state FROM renewal"), ["\"open\""]);

    // Nobody comes back to that one, and its time runs out.
    let page = press();
    let later = club.now() + SignedDuration::from_mins(66);
    club.jump(&later.to_string());
    club.wait_for("SELECT count(*) FROM checkout WHERE state = 'expired'", "1");
    let back = path_of(&club.post(&page, &[("act", "pay")]));
    assert!(club.get(&back).body.contains("Le paiement n’a pas eu lieu"));

    let page = press();
    let back = path_of(&club.post(&page, &[("act", "pay")]));
    assert!(club.get(&back).body.contains("Votre paiement est reçu"));
    club.post(&page, &[("act", "pay")]);
    assert_eq!(club.query("SELECT state FROM renewal"), ["\"paid\""]);
    assert_eq!(
        club.query("SELECT state FROM checkout ORDER BY created_at"),
        ["\"failed\"", "\"expired\"", "\"paid\""]
    );
    assert_eq!(club.query("SELECT count(*) FROM task WHERE kind = 'double-payment'"), ["0"]);
    let ledger = club.ledger();
    assert_eq!(ledger.matches("card-paid").count(), 1, "{ledger}");
    club.site.cli(&["audit", "verify"]).ok();
}

#[test]
fn nobody_is_told_that_they_paid_who_did_not() {
    let club = Club::with_relay(&Relay::start());
    club.site.config.set("card.provider", "demo");
    let check = club.site.cli(&["check"]).ok();
    assert!(check.contains("card.provider: is demo: its page charges nobody"), "{check}");
    let why = club.site.try_start(&[], &[]).expect_err("a real calendar");
    assert!(why.contains("it is for simulations only"), "{why}");
    club.site.config.set("card.provider", "none");
    let daemon = club.site.start();
    assert_eq!(club.get("/card/demo/00112233445566778899aabbccddeeff").status, 404);
    assert_eq!(club.post("/card/webhook/stripe", &[]).status, 404);
    assert_eq!(daemon.stop().code(), Some(0));
}
