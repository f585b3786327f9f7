//! Every stage against everything a relay may do there, on a scripted relay on loopback.

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use proptest::prelude::*;
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Long enough for a busy machine to answer, short enough to wait for it in a table.
const SHORT: Duration = Duration::from_millis(1500);

/// What the relay does, once, at the stage where it misbehaves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Well,
    Later,
    Never,
    Bye,
    Close,
    Hang,
    Garbage,
    Twice,
    Long,
}

#[derive(Clone, Copy)]
struct Script {
    at: &'static str,
    act: Act,
    offers: &'static str,
}

/// What the relay saw: whole messages as they came, and commands.
#[derive(Default)]
struct Seen {
    mails: Vec<Vec<u8>>,
    commands: Vec<String>,
}

async fn relay(script: Script) -> (Relay, Arc<Mutex<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let kept = seen.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = serve(tcp, script, kept.clone()).await;
        }
    });
    let deadlines =
        Deadlines { connect: SHORT, command: SHORT, data: SHORT, body: SHORT, last: SHORT };
    let relay = Relay {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        trust: None,
        username: if script.offers.contains("AUTH") { "clerk".into() } else { String::new() },
        password: Some(SecretString::from("pw")),
        helo: "club.test".into(),
        deadlines,
    };
    (relay, seen)
}

async fn serve(tcp: TcpStream, script: Script, seen: Arc<Mutex<Seen>>) -> std::io::Result<()> {
    let mut tcp = BufReader::new(tcp);
    let mut left = 1;
    let mut refused = false;
    say(&mut tcp, "banner", "220 relay.test\r\n", &script, &mut left).await?;
    loop {
        let mut line = String::new();
        if tcp.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        seen.lock().unwrap().commands.push(line.clone());
        let (stage, well) = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => ("ehlo", format!("250-relay.test\r\n{}250 HELP\r\n", script.offers)),
            "STARTTLS" => ("starttls", "220 go ahead\r\n".into()),
            "AUTH" if line == "AUTH LOGIN" => ("login", "334 VXNlcm5hbWU6\r\n".into()),
            "Y2xlcms=" => ("user", "334 UGFzc3dvcmQ6\r\n".into()),
            "AUTH" | "cHc=" => ("auth", "235 2.7.0 in\r\n".into()),
            "MAIL" => ("mail", "250 2.1.0 ok\r\n".into()),
            // RSET follows a refusal only.
            "RCPT" if script.at == "rset" => ("no", "550 5.1.1 no\r\n".into()),
            "RCPT" => ("rcpt", "250 2.1.5 ok\r\n".into()),
            "DATA" if refused => ("none", "354 go on then\r\n".into()),
            "DATA" => ("data", "354 go on\r\n".into()),
            "RSET" => ("rset", "250 2.0.0 ok\r\n".into()),
            _ => ("quit", "221 bye\r\n".into()),
        };
        let went_well = say(&mut tcp, stage, &well, &script, &mut left).await?;
        match stage {
            "rcpt" => refused = !went_well,
            "no" => refused = true,
            "none" => {
                body(&mut tcp).await?;
                tcp.write_all(b"554 5.5.1 no valid recipient\r\n").await?;
            }
            "data" if went_well => {
                let mail = body(&mut tcp).await?;
                seen.lock().unwrap().mails.push(mail);
                say(&mut tcp, "final", "250 2.0.0 queued as A1\r\n", &script, &mut left).await?;
            }
            _ => {}
        }
    }
}

/// Everything up to the dot, unstuffed.
async fn body(tcp: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let mut line = Vec::new();
        if tcp.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.as_slice() {
            b".\r\n" => return Ok(all),
            [b'.', rest @ ..] => all.extend_from_slice(rest),
            _ => all.extend_from_slice(&line),
        }
    }
}

/// Answers well, or as the script wants at that stage. Whether it answered well.
async fn say(
    tcp: &mut BufReader<TcpStream>,
    stage: &str,
    well: &str,
    script: &Script,
    left: &mut u32,
) -> std::io::Result<bool> {
    let act = if stage == script.at && *left > 0 { script.act } else { Act::Well };
    if act != Act::Well {
        *left -= 1;
    }
    let text = match act {
        Act::Well => well.to_owned(),
        Act::Later => "451 4.3.0 later\r\n".into(),
        Act::Never => "550 5.1.1 no\r\n".into(),
        Act::Bye => "421 4.3.2 bye\r\n".into(),
        Act::Garbage => "what do you want?\r\n".into(),
        Act::Twice => well.repeat(2),
        Act::Long => format!("250 {}\r\n", "x".repeat(1024 * 1024)),
        Act::Close => return Err(std::io::ErrorKind::ConnectionAborted.into()),
        Act::Hang => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            String::new()
        }
    };
    tcp.write_all(text.as_bytes()).await?;
    Ok(matches!(act, Act::Well | Act::Twice))
}

