//! Owns the plain words that act. A reply is a command only where every word of it is known and
//! only one act is named: a negation, a question, a condition or any word more is for the desk.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::domain::words::Lang;
use crate::inbox::phrases::{COMMANDS, section};
use crate::inbox::reading::Command;
use crate::inbox::text::fold;

/// Words that name an act.
pub(in crate::inbox) const KEYS: &[(Command, &[&str])] = &[
    (
        Command::Renew,
        &[
            "renew",
            "renewal",
            "renewing",
            "renews",
            "renouveler",
            "renouvelle",
            "renouvellement",
            "renouveller",
            "renouvelez",
            "renouvele",
        ],
    ),
    (Command::Cheque, &["cheque", "cheques", "check"]),
    (Command::Paid, &["paid", "paye", "payee", "payes", "regle", "reglee"]),
    (
        Command::Stop,
        &[
            "stop",
            "unsubscribe",
            "arret",
            "arreter",
            "arretez",
            "desabonner",
            "desabonnement",
            "desabonnez",
            "desinscrire",
            "desinscription",
        ],
    ),
    (Command::Help, &["help", "aide"]),
    (Command::Receipt, &["receipt", "receipts", "recu", "recus"]),
];

static FILLERS: LazyLock<Table> = LazyLock::new(|| table("fillers"));
static POLITE: LazyLock<Table> = LazyLock::new(|| table("polite"));
static FRENCH: LazyLock<Table> = LazyLock::new(|| table("french"));
static ENGLISH: LazyLock<Table> = LazyLock::new(|| table("english"));

type Table = HashSet<String>;

fn table(name: &str) -> Table {
    section(COMMANDS, name).into_iter().collect()
}

/// Words of a reply that can be a command at all.
const WORDS_MAX: usize = 60;
/// Words of the line that names the act.
const ACT_WORDS_MAX: usize = 14;
/// Words of an address in a signature.
const SIGNATURE_WORDS_MAX: usize = 14;
/// Words in a line that can be a name or a title below the act.
const NAME_WORDS_MAX: usize = 5;

/// The command that a reply plainly is.
#[must_use]
pub fn command(text: &str) -> Option<Command> {
    if text.contains(['?', '؟']) {
        return None;
    }
    let (mut lines, mut count) = (Vec::new(), 0);
    for line in text.lines().map(words).filter(|line| !line.is_empty()) {
        count += line.len();
        if count > WORDS_MAX {
            return None;
        }
        lines.push(line);
    }
    let first =
        lines.iter().position(|line| !line.iter().all(|w| is_polite(w)) && !is_greeting(line))?;
    let found = act(&lines[first])?;
    let below = &lines[first + 1..];
    below.iter().enumerate().all(|(at, line)| may_stand_below(line, at)).then_some(found)
}

/// Whether a line below the act is a closing, a name or title, or (not first) a line of a
/// signature: a number, an address, a site.
fn may_stand_below(line: &[String], at: usize) -> bool {
    if !line.iter().all(|word| is_nameable(word)) {
        return false;
    }
    let numbered = line.iter().any(|word| {
        word.bytes().any(|b| b.is_ascii_digit())
            || matches!(word.as_str(), "www" | "https" | "http")
    });
    line.len() <= NAME_WORDS_MAX
        || line.iter().all(|word| is_polite(word))
        || (at > 0 && numbered && line.len() <= SIGNATURE_WORDS_MAX)
}

/// Whether a text asks something or names an act.
#[must_use]
pub fn says_more(text: &str) -> bool {
    text.contains('?') || text.lines().flat_map(words).any(|word| key(&word).is_some())
}

fn words(line: &str) -> Vec<String> {
    let folded = fold(line);
    let split = folded.split(|c: char| !(c.is_alphanumeric() || c == '\''));
    split.map(|word| word.trim_matches('\'').to_owned()).filter(|word| !word.is_empty()).collect()
}

fn key(word: &str) -> Option<Command> {
    KEYS.iter().find(|(_, keys)| keys.contains(&word)).map(|(command, _)| *command)
}

/// The one act in a line of known words.
fn act(line: &[String]) -> Option<Command> {
    if line.len() > ACT_WORDS_MAX {
        return None;
    }
    let mut acts: Vec<Command> = Vec::new();
    for word in line {
        if let Some(command) = key(word) {
            if !acts.contains(&command) {
                acts.push(command);
            }
        } else if !is_known(word) {
            return None;
        }
    }
    match acts.as_slice() {
        [one] => Some(*one),
        // Renewing by cheque is one act.
        [Command::Renew, Command::Cheque] | [Command::Cheque, Command::Renew] => {
            Some(Command::Cheque)
        }
        _ => None,
    }
}

