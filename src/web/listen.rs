//! Owns the accept loop: every connection, header and request has a deadline, connections are
//! counted, and a stop takes a bounded time. Speaks HTTP/1.1 in the clear; TLS is the reverse
//! proxy's task. Never routes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// After a failed accept (out of file descriptors, mostly) there is no use in trying at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end of the connection: a request extension. Behind a proxy it is the proxy;
/// see [`super::limits::client_address`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Bounds of one listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections at most; the next one waits in the kernel's queue.
    pub connections_max: usize,
    /// Octets of request line and headers.
    pub header_octets_max: usize,
    /// From the connection's start, or the last answer, to the whole header: it also ends idle
    /// connections.
    pub header_deadline: Duration,
    /// From the header to the answer's beginning, the request's body included.
    pub request_deadline: Duration,
    /// The whole life of a connection: a client that does not read its answer is gone then.
    pub connection_deadline: Duration,
    /// After a stop, what runs may finish within this.
    pub drain_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A connection costs some 20 KiB; one page load uses two at most, and the descriptor
            // limit of a systemd unit is 1024 by default.
            connections_max: 512,
            // Our URLs are under 200 octets and we set no cookie but the desk's; browsers send
            // about 1 KiB.
            header_octets_max: 16 * 1024,
            header_deadline: Duration::from_secs(5),
            request_deadline: Duration::from_secs(30),
            connection_deadline: Duration::from_mins(5),
            drain_deadline: Duration::from_secs(10),
        }
    }
}

/// Serves `router` until `shutdown`, then closes the listener, lets what runs finish and cuts off
/// the rest at the drain's deadline. Returns how many connections were cut off.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) -> usize {
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    while let Some((tcp, peer, slot)) = next(&listener, &slots, &shutdown).await {
        let (router, shutdown, cut) = (router.clone(), shutdown.clone(), cut.clone());
        connections.spawn(async move {
            tokio::select! {
                () = connection(tcp, Peer(peer), router, limits, shutdown) => {}
                () = cut.cancelled() => {}
            }
            drop(slot);
        });
    }
    drop(listener);
    connections.close();
    if timeout(limits.drain_deadline, connections.wait()).await.is_ok() {
        return 0;
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    left
}

/// The next connection and its slot; `None` once it is time to stop.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let accepted = async {
        // The slot first: who is over the limit is not accepted and costs us nothing.
        let slot = slots.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((tcp, peer)) => return Some((tcp, peer, slot)),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => None,
        accepted = accepted => accepted,
    }
}

async fn connection(
    tcp: TcpStream,
    peer: Peer,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    // A page is one or two writes: nothing is gained by waiting to fill a packet.
    let _ = tcp.set_nodelay(true);
    let service = service_fn(move |request| answer(request, peer, router.clone(), limits));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_deadline)
        .max_header_size(limits.header_octets_max)
        .serve_connection(TokioIo::new(tcp), service);
    let mut connection = std::pin::pin!(connection);
    let life = async {
        tokio::select! {
            // What goes wrong on one connection (reset, half a header) is the client's affair.
            _ = connection.as_mut() => return,
            () = shutdown.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    };
    let _ = timeout(limits.connection_deadline, life).await;
}

