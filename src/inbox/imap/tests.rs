//! A scripted server on loopback: what a real one does rarely, or never when asked.

use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::Tls;

const SHORT: Duration = Duration::from_secs(1);

/// What the server does when a command begins with the script's words.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Writes this, with the command's tag for `TAG`, in place of the usual answer.
    Say(&'static str),
    Close,
    Hang,
}

type Script = &'static [(&'static str, Act)];

const MAIL: &str = "From: a@example.org\r\nSubject: {12}\r\n\r\nhello\r\n";

async fn server(script: Script) -> (ImapSettings, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = serve(tcp, script, kept.clone()).await;
        }
    });
    let settings = ImapSettings {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        trust: None,
        username: "clerk".into(),
        password: SecretString::from("p\"w"),
        mailbox: "INBOX".into(),
        connect_deadline: SHORT,
        command_deadline: SHORT,
    };
    (settings, seen)
}

async fn serve(
    tcp: TcpStream,
    script: Script,
    seen: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut tcp = BufReader::new(tcp);
    let act = |command: &str| {
        script.iter().find(|(words, _)| command.starts_with(words)).map(|&(_, act)| act)
    };
    let mut idle_tag = String::new();
    answer(&mut tcp, act("greeting"), "", "* OK hello\r\n").await?;
    loop {
        let mut line = String::new();
        if tcp.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let (tag, command) = line.split_once(' ').unwrap_or((idle_tag.as_str(), line));
        let tag = tag.to_owned();
        if command == "IDLE" {
            idle_tag.clone_from(&tag);
        }
        seen.lock().unwrap().push(command.to_owned());
        let usual = usual(command);
        answer(&mut tcp, act(command), &tag, &usual).await?;
    }
}

fn usual(command: &str) -> String {
    let done = "TAG OK done\r\n";
    let words: Vec<&str> = command.split(' ').collect();
    match words.as_slice() {
        ["CAPABILITY", ..] => format!("* CAPABILITY IMAP4rev1 IDLE\r\n{done}"),
        ["EXAMINE", ..] => {
            "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 12] ok\r\nTAG OK [READ-ONLY] done\r\n".into()
        }
        ["UID", "SEARCH", ..] => format!("* SEARCH 11 9\r\n{done}"),
        ["UID", "FETCH", uids, "(UID", "RFC822.SIZE", ..] => {
            let about = |uid: &str| {
                format!(
                    "* 1 FETCH (UID {uid} RFC822.SIZE {} INTERNALDATE \" 3-Nov-2026 09:00:01 -0500\")\r\n",
                    MAIL.len()
                )
            };
            uids.split(',').map(about).collect::<String>() + done
        }
        ["UID", "FETCH", uid, ..] => {
            format!("* 1 FETCH (UID {uid} BODY[]<0> {{{}}}\r\n{MAIL})\r\n{done}", MAIL.len())
        }
        ["IDLE"] => "+ idling\r\n".into(),
        ["DONE"] => "TAG OK done\r\n".into(),
        _ => done.into(),
    }
}

async fn answer(
    tcp: &mut BufReader<TcpStream>,
    act: Option<Act>,
    tag: &str,
    usual: &str,
) -> std::io::Result<()> {
    let text = match act {
        None => usual,
        Some(Act::Say(text)) => text,
        Some(Act::Close) => return Err(std::io::ErrorKind::ConnectionAborted.into()),
        Some(Act::Hang) => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            ""
        }
    };
    tcp.write_all(text.replace("TAG", tag).as_bytes()).await
}

/// Connects and reads; `person: …`, `retry: …` or what was read.
async fn read(script: Script) -> String {
    let (settings, _) = server(script).await;
    let run = async {
        let mut source = ImapSource::connect(&settings).await?;
        source.fetch_since(8, 10).await
    };
    match run.await {
        Ok(mails) => {
            let told: Vec<_> = mails.iter().map(|m| format!("{}:{}", m.uid, m.raw.len())).collect();
            told.join(" ")
        }
        Err(SourceError::Retry(text)) => format!("retry: {text}"),
        Err(SourceError::NeedsPerson(text)) => format!("person: {text}"),
    }
}

