//! Owns the reading of `Authentication-Results` (RFC 8601): whether our own MX vouches for the
//! sender of a mail. Never trusts a field that another server, or the sender, wrote.

/// Whether the topmost `Authentication-Results` of our own MX shows a pass that is aligned with
/// the From domain: `dmarc=pass`, or `dkim=pass` or `spf=pass` for that domain or a parent of it
/// (RFC 7489 §3.1 in its relaxed form, without a public suffix list: a parent must have a dot).
#[must_use]
pub fn aligned_pass(results: &[String], authserv_id: &str, from: &str) -> bool {
    let Some((_, domain)) = from.rsplit_once('@') else { return false };
    let Some(statements) = results.first().and_then(|top| statements(top)) else { return false };
    is_ours(results, authserv_id) && statements.iter().skip(1).any(|words| passes(words, domain))
}

/// Whether the topmost field is our own MX's, whatever it says.
#[must_use]
pub fn is_ours(results: &[String], authserv_id: &str) -> bool {
    let Some(statements) = results.first().and_then(|top| statements(top)) else { return false };
    let id = statements.first().and_then(|id| id.first());
    !authserv_id.is_empty() && id.is_some_and(|id| id.eq_ignore_ascii_case(authserv_id))
}

/// The header's statements and their words, comments left out (RFC 8601 §2.2). A quoted string is
/// part of its word, whatever stands in it: a sender chooses the local part of `smtp.mailfrom`,
/// and what it says in quotes or comments must not pass for a result. `None` where a quote or
/// comment has no end: then nothing in it can be told apart.
fn statements(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut all, mut words, mut word) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut depth) = (false, 0_u32);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted || depth > 0 => {
                let escaped = chars.next()?;
                if quoted {
                    word.push(escaped);
                }
            }
            '"' if depth == 0 => quoted = !quoted,
            _ if quoted => word.push(c),
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            ';' => {
                words.extend(some(&mut word));
                all.push(std::mem::take(&mut words));
            }
            c if c.is_whitespace() => words.extend(some(&mut word)),
            c => word.push(c),
        }
    }
    words.extend(some(&mut word));
    all.push(words);
    (!quoted && depth == 0).then_some(all)
}

fn some(word: &mut String) -> Option<String> {
    (!word.is_empty()).then(|| std::mem::take(word))
}

fn passes(words: &[String], from_domain: &str) -> bool {
    let mut words = words.iter();
    let Some((method, result)) = words.next().and_then(|w| w.split_once('=')) else { return false };
    if !result.eq_ignore_ascii_case("pass") {
        return false;
    }
    let property = match method.to_ascii_lowercase().as_str() {
        "dmarc" => "header.from",
        "dkim" => "header.d",
        "spf" => "smtp.mailfrom",
        _ => return false,
    };
    let mut named = words
        .filter_map(|w| w.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case(property))
        .map(|(_, value)| value.rsplit('@').next().unwrap_or(value))
        .peekable();
    named.peek().is_some() && named.all(|domain| aligned(domain, from_domain))
}

fn aligned(authenticated: &str, from_domain: &str) -> bool {
    let (a, f) = (authenticated.to_ascii_lowercase(), from_domain.to_ascii_lowercase());
    a == f || (a.contains('.') && f.ends_with(&format!(".{a}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_field_it_is() {
        for (results, id, want) in [
            (vec!["MX.relance.test 1; none"], "mx.relance.test", true),
            (vec!["mx.other.test; none", "mx.relance.test; none"], "mx.relance.test", false),
            (vec!["mx.relance.test (; none"], "mx.relance.test", false),
            (vec![""], "", false),
            (vec![], "mx.relance.test", false),
        ] {
            let results: Vec<String> = results.into_iter().map(str::to_owned).collect();
            assert_eq!(is_ours(&results, id), want, "{results:?}");
        }
    }

    #[test]
    fn alignment() {
        let from = "alice@mail.club.test";
        for (header, want) in [
            ("mx.relance.test; dmarc=pass header.from=mail.club.test", true),
            ("mx.relance.test 1; spf=pass smtp.mailfrom=bounce@club.test", true),
            ("mx.relance.test; dkim=pass header.d=club.test header.s=a", true),
            ("mx.relance.test; dkim=pass header.d=test", false),
            ("mx.relance.test; dkim=pass header.d=evilclub.test", false),
            ("mx.relance.test; dkim=fail header.d=club.test", false),
            (
                "mx.relance.test; spf=pass smtp.mailfrom=a@other.test; dmarc=fail header.from=mail.club.test",
                false,
            ),
            ("MX.Relance.TEST; dmarc=pass (p=none dis=none) header.from=mail.club.test", true),
            ("mx.relance.test; dkim=pass (2048-bit key; secure) header.d=\"club.test\"", true),
            ("mx.relance.test; dmarc=pass header.from=evil.test header.from=mail.club.test", false),
            ("mx.relance.test; dmarc=pass (p=none) header.from=evil; header.from=club.test", false),
            (
                "mx.relance.test; spf=pass (client-ip=192.0.2.1; helo=x; dmarc=pass header.from=club.test ) smtp.mailfrom=a@evil.test",
                false,
            ),
            (
                "mx.relance.test; spf=pass smtp.mailfrom=\"; dmarc=pass header.from=club.test ;\"@evil.test",
                false,
            ),
            (
                "mx.relance.test; dkim=pass header.i=\"x header.d=club.test y\"@evil.test header.d=evil.test",
                false,
            ),
            (
                "mx.relance.test; spf=fail smtp.mailfrom=\"a\\\"; dmarc=pass header.from=club.test; \"@evil.test",
                false,
            ),
            ("mx.relance.test; spf=pass (; dmarc=pass header.from=club.test", false),
            ("mx.relance.test; spf=none \"; dmarc=pass header.from=club.test", false),
            ("mx.relance.test) ; dmarc=pass header.from=club.test", false),
            ("mx.other.test; dmarc=pass header.from=mail.club.test", false),
            ("mx.relance.test; none", false),
            ("", false),
        ] {
            assert_eq!(aligned_pass(&[header.into()], "mx.relance.test", from), want, "{header}");
        }
        let forged = [
            "mx.other.test; none".into(),
            "mx.relance.test; dmarc=pass header.from=club.test".into(),
        ];
        assert!(
            !aligned_pass(&forged, "mx.relance.test", "alice@club.test"),
            "only the topmost counts"
        );
        assert!(!aligned_pass(&["; dmarc=pass header.from=club.test".into()], "", "a@club.test"));
    }
}
