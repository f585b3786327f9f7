//! OPPI collects its own dues and CIP's and the insurance premiums on one invoice, and hands over
//! what is not its own: in frozen batches whose rows add up to the cent, with what went back later in
//! the next.

use serde_json::Value;

use crate::support::daemon::Site;

const COLUMNS: &str =
    "member_no,given_name,family_name,email,language,province,association,category,pli";

/// Three planners of OPPI and CIP, by the list; nothing is mailed in this story.
fn federation() -> Site {
    let site = Site::new();
    let mut list = format!("{COLUMNS}\n");
    for n in 1..=3 {
        for (body, pli) in [("OPPI", "yes"), ("CIP", "no")] {
            let row = format!("2000{n},Ann,Planner,p{n}@club.test,en,ON,{body},full,{pli}\n");
            list.push_str(&row);
        }
    }
    let file = site.dir().join("members.csv");
    std::fs::write(&file, list).unwrap();
    site.cli(&["import", &file.display().to_string()]).ok();
    site
}

fn json(site: &Site, args: &[&str]) -> Value {
    let text = site.cli(&[args, &["--json"]].concat()).ok();
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn pays(site: &Site, member: &str, amount: &str) -> String {
    let args = ["payment", "record", amount, "--to", "OPPI", "--member", member];
    json(site, &[&args[..], &["--on", "2026-12-01"]].concat())["payment"].to_string()
}

fn cents(text: &Value) -> i64 {
    text.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// What a list says it comes to; its rows come to that.
fn total(list: &Value) -> i64 {
    let rows = list["rows"].as_array().unwrap();
    let mut sum = 0;
    for row in rows {
        let taxes: i64 = row["taxes"].as_object().unwrap().values().map(cents).sum();
        assert_eq!(cents(&row["net"]) + taxes, cents(&row["total"]), "{row}");
        sum += cents(&row["total"]);
    }
    assert_eq!(sum, cents(&list["total"]), "{list}");
    sum
}

#[test]
fn what_was_collected_for_others_is_handed_over_to_the_cent() {
    let site = federation();
    // 360.00 and 315.00 with 13 %, 185.00 with 8 %: 962.55 each. The second pays a part only.
    let first = pays(&site, "20001", "962.55");
    pays(&site, "20002", "700.00");
    let remit = |more: &[&str]| json(&site, &[&["remit", "--from", "OPPI"], more].concat());
    let (cip, insurer) = (remit(&["--to", "CIP"]), remit(&["--to", "insurer"]));
    assert_eq!((total(&cip), total(&insurer)), (35_595 + 9_340, 2 * 19_980));
    assert_eq!(cip["rows"][0]["paid_through"], "2027-12-31");
    assert_eq!(cip["rows"][1]["paid_through"], Value::Null, "a part is paid");
    assert_eq!(insurer["rows"][0]["taxes"]["PREMIUM-TAX"], "14.80");

    let frozen = remit(&["--to", "CIP", "--freeze"]);
    assert_eq!((&frozen["batch"], total(&frozen)), (&1.into(), 44_935));
    let nothing = site.cli(&["remit", "--from", "OPPI", "--to", "CIP", "--freeze"]);
    assert!(nothing.stderr.contains("nothing waits"), "{}", nothing.stderr);

    // The first cheque bounces, the second pays the rest, a third planner pays.
    site.cli(&["payment", "bounce", &first, "--on", "2026-12-12"]).ok();
    pays(&site, "20002", "262.55");
    pays(&site, "20003", "962.55");
    let next = remit(&["--to", "CIP", "--freeze"]);
    assert_eq!((&next["batch"], next["rows"].as_array().unwrap().len()), (&2.into(), 3));
    assert_eq!(total(&next), -35_595 + (35_595 - 9_340) + 35_595);
    assert_eq!(
        (&next["rows"][0]["total"], &next["rows"][0]["why"]),
        (&"-355.95".into(), &"bounced".into())
    );
    assert_eq!(remit(&["--to", "CIP", "--batch", "1"])["total"], "449.35", "as it was handed over");
    assert_eq!(44_935 + total(&next), 2 * 35_595, "two of three have paid");

    // Everything that is in the till is somebody's.
    let paid: i64 = json(&site, &["payment", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|p| cents(&p["amount"]))
        .sum();
    let own: i64 = 2 * (36_000 + 4_680);
    let premiums = total(&remit(&["--to", "insurer"]));
    assert_eq!(own + 2 * 35_595 + premiums, paid);

    let csv = site.cli(&["remit", "--from", "OPPI", "--to", "CIP", "--batch", "2", "--csv"]).ok();
    let head = "batch,payment,reverses,method,received_on,member_no,invoice,kind,supplier,category,\
                net,HST,total,paid_through";
    assert_eq!(csv.lines().next(), Some(head));
    assert!(
        csv.contains(
            ",cheque,2026-12-12,20001,OPPI-2027-00001,dues,CIP,full,-315.00,-40.95,-355.95,"
        ),
        "{csv}"
    );
    assert!(site.cli(&["audit", "verify"]).code() == 0);
}

#[test]
fn who_cannot_be_handed_anything() {
    let site = federation();
    for (args, why) in [
        (["--from", "OPPI", "--to", "OPPI"], "its own dues"),
        (["--from", "OPPO", "--to", "CIP"], "no association"),
        (["--from", "OPPI", "--to", "Insurer"], "no association"),
    ] {
        let done = site.cli(&[&["remit"], &args[..]].concat());
        assert_eq!(done.code(), 1, "{args:?}");
        assert!(done.stderr.contains(why), "{args:?}: {}", done.stderr);
    }
}
