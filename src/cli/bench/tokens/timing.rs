//! Owns measuring how long a refusal takes by what is wrong with a link, in turn and at random, and
//! Welch's t of each against a wrong tag. |t| below 4.5 is no difference that so many samples show.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Good, written};
use crate::cli::say;
use crate::clock::monotonic;
use crate::demo::{Folder, Stage};
use crate::ids::{MessageId, Random};
use crate::link::{Keyring, Purpose, Token};

/// What the others are measured against.
const YARDSTICK: &str = "bad-tag";
/// Of each kind the slowest twentieth is left out: it was interrupted.
const KEPT: f64 = 0.95;
/// Of so many requests one is measured, of each kind: a page costs a thousand times a signature.
const PAGES_SHARE: u32 = 20;
/// Addresses of our own invention, one a request, or the limit for damaged links would answer.
const NETWORK: u8 = 10;

/// By the function alone.
pub(super) fn function(samples: u32, random: &Random, now: Timestamp) {
    let ring = Keyring::generate(random, now);
    let kinds = kinds(&ring, random, now);
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..samples {
        for (kind, text) in in_some_order(&kinds, random) {
            let begun = monotonic();
            let _ = black_box(Token::from_url(black_box(text), Purpose::Renew, &ring, now));
            times.entry(kind).or_default().push(nanoseconds(begun.elapsed()));
        }
    }
    tell("function", &times);
}

/// By the page, over HTTP on one connection: octets and time.
pub(super) async fn page(samples: u32, random: &Random) -> anyhow::Result<()> {
    let stage = Stage::open(Folder::temporary()?).await?;
    stage.jump("2026-12-05T17:00:00Z".parse()?).await?;
    let mails = stage.mailbox.list()?;
    let opened = mails.iter().find_map(|m| stage.mailbox.read(m.id).ok().flatten());
    let opened = opened.ok_or_else(|| anyhow::anyhow!("no mail in the demo"))?;
    let path = |page| opened.path(page).map(|p| p[3..].to_owned()).unwrap_or_default();
    let now = stage.loops.clock.now();
    let mut kinds = kinds(&Keyring::generate(random, now), random, now);
    // Signed by the daemon itself, for other doors and with a piece altered.
    kinds.retain(|(kind, _)| !matches!(*kind, "good" | "good-but-expired" | "bad-purpose"));
    kinds.push(("bad-purpose", path("u")));
    let own = Good { token: nothing(now), in_address: false, text: path("r") };
    kinds.push(("own-bad-tag", own.patched(|bytes| bytes[29] ^= 1)));
    let mut stream = TcpStream::connect(stage.web).await?;
    stream.set_nodelay(true)?;
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut answers = std::collections::BTreeSet::new();
    let mut asked: u32 = 0;
    for _ in 0..(samples / PAGES_SHARE) {
        for (kind, text) in in_some_order(&kinds, random) {
            asked += 1;
            if asked.is_multiple_of(1000) {
                // A connection has its time, too.
                stream = TcpStream::connect(stage.web).await?;
                stream.set_nodelay(true)?;
            }
            let [_, a, b, c] = asked.to_be_bytes();
            let request = format!(
                "GET /r/{text} HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: {NETWORK}.{a}.{b}.{c}\r\n\r\n"
            );
            let begun = monotonic();
            stream.write_all(request.as_bytes()).await?;
            let answer = answer(&mut stream).await?;
            times.entry(kind).or_default().push(nanoseconds(begun.elapsed()));
            answers.insert(answer);
        }
    }
    tell("page", &times);
    say(&json!({"pages": asked, "different_answers": answers.len()}).to_string());
    stage.close().await;
    anyhow::ensure!(answers.len() == 1, "a damaged link is told apart from another");
    Ok(())
}

/// A text of each kind. All but the last three are of the right length and alphabet.
fn kinds(ring: &Keyring, random: &Random, now: Timestamp) -> Vec<(&'static str, String)> {
    let token = nothing(now);
    let good = Good { token, in_address: false, text: token.to_url(ring) };
    let foreign = Keyring::generate(random, now);
    vec![
        ("good", good.text.clone()),
        (YARDSTICK, good.patched(|bytes| bytes[29] ^= 1)),
        ("bad-tag-early", good.patched(|bytes| bytes[14] ^= 1)),
        ("bad-key", good.patched(|bytes| bytes[0] = 200)),
        ("bad-purpose", Token { purpose: Purpose::Desk, ..token }.to_url(ring)),
        ("foreign-ring", written(token, &foreign, false)),
        ("good-but-expired", Token { expires_h: 1, ..token }.to_url(ring)),
        ("cut", good.text[..20].to_owned()),
        ("no-base64", format!("{}.", &good.text[..39])),
        ("long", good.text.repeat(3)),
    ]
}

fn nothing(now: Timestamp) -> Token {
    let expires_h = Token::hours(now) + super::AHEAD_H;
    Token { purpose: Purpose::Renew, message: MessageId([7; 8]), expires_h }
}

/// All of them once, in an order drawn anew, so that none is measured in another's wake.
fn in_some_order<'k>(
    kinds: &'k [(&'static str, String)],
    random: &Random,
) -> Vec<(&'static str, &'k str)> {
    let mut order: Vec<_> = kinds.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
    let draw: [u8; 32] = random.bytes();
    for at in (1..order.len()).rev() {
        order.swap(at, usize::from(draw[at]) % (at + 1));
    }
    order
}

/// One answer, header and body, without its Date.
async fn answer(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut raw = Vec::with_capacity(16 * 1024);
    loop {
        anyhow::ensure!(stream.read_buf(&mut raw).await? > 0, "the daemon hung up");
        let text = String::from_utf8_lossy(&raw);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.unwrap_or("0").parse()? {
            let kept = head.lines().filter(|line| !line.starts_with("date: "));
            let head = kept.fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "{line}");
                text
            });
            return Ok(format!("{head}\n{body}"));
        }
    }
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

fn tell(of: &str, times: &BTreeMap<&str, Vec<f64>>) {
    let cropped: BTreeMap<_, _> = times.iter().map(|(kind, t)| (*kind, cropped(t))).collect();
    let Some(yardstick) = cropped.get(YARDSTICK) else { return };
    for (kind, kept) in &cropped {
        let (mean, variance) = moments(kept);
        let (base, base_variance) = moments(yardstick);
        let error = (variance / count(kept) + base_variance / count(yardstick)).sqrt();
        let t = if error > 0.0 { (mean - base) / error } else { 0.0 };
        say(&json!({
            "of": of, "kind": kind, "n": kept.len(), "median_ns": kept[kept.len() / 2].round(),
            "mean_ns": mean.round(), "difference_ns": (mean - base).round(),
            "ci95_ns": (1.96 * error * 10.0).round() / 10.0, "welch_t": (t * 100.0).round() / 100.0,
        })
        .to_string());
    }
}

fn cropped(times: &[f64]) -> Vec<f64> {
    let mut kept = times.to_vec();
    kept.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is one"
    )]
    kept.truncate(((count(&kept) * KEPT) as usize).max(1));
    kept
}

fn moments(of: &[f64]) -> (f64, f64) {
    let mean = of.iter().sum::<f64>() / count(of);
    let variance = of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count(of) - 1.0).max(1.0);
    (mean, variance)
}

#[expect(clippy::cast_precision_loss, reason = "a few million at most")]
fn count(of: &[f64]) -> f64 {
    of.len() as f64
}
