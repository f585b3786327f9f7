//! Owns one conversation: reads a request, does what Stripe would, answers.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Fault, KEY, Session, Shared, lock};

/// Shorter pages are refused.
const PAGE_SECONDS_MIN: i64 = 30 * 60;

struct Request {
    method: String,
    target: String,
    headers: HashMap<String, String>,
    fields: HashMap<String, String>,
}

pub(super) fn serve(shared: &Shared, mut stream: TcpStream) {
    let Some(request) = read(&stream) else { return };
    lock(&shared.calls).push(format!("{} {}", request.method, request.target));
    let fault = lock(&shared.faults).pop();
    let (status, body) = match fault {
        Some(Fault::Status(status)) => {
            let body = json!({"error": {"type": "api_error", "message": "out of order"}});
            if let (500.., Some(key)) = (status, request.headers.get("idempotency-key")) {
                let kept = (request.fields.clone(), status, body.to_string());
                lock(&shared.answers).insert(key.clone(), kept);
            }
            (status, body.to_string())
        }
        Some(Fault::Endless) => return endless(shared, &mut stream),
        _ => answer(shared, &request),
    };
    match fault {
        Some(Fault::TakeAndClose) => return,
        Some(Fault::TakeAndHang) => {
            while !shared.ended.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            return;
        }
        _ => {}
    }
    let text = format!(
        "HTTP/1.1 {status} Status\r\nRequest-Id: req_test\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // The daemon may have gone.
    let _ = stream.write_all(text.as_bytes());
}

fn endless(shared: &Shared, stream: &mut TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
    while !shared.ended.load(Ordering::SeqCst) && stream.write_all(&[b' '; 4096]).is_ok() {
        std::thread::yield_now();
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|v| v.parse().ok()).unwrap_or(0_usize);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let fields = form_urlencoded::parse(&body).into_owned().collect();
    Some(Request { method, target, headers, fields })
}

fn error(status: u16, kind: &str, code: &str) -> (u16, String) {
    let message = format!("You gave {KEY}, which must be in no log");
    let body = json!({"error": {"type": kind, "code": code, "message": message}});
    (status, body.to_string())
}

fn answer(shared: &Shared, request: &Request) -> (u16, String) {
    if request.headers.get("authorization") != Some(&format!("Bearer {KEY}")) {
        return error(401, "invalid_request_error", "api_key_invalid");
    }
    assert!(request.headers.contains_key("stripe-version"), "the version is named");
    let path = request.target.split('?').next().unwrap_or_default();
    if (request.method.as_str(), path) == ("POST", "/v1/refunds") {
        return refund(shared, request);
    }
    let rest = path.strip_prefix("/v1/checkout/sessions").unwrap_or("/none");
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", []) => create(shared, request),
        ("GET", []) => (200, json!({"object": "list", "data": []}).to_string()),
        ("GET", [id]) => {
            let (status, body) = with(shared, id, |_| None);
            (status, if status == 200 { expanded(shared, request, id, &body) } else { body })
        }
        ("POST", [id, "expire"]) => with(shared, id, |session| {
            if session.status != "open" {
                return Some(error(400, "invalid_request_error", "not_open"));
            }
            session.status = "expired";
            None
        }),
        _ => error(404, "invalid_request_error", "no_such_path"),
    }
}

/// With the payment itself where it is asked for.
fn expanded(shared: &Shared, request: &Request, id: &str, body: &str) -> String {
    let mut object: Value = serde_json::from_str(body).expect("our own");
    let asked = request.target.ends_with("?expand%5B%5D=payment_intent.latest_charge");
    if asked && !object["payment_intent"].is_null() {
        let sessions = lock(&shared.sessions);
        let created = sessions.iter().find(|s| s.id == id).map_or(0, |s| s.paid_s);
        let charge = json!({"id": format!("ch_{id}"), "created": created});
        object["payment_intent"] = json!({"id": object["payment_intent"], "latest_charge": charge});
    }
    object.to_string()
}

