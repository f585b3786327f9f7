//! TLS from the first byte, after STARTTLS, and not at all, on a relay with a real certificate.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::*;
use crate::tls;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::from_pem_file(format!("{FIXTURES}/leaf.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{FIXTURES}/leaf-key.pem")).unwrap();
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Answers until DATA's dot or STARTTLS; `true` for the latter.
async fn talk<S>(tcp: &mut BufReader<S>, starttls: &str) -> std::io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let mut line = String::new();
        if tcp.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        let answer = match line.split([' ', '\r']).next().unwrap_or_default() {
            "EHLO" => "250-relay.test\r\n250 STARTTLS\r\n",
            "STARTTLS" => starttls,
            "DATA" => "354 go on\r\n",
            "Subject:" => continue,
            _ => "250 ok\r\n",
        };
        tcp.write_all(answer.as_bytes()).await?;
        tcp.flush().await?;
        if answer == starttls {
            return Ok(true);
        }
    }
}

/// Where a relay goes away, or falls silent, under TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    Never,
    InHandshake,
    SilentInHandshake,
    AtDot,
}

async fn serve(
    tcp: TcpStream,
    tls: Tls,
    starttls: &'static str,
    gone: Gone,
) -> std::io::Result<()> {
    let mut tcp = BufReader::new(tcp);
    if tls == Tls::Starttls {
        tcp.write_all(b"220 relay.test\r\n").await?;
        if !talk(&mut tcp, starttls).await? {
            return Ok(());
        }
    }
    if gone == Gone::SilentInHandshake {
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    if gone == Gone::InHandshake {
        // Its first words are read, and no answer comes.
        tcp.read_u8().await?;
        return Ok(());
    }
    let mut secured = BufReader::new(acceptor().accept(tcp.into_inner()).await?);
    if tls == Tls::Implicit {
        secured.write_all(b"220 relay.test\r\n").await?;
        secured.flush().await?;
    }
    let ended = talk(&mut secured, if gone == Gone::AtDot { "354 go on\r\n" } else { starttls });
    ended.await?;
    if gone == Gone::AtDot {
        // The body is read, and the connection cut without a goodbye of TLS's own.
        let mut line = String::new();
        while !line.ends_with(".\r\n") {
            secured.read_line(&mut line).await?;
        }
    }
    Ok(())
}

async fn attempt(host: &str, tls: Tls, starttls: &'static str, trusted: bool) -> String {
    attempt_with(host, tls, starttls, trusted, Gone::Never).await
}

async fn attempt_with(
    host: &str,
    tls: Tls,
    starttls: &'static str,
    trusted: bool,
    gone: Gone,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = serve(tcp, tls, starttls, gone).await;
        }
    });
    // A leaf is no authority for itself where another one signed it.
    let ca = if trusted { "ca.pem" } else { "leaf.pem" };
    let short = Duration::from_secs(2);
    let relay = Relay {
        host: host.into(),
        port,
        tls,
        trust: Some(tls::client_config(Some(&Path::new(FIXTURES).join(ca))).unwrap()),
        username: String::new(),
        password: None,
        helo: "club.test".into(),
        deadlines: Deadlines {
            connect: short,
            command: short,
            data: short,
            body: short,
            last: short,
        },
    };
    let parcel = Parcel {
        from: "b+token@bounce.test".into(),
        to: "member@example.org".into(),
        bytes: b"Subject: a\r\n".to_vec(),
    };
    match Session::open(&relay).await {
        Ok(mut session) => {
            assert!(matches!(session.stream, Stream::Tls(_)));
            format!("{:?}", session.send(&parcel).await)
        }
        Err(Outcome::Deferred(reply)) => format!("deferred {}: {}", reply.stage, reply.text),
        Err(Outcome::RelayDown(reply)) => format!("down {}: {}", reply.stage, reply.text),
        Err(outcome) => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn a_connection_is_secured_or_not_used() {
    const READY: &str = "220 ready\r\n";
    let (implicit, starttls) = (Tls::Implicit, Tls::Starttls);
    let table = [
        ("localhost", implicit, READY, true, "(Sent(\"ok\"), Reuse)"),
        ("localhost", starttls, READY, true, "(Sent(\"ok\"), Reuse)"),
        ("127.0.0.1", implicit, READY, true, "down connect: invalid peer certificate"),
        ("127.0.0.1", starttls, READY, true, "down starttls: invalid peer certificate"),
        ("localhost", starttls, "454 not now\r\n", true, "deferred starttls: not now"),
        ("localhost", starttls, "554 no\r\n", true, "down starttls: no"),
        ("localhost", starttls, "220 ready\r\n250 injected\r\n", true, "deferred starttls: text"),
        (
            "localhost",
            starttls,
            READY,
            false,
            "down starttls: invalid peer certificate: UnknownIssuer",
        ),
    ];
    for (host, tls, answer, trusted, want) in table {
        let got = attempt(host, tls, answer, trusted).await;
        assert!(got.starts_with(want), "{host} {tls:?} {answer:?}: {got}");
    }
}

#[tokio::test]
async fn tls_that_breaks_off_is_never_taken_for_sent() {
    const READY: &str = "220 ready\r\n";
    let table = [
        (Tls::Implicit, Gone::InHandshake, "deferred connect: "),
        (Tls::Starttls, Gone::InHandshake, "deferred starttls: "),
        (Tls::Implicit, Gone::SilentInHandshake, "deferred connect: no answer in time"),
        (Tls::Starttls, Gone::SilentInHandshake, "deferred starttls: no handshake in time"),
        (Tls::Implicit, Gone::AtDot, "(Unknown("),
        (Tls::Starttls, Gone::AtDot, "(Unknown("),
    ];
    for (tls, gone, want) in table {
        let got = attempt_with("localhost", tls, READY, true, gone).await;
        assert!(got.starts_with(want), "{tls:?} {gone:?}: {got}");
    }
}
