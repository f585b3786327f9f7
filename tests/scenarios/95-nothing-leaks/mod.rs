//! What may never leak, looked for where it would: a season at the most talkative level leaves no
//! link, address, name, answer or key in the log; every command leaves files that nobody else can
//! read; and requests made to mislead get nothing that another would not get.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::s90_backup::{outdate, restore};
use crate::support::club::{ALICE, BENOIT, Club, hidden, sent_to, taken};
use crate::support::http;
use crate::support::mail::Mail;
use crate::support::relay::Relay;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const SECRET_WORDS: &str = "perhaps a claim of Zanzibar";

/// Whatever a token may be cut from: runs of its letters of its length.
fn tokens(text: &str) -> BTreeSet<String> {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    runs.filter(|run| matches!(run.len(), 40 | 48)).map(str::to_owned).collect()
}

fn everything_sent(relay: &Relay) -> Vec<Mail> {
    relay.taken().iter().map(|taken| Mail::read(&taken.bytes)).collect()
}

/// One of each act, by every door.
fn season(relay: &Relay, club: &mut Club) {
    club.import(&[ALICE, BENOIT]);
    let trace = [("RUST_LOG", "trace")];
    let at = ["--clock", "2026-11-02T08:00:00-05:00"];
    club.daemon = Some(club.site.try_start(&at, &trace).unwrap_or_else(|why| panic!("{why}")));
    club.next();
    let notice = taken(relay, "alice", "Here is your notice");
    let link = notice.path_with("/r/").unwrap();
    let answers = [
        ("choice", "invoice"),
        ("cover", "keep"),
        ("q-claims", "yes"),
        ("q-circumstances", "no"),
        ("proof", "10001"),
        ("employer_name", "Zanzibar Town"),
        ("employer_email", "payer@club.test"),
        ("purchase_order", "PO-Zanzibar"),
    ];
    assert_eq!(club.submit(&link, &answers).status, 303);
    let new = [("act", "correct"), ("email", "new@club.test"), ("proof", "10001")];
    club.submit(&link, &new);
    club.get(&format!("{}x", &link[..20]));
    club.post("/", &[("number", "10001"), ("code", "WRNG1-WRNG2"), ("postal", "K1A 0B1")]);
    let his = taken(relay, "benoit", "Voici votre avis");
    let words = [("choice", "not-renewing"), ("reason", SECRET_WORDS), ("proof", "10002")];
    club.submit(&his.path_with("/r/").unwrap(), &words);
    let stop = his.path_with("/u/").unwrap();
    let one_click = b"List-Unsubscribe=One-Click";
    http::request(club.site.web, "POST", &stop, &[FORM], one_click).unwrap();
    let reply_to = notice.header("Reply-To").unwrap().to_owned();
    for (n, from) in ["alice@club.test", "stranger@evil.test"].iter().enumerate() {
        let raw = format!(
            "From: Zanzibar <{from}>\nTo: {reply_to}\nSubject: Zanzibar\n\
             Message-ID: <zanzibar-{n}@club.test>\nMIME-Version: 1.0\n\
             Content-Type: text/plain\n\n{SECRET_WORDS}?\n"
        );
        club.arrive(&format!("reply-{n}"), &raw);
    }
    club.came_to(2);
    club.jump("2026-12-20T14:00:00Z");
    club.jump("2027-01-05T14:00:00Z");
}