fn is_known(word: &str) -> bool {
    FILLERS.contains(word) || is_polite(word) || word.bytes().all(|b| b.is_ascii_digit())
}

fn is_polite(word: &str) -> bool {
    POLITE.contains(word)
}

/// `Bonjour Madame Roy`, `Hello Jane`.
fn is_greeting(line: &[String]) -> bool {
    let greets = ["hi", "hello", "dear", "bonjour", "bonsoir", "salut", "madame", "monsieur"];
    line.len() <= NAME_WORDS_MAX
        && greets.contains(&line[0].as_str())
        && line.iter().all(|word| key(word).is_none())
        && line[1..].iter().all(|word| is_nameable(word))
}

/// Whether a word below the act can belong to a name, title or closing: no verb of an act, no
/// negation, no condition.
fn is_nameable(word: &str) -> bool {
    const TURNING: &[&str] = &[
        "not",
        "no",
        "don't",
        "dont",
        "never",
        "won't",
        "cannot",
        "can't",
        "but",
        "if",
        "unless",
        "ne",
        "pas",
        "non",
        "jamais",
        "mais",
        "si",
        "sauf",
        "plus",
        "n'est",
        "except",
        "until",
        "only",
        "seulement",
        "wait",
        "attendre",
        "attendez",
        "cancel",
        "annuler",
        "annulez",
        "later",
    ];
    key(word).is_none() && !TURNING.contains(&word)
}

/// The language of a text, where its words tell.
#[must_use]
pub fn lang(text: &str) -> Option<Lang> {
    let count =
        |table: &Table, words: &[String]| words.iter().filter(|word| table.contains(*word)).count();
    let all: Vec<String> = text.lines().take(200).flat_map(words).take(400).collect();
    let accents = text.chars().take(4000).filter(|c| "éèêàùçôîûœÉÀ".contains(*c)).count();
    let (french, english) = (count(&FRENCH, &all) * 2 + accents, count(&ENGLISH, &all) * 2);
    match french.cmp(&english) {
        std::cmp::Ordering::Greater => Some(Lang::Fr),
        std::cmp::Ordering::Less => Some(Lang::En),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_act() {
        use Command::{Cheque, Help, Paid, Receipt, Renew, Stop};
        for (text, want) in [
            ("Renew", Some(Renew)),
            ("RENOUVELER", Some(Renew)),
            ("Je veux renouveler mon adhésion, merci!", Some(Renew)),
            ("Hi,\n\nPlease renew my membership.\n\nThanks,\nJane Doe", Some(Renew)),
            (
                "Bonjour Madame Roy,\n\nJe renouvelle par chèque.\n\nJean Tremblay, urbaniste",
                Some(Cheque),
            ),
            ("cheque", Some(Cheque)),
            ("Chèque", Some(Cheque)),
            ("payé", Some(Paid)),
            ("I have already paid", Some(Paid)),
            ("arrêt", Some(Stop)),
            ("Me désabonner svp", Some(Stop)),
            ("aide", Some(Help)),
            ("J'ai besoin d'un reçu", Some(Receipt)),
            ("Receipt please", Some(Receipt)),
            ("Je ne veux pas renouveler", None),
            ("I do not want to renew", None),
            ("I don't want to renew my membership", None),
            ("Renouveler? Non merci", None),
            ("Renew if my employer pays", None),
            ("Stop renewing me", None),
            ("Renew\n\nActually no, wait", None),
            ("Do I renew here?", None),
            ("Yes", None),
            ("Merci", None),
            (
                "Renouveler\n\nJean Roy\n123, rue Principale, bureau 200, Montréal H2X 1Y4",
                Some(Renew),
            ),
            ("Renew\n\nJane\n\nMy employer changed last month, do send it to them", None),
            ("I paid by cheque", None),
            ("Please do not stop", None),
            ("Renew me under my new name, Jane Roy", None),
            ("", None),
        ] {
            assert_eq!(command(text), want, "{text}");
        }
    }

    #[test]
    fn languages() {
        for (text, want) in [
            ("Je renouvelle mon adhésion", Some(Lang::Fr)),
            ("Please renew my membership", Some(Lang::En)),
            ("12345", None),
        ] {
            assert_eq!(lang(text), want, "{text}");
        }
    }
}
