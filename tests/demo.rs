//! The demo, as a person starts it: a season played at once has one result, and the pages of the
//! other kind do what their buttons say.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn relance(tmp: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relance"));
    command.arg("demo").env("TMPDIR", tmp).env_remove("RUST_LOG");
    command
}

/// A folder in memory where there is one: a disk is what this test does not ask about.
fn temporary() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).unwrap().next().is_none()
}

#[test]
fn a_season_has_one_result() {
    let tmp = temporary();
    let out = relance(tmp.path()).args(["--headless", "--json"]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{text}{complaints}");
    assert_eq!(complaints, "");
    insta::assert_snapshot!("season", text);
    assert!(is_empty(tmp.path()), "the temporary folder is gone");
}

struct Shown {
    process: Child,
    host: String,
}

impl Shown {
    fn start(tmp: &Path) -> Self {
        let mut process = relance(tmp).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let host = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Self { process, host }
    }

    fn ask(&self, method: &str, path: &str, more: &str, body: &str) -> String {
        let mut tcp = TcpStream::connect(&self.host).unwrap();
        write!(
            tcp,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{more}\
             Content-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )
        .unwrap();
        let mut text = String::new();
        tcp.read_to_string(&mut text).unwrap();
        text
    }

    fn get(&self, path: &str) -> String {
        self.ask("GET", path, "", "")
    }

    /// The page to which a form's answer leads.
    fn post(&self, path: &str, body: &str) -> String {
        let answer = self.ask("POST", path, "Sec-Fetch-Site: same-origin\r\n", body);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        between(&answer, "location: ", "\r\n").to_owned()
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).unwrap_or_default().split(after).next().unwrap_or_default()
}

#[test]
fn its_buttons_do_what_they_say() {
    let tmp = temporary();
    let mut demo = Shown::start(tmp.path());
    let front = demo.get("/");
    assert!(front.contains("A renewal season, from above"), "{front}");
    assert!(front.contains("frame-ancestors 'none'"));
    assert!(demo.get("/?lang=fr").contains("Une période de renouvellement"));

    // Another site's page moves nothing.
    let at = between(&front, "name=\"at\" value=\"", "\"").replace(':', "%3A");
    let form = format!("at={at}");
    let crossed = demo.ask("POST", "/jump", "Sec-Fetch-Site: cross-site\r\n", &form);
    assert!(crossed.starts_with("HTTP/1.1 403"), "{crossed}");
    assert!(demo.get("/").contains("A renewal season"));

    assert_eq!(demo.post("/jump", &form), "/");
    let list = demo.get("/");
    let ids: Vec<&str> = list.split("href=\"/mail/").skip(1).map(|p| &p[..16]).collect();
    assert_eq!(ids.len(), 40, "one page of the first mails");
    // Desks have their digests among them.
    let notices = list.split("href=\"/mail/").skip(1).filter(|p| p.contains(", notice</span>"));
    let ids: Vec<&str> = notices.map(|p| &p[..16]).collect();

    let mail = |n: usize| format!("/mail/{}", ids[n]);
    let shown = demo.get(&mail(0));
    assert!(shown.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    let html = demo.get(&format!("{}/html", mail(0)));
    assert!(html.contains("sandbox allow-popups"), "{html}");
    assert!(demo.get(&format!("{}?view=source", mail(0))).contains("Reply-To: "));

    let text = demo.get(&format!("{}?view=text", mail(0)));
    let link = between(&text, "href=\"http://127", "\"");
    let (host, path) = link.split_once('/').unwrap();
    let members = Shown { process: demo.process, host: format!("127{host}") };
    let page = members.get(&format!("/{path}"));
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("name=\"nonce\""), "{page}");
    demo.process = members.process;

    for (n, act, body, came) in [
        (1, "reply", "words=Please+renew%2C+thanks", "renewed, by cheque or on invoice"),
        (2, "reply", "quick=RENEW&elsewhere=yes", "is asked to confirm first"),
        (3, "reply", "words=May+I+pay+in+May%3F", "passed to the desk"),
        (4, "happen", "what=no-user", "The address is dead"),
        (5, "happen", "what=away", "nothing needs doing"),
        (6, "happen", "what=spam", "Reminders to this member are stopped"),
    ] {
        let to = demo.post(&format!("{}/{act}", mail(n)), body);
        let page = demo.get(&to);
        assert!(page.contains(came), "{body}: {page}");
    }

    let pid = demo.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(demo.process.wait().unwrap().success());
    assert!(is_empty(tmp.path()), "the temporary folder is gone");
}