fn parcel(bytes: &[u8]) -> Parcel {
    Parcel {
        from: "b+token@bounce.test".into(),
        to: "member@example.org".into(),
        bytes: bytes.to_vec(),
    }
}

/// `deferred mail 451`, then whether the connection is kept.
async fn one(relay: &Relay) -> String {
    let tell = |outcome: &Outcome| match outcome {
        Outcome::Sent(_) => "sent".to_owned(),
        Outcome::Unknown(_) => "unknown".to_owned(),
        Outcome::Refused(r) => format!("refused {} {}", r.stage, r.code),
        Outcome::Deferred(r) => format!("deferred {} {}", r.stage, r.code),
        Outcome::RelayDown(r) => format!("down {} {}", r.stage, r.code),
    };
    match Session::open(relay).await {
        Err(outcome) => format!("{} at open", tell(&outcome)),
        Ok(mut session) => {
            let (outcome, keep) = session.send(&parcel(b"Subject: a\r\n\r\nb\r\n")).await;
            format!("{} {keep:?}", tell(&outcome))
        }
    }
}

#[tokio::test]
async fn every_stage_and_every_fault_has_its_outcome() {
    use Act::{Bye, Close, Garbage, Hang, Later, Long, Never, Twice, Well};
    let table: &[(&str, &[Act], &str)] = &[
        ("none", &[Well], "sent Reuse"),
        ("banner", &[Later], "deferred banner 451 at open"),
        ("banner", &[Bye], "deferred banner 421 at open"),
        ("banner", &[Never], "down banner 550 at open"),
        ("banner", &[Close, Hang, Garbage, Long], "deferred banner 0 at open"),
        ("banner", &[Twice], "deferred ehlo 0 at open"),
        ("ehlo", &[Later], "deferred ehlo 451 at open"),
        ("ehlo", &[Bye], "deferred ehlo 421 at open"),
        ("ehlo", &[Never], "down ehlo 550 at open"),
        ("ehlo", &[Close, Hang, Garbage, Long], "deferred ehlo 0 at open"),
        ("ehlo", &[Twice], "deferred auth 0 at open"),
        ("auth", &[Later], "deferred auth 451 at open"),
        ("auth", &[Bye], "deferred auth 421 at open"),
        ("auth", &[Never], "down auth 550 at open"),
        ("auth", &[Close, Hang, Garbage, Long], "deferred auth 0 at open"),
        ("auth", &[Twice], "deferred mail 0 Drop"),
        ("mail", &[Later], "deferred mail 451 Drop"),
        ("mail", &[Bye], "deferred mail 421 Drop"),
        ("mail", &[Never], "down mail 550 Drop"),
        ("mail", &[Close, Hang, Garbage, Long], "deferred mail 0 Drop"),
        ("rcpt", &[Later], "deferred rcpt 451 Reuse"),
        ("rcpt", &[Bye], "deferred rcpt 421 Drop"),
        ("rcpt", &[Never], "refused rcpt 550 Reuse"),
        ("rcpt", &[Close, Hang, Garbage, Long], "deferred rcpt 0 Drop"),
        ("data", &[Later], "deferred data 451 Reuse"),
        ("data", &[Bye], "deferred data 421 Drop"),
        ("data", &[Never], "refused data 550 Reuse"),
        ("data", &[Close, Hang, Garbage, Long], "deferred data 0 Drop"),
        ("data", &[Twice], "deferred body 0 Drop"),
        ("final", &[Later], "deferred final 451 Reuse"),
        ("final", &[Bye], "deferred final 421 Drop"),
        ("final", &[Never], "refused final 550 Reuse"),
        ("final", &[Close, Hang, Garbage, Long], "unknown Drop"),
        ("final", &[Twice], "sent Drop"),
    ];
    let mut cells = Vec::new();
    for &(at, acts, want) in table {
        for &act in acts {
            for offers in ["250-AUTH PLAIN\r\n", "250-PIPELINING\r\n250-AUTH LOGIN\r\n"] {
                cells.push(async move {
                    let (relay, seen) = relay(Script { at, act, offers }).await;
                    let got = one(&relay).await;
                    assert_eq!(got, want, "{act:?} at {at}, offering {offers:?}");
                    let left = matches!(at, "final" | "none");
                    assert_eq!(seen.lock().unwrap().mails.len(), usize::from(left), "{at} {act:?}");
                });
            }
        }
    }
    join_all(cells).await;
}

