//! Owns `relance insurance certificates`.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::File;
use crate::actions::{Applied, Context, Door, Evidence, insurance};
use crate::cli::acting::now;
use crate::cli::place::count;
use crate::cli::say;
use crate::clock::Clock;
use crate::domain::words::Lang;
use crate::store::Direct;

/// Longest address of a certificate: browsers and mail programs take more.
const URL_OCTETS_MAX: usize = 1000;

/// Subcommands of `relance insurance certificates`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Certificates {
    /// Take in where certificates lie, and mail each member the link. A CSV file with the columns
    /// `member_no,url`; all of it or nothing.
    Import {
        /// The file.
        file: File,
    },
}

impl Certificates {
    pub(super) fn run(self, dir: &Path, context: &Context) -> anyhow::Result<()> {
        let Self::Import { file } = self;
        let rows = read(&file)?;
        let mut store = Direct::open(dir, Clock::system().now().as_millisecond())?;
        let done = store.write(|c| {
            let at = now(c)?;
            let evidence =
                Evidence { door: Door::Desk, mid: None, lang: Lang::En, at, answers: "" };
            let mut unknown = Vec::new();
            for (number, _) in &rows {
                if crate::store::people::by_number(c, number)?.is_none() {
                    unknown.push(number.clone());
                }
            }
            if !unknown.is_empty() {
                return Ok(Err(unknown));
            }
            let mut new = 0;
            for (number, url) in &rows {
                let applied = insurance::certificate(c, context, number, url, &evidence)?;
                new += usize::from(applied == Some(Applied::Done));
            }
            Ok(Ok(new))
        })?;
        match done {
            Ok(new) => say(&format!("{}, {new} of them new and mailed", count(rows.len(), "row"))),
            Err(unknown) => {
                bail!("nothing was taken in; no such members: {}", unknown.join(", "))
            }
        }
        let _ = crate::daemon::control::ask(dir, "wake");
        Ok(())
    }
}

/// Rows of the file; every fault at once.
fn read(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let name = file.display().to_string();
    let mut reader = csv::Reader::from_path(file).with_context(|| name.clone())?;
    let header = reader.headers()?.clone();
    let column = |wanted: &str| header.iter().position(|h| h.trim() == wanted);
    let (Some(number), Some(url)) = (column("member_no"), column("url")) else {
        bail!("{name}: the first line must name the columns member_no and url");
    };
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.with_context(|| name.clone())?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |n: usize| record.get(n).unwrap_or_default().trim().to_owned();
        let (number, url) = (field(number), field(url));
        if number.is_empty() {
            faults.push(format!("line {line}: no member number"));
        } else if !is_certificate(&url) {
            faults.push(format!("line {line}: {number}: no https address of a certificate"));
        } else if rows.iter().any(|(other, _)| *other == number) {
            faults.push(format!("line {line}: {number} stands there twice"));
        } else {
            rows.push((number, url));
        }
    }
    if !faults.is_empty() {
        bail!("{name}: nothing was taken in\n{}", faults.join("\n"));
    }
    Ok(rows)
}

fn is_certificate(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    let named = host.is_some_and(|h| h.contains('.') && !h.contains('@'));
    named && url.len() <= URL_OCTETS_MAX && url.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("certificates.csv");
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write("url,member_no\nhttps://c.example/1?k=2,1001\n");
        assert_eq!(read(&file).unwrap(), [("1001".into(), "https://c.example/1?k=2".into())]);
        write(
            "member_no,url\n1001,http://c.example/1\n,https://c.example/2\n1002,https://c.example/3\n1002,https://c.example/4\n1003,https://me@c.example/\n",
        );
        let text = read(&file).unwrap_err().to_string();
        for want in ["line 2: 1001: no https", "line 3: no member", "line 5: 1002 stands", "line 6"]
        {
            assert!(text.contains(want), "{text}");
        }
        write("number,link\n");
        assert!(read(&file).unwrap_err().to_string().contains("member_no and url"));
    }
}
