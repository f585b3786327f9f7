//! Any octets are a form that somebody posts to a page behind a link, or to the front page: the
//! daemon answers with a page of its own making, whatever was typed. The whole daemon runs in
//! here; what one form did is there when the next comes.
#![no_main]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use relance::demo::Stage;
use relance::folder::Folder;
use relance_fuzz::markup;
use tokio::runtime::Runtime;

/// Pages that take forms, by what stands before the token.
const DOORS: [&str; 4] = ["/r/", "/u/", "/i/", "/d/"];
/// Every field of a form, so that runs need not guess names.
const FIELDS: [&str; 26] = [
    "choice", "act", "version", "nonce", "quote", "proof", "email", "phone", "language", "street",
    "city", "province", "postal_code", "situation", "note", "reason", "cover", "drop", "q-claims",
    "q-circumstances", "employer_name", "employer_email", "purchase_order", "remind_on", "number", "code",
];

struct Daemon {
    web: SocketAddr,
    /// Paths of every page that a mail leads to.
    paths: Vec<String>,
    stage: Stage,
    runtime: Runtime,
}

static DAEMON: LazyLock<Daemon> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("threads");
    let folder = Folder::temporary().expect("a folder");
    let (stage, paths) = runtime.block_on(async {
        let stage = Stage::open(folder).await.unwrap_or_else(|e| panic!("{e}"));
        // Day by day, since what is late by more than a day asks first: after every association's
        // notice, before any lapse.
        for day in 1..=30 {
            let at = format!("2026-11-{day:02}T18:00:00Z").parse().expect("an instant");
            stage.jump(at).await.expect("a jump");
        }
        let mails = stage.mailbox.list().expect("mails");
        let opened = mails.iter().filter_map(|mail| stage.mailbox.read(mail.id).ok().flatten());
        let own = |path: &String| DOORS.iter().any(|door| path.starts_with(door));
        let mut paths: Vec<String> = opened.flat_map(|mail| mail.paths).filter(own).collect();
        paths.sort();
        paths.dedup();
        (stage, paths)
    });
    assert!(paths.len() > 100, "{} pages", paths.len());
    Daemon { web: stage.web, paths, stage, runtime }
});

fuzz_target!(|octets: &[u8]| {
    let [high, low, how, body @ ..] = octets else { return };
    let daemon = &*DAEMON;
    let at = usize::from(u16::from_be_bytes([*high, *low]));
    let path = if how % 16 == 15 { "/" } else { &daemon.paths[at % daemon.paths.len()] };
    let client = [192, 0, 2 + how % 100, *low];
    let body = if how % 2 == 0 { body.to_vec() } else { named(daemon, path, client, body) };
    let (status, answer) = ask(daemon.web, "POST", path, client, &body);
    let known = [200, 303, 400, 404, 405, 409, 410, 413, 429];
    assert!(known.contains(&status), "{status}: {answer}");
    let told = answer.split_once("\r\n\r\n").map_or("", |(_, page)| page);
    if let Err(why) = markup::skeleton(told) {
        panic!("{why}\n{answer}");
    }
    // What stands there now is shown, too.
    let (status, answer) = ask(daemon.web, "GET", path, client, b"");
    assert!(status < 500, "{answer}");
    let shown = answer.split_once("\r\n\r\n").map_or("", |(_, page)| page);
    if let Err(why) = markup::skeleton(shown) {
        panic!("{why}\n{answer}");
    }
    assert!(!daemon.stage.stopping().is_cancelled(), "the daemon stopped");
    let _ = &daemon.runtime;
});

/// A form with names of ours: of each piece, the first octet chooses the field. With the page's own
/// hidden fields, as a browser would send them.
fn named(daemon: &Daemon, path: &str, client: [u8; 4], octets: &[u8]) -> Vec<u8> {
    let (_, page) = ask(daemon.web, "GET", path, client, b"");
    let mut out = Vec::new();
    for input in page.split("<input type=\"hidden\" ").skip(1) {
        let value = |name: &str| {
            let rest = input.split_once(&format!("{name}=\""))?.1;
            rest.split_once('"').map(|(value, _)| value)
        };
        if let (Some(name), Some(value)) = (value("name"), value("value")) {
            out.extend(format!("{name}={value}&").bytes());
        }
    }
    for piece in octets.split(|octet| *octet == b'\n') {
        let Some((&field, value)) = piece.split_first() else { continue };
        out.extend(FIELDS[usize::from(field) % FIELDS.len()].bytes());
        out.push(b'=');
        for octet in value {
            out.extend(format!("%{octet:02X}").bytes());
        }
        out.push(b'&');
    }
    out
}

fn ask(web: SocketAddr, method: &str, path: &str, client: [u8; 4], body: &[u8]) -> (u16, String) {
    let [a, b, c, d] = client;
    let mut stream = TcpStream::connect(web).expect("the daemon listens");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\
         X-Forwarded-For: {a}.{b}.{c}.{d}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut raw = Vec::new();
    // A body that is too large is answered before all of it is sent.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let _ = stream.read_to_end(&mut raw);
    let text = String::from_utf8_lossy(&raw).into_owned();
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(413);
    (status, text)
}