fn with(
    shared: &Shared,
    id: &str,
    act: impl FnOnce(&mut Session) -> Option<(u16, String)>,
) -> (u16, String) {
    let mut sessions = lock(&shared.sessions);
    let Some(session) = sessions.iter_mut().find(|s| s.id == id) else {
        return error(404, "invalid_request_error", "resource_missing");
    };
    act(session).unwrap_or_else(|| (200, object(shared.port, session).to_string()))
}

fn create(shared: &Shared, request: &Request) -> (u16, String) {
    let Some(key) = request.headers.get("idempotency-key") else {
        return error(400, "invalid_request_error", "no_key");
    };
    if let Some((fields, status, body)) = lock(&shared.answers).get(key) {
        if *fields != request.fields {
            return error(400, "idempotency_error", "other_fields");
        }
        return (*status, body.clone());
    }
    let number = |name: &str| request.fields.get(name).and_then(|v| v.parse::<i64>().ok());
    let sound = request.fields.get("mode").is_some_and(|mode| mode == "payment")
        && number("line_items[0][price_data][unit_amount]").is_some_and(|cents| cents > 0)
        && number("expires_at").is_some_and(|at| at > PAGE_SECONDS_MIN)
        && request.fields.contains_key("success_url");
    if !sound {
        return error(400, "invalid_request_error", "parameter_missing");
    }
    let session = {
        let mut sessions = lock(&shared.sessions);
        let session = Session {
            id: format!("cs_test_{}", sessions.len() + 1),
            key: key.clone(),
            fields: request.fields.clone(),
            status: "open",
            payment: "unpaid",
            paid_s: 0,
            refunded: false,
        };
        sessions.push(session.clone());
        session
    };
    let body = object(shared.port, &session).to_string();
    let kept = (request.fields.clone(), 200, body.clone());
    lock(&shared.answers).insert(key.clone(), kept);
    (200, body)
}

fn refund(shared: &Shared, request: &Request) -> (u16, String) {
    let Some(key) = request.headers.get("idempotency-key") else {
        return error(400, "invalid_request_error", "no_key");
    };
    if let Some((fields, status, body)) = lock(&shared.answers).get(key) {
        if *fields != request.fields {
            return error(400, "idempotency_error", "other_fields");
        }
        return (*status, body.clone());
    }
    let intent = request.fields.get("payment_intent").cloned().unwrap_or_default();
    let mut sessions = lock(&shared.sessions);
    let paid = |s: &&mut Session| s.payment == "paid" && format!("pi_{}", s.id) == intent;
    let Some(session) = sessions.iter_mut().find(paid) else {
        return error(404, "invalid_request_error", "resource_missing");
    };
    if session.refunded {
        return error(400, "invalid_request_error", "charge_already_refunded");
    }
    session.refunded = true;
    let body = json!({
        "id": format!("re_{}", session.id),
        "object": "refund",
        "amount": request.fields.get("amount").and_then(|v| v.parse::<i64>().ok()),
        "payment_intent": intent,
        "status": "succeeded",
    });
    let kept = (request.fields.clone(), 200, body.to_string());
    lock(&shared.answers).insert(key.clone(), kept);
    (200, body.to_string())
}

/// A Checkout Session as the API shows it.
pub(super) fn object(port: u16, session: &Session) -> Value {
    let field = |name: &str| session.fields.get(name).cloned().unwrap_or_default();
    let open = session.status == "open";
    json!({
        "id": session.id,
        "object": "checkout.session",
        "amount_total": field("line_items[0][price_data][unit_amount]").parse::<i64>().ok(),
        "currency": field("line_items[0][price_data][currency]"),
        "client_reference_id": field("client_reference_id"),
        "livemode": false,
        "mode": "payment",
        "payment_intent": (session.payment == "paid").then(|| format!("pi_{}", session.id)),
        "payment_status": session.payment,
        "status": session.status,
        "customer_details": {"email": "alice@club.test", "name": "Alice"},
        "url": open.then(|| format!("http://127.0.0.1:{port}/c/pay/{}#fid", session.id)),
    })
}
