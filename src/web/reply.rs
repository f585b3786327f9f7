//! Owns answers: a rendered page, a redirect after a POST, and the headers on everything.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Site;
use crate::compose::Page;
use crate::domain::words::Lang;
use crate::store::StoreError;

/// Everything is private, nothing is loaded from anywhere, no other site may frame us, and the
/// address of a page goes to nobody.
const HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex, nofollow"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "interest-cohort=()"),
];

/// Renders a page.
pub(super) fn page(site: &Site, status: u16, page: &Page<'_>, lang: Lang) -> Response {
    match site.composer.page(page, lang) {
        Ok(html) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
            (status, [kind, (header::CONTENT_LANGUAGE, lang.locale())], html).into_response()
        }
        Err(e) => {
            tracing::error!(reason = %e, "web.page_failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// After a POST: look at what was done (303).
pub(super) fn see(path: &str, chosen: Option<Lang>) -> Response {
    let to = chosen.map_or_else(|| path.to_owned(), |lang| format!("{path}?lang={lang}"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// The store did not keep it, or cannot say: nothing was done, and the page says so.
pub(super) fn trouble(site: &Site, e: &StoreError, lang: Lang) -> Response {
    tracing::error!(reason = %e, "web.store_failed");
    page(site, 503, &Page::ServerTrouble, lang)
}

/// The content policy. A form may lead to ourselves, and to the payment page: browsers hold the
/// redirect after a POST against the policy too.
pub(super) fn policy(payment_page: Option<&str>) -> HeaderValue {
    let own = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    let whole = payment_page.map_or_else(|| own.to_owned(), |origin| format!("{own} {origin}"));
    HeaderValue::try_from(whole).unwrap_or(HeaderValue::from_static(own))
}

/// Puts the headers on.
pub(super) async fn headers(
    State(policy): State<HeaderValue>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in HEADERS {
        // A page about nobody may say that it can be kept.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
