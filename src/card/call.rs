//! Owns one HTTPS call: a connection, a request, an answer of bounded size, all within one
//! deadline. No pool: a federation takes some hundreds of payments a day, and each is two calls.
//! Follows no redirect.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use crate::tls::{self, Stream, TlsError};

/// From the connection's beginning to the answer's end. A payer waits for it, a second try and
/// perhaps the end of an older page, all within the request's own 30 s.
pub const CALL_DEADLINE: Duration = Duration::from_secs(8);
/// A payment page's description has about 4 KB, an error less.
const ANSWER_OCTETS_MAX: usize = 128 * 1024;

/// A server that is called.
#[derive(Clone)]
pub struct Server {
    host: String,
    port: u16,
    authority: String,
    prefix: String,
    tls: Option<Arc<ClientConfig>>,
}

/// Why there is no answer. Whether the request arrived is not known.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// The body, whole.
    pub body: Vec<u8>,
    /// The server's name for the request; empty where it gives none.
    pub request_id: String,
}

impl Server {
    /// `base` is an address that the config has checked: https, or http on loopback. Reads the
    /// system's certificate authorities.
    pub fn new(base: &str, ca_file: Option<&Path>) -> Result<Self, TlsError> {
        let uri: Uri = base.parse().unwrap_or_default();
        let https = uri.scheme_str() != Some("http");
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        Ok(Self {
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
            authority: uri.authority().map(ToString::to_string).unwrap_or_default(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            tls: if https { Some(tls::client_config(ca_file)?) } else { None },
        })
    }

    /// Host and port, for messages to operators.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.authority
    }

    /// Sends `request`, whose target is a path under the base, and reads the answer.
    pub async fn call(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        match timeout(CALL_DEADLINE, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(NoAnswer(format!("no answer within {} s", CALL_DEADLINE.as_secs()))),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let fault = |e: &dyn std::fmt::Display| NoAnswer(e.to_string());
        let mut stream = Stream::connect(&self.host, self.port).await.map_err(|e| fault(&e))?;
        if let Some(config) = &self.tls {
            stream = stream.secure(&self.host, Arc::clone(config)).await.map_err(|e| fault(&e))?;
        }
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|e| fault(&e))?;
        let talk = async {
            let answer = sender.send_request(request).await.map_err(|e| fault(&e))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER_OCTETS_MAX).collect().await;
            let request_id = parts.headers.get("request-id").and_then(|v| v.to_str().ok());
            Ok(Answer {
                status: parts.status.as_u16(),
                body: body.map_err(|e| NoAnswer(e.to_string()))?.to_bytes().to_vec(),
                request_id: request_id.unwrap_or_default().to_owned(),
            })
        };
        tokio::pin!(talk, connection);
        tokio::select! {
            biased;
            answer = &mut talk => answer,
            // The connection is done; what it read may still lie there.
            ended = &mut connection => match ended {
                Ok(()) => talk.await,
                Err(e) => Err(fault(&e)),
            },
        }
    }

    /// A request for a path under the base, with its fields as a form (POST only).
    pub(super) fn request(
        &self,
        method: Method,
        path: &str,
        fields: &[(&str, String)],
    ) -> Request<Full<Bytes>> {
        let body = if method == Method::POST {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields {
                form.append_pair(name, value);
            }
            form.finish()
        } else {
            String::new()
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        let target = format!("{}{path}", self.prefix);
        // A path that is no URI goes nowhere: ids are checked where they come from.
        *request.uri_mut() = target.parse().unwrap_or_default();
        let host = HeaderValue::from_str(&self.authority);
        let headers = request.headers_mut();
        headers.insert(header::HOST, host.unwrap_or(HeaderValue::from_static("localhost")));
        let agent = concat!("relance/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        if method == Method::POST {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, form);
        }
        *request.method_mut() = method;
        request
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.authority).finish()
    }
}

#[cfg(test)]
mod tests;