#[tokio::test]
async fn every_fault_says_what_to_do() {
    use Act::{Close, Hang, Say};
    const GARBAGE: Act = Say("what?\r\n");
    const NONSENSE: &str = "retry: session: the server's answer makes no sense";
    const HUGE: Act = Say("* 1 FETCH (UID 9 BODY[] {400000000}\r\n");
    const ONLY_11: Act = Say(
        "* 2 FETCH (UID 11 RFC822.SIZE 45 INTERNALDATE \" 3-Nov-2026 09:00:01 -0500\")\r\nTAG OK 9 is gone\r\n",
    );
    const NOT_11: Act = Say(
        "* 1 FETCH (UID 9 RFC822.SIZE 45 INTERNALDATE \" 3-Nov-2026 09:00:01 -0500\")\r\nTAG NO broken\r\n",
    );
    const NOT_9: Act = Say(
        "* 2 FETCH (UID 11 RFC822.SIZE 45 INTERNALDATE \" 3-Nov-2026 09:00:01 -0500\")\r\nTAG NO broken\r\n",
    );
    let table: &[(Script, &str)] = &[
        (&[], "9:45 11:45"),
        (&[("greeting", Say("* BYE busy\r\n"))], "retry: greeting: the server does not greet"),
        (&[("greeting", Say("* PREAUTH hello\r\n"))], "retry: greeting: the server does not greet"),
        (&[("greeting", Close)], "retry: greeting: connection closed"),
        (&[("greeting", Hang)], "retry: connect: no answer in time"),
        (&[("greeting", GARBAGE)], NONSENSE),
        (&[("LOGIN", Say("TAG NO [AUTHENTICATIONFAILED] no\r\n"))], "person: login: "),
        (&[("LOGIN", Say("TAG NO [UNAVAILABLE] later\r\n"))], "retry: login: "),
        (&[("LOGIN", Close)], "retry: session: connection closed"),
        (&[("LOGIN", Hang)], "retry: login: no answer in time"),
        (&[("EXAMINE", Say("TAG NO no such mailbox\r\n"))], "person: mailbox: no such mailbox"),
        (
            &[("EXAMINE", Say("* 1 EXISTS\r\nTAG OK\r\n"))],
            "person: mailbox: the server gives no UIDVALIDITY",
        ),
        (&[("EXAMINE", Hang)], "retry: examine: no answer in time"),
        (&[("UID SEARCH", Close)], "retry: uid: connection closed"),
        (&[("UID SEARCH", Say("* SEARCH 9\r\n"))], "retry: uid: no answer in time"),
        (&[("UID SEARCH", GARBAGE)], NONSENSE),
        (&[("UID SEARCH", Say("* SEARCH 8\r\nTAG OK done\r\n"))], ""),
        (&[("UID SEARCH", Say("TAG NO [INUSE] later\r\n"))], "retry: search: "),
        (&[("UID FETCH 9,11 (UID RFC", Close)], "retry: uid: connection closed"),
        (&[("UID FETCH 9,11 (UID RFC", ONLY_11)], "11:45"),
        (&[("UID FETCH 9,11 (UID RFC", NOT_11)], "9:45"),
        (&[("UID FETCH 9,11 (UID RFC", NOT_9)], "person: UID 9: broken"),
        (&[("UID FETCH 9 (UID BODY", Say("TAG NO unreadable\r\n"))], "person: UID 9: unreadable"),
        (
            &[("UID FETCH 9 (UID BODY", HUGE)],
            "retry: session: the server sends more than was asked",
        ),
        (
            &[("UID FETCH 9 (UID BODY", Say("* 1 FETCH (UID 9 BODY[]<0> {50}\r\nabc"))],
            "retry: uid: no answer in time",
        ),
        (&[("UID FETCH 11 (UID BODY", HUGE)], "9:45"),
        (&[("UID FETCH 11", Close)], "9:45"),
    ];
    let rows = table.iter().map(|&(script, want)| async move {
        let got = read(script).await;
        let fits = if want.ends_with(": ") { got.starts_with(want) } else { got == want };
        assert!(fits, "{script:?}\n got {got:?}\nwant {want:?}");
    });
    futures_util::future::join_all(rows).await;
}

