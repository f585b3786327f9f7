//! Owns the operator's pages: `/healthz` (is the daemon alive), `/readyz` (is its work up to
//! date), `/metrics`. For a loopback listener. Names and numbers only: nothing about any person.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::heartbeat::Heartbeats;
use crate::clock::monotonic;

/// One thing that must be well, by name, and what is wrong with it.
pub type Check = (&'static str, Result<(), String>);

/// What the pages tell.
#[derive(Clone)]
pub struct Health {
    /// The loops' pulse.
    pub beats: Heartbeats,
    /// Everything that `/readyz` looks at, asked anew each time, on a thread that may wait for a
    /// disk.
    pub checks: Arc<dyn Fn() -> Vec<Check> + Send + Sync>,
    /// What `/metrics` shows.
    pub registry: Arc<Registry>,
}

/// `/healthz`: 200, or 503 and the loops that are late. `/readyz`: a line for each check, 503 when
/// one fails. `/metrics`: the `OpenMetrics` text form.
pub fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn healthz(State(health): State<Health>) -> Response {
    let late = health.beats.late(monotonic());
    if late.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("late: {}\n", late.join(", "))).into_response()
}

async fn readyz(State(health): State<Health>) -> Response {
    let checks = health.checks.clone();
    let Ok(results) = tokio::task::spawn_blocking(move || checks()).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the checks panicked\n").into_response();
    };
    let well = results.iter().all(|(_, result)| result.is_ok());
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let line = |(name, result): &Check| match result {
        Ok(()) => format!("{name}: ok\n"),
        Err(text) => format!("{name}: {text}\n"),
    };
    (status, results.iter().map(line).collect::<String>()).into_response()
}

async fn metrics(State(health): State<Health>) -> Response {
    let mut text = String::new();
    if encode(&mut text, &health.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use prometheus_client::metrics::counter::Counter;
    use std::time::Duration;
    use tower::ServiceExt;

    async fn get_page(health: &Health, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router(health.clone()).oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_pages_tell_what_is_wrong() {
        let mut registry = Registry::default();
        let sent: Counter = Counter::default();
        registry.register("messages_sent", "Messages the relay took", sent.clone());
        sent.inc_by(3);
        let mut health = Health {
            beats: Heartbeats::default(),
            checks: Arc::new(|| vec![("store", Ok(())), ("inbox", Ok(()))]),
            registry: Arc::new(registry),
        };
        assert_eq!(get_page(&health, "/healthz").await, (200, "ok\n".into()));
        assert_eq!(get_page(&health, "/readyz").await, (200, "store: ok\ninbox: ok\n".into()));
        let (status, text) = get_page(&health, "/metrics").await;
        assert_eq!(status, 200);
        assert!(text.contains("messages_sent_total 3\n") && text.ends_with("# EOF\n"), "{text}");

        let _late = health.beats.register("outbox", Duration::ZERO);
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert_eq!(get_page(&health, "/healthz").await, (503, "late: outbox\n".into()));
        health.checks = Arc::new(|| vec![("store", Ok(())), ("inbox", Err("stale".into()))]);
        assert_eq!(get_page(&health, "/readyz").await, (503, "store: ok\ninbox: stale\n".into()));
        health.checks = Arc::new(|| panic!("broken check"));
        assert_eq!(get_page(&health, "/readyz").await.0, 503);
    }
}