#[test]
fn the_log_at_its_most_talkative_names_nobody() {
    let relay = Relay::start();
    let mut club = Club::with_relay(&relay);
    club.site.config.digest("CIP", "30 7 * * *");
    season(&relay, &mut club);
    let daemon = club.daemon.take().unwrap();
    let log = daemon.output();
    assert!(log.contains("TRACE") || log.contains("DEBUG") || log.contains("INFO"), "{log}");
    let mut sought: BTreeSet<String> = BTreeSet::new();
    let mails = everything_sent(&relay);
    assert!(mails.len() >= 6, "{}", mails.len());
    for taken in relay.taken() {
        sought.extend(tokens(&taken.from));
    }
    for mail in &mails {
        sought.extend(tokens(mail.raw()));
        sought
            .extend([mail.text_links(), mail.html_links()].concat().iter().flat_map(|l| tokens(l)));
    }
    assert!(sought.len() > 40, "{}", sought.len());
    let keys = std::fs::read_to_string(club.site.state().join("keys.toml")).unwrap();
    sought.extend(keys.split('"').filter(|piece| piece.len() == 64).map(str::to_owned));
    let names = ["Martin", "Alice", "Benoît", "Roy", "Zanzibar", "claim of", "WRNG1"];
    sought.extend(names.map(str::to_owned));
    for address in ["alice@", "benoit@", "new@", "payer@", "stranger@", "desk@club.test"] {
        sought.insert(address.to_owned());
    }
    let lower = log.to_ascii_lowercase();
    for secret in sought {
        assert!(!lower.contains(&secret.to_ascii_lowercase()), "{secret} is in the log:\n{log}");
    }
    assert_eq!(daemon.stop().code(), Some(0));
}

/// Runs a command under a umask.
fn under(umask: &str, club: &Club, args: &[&str]) -> i32 {
    let line = format!("umask {umask}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &line, "sh", env!("CARGO_BIN_EXE_relance")]).args(args);
    command.arg("--config").arg(club.site.config.path()).arg("--state").arg(club.site.state());
    command.env_remove("NOTIFY_SOCKET").env_remove("STATE_DIRECTORY");
    command.output().unwrap().status.code().unwrap_or(-1)
}

/// Every file below that others may read or write.
fn open_to_others(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let meta = entry.path().symlink_metadata().unwrap();
        let mode = meta.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            found.push(format!("{} {mode:o}", entry.path().display()));
        }
        if meta.is_dir() {
            open_to_others(&entry.path(), found);
        }
    }
}

#[test]
fn no_command_leaves_a_file_that_others_can_read() {
    for umask in ["000", "077"] {
        let relay = Relay::start();
        let club = Club::with_relay(&relay);
        // A folder that somebody made beforehand, as `mkdir` makes it.
        std::fs::create_dir(club.site.state()).unwrap();
        std::fs::set_permissions(club.site.state(), PermissionsExt::from_mode(0o755)).unwrap();
        let list = club.list(&[ALICE, BENOIT]);
        let letters = club.site.state().join("letters.csv").display().to_string();
        for args in [
            &["import", list.as_str()][..],
            &["key", "new"],
            &["forecast"],
            &["suppression", "add", "gone@club.test"],
            &["letters", "notice", "--out", letters.as_str()],
            &["link", "desk", "--issuer", "CIP"],
            &["doctor", "--offline"],
            &["audit", "verify"],
            &["export", "--since", "0"],
        ] {
            under(umask, &club, args);
            let mut found = Vec::new();
            open_to_others(&club.site.state(), &mut found);
            assert_eq!(found, Vec::<String>::new(), "umask {umask}, {args:?}");
        }
        let mut daemon = Command::new("sh");
        let line = format!("umask {umask}; exec \"$@\"");
        daemon.args(["-c", &line, "sh", env!("CARGO_BIN_EXE_relance"), "run"]);
        daemon.arg("--config").arg(club.site.config.path());
        daemon.arg("--state").arg(club.site.state());
        daemon.env_remove("NOTIFY_SOCKET").env_remove("STATE_DIRECTORY");
        let output = club.site.dir().join("umask.log");
        let reach = crate::support::process::Reach::One;
        let process = crate::support::process::Process::start_command(&daemon, reach, &output);
        crate::support::wait_until("a daemon", crate::support::club::SOON, || {
            http::get(club.site.admin, "/readyz").ok().filter(|got| got.status == 200).map(|_| ())
        });
        let mut found = Vec::new();
        open_to_others(&club.site.state(), &mut found);
        drop(process);
        assert_eq!(found, Vec::<String>::new(), "umask {umask}, run");
    }
}