#[tokio::test]
async fn a_reply_too_many_never_counts_for_the_next_message() {
    for at in ["mail", "rcpt"] {
        for offers in ["", "250-PIPELINING\r\n"] {
            let (relay, seen) = relay(Script { at, act: Act::Twice, offers }).await;
            let got = one(&relay).await;
            assert!(got.starts_with("deferred") && got.ends_with("Drop"), "{at} {offers:?}: {got}");
            assert!(seen.lock().unwrap().mails.is_empty());
        }
    }
}

#[tokio::test]
async fn a_connection_lives_on_after_a_refusal() {
    for offers in ["", "250-PIPELINING\r\n"] {
        for at in ["rcpt", "data", "final"] {
            let (relay, seen) = relay(Script { at, act: Act::Never, offers }).await;
            let mut session = Session::open(&relay).await.unwrap();
            let (first, keep) = session.send(&parcel(b"first\r\n")).await;
            assert!(matches!(first, Outcome::Refused(_)), "{at} {offers:?}: {first:?}");
            assert_eq!(keep, Keep::Reuse);
            let (second, keep) = session.send(&parcel(b"second\r\n")).await;
            assert_eq!((second, keep), (Outcome::Sent("2.0.0 queued as A1".into()), Keep::Reuse));
            session.quit().await;
            let seen = seen.lock().unwrap();
            assert_eq!(seen.mails.last().unwrap(), b"second\r\n");
            assert!(seen.commands.contains(&"RSET".to_owned()) || at == "final");
            assert_eq!(seen.commands.last().unwrap(), "QUIT");
        }
    }
}

/// Whatever comes of RSET and QUIT, the message's fate was decided before.
#[tokio::test]
async fn trouble_at_rset_or_quit_costs_the_connection_alone() {
    use Act::{Bye, Close, Garbage, Hang, Later, Long, Never, Twice};
    let acts = [Bye, Close, Garbage, Hang, Later, Long, Never, Twice];
    let cells = acts.iter().flat_map(|&act| ["", "250-PIPELINING\r\n"].map(|o| (act, o)));
    let cells = cells.map(|(act, offers)| async move {
        let (at_rset, _) = relay(Script { at: "rset", act, offers }).await;
        let mut session = Session::open(&at_rset).await.unwrap();
        let (outcome, keep) = session.send(&parcel(b"first\r\n")).await;
        assert!(matches!(outcome, Outcome::Refused(_)), "{act:?} {offers:?}: {outcome:?}");
        assert!(keep == Keep::Drop || !session.usable(), "{act:?} {offers:?}");

        let (at_quit, seen) = relay(Script { at: "quit", act, offers }).await;
        let mut session = Session::open(&at_quit).await.unwrap();
        let (outcome, _) = session.send(&parcel(b"first\r\n")).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{act:?} {offers:?}: {outcome:?}");
        let left = timeout(QUIT_WAIT * 2, session.quit()).await;
        assert!(left.is_ok(), "{act:?}: nobody waits for a goodbye");
        assert_eq!(seen.lock().unwrap().mails.len(), 1);
    });
    join_all(cells).await;
}

#[tokio::test]
async fn a_cancelled_or_forgotten_session_sends_nothing_more() {
    let (relay, _) = relay(Script { at: "data", act: Act::Hang, offers: "" }).await;
    let mut session = Session::open(&relay).await.unwrap();
    let cancelled = timeout(SHORT / 4, session.send(&parcel(b"first\r\n"))).await;
    assert!(cancelled.is_err());
    assert!(!session.usable());
    let (outcome, keep) = session.send(&parcel(b"second\r\n")).await;
    assert!(matches!(outcome, Outcome::Deferred(_)), "{outcome:?}");
    assert_eq!(keep, Keep::Drop);
}

#[tokio::test]
async fn what_cannot_be_said_in_smtp_is_refused_before_a_word() {
    let offers = "250-SIZE 40\r\n";
    let (relay, seen) = relay(Script { at: "none", act: Act::Well, offers }).await;
    let mut session = Session::open(&relay).await.unwrap();
    let fits = parcel(b"fits\r\n");
    let cases = [
        (Parcel { to: "a@example.org>\r\nRCPT TO:<b@example.org".into(), ..fits.clone() }, 501),
        (Parcel { to: "a b@example.org".into(), ..fits.clone() }, 501),
        (Parcel { to: "é@example.org".into(), ..fits.clone() }, 501),
        (Parcel { to: String::new(), ..fits.clone() }, 501),
        (Parcel { from: "nobody".into(), ..fits.clone() }, 501),
        (Parcel { bytes: vec![b'x'; 41], ..fits.clone() }, 552),
        (Parcel { bytes: "é\r\n".into(), ..fits.clone() }, 554),
    ];
    for (parcel, code) in cases {
        let (outcome, keep) = session.send(&parcel).await;
        assert!(matches!(&outcome, Outcome::Refused(r) if r.code == code), "{outcome:?}");
        assert_eq!(keep, Keep::Reuse);
    }
    assert_eq!(seen.lock().unwrap().commands.len(), 1, "only EHLO was said");
    let (outcome, _) = session.send(&Parcel { from: String::new(), ..fits }).await;
    assert!(matches!(outcome, Outcome::Sent(_)), "the null sender fits: {outcome:?}");
    assert_eq!(seen.lock().unwrap().commands[1], "MAIL FROM:<> SIZE=6");
}

