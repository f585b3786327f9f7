//! Owns what every request is asked first: from whom, in which language, with which token.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use jiff::Timestamp;

use super::limits::{TooMany, client_address};
use super::listen::Peer;
use super::{Site, reply};
use crate::compose::{FormFault, Page, Typed};
use crate::domain::words::Lang;
use crate::ids::MessageId;
use crate::link::{Purpose, Token, TokenError};
use crate::store::{StoreError, revoked};

/// A form is a few hundred octets; a reason and a note of 500 characters each, percent-encoded,
/// some 12,000.
pub(super) const FORM_OCTETS_MAX: usize = 16 * 1024;

/// Who asks, and in which language.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// The client behind our proxies.
    pub client: IpAddr,
    /// `?lang=`, where the address names one.
    pub chosen: Option<Lang>,
    /// What the browser prefers.
    pub accepted: Lang,
    /// Whether corrections were saved just before (`?saved`).
    pub saved: bool,
    /// Path of the request: forms come back to it.
    pub path: String,
    /// When the request's header was complete.
    pub now: Timestamp,
}

impl FromRequestParts<Site> for Ask {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().copied();
        Ok(Self::new(site, peer, &parts.headers, &parts.uri))
    }
}

/// What stands in a link's place, as it came; empty where it is no text at all, which verifies as
/// little as any other damage.
#[derive(Debug)]
pub(super) struct Presented(pub String);

impl FromRequestParts<Site> for Presented {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, site).await;
        Ok(Self(path.map_or_else(|_| String::new(), |Path(text)| text)))
    }
}

/// The message behind a verified link, whether or not the link has expired.
pub(super) fn message_of(token: &Result<Token, Token>) -> MessageId {
    match token {
        Ok(token) | Err(token) => token.message,
    }
}

impl Ask {
    pub fn of(site: &Site, request: &Request) -> Self {
        let peer = request.extensions().get::<Peer>().copied();
        Self::new(site, peer, request.headers(), request.uri())
    }

    fn new(site: &Site, peer: Option<Peer>, headers: &HeaderMap, uri: &Uri) -> Self {
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |p| p.0.ip());
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
        let forwarded: Vec<&str> = forwarded.collect();
        let trusted = &site.context.config.relance.web.trusted_proxies;
        let query = uri.query().unwrap_or_default();
        let chosen = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, value)| Lang::parse(&value));
        let saved = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "saved");
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map_or(
            Lang::En,
            |v| {
                if v.trim_start().starts_with("fr") { Lang::Fr } else { Lang::En }
            },
        );
        Self {
            client: client_address(peer, forwarded.into_iter(), trusted),
            chosen,
            accepted,
            saved,
            path: uri.path().to_owned(),
            now: site.clock.now(),
        }
    }

    /// The language of a page about a member who reads `own` first.
    pub fn lang(&self, own: Lang) -> Lang {
        self.chosen.unwrap_or(own)
    }

    /// A page that is about nobody.
    pub fn page(&self, site: &Site, status: u16, page: &Page<'_>) -> Response {
        reply::page(site, status, page, self.chosen.unwrap_or(self.accepted))
    }

    /// 429, and when to come back.
    pub fn too_many(&self, site: &Site, wait: TooMany) -> Response {
        let mut response = self.page(site, 429, &Page::TooMany);
        let seconds = wait.0.as_secs().max(1).to_string();
        if let Ok(value) = seconds.parse() {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        // Or one client that asks for ever keeps every connection there is.
        let close = header::HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        response
    }

    /// Verifies the token before anything else is looked at. A renewal's that was taken back is
    /// known like one that has expired, since a fresh one goes to the address on file; any other
    /// opens nothing.
    /// `Err` is the answer.
    pub async fn verify(
        &self,
        site: &Site,
        text: &str,
        purpose: Purpose,
    ) -> Result<Result<Token, Token>, Response> {
        let now = crate::clock::monotonic();
        if let Err(wait) = site.limits.may_present(self.client, now) {
            return Err(self.too_many(site, wait));
        }
        let verified = Token::from_url(text, purpose, &site.context.ring, self.now);
        let token = match &verified {
            Ok(token) | Err(TokenError::Expired(token)) => token,
            Err(TokenError::Damaged) => {
                site.limits.note_damaged(self.client, now);
                return Err(self.page(site, 404, &Page::Damaged));
            }
        };
        if let Err(wait) = site.limits.token(token.message, now) {
            return Err(self.too_many(site, wait));
        }
        let token = *token;
        // Nobody may be kept from stopping us.
        let revoked = purpose != Purpose::Unsubscribe
            && match site.store.read(move |c| revoked::is_revoked(c, token.message)).await {
                Ok(revoked) => revoked,
                Err(e) => return Err(self.trouble(site, &e)),
            };
        if revoked && purpose != Purpose::Renew {
            return Err(self.page(site, 410, &Page::Damaged));
        }
        Ok(if verified.is_ok() && !revoked { Ok(token) } else { Err(token) })
    }

    /// What every POST begins with: the link is verified, then the form is read. `Err` is the
    /// answer.
    pub async fn posted(
        &self,
        site: &Site,
        text: &str,
        purpose: Purpose,
        body: Body,
    ) -> Result<(Result<Token, Token>, Typed), Response> {
        let token = self.verify(site, text, purpose).await?;
        Ok((token, self.form(site, body).await?))
    }

    /// What a link leads to, or the answer where it leads nowhere or the store cannot say.
    pub fn found<T>(
        &self,
        site: &Site,
        found: Result<Option<T>, StoreError>,
    ) -> Result<T, Response> {
        match found {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(self.page(site, 404, &Page::Damaged)),
            Err(e) => Err(self.trouble(site, &e)),
        }
    }

    fn trouble(&self, site: &Site, e: &StoreError) -> Response {
        reply::trouble(site, e, self.chosen.unwrap_or(self.accepted))
    }

    /// Reads a form's fields, bounded. `Err` is the answer.
    pub async fn form(&self, site: &Site, body: Body) -> Result<Typed, Response> {
        let octets = self.body(site, body).await?;
        let Ok(text) = std::str::from_utf8(&octets) else {
            let faults = [FormFault::Unreadable];
            return Err(self.page(site, 400, &Page::BadForm(&faults)));
        };
        let fields = form_urlencoded::parse(text.as_bytes());
        Ok(Typed::new(fields.map(|(n, v)| (n.into_owned(), v.into_owned())).collect()))
    }

    /// Reads a body, bounded. `Err` is the answer.
    pub async fn body(&self, site: &Site, body: Body) -> Result<Vec<u8>, Response> {
        match axum::body::to_bytes(body, FORM_OCTETS_MAX).await {
            Ok(octets) => Ok(octets.to_vec()),
            Err(_) => Err(self.page(site, 413, &Page::TooLarge)),
        }
    }
}
