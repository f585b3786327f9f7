//! Owns the rules of spelling that a machine can see in the words: apostrophes, no-break
//! spaces, elision. Looks at Fluent patterns, variables written `{$name}`. Pure.

use crate::domain::words::Lang;

/// U+00A0.
const NBSP: char = '\u{a0}';

/// French words after which the bare short name would need an article or an elision.
const BEFORE_A_NAME: &[&str] = &["de", "du", "d’", "à", "au", "le", "la", "l’", "les", "par"];

/// Each fault of one pattern: what is wrong, what would be right.
pub(super) fn faults(lang: Lang, pattern: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if pattern.contains('\'') {
        found.push(("a straight apostrophe".into(), "the typographic one: ’".into()));
    }
    if pattern.contains('"') {
        found.push(("straight quotation marks".into(), "“ ” or « »".into()));
    }
    if lang == Lang::Fr {
        french(pattern, &mut found);
        elision(pattern, &mut found);
    }
    found
}

fn french(pattern: &str, found: &mut Vec<(String, String)>) {
    let chars: Vec<char> = pattern.chars().collect();
    let mut fault = |what: String, right: &str| found.push((what, right.to_owned()));
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|j| chars[j]);
        let after = chars.get(i + 1).copied();
        match c {
            // A colon inside an address or a time stands alone.
            ':' if after.is_none_or(char::is_whitespace) && before != Some(NBSP) => {
                fault("no no-break space before “:”".into(), "U+00A0 before it");
            }
            '$' | '%' if before.is_some_and(|b| b.is_ascii_digit() || b == ' ') => {
                fault(format!("no no-break space before “{c}”"), "U+00A0 before it");
            }
            ';' | '!' | '?' if before.is_some_and(char::is_whitespace) => {
                fault(format!("a space before “{c}”"), "none, as in Canada");
            }
            '«' if after != Some(NBSP) => {
                fault("no no-break space after “«”".into(), "U+00A0 after it");
            }
            '»' if before != Some(NBSP) => {
                fault("no no-break space before “»”".into(), "U+00A0 before it");
            }
            '·' => fault("a mid dot".into(), "neutral wording, or both forms"),
            _ => {}
        }
    }
    if pattern.contains("(e)") {
        fault("“(e)”".into(), "neutral wording, or both forms");
    }
}

fn elision(pattern: &str, found: &mut Vec<(String, String)>) {
    for (at, _) in pattern.match_indices("{$short}") {
        let before = &pattern[..at];
        let clings = before.ends_with('’');
        let word = before.trim_end_matches([' ', NBSP]).rsplit([' ', NBSP, '\n']).next();
        let word = word.unwrap_or_default().to_lowercase();
        if clings || (before.len() > word.len() && BEFORE_A_NAME.contains(&word.as_str())) {
            found.push((
                format!("“{word} {{ $short }}”: the name may need an article or an elision"),
                "{ $the }, { $of } or { $to }".into(),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_its_fault_and_nothing_else() {
        for (lang, pattern, count) in [
            (Lang::Fr, "Numéro\u{a0}: {$member_no}", 0),
            (Lang::Fr, "Numéro : {$member_no}", 1),
            (Lang::Fr, "Numéro: {$member_no}", 1),
            (Lang::Fr, "https://example.ca/", 0),
            (Lang::Fr, "Pourquoi?", 0),
            (Lang::Fr, "Pourquoi ?", 1),
            (Lang::Fr, "Oui\u{a0}; non", 1),
            (Lang::Fr, "«\u{a0}Oui\u{a0}»", 0),
            (Lang::Fr, "« Oui »", 2),
            (Lang::Fr, "l'adhésion", 1),
            (Lang::En, "it's", 1),
            (Lang::En, "Number: {$member_no}?", 0),
            (Lang::Fr, "12 %", 1),
            (Lang::Fr, "12\u{a0}%", 0),
            (Lang::Fr, "les membres de {$short}", 1),
            (Lang::Fr, "les membres d’{$short}", 1),
            (Lang::Fr, "les membres {$of} ({$short})", 0),
            (Lang::Fr, "un(e) membre", 1),
        ] {
            let found = faults(lang, pattern);
            assert_eq!(found.len(), count, "{pattern}: {found:?}");
        }
    }
}
