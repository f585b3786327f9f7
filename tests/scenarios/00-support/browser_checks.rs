//! The browser and axe find what is wrong with a page, and only that.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use crate::support::{browser, skip};

const GOOD: &str = "<!doctype html><html lang=\"en\"><meta name=\"viewport\" \
    content=\"width=device-width\"><title>Renewal</title><main><h1>Renewal</h1>\
    <form><label for=\"n\">Number</label> <input id=\"n\"><button>Renew</button></form></main>";
const BAD: &str = "<!doctype html><html><title>Renewal</title><main><h1>Renewal</h1>\
    <input style=\"width:3000px\"></main>";

/// Serves the two pages until the test's process ends.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let request = lines.next().unwrap_or_default();
                lines.find(String::is_empty);
                let (status, page) = match request.split(' ').nth(1) {
                    Some("/good") => ("200 OK", GOOD),
                    Some("/bad") => ("200 OK", BAD),
                    _ => ("404 Not Found", ""),
                };
                let policy =
                    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'";
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n{policy}\r\n\
                     Content-Length: {}\r\nConnection: close\r\n\r\n{page}",
                    page.len()
                );
            });
        }
    });
    base
}

#[test]
fn a_good_page_passes_and_a_bad_one_is_told_with_its_faults() {
    let missing = browser::missing();
    if !missing.is_empty() {
        return skip(&missing.join(", "));
    }
    let base = serve();
    let pictures = tempfile::tempdir().unwrap();
    let report = browser::check(&[format!("{base}/good")], pictures.path()).unwrap();
    assert_eq!(report.matches("ok  ").count(), 2, "{report}");
    for picture in ["00-good-390.png", "00-good-1280.png"] {
        assert!(pictures.path().join(picture).metadata().unwrap().len() > 1000, "{picture}");
    }
    let report = browser::check(&[format!("{base}/bad")], pictures.path()).unwrap_err();
    for fault in ["html-has-lang", "label", "wider than the window: 30"] {
        assert!(report.contains(fault), "{fault}: {report}");
    }
    let report = browser::check(&[format!("{base}/none")], pictures.path()).unwrap_err();
    assert!(report.contains("did not load"), "{report}");
}
