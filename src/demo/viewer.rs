//! Owns the demo's pages: a mailbox with everybody's mail, answering, bouncing, and the button
//! that moves the calendar. On loopback only, and only for a browser that came by this page.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use super::mailbox::{Envelope, Opened, Person};
use super::post::{Reply, Style};
use super::report::{self, Trouble};
use super::stage::{Stage, StageError};
use super::{temper, view};
use crate::domain::words::Lang;
use crate::ids::MessageId;
use crate::store::overview;
use crate::web::listen;

/// A form is a few sentences.
const FORM_OCTETS_MAX: usize = 32 * 1024;
/// The mailbox's name in the daemon's store.
const INBOX: &str = "maildir";
/// Mails shown as what came of an act.
const CAME_OF_IT_MAX: usize = 4;
/// What a page may do: nothing but show itself, its frame and its forms.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What a mail in its frame may do: less, and its links open in a window of their own.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                           form-action 'none'; frame-ancestors 'self'; \
                           sandbox allow-popups allow-popups-to-escape-sandbox";

type Shared = State<Arc<Stage>>;

/// Opens a port on loopback for the pages.
pub async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves the pages until the daemon stops.
pub async fn serve(listener: TcpListener, stage: Arc<Stage>) {
    let stop = stage.stopping();
    let limits = listen::Limits {
        // A jump to a large firing takes a while on a slow machine.
        request_deadline: std::time::Duration::from_mins(3),
        ..listen::Limits::default()
    };
    let router = Router::new()
        .route("/", get(list))
        .route("/mail/{id}", get(mail))
        .route("/mail/{id}/html", get(html))
        .route("/mail/{id}/reply", post(reply))
        .route("/mail/{id}/happen", post(happen))
        .route("/jump", post(jump))
        .layer(middleware::from_fn(guard))
        .with_state(stage);
    listen::serve(listener, router, limits, stop).await;
}

/// Refuses what another site's page sends, or sends here under another name; puts headers on.
async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let host = text("host").rsplit_once(':').map_or(text("host"), |(host, _)| host);
    let ours = matches!(host, "127.0.0.1" | "localhost");
    let own = matches!(text("sec-fetch-site"), "" | "same-origin" | "none");
    if !ours || (request.method() == Method::POST && !own) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let chosen = request.uri().query().unwrap_or_default().to_owned();
    let mut response = next.run(request).await;
    let lang = form_urlencoded::parse(chosen.as_bytes())
        .find(|(name, _)| name == "lang")
        .and_then(|(_, value)| Lang::parse(&value));
    let headers = response.headers_mut();
    if let Some(lang) = lang
        && let Ok(cookie) = format!("lang={lang}; Path=/; SameSite=Lax; HttpOnly").parse()
    {
        headers.insert(header::SET_COOKIE, cookie);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(header::HeaderValue::from_static(POLICY));
    response
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    lang: String,
    q: String,
    page: usize,
    view: String,
    did: String,
    since: i64,
}

impl Asked {
    /// Asked for now, or once before, or what the browser prefers.
    fn lang(&self, headers: &HeaderMap) -> Lang {
        let text = |name: header::HeaderName| {
            headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
        };
        let cookies = text(header::COOKIE).split(';');
        let cookie = cookies.filter_map(|c| c.trim().strip_prefix("lang=")).find_map(Lang::parse);
        let accepted = Lang::parse(text(header::ACCEPT_LANGUAGE).get(..2).unwrap_or_default());
        Lang::parse(&self.lang).or(cookie).or(accepted).unwrap_or(Lang::En)
    }
}

/// Something failed here: said on the page.
struct Failed(StageError);