async fn answer(
    request: Request<Incoming>,
    peer: Peer,
    router: Router,
    limits: Limits,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    match timeout(limits.request_deadline, router.oneshot(request)).await {
        Ok(answered) => answered,
        Err(_) => Ok(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Extension;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const SHORT: Duration = Duration::from_millis(300);

    struct Server {
        address: SocketAddr,
        shutdown: CancellationToken,
        served: tokio::task::JoinHandle<usize>,
    }

    async fn start(change: impl FnOnce(&mut Limits)) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route(
                "/peer",
                get(|Extension(Peer(peer))| async move { SocketAddr::to_string(&peer) }),
            )
            .route("/body", axum::routing::post(|body: String| async move { body }))
            .route(
                "/slow",
                get(|| async {
                    tokio::time::sleep(SHORT).await;
                    "slow"
                }),
            );
        let mut limits = Limits { header_deadline: SHORT, ..Limits::default() };
        change(&mut limits);
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve(listener, router, limits, shutdown.clone()));
        Server { address, shutdown, served }
    }

    impl Server {
        /// All that the server says until it closes the connection.
        async fn say(&self, text: &str) -> String {
            let mut tcp = TcpStream::connect(self.address).await.unwrap();
            tcp.write_all(text.as_bytes()).await.unwrap();
            heard(&mut tcp).await
        }
    }

    async fn heard(tcp: &mut TcpStream) -> String {
        let mut all = Vec::new();
        let _ = timeout(SHORT * 10, tcp.read_to_end(&mut all)).await.expect("closed in time");
        String::from_utf8(all).unwrap()
    }

    fn request(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n")
    }

    #[tokio::test]
    async fn pages_are_served_and_the_peer_is_known() {
        let server = start(|_| {}).await;
        let text = server.say(&request("/")).await;
        assert!(text.starts_with("HTTP/1.1 200 OK") && text.ends_with("hello"), "{text}");
        let mut tcp = TcpStream::connect(server.address).await.unwrap();
        let own = tcp.local_addr().unwrap().to_string();
        tcp.write_all(request("/peer").as_bytes()).await.unwrap();
        assert!(heard(&mut tcp).await.ends_with(&own), "and an idle connection ends");
    }

    #[tokio::test]
    async fn what_is_late_or_large_is_cut_off() {
        let server = start(|limits| {
            limits.request_deadline = SHORT / 2;
            limits.header_octets_max = 1000;
        })
        .await;
        let before = crate::clock::monotonic();
        let half = server.say("GET / HTTP/1.1\r\nHost: a.te").await;
        assert!(!half.contains("200"), "{half}");
        assert!(before.elapsed() >= SHORT);
        let slow = server.say(&request("/slow")).await;
        assert!(slow.starts_with("HTTP/1.1 408"), "{slow}");
        let late = "POST /body HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf";
        let late = server.say(late).await;
        assert!(late.starts_with("HTTP/1.1 408"), "{late}");
        let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1000));
        let large = server.say(&large).await;
        assert!(large.starts_with("HTTP/1.1 431"), "{large}");
    }

    #[tokio::test]
    async fn a_connection_over_the_limit_waits() {
        let server = start(|limits| limits.connections_max = 1).await;
        let mut first = TcpStream::connect(server.address).await.unwrap();
        first.write_all(b"GET / HT").await.unwrap();
        let before = crate::clock::monotonic();
        let second = server.say(&request("/")).await;
        assert!(second.ends_with("hello"), "{second}");
        assert!(before.elapsed() >= SHORT / 2, "it waited for the first to be cut off");
    }

    #[tokio::test]
    async fn a_connection_does_not_live_for_ever() {
        let server = start(|limits| {
            limits.header_deadline = SHORT * 20;
            limits.connection_deadline = SHORT;
        })
        .await;
        let mut tcp = TcpStream::connect(server.address).await.unwrap();
        assert_eq!(heard(&mut tcp).await, "");
    }

    #[tokio::test]
    async fn a_stop_finishes_what_runs_and_cuts_the_rest() {
        let server = start(|limits| limits.header_deadline = SHORT * 20).await;
        let mut slow = TcpStream::connect(server.address).await.unwrap();
        slow.write_all(request("/slow").as_bytes()).await.unwrap();
        tokio::time::sleep(SHORT / 3).await;
        server.shutdown.cancel();
        assert!(heard(&mut slow).await.ends_with("slow"));
        assert_eq!(server.served.await.unwrap(), 0);
        assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");

        let server = start(|limits| {
            limits.header_deadline = SHORT * 20;
            limits.request_deadline = SHORT * 20;
            limits.drain_deadline = SHORT / 3;
        })
        .await;
        let mut body = TcpStream::connect(server.address).await.unwrap();
        let head = "POST /body HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf";
        body.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(SHORT / 3).await;
        server.shutdown.cancel();
        let cut = timeout(SHORT * 2, server.served).await.expect("bounded").unwrap();
        assert_eq!(cut, 1);
    }
}
