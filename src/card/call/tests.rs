use std::path::PathBuf;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::*;

fn fixture(name: &str) -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

fn acceptor() -> TlsAcceptor {
    let leaf = CertificateDer::pem_file_iter(fixture("leaf.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("leaf-key.pem")).unwrap();
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(leaf.map(Result::unwrap).collect(), key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Takes one connection over TLS, reads one request, says `answer` and hangs up. Gives the
/// request.
async fn server(answer: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let served = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor().accept(tcp).await else { return String::new() };
        let mut read = Vec::new();
        while !read.ends_with(b"a=1&b=%C3%A9+%26") {
            let mut some = [0; 1024];
            let n = stream.read(&mut some).await.unwrap();
            assert!(n > 0, "the request is whole");
            read.extend_from_slice(&some[..n]);
        }
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
        String::from_utf8(read).unwrap()
    });
    (base, served)
}

async fn call(base: &str, ca: Option<&str>) -> Result<Answer, NoAnswer> {
    let ca = ca.map(fixture);
    let server = Server::new(&format!("{base}/api"), ca.as_deref()).unwrap();
    let fields = [("a", "1".to_owned()), ("b", "é &".to_owned())];
    server.call(server.request(Method::POST, "/v1/x", &fields)).await
}

#[tokio::test]
async fn a_call_over_tls() {
    let answer = "HTTP/1.1 201 Created\r\nRequest-Id: req_1\r\nContent-Length: 2\r\n\r\n{}";
    let (base, served) = server(answer.into()).await;
    let answer = call(&base, Some("ca.pem")).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (201, b"{}".as_slice()));
    assert_eq!(answer.request_id, "req_1");
    let request = served.await.unwrap();
    assert!(request.starts_with("POST /api/v1/x HTTP/1.1\r\n"), "{request}");
    let host = format!("host: {}\r\n", base.trim_start_matches("https://"));
    assert!(request.to_lowercase().contains(&host), "{request}");
}

#[tokio::test]
async fn whoever_is_not_trusted_gets_nothing() {
    let (base, served) = server("HTTP/1.1 200 OK\r\n\r\n".into()).await;
    let error = call(&base, None).await.unwrap_err();
    assert!(error.0.to_lowercase().contains("certificate"), "{error}");
    assert_eq!(served.await.unwrap(), "", "not an octet of the request");
}

#[tokio::test]
async fn what_is_no_answer() {
    let large = "x".repeat(ANSWER_OCTETS_MAX + 1);
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{large}", large.len());
    for answer in [
        "",
        "220 mail.example.ca ESMTP\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        large.as_str(),
    ] {
        let (base, _served) = server(answer.to_owned()).await;
        assert!(call(&base, Some("ca.pem")).await.is_err(), "{answer:.40}");
    }
    let nobody = call("https://localhost:9", Some("ca.pem")).await;
    assert!(nobody.is_err(), "nobody listens there");
    assert!(CALL_DEADLINE * 3 < Duration::from_secs(30), "within a request's own deadline");
}