impl<E: Into<StageError>> From<E> for Failed {
    fn from(e: E) -> Self {
        Self(e.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        tracing::error!(reason = %self.0, "demo.failed");
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{}\n", self.0)).into_response()
    }
}

fn page(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

async fn list(
    State(stage): Shared,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let lang = asked.lang(&headers);
    show_list(&stage, &asked, lang, None).await
}

async fn show_list(
    stage: &Stage,
    asked: &Asked,
    lang: Lang,
    fault: Option<&str>,
) -> Result<Response, Failed> {
    let all = stage.mailbox.list()?;
    let found = find(stage, &all, &asked.q).await?;
    let pages = found.len().div_ceil(view::PAGE).max(1);
    let at = asked.page.clamp(1, pages);
    let shown = found.get((at - 1) * view::PAGE..).unwrap_or_default();
    let shown = &shown[..shown.len().min(view::PAGE)];
    let link = |to: usize| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &asked.q)
            .append_pair("page", &to.to_string())
            .finish();
        format!("/?{query}")
    };
    let mut values = view::frame(stage, lang).await?;
    values.insert("welcome".into(), all.is_empty().into());
    values.insert("mails".into(), view::mails(stage, shown, lang).await?.into());
    values.insert("query".into(), asked.q.clone().into());
    values.insert("count".into(), found.len().into());
    values.insert("page".into(), at.into());
    values.insert("pages".into(), pages.into());
    values.insert("newer".into(), json!((at > 1).then(|| link(at - 1))));
    values.insert("older".into(), json!((at < pages).then(|| link(at + 1))));
    values.insert("fault".into(), json!(fault.map(|name| json!({"name": name, "why": ""}))));
    let status = if fault.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    Ok((status, page(stage.composer.render("demo/list.html", &values, lang)?)).into_response())
}

/// Newest first; all of the query's words in name, address or subject, or a member's number.
async fn find(
    stage: &Stage,
    all: &[Arc<Envelope>],
    query: &str,
) -> Result<Vec<Arc<Envelope>>, StageError> {
    let query = query.trim().to_lowercase();
    let number = query.len() >= 4 && query.chars().all(|c| c.is_ascii_digit());
    let mut found = Vec::new();
    for mail in all.iter().rev() {
        let text = format!("{} {} {}", mail.to.name, mail.to.address, mail.subject).to_lowercase();
        let fits = query.split_whitespace().all(|word| text.contains(word))
            || number && stage.about(mail.id).await?.is_some_and(|a| a.number == query);
        if fits {
            found.push(Arc::clone(mail));
        }
    }
    Ok(found)
}

fn opened(stage: &Stage, id: &str) -> Result<Option<Opened>, StageError> {
    let id = MessageId::from_hex(id);
    Ok(id.map(|id| stage.mailbox.read(id)).transpose()?.flatten())
}

async fn mail(
    State(stage): Shared,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let lang = asked.lang(&headers);
    let Some(mail) = opened(&stage, &id)? else {
        return show_list(&stage, &Asked::default(), lang, Some("no-mail")).await;
    };
    let views: &[&str] =
        if mail.html.is_some() { &["html", "text", "source"] } else { &["text", "source"] };
    let chosen = views.iter().find(|v| **v == asked.view).unwrap_or(&views[0]);
    let envelope = &mail.envelope;
    let mut values = view::frame(&stage, lang).await?;
    let zone = &stage.config().relance.season.deadline_zone;
    let written = |p: &Person| format!("{} <{}>", p.name, p.address).trim().to_owned();
    let person = form_urlencoded::byte_serialize(envelope.to.address.as_bytes());
    let facts = json!({
        "id": envelope.id.to_string(),
        "subject": envelope.subject,
        "from": written(&envelope.from),
        "to": written(&envelope.to),
        "date": stage.composer.instant(lang, envelope.date, zone)?,
        "views": views,
        "view": chosen,
        "parts": view::parts(&mail, *chosen == "source"),
        "quick": ["renew", "renouveler", "stop", "question", "leave"],
        "troubles": ["no-user", "full", "delayed"],
        "person": format!("/?q={}", person.collect::<String>()),
    });
    if let serde_json::Value::Object(facts) = facts {
        values.extend(facts);
    }
    let (outcome, came) = came_of(&stage, &asked, &mail).await?;
    values.insert("outcome".into(), json!(outcome));
    values.insert("mails".into(), view::mails(&stage, &came, lang).await?.into());
    Ok(page(stage.composer.render("demo/mail.html", &values, lang)?))
}

