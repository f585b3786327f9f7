//! The readers of mails, pages and databases.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use crate::support::mail::Mail;
use crate::support::{db, http};

#[test]
fn a_mail_is_read_as_its_recipient_sees_it() {
    let raw = "From: a@club.test\r\n\
        List-Unsubscribe: <https://a.test/u>,\r\n\t<mailto:u@a.test>\r\n\
        Subject: =?utf-8?q?Ren=C3=A9?=\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n\
        Open https://a.test/r?t=3Dabc=\r\ndef.\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n\
        <a href=\"https://a.test/p?x=1&amp;y=2\">pay</a>\r\n--b--\r\n";
    let mail = Mail::read(raw.as_bytes());
    assert_eq!(mail.subject, "René");
    assert_eq!(mail.text_links(), ["https://a.test/r?t=abcdef"]);
    assert_eq!(mail.html_links(), ["https://a.test/p?x=1&y=2"]);
    assert_eq!(mail.path_with("/p").as_deref(), Some("/p?x=1&y=2"));
    assert_eq!(mail.path_with("/none"), None);
    assert_eq!(mail.header("list-unsubscribe"), Some("<https://a.test/u>, <mailto:u@a.test>"));
    assert_eq!(mail.types, ["multipart/alternative", "text/plain", "text/html"]);
}

#[test]
fn a_dump_tells_any_change_and_none_where_nothing_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d REAL);
         INSERT INTO t VALUES (2, 'x', x'00ff', 1.5), (1, NULL, NULL, NULL);",
    )
    .unwrap();
    let before = db::dump(&path);
    assert!(before.contains("1 | NULL | NULL | NULL\n2 | \"x\" | x00ff | 1.5\n"), "{before}");
    // Pages move, the content stays.
    db.execute_batch("UPDATE t SET a = a; VACUUM;").unwrap();
    assert_eq!(db::dump(&path), before);
    for change in ["UPDATE t SET b = 'y' WHERE a = 2", "INSERT INTO t (a) VALUES (3)"] {
        let last = db::dump(&path);
        db.execute_batch(change).unwrap();
        assert_ne!(db::dump(&path), last, "{change}");
    }
    assert_eq!(db::query(&path, "SELECT a FROM t ORDER BY a"), ["1", "2", "3"]);
}

#[test]
fn requests_and_answers_are_what_http_says() {
    let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok",
        "HTTP/1.1 303 See Other\r\nLocation: /done\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
    ];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server: SocketAddr = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        answers.map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = Vec::new();
            let mut buffer = [0; 1024];
            while !String::from_utf8_lossy(&heard).contains("\r\n\r\n")
                || (heard.starts_with(b"POST") && !heard.ends_with(b"b"))
            {
                let read = stream.read(&mut buffer).unwrap();
                heard.extend_from_slice(&buffer[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(heard).unwrap()
        })
    });
    let page = http::get(server, "/r?t=1").unwrap();
    assert_eq!((page.status, page.body.as_str(), page.header("x-a")), (200, "ok", Some("b")));
    let done = http::post_form(server, "/r", &[("a é", "1&2"), ("t", "a+b")]).unwrap();
    assert_eq!((done.status, done.header("location")), (303, Some("/done")));
    assert_eq!(http::get(server, "/c").unwrap().body, "abcde");
    assert_eq!(http::head(server, "/h").unwrap().body, "");
    let heard = thread.join().unwrap();
    assert!(heard[0].starts_with("GET /r?t=1 HTTP/1.1\r\nHost: 127.0.0.1:"), "{}", heard[0]);
    assert!(
        heard[1].ends_with("\r\nContent-Length: 22\r\n\r\na+%C3%A9=1%262&t=a%2Bb"),
        "{}",
        heard[1]
    );
    assert!(heard[3].starts_with("HEAD /h "), "{}", heard[3]);
}
