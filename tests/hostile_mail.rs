//! Mail made to harm its reader: each kind is built here and read on a small stack, in little
//! memory. `benches/hostile` measures the time and memory that each takes.

use std::fmt::Write as _;

use relance::inbox::read::read;
use relance::inbox::reading::{Kind, Unreadable};

/// The reader must not need a deep stack.
const STACK_OCTETS: usize = 256 * 1024;
/// Memory of the whole test process.
const MEMORY_KIB_MAX: u64 = 64 * 1024;

/// A mail of the given header lines and body.
fn mail(lines: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let header = format!("From: a@example.ca\nTo: b@example.ca\nSubject: x\n{lines}\n");
    [header.as_bytes(), body.as_ref()].concat()
}

fn html(body: &str) -> Vec<u8> {
    mail("Content-Type: text/html\n", body)
}

fn bounce(body: &str) -> Vec<u8> {
    format!("From: MAILER-DAEMON@example.ca\nSubject: Undeliverable\n\n{body}").into_bytes()
}

fn recipients(count: usize) -> String {
    let mut line = String::new();
    for n in 0..count {
        let _ = write!(line, "a{n}@b.test ");
    }
    line
}

fn nested_multiparts(count: usize) -> Vec<u8> {
    let mut mail = String::new();
    for n in 0..count {
        let _ = write!(mail, "Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
    }
    mail.into_bytes()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn structures() -> Vec<(&'static str, Vec<u8>)> {
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n";
    let many = "--b\nContent-Type: message/delivery-status\n\n".to_owned()
        + &"Final-Recipient: rfc822; a@b.test\n\n".repeat(30_000);
    vec![
        ("30,000 nested multiparts", nested_multiparts(30_000)),
        ("30,000 nested messages", "Content-Type: message/rfc822\n\n".repeat(30_000).into()),
        (
            "30,000 parts",
            mail(
                "Content-Type: multipart/mixed; boundary=b\n",
                "--b\nContent-Type: text/plain\n\nx\n".repeat(30_000),
            ),
        ),
        ("multipart without end", mail("Content-Type: multipart/mixed; boundary=b\n", "--b\n\nx")),
        ("empty boundary", mail("Content-Type: multipart/mixed; boundary=\"\"\n", "--\n\nx\n--\n")),
        ("report on 30,000", mail(report, many)),
        ("addresses in a report", bounce(&"<a@b.test>: no\n".repeat(60_000))),
        ("many recipients on one line", bounce(&format!("failed: {}\n", recipients(4000)))),
        ("at signs in a report", bounce(&"@".repeat(900_000))),
        ("numbers in a report", bounce(&"5.1.".repeat(200_000))),
        ("long local part", bounce(&("a.".repeat(400_000) + "@b.test"))),
        (
            "JSON deeper than a stack",
            mail("", format!("{{\"notificationType\":{}", "[".repeat(200_000))),
        ),
    ]
}

fn headers() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("header of 1 MB in one field", format!("X-Long: {}\n\nx", "a".repeat(1_000_000)).into()),
        ("header of 1 MB folded", format!("X-Long: a\n{}\nx", " b\n".repeat(330_000)).into()),
        ("100,000 fields", format!("{}\nx", "A: b\n".repeat(100_000)).into()),
        ("header without end", b"From: a@example.ca\nSubject: x".to_vec()),
        ("words without end", format!("Subject: {}\n\n", "=?utf-8?Q?".repeat(25_000)).into()),
        ("words of which none ends", format!("Subject: {}\n\n", "=?a?Q?x".repeat(140_000)).into()),
        ("words in no charset", format!("Subject: {}?=\n\n", "=?a b?Q?x".repeat(110_000)).into()),
        (
            "domain literals without end",
            format!("Received: from a by b for {}\n\nx", "a@[".repeat(330_000)).into(),
        ),
        ("200 KB of words", format!("Subject: {}\n\n", "=?utf-8?B?w6k=?= ".repeat(12_000)).into()),
        ("70,000 recipients", format!("To: {}\n\nx", "a@example.ca, ".repeat(70_000)).into()),
        ("brackets without end", format!("To: {}\n\nx", "<\"(".repeat(300_000)).into()),
        ("100,000 references", format!("References: {}\n\nx", "<a@b> ".repeat(100_000)).into()),
    ]
}

fn octets() -> Vec<(&'static str, Vec<u8>)> {
    let plain = |charset: &str| format!("Content-Type: text/plain; charset={charset}\n");
    vec![
        ("nothing", Vec::new()),
        ("only line ends", b"\n".repeat(500_000)),
        ("only CR", b"\r".repeat(500_000)),
        ("NUL octets", mail("", [0; 100_000])),
        ("all octets", (0..=255).cycle().take(1_000_000).collect()),
        ("0xFF only", vec![0xFF; 1_000_000]),
        ("lone CR", b"From: a@example.ca\rTo: b@example.ca\r\rhello\r".to_vec()),
        ("mixed line ends", b"From: a@example.ca\r\rTo: b@x.test\n\rx\r\n\r\na\rb".to_vec()),
        ("UTF-16", utf16("From: a@example.ca\n\nbonjour\n")),
        ("unknown charset", mail(&plain("no-such"), [0xE9])),
        ("wrong charset", mail(&plain("utf-16"), "odd")),
        ("escape sequence cut off", mail(&plain("iso-2022-jp"), b"\x1b$B%")),
        ("broken base64", mail("Content-Transfer-Encoding: base64\n", "=*=A=\u{e9}==")),
        ("broken quoting", mail("Content-Transfer-Encoding: quoted-printable\n", "=\n=4\n=GG=")),
    ]
}

