//! Owns asking a web server again and again, and how long its answers took. Knows no page: what is
//! asked stands in a file, so that any server can be asked alike.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use super::say;
use crate::clock::monotonic;

/// What one connection saw.
#[derive(Default)]
struct Seen {
    took: Vec<Duration>,
    statuses: BTreeMap<u16, usize>,
    bytes: usize,
}

/// Asks each line of the file once (`METHOD PATH BODY`, spaces between, the body may be missing),
/// over so many connections that stay open; prints `{"requests","seconds","per_s","p50_ms",
/// "p99_ms","max_ms","mean_bytes","statuses"}`. Every request says that it is forwarded for a
/// client of its own.
pub(super) async fn load(to: SocketAddr, file: &Path, connections: usize) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let lines: Arc<Vec<String>> = Arc::new(text.lines().map(str::to_owned).collect());
    anyhow::ensure!(!lines.is_empty(), "{} is empty", file.display());
    let turn = Arc::new(AtomicUsize::new(0));
    let begun = monotonic();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..connections.max(1) {
        clients.spawn(client(to, Arc::clone(&lines), Arc::clone(&turn)));
    }
    let mut all = Seen::default();
    while let Some(seen) = clients.join_next().await {
        let seen = seen??;
        all.took.extend(seen.took);
        all.bytes += seen.bytes;
        for (status, count) in seen.statuses {
            *all.statuses.entry(status).or_default() += count;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    all.took.sort_unstable();
    let count = all.took.len();
    let ms = |at: usize| all.took[at.min(count - 1)].as_secs_f64() * 1000.0;
    say(&json!({
        "requests": count,
        "seconds": seconds,
        "per_s": f64::from(u32::try_from(count)?) / seconds,
        "p50_ms": ms(count / 2),
        "p99_ms": ms(count * 99 / 100),
        "max_ms": ms(count - 1),
        "mean_bytes": all.bytes / count,
        "statuses": all.statuses,
    })
    .to_string());
    Ok(())
}

async fn client(
    to: SocketAddr,
    lines: Arc<Vec<String>>,
    turn: Arc<AtomicUsize>,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    let mut open: Option<SendRequest<Full<Bytes>>> = None;
    loop {
        let n = turn.fetch_add(1, Ordering::Relaxed);
        let Some(line) = lines.get(n) else { return Ok(seen) };
        let begun = monotonic();
        let mut sender = match open.take().filter(SendRequest::is_ready) {
            Some(sender) => sender,
            None => connect(to).await?,
        };
        let answer = sender.send_request(request(to, line, n)?).await?;
        *seen.statuses.entry(answer.status().as_u16()).or_default() += 1;
        seen.bytes += Body::new(answer.into_body()).collect().await?.to_bytes().len();
        seen.took.push(begun.elapsed());
        // After the answer's last octet the connection needs a moment to be ready again; where the
        // server closed it, the next request opens another.
        open = sender.ready().await.is_ok().then_some(sender);
    }
}

async fn connect(to: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let tcp = TcpStream::connect(to).await?;
    tcp.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(tcp)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

fn request(to: SocketAddr, line: &str, n: usize) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut words = line.splitn(3, ' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or("/"));
    let body = words.next().unwrap_or_default().to_owned();
    let [_, b, c, d] = u32::try_from(n)?.to_be_bytes();
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("Host", to.to_string())
        .header("X-Forwarded-For", Ipv4Addr::new(10, b, c, d).to_string());
    if !body.is_empty() {
        request = request.header("Content-Type", "application/x-www-form-urlencoded");
    }
    Ok(request.body(Full::new(Bytes::from(body)))?)
}