/// All of the store lies in a copy of it, and in what an adoption leaves.
#[test]
fn no_copy_of_the_store_can_be_read_by_others() {
    for umask in ["000", "077"] {
        let relay = Relay::start();
        let club = Club::with_relay(&relay);
        std::fs::create_dir(club.site.state()).unwrap();
        std::fs::set_permissions(club.site.state(), PermissionsExt::from_mode(0o755)).unwrap();
        club.import(&[ALICE, BENOIT]);
        let closed = |what: &str| {
            let mut found = Vec::new();
            open_to_others(&club.site.state(), &mut found);
            assert_eq!(found, Vec::<String>::new(), "umask {umask}, {what}");
        };
        // A folder that others may look into is not changed; what is made there is closed.
        let beside = club.site.dir().join("copies");
        std::fs::create_dir(&beside).unwrap();
        std::fs::set_permissions(&beside, PermissionsExt::from_mode(0o777)).unwrap();
        let copy = beside.join("copy.db").display().to_string();
        assert_eq!(under(umask, &club, &["backup", &copy]), 0);
        let mut found = Vec::new();
        open_to_others(&beside, &mut found);
        assert_eq!(found, Vec::<String>::new(), "umask {umask}, backup");
        assert_eq!(std::fs::read_dir(&beside).unwrap().count(), 1);

        outdate(&club);
        let list = club.list(&[ALICE, BENOIT]);
        assert_eq!(under(umask, &club, &["import", &list]), 0);
        let folder = club.site.state().join("backups");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "before a migration");
        closed("migration");

        restore(&club, &copy);
        assert_eq!(under(umask, &club, &["adopt"]), 0);
        closed("adopt");
    }
}

/// Octets as they are; everything that comes back.
fn raw(club: &Club, octets: &[u8]) -> String {
    let mut stream = TcpStream::connect(club.site.web).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let _ = stream.write_all(octets);
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// Without what differs by the clock alone.
fn undated(answer: &str) -> String {
    let lines = answer.split("\r\n").filter(|line| !line.starts_with("date: "));
    lines.collect::<Vec<_>>().join("\r\n")
}

#[test]
fn requests_made_to_mislead_get_nothing_of_it() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay);
    club.site.config.set("web.bad_tokens_per_minute", 10_000);
    let club = club.at_the_notice(&[ALICE]);
    let link = taken(&relay, "alice", "Here is your notice").path_with("/r/").unwrap();
    let stop = taken(&relay, "alice", "Here is your notice").path_with("/u/").unwrap();
    let token = &link[3..];
    let get = |path: &str, head: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{head}\r\n")
    };
    let before = club.dump();

    // Whatever is wrong with a link, the answer is the same to the octet, header and body.
    let damaged: BTreeSet<String> = [
        format!("/r/{}", "A".repeat(40)),
        format!("/r/{}", &stop[3..]),
        format!("/r/{}A", &token[..39]),
        format!("/r/B{}", &token[1..]),
        format!("/r/{}", &token[..20]),
        "/r/%ff%00".to_owned(),
    ]
    .iter()
    .map(|path| undated(&raw(&club, get(path, "").as_bytes())))
    .collect();
    assert_eq!(damaged.len(), 1, "{damaged:?}");

    // The host that a client names stands nowhere in the answer, and leads nowhere.
    for head in ["X-Forwarded-Host: evil.test\r\n", "Forwarded: host=evil.test\r\n", ""] {
        let named = get(&link, head).replace("a.test", "evil.test");
        let said = raw(&club, named.as_bytes());
        assert!(said.starts_with("HTTP/1.1 200") && !said.contains("evil.test"), "{said}");
    }
    let absolute = get(&format!("http://evil.test{link}"), "");
    assert!(!raw(&club, absolute.as_bytes()).contains("evil.test"));

    // Two requests in one, headers within headers, and what is no HTTP at all.
    for octets in [
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\nHost a\n\n",
        "GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}",
        "GET / HTTP/9.9\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT evil.test:25 HTTP/1.1\r\nHost: evil.test:25\r\n\r\n",
    ] {
        let said = raw(&club, octets.as_bytes());
        let status = said.split(' ').nth(1).unwrap_or("400");
        // The first may be read as one request: chunked is what counts (RFC 9112 §6.3).
        assert!(
            status.starts_with('4') || octets.starts_with("GET / HTTP/1.1\r\nHost: a\r\nCon"),
            "{octets:?}: {said}"
        );
        assert!(!said.contains("\r\nset-cookie"), "{said}");
    }
    // Nothing in a path or a question becomes a header.
    for path in [
        format!("{link}?lang=fr%0d%0aSet-Cookie:%20a=b"),
        format!("{link}%0d%0aSet-Cookie:%20a=b"),
        "/%2e%2e/%2e%2e/etc/passwd".to_owned(),
        "/r/../../keys.toml".to_owned(),
        "//evil.test/r/x".to_owned(),
        format!("/.{link}"),
    ] {
        let said = raw(&club, get(&path, "").as_bytes());
        assert!(!said.to_lowercase().contains("\r\nset-cookie"), "{path}: {said}");
        assert!(!said.to_lowercase().contains("\r\nlocation:"), "{path}: {said}");
    }
    assert_eq!(club.dump(), before);

    // The address of a page goes to nobody, and nobody frames it.
    let page = club.get(&link);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert!(page.header("cache-control").unwrap().contains("no-store"));
    assert!(page.header("server").is_none() && page.header("set-cookie").is_none());
}