#[tokio::test]
async fn what_is_missing_at_the_relay_stops_the_relay() {
    let script = |offers| Script { at: "none", act: Act::Well, offers };
    let (plain, _) = relay(script("")).await;
    let no_auth = Relay { username: "clerk".into(), ..plain.clone() };
    assert_eq!(one(&no_auth).await, "down auth 0 at open");
    let trust = crate::tls::client_config(None).ok();
    let no_tls = Relay { tls: Tls::Starttls, trust, ..plain.clone() };
    assert_eq!(one(&no_tls).await, "down starttls 0 at open");
    let nobody = Relay { port: 1, ..plain };
    assert_eq!(one(&nobody).await, "deferred connect 0 at open");
}

/// A relay that takes the DATA command and then neither reads nor speaks, or goes away.
#[tokio::test]
async fn a_body_that_did_not_all_leave_is_deferred() {
    for close in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (mut relay, _) = relay(Script { at: "none", act: Act::Well, offers: "" }).await;
        relay.port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut tcp = BufReader::new(tcp);
            for answer in ["220 a\r\n", "250 b\r\n", "250 c\r\n", "250 d\r\n", "354 e\r\n"] {
                tcp.write_all(answer.as_bytes()).await.unwrap();
                tcp.read_line(&mut String::new()).await.unwrap();
            }
            if !close {
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
        });
        let mut session = Session::open(&relay).await.unwrap();
        let (outcome, keep) = session.send(&parcel(&b"x\r\n".repeat(8 * 1024 * 1024))).await;
        assert!(matches!(&outcome, Outcome::Deferred(r) if r.stage == "body"), "{outcome:?}");
        assert_eq!(keep, Keep::Drop);
    }
}

/// What a receiver makes of what we send.
fn unstuffed(wire: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in wire.split_inclusive(|&b| b == b'\n') {
        match line {
            b".\r\n" => return out,
            [b'.', rest @ ..] => out.extend_from_slice(rest),
            _ => out.extend_from_slice(line),
        }
    }
    panic!("no final dot");
}

#[test]
fn bodies_are_stuffed() {
    let cases: &[(&str, &str)] = &[
        ("", ".\r\n"),
        ("a", "a\r\n.\r\n"),
        ("a\r\n", "a\r\n.\r\n"),
        (".\r\n..\r\n", "..\r\n...\r\n.\r\n"),
        ("a\n.\nQUIT\n", "a\r\n..\r\nQUIT\r\n.\r\n"),
        ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\n\r\nb", "a\r\n\r\nb\r\n.\r\n"),
    ];
    for (body, want) in cases {
        let mut out = b"left over".to_vec();
        stuff(body.as_bytes(), &mut out);
        assert_eq!(out, want.as_bytes(), "{body:?}");
    }
}

proptest! {
    #[test]
    fn a_body_comes_out_as_it_went_in(lines in proptest::collection::vec("[.a\\-é]{0,6}", 0..20)) {
        let body: String = lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect();
        let mut wire = Vec::new();
        stuff(body.as_bytes(), &mut wire);
        prop_assert_eq!(unstuffed(&wire), body.as_bytes());
    }

    #[test]
    fn no_octets_end_a_body_early(body in proptest::collection::vec(prop_oneof![
        Just(b'.'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..60)) {
        let mut wire = Vec::new();
        stuff(&body, &mut wire);
        let text = &wire[..wire.len() - 3];
        prop_assert!(!text.windows(3).any(|w| w == b"\n.\r" || w == b"\n.\n"));
        prop_assert!(!text.starts_with(b".\r"));
        let lone = text.iter().enumerate().any(|(i, &b)| {
            (b == b'\n' && (i == 0 || text[i - 1] != b'\r')) || (b == b'\r' && text.get(i + 1) != Some(&b'\n'))
        });
        prop_assert!(!lone);
    }
}
