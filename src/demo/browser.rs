//! Owns asking the members' pages for something, as a browser behind the reverse proxy would:
//! one connection a request, the client's address in X-Forwarded-For.

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A page is some 10 KB and takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// One person's browser.
#[derive(Debug, Clone, Copy)]
pub struct Browser {
    web: SocketAddr,
    client: Ipv4Addr,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The page.
    pub body: String,
}

impl Answer {
    /// The value of a hidden field of the page's form.
    pub fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.body.split(&mark).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Browser {
    /// A browser whose address depends on `who`: one of those set aside for documentation
    /// (RFC 5737).
    pub fn of(web: SocketAddr, who: u64) -> Self {
        let [.., third, last] = who.to_be_bytes();
        let client = match third % 3 {
            0 => Ipv4Addr::new(192, 0, 2, last),
            1 => Ipv4Addr::new(198, 51, 100, last),
            _ => Ipv4Addr::new(203, 0, 113, last),
        };
        Self { web, client }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> io::Result<Answer> {
        self.ask("GET", path, None).await
    }

    /// Any method, without a body.
    pub async fn look(&self, method: &str, path: &str) -> io::Result<Answer> {
        self.ask(method, path, None).await
    }

    /// POST of a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask("POST", path, Some(&body)).await
    }

    async fn ask(&self, method: &str, path: &str, form: Option<&str>) -> io::Result<Answer> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: {}\r\nConnection: close\r\n",
            self.web, self.client
        );
        if let Some(form) = form {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            let _ = write!(request, "Content-Length: {}\r\n", form.len());
        }
        request.push_str("\r\n");
        request.push_str(form.unwrap_or_default());
        let exchange = async {
            let mut tcp = TcpStream::connect(self.web).await?;
            tcp.write_all(request.as_bytes()).await?;
            let mut raw = Vec::new();
            tcp.read_to_end(&mut raw).await?;
            Ok::<_, io::Error>(raw)
        };
        let raw = timeout(PATIENCE, exchange).await.map_err(|_| io::ErrorKind::TimedOut)??;
        read(&String::from_utf8_lossy(&raw)).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

fn read(raw: &str) -> Option<Answer> {
    let (head, body) = raw.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_and_its_fields() {
        let answer =
            read("HTTP/1.1 200 OK\r\nA: b\r\n\r\n<input name=\"version\" value=\"3\">").unwrap();
        assert_eq!((answer.status, answer.field("version").as_str()), (200, "3"));
        assert_eq!(answer.field("nonce"), "");
        assert_eq!(read("nonsense"), None);
    }
}
