//! Owns pages that were answered once, so that a browser can open also those that only a POST
//! shows. Each is served as the daemon gave it: status, headers, body.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use crate::support::http::Answer;

/// Pages by name.
#[derive(Debug, Default)]
pub struct Gallery(Vec<(String, Answer)>);

impl Gallery {
    /// Keeps a page.
    pub fn hang(&mut self, name: &str, answer: Answer) {
        self.0.push((name.into(), answer));
    }

    /// Serves all pages until the test's process ends. Returns their addresses.
    pub fn open(self) -> Vec<String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let urls = self.0.iter().map(|(name, _)| format!("{base}/{name}")).collect();
        let pages = Arc::new(self);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let pages = Arc::clone(&pages);
                std::thread::spawn(move || pages.serve(&stream));
            }
        });
        urls
    }

    fn serve(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let request = lines.next().unwrap_or_default();
        lines.find(String::is_empty);
        let path = request.split(' ').nth(1).unwrap_or_default();
        let found = self.0.iter().find(|(name, _)| path.strip_prefix('/') == Some(name));
        let Some((_, answer)) = found else {
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            return;
        };
        let mut head = format!("HTTP/1.1 {} As Kept\r\n", answer.status);
        for (name, value) in &answer.headers {
            if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        let length = answer.body.len();
        let _ = write!(head, "content-length: {length}\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(answer.body.as_bytes());
    }
}
