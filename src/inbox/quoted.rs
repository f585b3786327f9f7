//! Owns finding what may be a token of ours in what a mail quotes or attaches: runs of a token's
//! letters in its texts, markup included, and in mails that hang on it. Whether one is ours only
//! the keys tell.

use super::mime::Mail;

/// Letters of the shortest token, in a URL.
pub const URL_LEN: usize = 40;
/// Letters of a token in an address.
pub const ADDRESS_LEN: usize = 48;
/// A run with more around the token: `%2Fr%2F…%3F` of a rewritten link, underscores of emphasis.
const RUN_MAX: usize = 64;
/// Runs kept: a notice has some ten of them, twice with its markup.
const RUNS_MAX: usize = 200;

/// Every run, once, in order.
pub fn runs(mail: &Mail<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for part in &mail.parts {
        let mime = part.content.mime.as_str();
        if mime.starts_with("text/") {
            collect(&part.text(), &mut found);
        } else if mime.starts_with("message/") || part.attached {
            collect(&String::from_utf8_lossy(&part.octets()), &mut found);
        }
    }
    found
}

fn collect(text: &str, found: &mut Vec<String>) {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for run in text.split(|c| !letter(c)) {
        if found.len() >= RUNS_MAX {
            return;
        }
        if (URL_LEN..=RUN_MAX).contains(&run.len()) && !found.iter().any(|f| f == run) {
            found.push(run.to_owned());
        }
    }
}

/// The texts in a run that a token could be: the whole of it, its end, its beginning.
pub fn tokens(run: &str) -> impl Iterator<Item = &str> {
    [ADDRESS_LEN, URL_LEN].into_iter().flat_map(move |len| {
        let end = run.len().checked_sub(len).map(|at| &run[at..]);
        end.into_iter().chain(run.get(..len).filter(|_| run.len() > len))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::mime;

    const TOKEN: &str = "AQECAwQFBgcIAAdg4Z0tq3mB8kX5n0c2w1Yf7LhR";

    fn of(raw: &str) -> Vec<String> {
        runs(&mime::parse(raw.as_bytes()))
    }

    #[test]
    fn in_text_markup_and_attached_mails() {
        let address = "r".repeat(48);
        for raw in [
            format!("Subject: x\n\n> https://a.example/r/{TOKEN}?lang=fr\n"),
            format!("Content-Type: text/html\n\n<a href=\"https://a.example/r/{TOKEN}\">x</a>\n"),
            format!(
                "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n\
                 <a href=3D\"https://a.example/r/{}=\n{}\">\n",
                &TOKEN[..20],
                &TOKEN[20..]
            ),
            format!(
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nlook\n\
                 --b\nContent-Type: message/rfc822\n\nFrom: a@b.test\n\
                 List-Unsubscribe: <https://a.example/u/{TOKEN}>\n\nHello\n--b--\n"
            ),
        ] {
            assert_eq!(of(&raw), [TOKEN], "{raw}");
        }
        assert_eq!(of(&format!("\n\nr+{address}@reply.test\n")), [address]);
        assert!(of(&format!("\n\n{}\n", "x".repeat(65))).is_empty());
        assert_eq!(of(&format!("\n\n{TOKEN} {TOKEN}\n")).len(), 1);
    }

    #[test]
    fn inside_a_rewritten_link() {
        let run = format!("2Fr2F{TOKEN}");
        assert!(tokens(&run).any(|t| t == TOKEN));
        let run = format!("{TOKEN}__");
        assert!(tokens(&run).any(|t| t == TOKEN));
        assert_eq!(tokens(TOKEN).collect::<Vec<_>>(), [TOKEN]);
    }

    #[test]
    fn no_more_than_are_worth_trying() {
        let many: String = (0..1000).map(|n| format!("{n:040} ")).collect();
        assert_eq!(of(&format!("\n\n{many}")).len(), RUNS_MAX);
    }
}