#[test]
fn another_sites_form_does_nothing() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let notice = taken(&relay, "alice", "Here is your notice");
    let link = notice.path_with("/r/").unwrap();
    let page = club.get(&link).body;
    let fields: Vec<String> = hidden(&page).iter().map(|(n, v)| format!("{n}={v}&")).collect();
    let body = format!("{}choice=invoice", fields.concat());
    let post = |path: &str, site: &str, body: &str| {
        let said = [FORM, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate")];
        http::request(club.site.web, "POST", path, &said, body.as_bytes()).unwrap().status
    };
    let before = club.dump();
    assert_eq!(post(&link, "cross-site", &body), 403);
    assert_eq!(post("/", "cross-site", "number=10001&code=a&postal=b"), 403);
    assert_eq!(club.dump(), before);
    // A link followed from another site's page is how a webmail works.
    let headers = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
    let looked = http::request(club.site.web, "GET", &link, &headers, b"").unwrap();
    assert_eq!(looked.status, 200);
    // Our own page's form; one without any word of where it comes from; RFC 8058.
    let twice = format!("{body}&choice=not-renewing");
    assert_eq!(post(&link, "same-origin", &twice), 303, "of a field sent twice the first counts");
    assert_eq!(club.query("SELECT state FROM renewal"), ["\"pledged\""]);
    let stop = notice.path_with("/u/").unwrap();
    assert_eq!(post(&stop, "cross-site", "List-Unsubscribe=One-Click"), 200);
    assert_eq!(club.query("SELECT count(*) FROM unsubscription"), ["1"]);
    assert_eq!(sent_to(&relay, "alice").len(), 1);
}

#[test]
fn many_slow_clients_keep_nobody_out() {
    let relay = Relay::start();
    let club = Club::with_relay(&relay).at_the_notice(&[ALICE]);
    let before = club.dump();
    // More than there are places: each says a little and then nothing.
    let slow: Vec<TcpStream> = (0..600)
        .filter_map(|n| {
            let mut stream = TcpStream::connect(club.site.web).ok()?;
            let half: &[u8] = match n % 3 {
                0 => b"G",
                1 => b"GET / HTTP/1.1\r\nX: y",
                _ => b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\nnumber=",
            };
            stream.write_all(half).ok()?;
            Some(stream)
        })
        .collect();
    assert!(slow.len() > 500, "{}", slow.len());
    // Whoever comes then is served once the first of them are cut off: the header's deadline.
    crate::support::wait_until("a page", crate::support::club::SOON, || {
        http::get(club.site.web, "/robots.txt").ok().filter(|got| got.status == 200).map(|_| ())
    });
    assert_eq!(http::get(club.site.admin, "/readyz").unwrap().status, 200);
    drop(slow);
    assert_eq!(club.dump(), before);
}