fn texts() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("angle brackets of HTML", html(&"<".repeat(900_000))),
        ("open elements", html(&"<div><blockquote><p>".repeat(40_000))),
        ("open quotes in tags", html(&"<a b=\"'>".repeat(100_000))),
        ("open styles", html(&"<style>".repeat(100_000))),
        ("closed elements", html(&("<i>".repeat(300) + &"</b>".repeat(100_000)))),
        ("entities", html(&"&#x110000;&eacute;&;&#;".repeat(40_000))),
        ("open entities", html(&"&éééééé".repeat(60_000))),
        ("attributions", mail("", "On 1 May 2026 at 10:00, a@b.test\n".repeat(20_000))),
        ("quote marks", mail("", ">".repeat(900_000))),
        ("field names", mail("", "From: a\nfoo\nbar\n".repeat(40_000))),
        ("blank lines below a word", mail("", format!("hello\n{}", "\n".repeat(900_000)))),
        ("signatures", mail("", "--\n".repeat(100_000))),
    ]
}

fn all() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    [structures(), headers(), octets(), texts()].into_iter().flatten()
}

#[test]
fn hostile_mail_is_read_on_a_small_stack_in_little_memory() {
    let reader = std::thread::Builder::new().stack_size(STACK_OCTETS).spawn(|| {
        for (name, mail) in all() {
            let reading = read(&mail, false);
            assert!(reading.recipients.len() <= 100, "{name}");
            assert!(reading.addressed.len() <= 100 && reading.references.len() <= 100, "{name}");
        }
    });
    reader.expect("a thread").join().expect("no panic");
    match std::fs::read_to_string("/proc/self/status") {
        Err(_) => println!("memory not measured: no /proc here"),
        Ok(status) => {
            let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("VmHWM");
            let peak: u64 = line.split_whitespace().nth(1).expect("a size").parse().expect("KiB");
            assert!(peak < MEMORY_KIB_MAX, "peak of {peak} KiB");
        }
    }
}

#[test]
#[ignore = "writes the mails into the folder RELANCE_HOSTILE_MAILS, for benches/hostile"]
fn mails_for_measuring() {
    let folder = std::env::var_os("RELANCE_HOSTILE_MAILS").expect("RELANCE_HOSTILE_MAILS");
    for (name, mail) in all() {
        std::fs::write(std::path::Path::new(&folder).join(name), mail).expect("a folder");
    }
}

#[test]
fn every_cut_of_a_report_is_read() {
    let report = "From: MAILER-DAEMON@example.ca\r\nTo: a@example.ca\r\nSubject: Undeliverable: \
        =?utf-8?Q?=C3=A9t=C3=A9?=\r\nContent-Type: multipart/report; \
        report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\r\nLe message n\u{2019}a pas \
        \u{e9}t\u{e9} remis :\r\n\r\n<x@example.com>: no\r\n\r\n--b\r\nContent-Type: \
        message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; \
        x@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: \
        message/rfc822\r\n\r\nMessage-ID: <m@example.ca>\r\n\r\n--b--\r\n";
    for end in 0..=report.len() {
        let _ = read(&report.as_bytes()[..end], true);
    }
    let whole = read(report.as_bytes(), false);
    assert_eq!(whole.kind, Kind::Bounce);
    assert_eq!(whole.references, ["m@example.ca"]);
    assert_eq!(
        (whole.recipients[0].address.as_str(), whole.recipients[0].hard),
        ("x@example.com", true)
    );
}

#[test]
fn names_hide_nothing() {
    let mail = "From: \"Ser\u{200B}vice\u{202E} des adh\u{e9}sions\u{0}\" <x@Example.CA>\n\
        Subject: a\u{2066}b\r\n c\u{7}\n\nx";
    let reading = read(mail.as_bytes(), false);
    assert_eq!(reading.from_name, "Service des adh\u{e9}sions");
    assert_eq!(reading.from, "x@example.ca");
    assert_eq!(reading.subject, "ab c");
}

#[test]
fn too_deep_and_too_large_are_told() {
    assert_eq!(read(&nested_multiparts(100), false).unreadable, Some(Unreadable::TooDeep));
    assert_eq!(read(b"From: a@example.ca\n\nx", true).unreadable, Some(Unreadable::TooLarge));
    assert_eq!(read(b"", false).unreadable, Some(Unreadable::Unparsed));
}