#[tokio::test]
async fn nothing_is_ever_written_to_the_mailbox() {
    let (settings, seen) = server(&[]).await;
    let mut source = ImapSource::connect(&settings).await.unwrap();
    let state = source.status().await.unwrap();
    assert_eq!(state, MailboxState { uid_validity: 7, uid_next: 12, exists: 2 });
    let mails = source.fetch_since(9, 10).await.unwrap();
    assert_eq!(mails.len(), 1, "UID 9 is not above 9, though the server names it");
    assert_eq!((mails[0].raw.as_slice(), mails[0].cut), (MAIL.as_bytes(), false));
    assert_eq!(mails[0].received.to_string(), "2026-11-03T14:00:01Z");
    let first = source.fetch_since(8, 1).await.unwrap();
    assert_eq!(first.iter().map(|m| m.uid).collect::<Vec<_>>(), [9]);
    let since = "2026-11-02".parse().unwrap();
    assert_eq!(source.search_younger(since).await.unwrap(), [9, 11]);
    source.logout().await;
    let seen = seen.lock().unwrap();
    assert!(seen.contains(&"UID SEARCH SINCE 2-Nov-2026".to_owned()), "{seen:?}");
    assert_eq!(seen[0], r#"LOGIN "clerk" "p\"w""#);
    for command in seen.iter().skip(1) {
        let harmless = ["CAPABILITY", "EXAMINE", "UID SEARCH", "UID FETCH", "LOGOUT"];
        assert!(harmless.iter().any(|words| command.starts_with(words)), "{command}");
        assert!(!command.contains("BODY["), "{command}");
    }
}

#[tokio::test]
async fn a_large_mail_is_asked_for_in_part() {
    const LARGE: Act = Act::Say(
        "* 1 FETCH (UID 9 RFC822.SIZE 99000000 INTERNALDATE \"13-Nov-2026 09:00:01 -0500\")\r\nTAG OK done\r\n",
    );
    let (settings, seen) = server(&[("UID FETCH 9 (UID RFC", LARGE)]).await;
    let mut source = ImapSource::connect(&settings).await.unwrap();
    let mails = source.fetch(&[9]).await.unwrap();
    assert_eq!(mails[0].size, 99_000_000);
    let last = seen.lock().unwrap().last().unwrap().clone();
    assert_eq!(last, format!("UID FETCH 9 (UID BODY.PEEK[]<0.{CUT_OCTETS}>)"));
}

#[tokio::test]
async fn idle_hears_of_mail_and_of_its_end() {
    const NONE: (&str, Act) = ("UID SEARCH", Act::Say("* SEARCH 8\r\nTAG OK done\r\n"));
    let table: &[(Script, &str)] = &[
        (&[], "Ok(NewMail)"),
        (&[NONE], "Ok(Timeout)"),
        (&[NONE, ("IDLE", Act::Say("+ idling\r\n* OK still here\r\n"))], "Ok(Timeout)"),
        (&[NONE, ("IDLE", Act::Say("+ idling\r\n* 3 EXISTS\r\n"))], "Ok(NewMail)"),
        (&[NONE, ("IDLE", Act::Say("* 3 EXISTS\r\n+ idling\r\n"))], "Ok(NewMail)"),
        (&[NONE, ("DONE", Act::Say("* 3 EXISTS\r\nTAG OK done\r\n"))], "Ok(NewMail)"),
        (&[NONE, ("IDLE", Act::Close)], r#"Err(Retry("idle: connection closed"))"#),
        (
            &[NONE, ("IDLE", Act::Say("TAG NO not now\r\n"))],
            r#"Err(Retry("idle: the server ended it"))"#,
        ),
        (
            &[NONE, ("IDLE", Act::Say("+ idling\r\n* BYE\r\n"))],
            r#"Err(Retry("idle: the server ended it"))"#,
        ),
        (&[NONE, ("DONE", Act::Close)], r#"Err(Retry("idle: connection closed"))"#),
        (&[NONE, ("DONE", Act::Hang)], r#"Err(Retry("idle: no answer in time"))"#),
        (&[NONE, ("CAPABILITY", Act::Say("* CAPABILITY IMAP4rev1\r\nTAG OK\r\n"))], "Ok(Timeout)"),
    ];
    let rows = table.iter().map(|&(script, want)| async move {
        let (settings, seen) = server(script).await;
        let mut source = ImapSource::connect(&settings).await.unwrap();
        let got = format!("{:?}", source.wait(8, SHORT / 2).await);
        assert_eq!(got, want, "{script:?}");
        let idled = seen.lock().unwrap().contains(&"IDLE".to_owned());
        assert_eq!(idled, source.idles() && !script.is_empty());
        let left = source.status().await;
        assert_eq!(left.is_ok(), got.starts_with("Ok"), "a lost session stays lost: {script:?}");
    });
    futures_util::future::join_all(rows).await;
}

#[tokio::test]
async fn a_cancelled_command_takes_the_session_with_it() {
    let (settings, _) = server(&[("UID SEARCH", Act::Hang)]).await;
    let mut source = ImapSource::connect(&settings).await.unwrap();
    assert!(timeout(SHORT / 4, source.fetch_since(8, 1)).await.is_err());
    let error = source.status().await.unwrap_err();
    assert_eq!(error.to_string(), "session: it is gone");
}

#[tokio::test]
async fn a_mailbox_name_cannot_smuggle_a_command() {
    let (settings, seen) = server(&[]).await;
    for (name, fits) in
        [("a\r\nA1 DELETE b", false), ("Réponses", false), ("", false), (r#"a "b" \c"#, true)]
    {
        let settings = ImapSettings { mailbox: name.into(), ..settings.clone() };
        assert_eq!(ImapSource::connect(&settings).await.is_ok(), fits, "{name}");
    }
    assert_eq!(seen.lock().unwrap().last().unwrap(), r#"EXAMINE "a \"b\" \\c""#);
}