/// What the mail just written came to, and the mails that followed from it.
async fn came_of(
    stage: &Stage,
    asked: &Asked,
    mail: &Opened,
) -> Result<(Option<String>, Vec<Arc<Envelope>>), StageError> {
    if asked.did.is_empty() {
        return Ok((None, Vec::new()));
    }
    if asked.did == "past" {
        return Ok((Some("past".into()), Vec::new()));
    }
    let key = asked.did.clone();
    let read = stage.loops.store.read(move |c| overview::outcome(c, INBOX, &key)).await?;
    let outcome = match read.as_ref().map(|(outcome, _)| outcome.as_str()) {
        None => "unread".to_owned(),
        Some(text) if text.starts_with("to-desk") => "to-desk".to_owned(),
        Some(text) if text.starts_with("kept") => "kept".to_owned(),
        Some(text) => text.replace(':', "-"),
    };
    // Dates are in whole seconds.
    let since = Timestamp::from_second(asked.since).unwrap_or(mail.envelope.date);
    let own = stage.about(mail.envelope.id).await?;
    let mut came = Vec::new();
    for other in stage.mailbox.list()?.into_iter().rev() {
        if came.len() >= CAME_OF_IT_MAX || other.date < since {
            break;
        }
        let about = stage.about(other.id).await?;
        let same = about.zip(own.as_ref()).is_some_and(|(a, o)| a.number == o.number);
        if same && other.id != mail.envelope.id {
            came.push(other);
        }
    }
    Ok((Some(outcome), came))
}

/// The HTML part alone, in a sandbox: no script, nothing loaded, links in windows of their own.
async fn html(State(stage): Shared, Path(id): Path<String>) -> Result<Response, Failed> {
    let Some(html) = opened(&stage, &id)?.and_then(|m| m.html) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let html = html
        .replacen("<head>", "<head><base target=\"_blank\">", 1)
        .replace("href=\"#", "target=\"_self\" href=\"#");
    let mut response = page(html);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(MAIL_POLICY));
    Ok(response)
}

/// A form's fields, bounded.
async fn fields(body: Body) -> Vec<(String, String)> {
    let octets = axum::body::to_bytes(body, FORM_OCTETS_MAX).await.unwrap_or_default();
    form_urlencoded::parse(&octets).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
}

async fn reply(
    State(stage): Shared,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    let Some(mail) = opened(&stage, &id)? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let fields = fields(body).await;
    let words = match field(&fields, "quick") {
        "" => field(&fields, "words"),
        quick => quick,
    };
    if words.is_empty() {
        return Ok(Redirect::to(&format!("/mail/{id}")).into_response());
    }
    let mut from = mail.envelope.to.clone();
    if field(&fields, "elsewhere") == "yes" {
        from.address = format!("home.{}", from.address);
    }
    let lang = stage.about(mail.envelope.id).await?.map_or(Lang::En, |a| a.lang);
    let ours = format!("@{}", stage.config().relance.mail.reply_domain);
    let since = stage.loops.clock.now().as_second();
    let key = if mail.reply_to.ends_with(&ours) {
        let style = Style::Gmail;
        let (subject, header) = ("", "");
        let reply = Reply { to: &mail, from: &from, words, lang, style, subject, header };
        stage.postman.reply(&reply)?
    } else {
        "past".to_owned()
    };
    stage.settle().await?;
    Ok(Redirect::to(&format!("/mail/{id}?did={key}&since={since}")).into_response())
}

async fn happen(
    State(stage): Shared,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    let Some(mail) = opened(&stage, &id)? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let fields = fields(body).await;
    let (clock, since) = (&stage.loops.clock, stage.loops.clock.now().as_second());
    let key = match field(&fields, "what") {
        "spam" => report::complain(&stage.postman, clock, &mail)?,
        "away" => {
            let lang = stage.about(mail.envelope.id).await?.map_or(Lang::En, |a| a.lang);
            stage.postman.reply(&temper::out_of_office(&mail, lang))?
        }
        other => match Trouble::parse(other) {
            Some(trouble) => report::bounce(&stage.postman, clock, &mail, trouble)?,
            None => return Ok(StatusCode::BAD_REQUEST.into_response()),
        },
    };
    stage.settle().await?;
    Ok(Redirect::to(&format!("/mail/{id}?did={key}&since={since}")).into_response())
}

async fn jump(State(stage): Shared, body: Body) -> Result<Response, Failed> {
    let at = field(&fields(body).await, "at").parse::<Timestamp>().ok();
    // An old page's button, or one pressed twice, moves nothing.
    if let Some(at) = at.filter(|at| view::may_jump(&stage, *at)) {
        stage.jump(at).await?;
    }
    Ok(Redirect::to("/").into_response())
}
