//! Owns the templates and locales in the binary, and the operator's own that replace them.
//! Reads files at start only.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::ComposeError;
use super::words::WordFile;
use crate::config::WordsSection;
use crate::domain::words::Lang;

/// Largest template or locale file read from disk. Ours are under 20 KB.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Hexadecimal digits of a version: 48 bits tell any two template sets apart.
const VERSION_DIGITS: usize = 12;

/// One file in the binary.
macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../", $folder, "/", $name)))),*]
    };
}

/// Every template: name, source.
const TEMPLATES: &[(&str, &str)] = files!("templates":
    "mail/shell.html", "mail/style.html", "mail/shell.txt", "mail/base.html", "mail/base.txt",
    "mail/button.html", "mail/button.txt", "mail/invoice.html", "mail/invoice.txt", "mail/step.html", "mail/step.txt", "mail/lines.html", "mail/lines.txt",
    "mail/owing.html", "mail/owing.txt",
    "notice/subject.txt", "notice/body.txt", "notice/body.html",
    "reminder/subject.txt", "reminder/body.txt", "reminder/body.html",
    "last-call/subject.txt", "last-call/body.txt", "last-call/body.html",
    "lapse/subject.txt", "lapse/body.txt", "lapse/body.html",
    "payment-reminder/subject.txt", "payment-reminder/body.txt", "payment-reminder/body.html",
    "confirmation/subject.txt", "confirmation/body.txt", "confirmation/body.html",
    "invoice/subject.txt", "invoice/body.txt", "invoice/body.html",
    "receipt/subject.txt", "receipt/body.txt", "receipt/body.html",
    "payer-invoice/subject.txt", "payer-invoice/body.txt", "payer-invoice/body.html",
    "payer-receipt/subject.txt", "payer-receipt/body.txt", "payer-receipt/body.html",
    "payer-returned/subject.txt", "payer-returned/body.txt", "payer-returned/body.html",
    "refund/subject.txt", "refund/body.txt", "refund/body.html",
    "paid-by-payer/subject.txt", "paid-by-payer/body.txt", "paid-by-payer/body.html",
    "fresh-link/subject.txt", "fresh-link/body.txt", "fresh-link/body.html",
    "confirm-request/subject.txt", "confirm-request/body.txt", "confirm-request/body.html",
    "address-change/subject.txt", "address-change/body.txt", "address-change/body.html",
    "insurance-follow-up/subject.txt", "insurance-follow-up/body.txt",
    "insurance-follow-up/body.html",
    "declaration-recorded/subject.txt", "declaration-recorded/body.txt",
    "declaration-recorded/body.html",
    "cover-ended/subject.txt", "cover-ended/body.txt", "cover-ended/body.html",
    "cover-pending/subject.txt", "cover-pending/body.txt", "cover-pending/body.html",
    "certificate/subject.txt", "certificate/body.txt", "certificate/body.html",
    "forward/subject.txt", "forward/body.txt",
    "desk-note/subject.txt", "desk-note/body.txt",
    "digest/subject.txt", "digest/body.txt", "digest/body.html",
    "desk-answer/subject.txt", "desk-answer/body.txt", "desk-answer/body.html",
    "verify-answer/subject.txt", "verify-answer/body.txt", "verify-answer/body.html",
    "page/layout.html", "page/style.css", "page/half.html", "page/bill.html",
    "page/field.html", "page/proof.html", "page/you.html", "page/correct.html",
    "page/invoice.html", "page/invoice-half.html", "page/payer.html",
    "page/questions.html", "page/address.html",
    "page/renewal.html", "page/done.html", "page/conflict.html",
    "page/unsubscribe.html", "page/unsubscribed.html", "page/confirm.html",
    "page/expired.html", "page/season-closed.html",
    "page/fresh-link-sent.html", "page/damaged.html",
    "page/card.html", "page/card-demo.html",
    "page/bad-form.html", "page/plain.html", "page/front.html",
    "page/desk-sign.html", "page/desk-case.html", "page/desk-done.html", "page/desk-find.html",
    "page/desk-member.html", "page/desk-last-day.html",
    "page/behalf.html", "page/behalf-sign.html", "page/behalf-more.html", "page/behalf-link.html",
    "page/signed-in.html", "page/season.html",
    "demo/layout.html", "demo/style.css", "demo/aside.html", "demo/list.html", "demo/mails.html",
    "demo/mail.html",
);

/// Every locale file.
const LOCALES: &[(&str, &str)] = files!("locales":
    "en-CA/common.ftl", "en-CA/mail.ftl", "en-CA/answers.ftl", "en-CA/pages.ftl",
    "en-CA/demo.ftl", "fr-CA/demo.ftl", "en-CA/records.ftl", "fr-CA/records.ftl", "en-CA/insurance.ftl", "fr-CA/insurance.ftl", "en-CA/card.ftl", "fr-CA/card.ftl", "en-CA/money.ftl", "fr-CA/money.ftl", "en-CA/desk.ftl", "fr-CA/desk.ftl",
    "fr-CA/common.ftl", "fr-CA/mail.ftl", "fr-CA/answers.ftl", "fr-CA/pages.ftl",
);

/// Sources in force.
#[derive(Debug, Clone)]
pub(super) struct Assets {
    /// Template name, source.
    pub templates: Vec<(&'static str, Cow<'static, str>)>,
    /// Word files, the binary's first.
    pub words: Vec<WordFile>,
}

impl Assets {
    /// The binary's files, and over them those of the two folders.
    pub(super) fn load(section: &WordsSection) -> Result<Self, ComposeError> {
        let mut templates = Vec::with_capacity(TEMPLATES.len());
        for &(name, source) in TEMPLATES {
            let path = section.templates_dir.as_ref().map(|dir| dir.join(name));
            let source = match path {
                Some(path) if path.is_file() => Cow::Owned(read(&path)?),
                _ => Cow::Borrowed(source),
            };
            templates.push((name, source));
        }
        if let Some(dir) = &section.templates_dir {
            refuse_strangers(dir, dir)?;
        }
        let mut words = Vec::with_capacity(LOCALES.len());
        for &(name, text) in LOCALES {
            let lang = if name.starts_with(Lang::Fr.locale()) { Lang::Fr } else { Lang::En };
            words.push(WordFile { name: name.to_owned(), lang, text: text.to_owned() });
        }
        if let Some(dir) = &section.locales_dir {
            for &lang in Lang::ALL {
                own_words(dir, lang, &mut words)?;
            }
        }
        Ok(Self { templates, words })
    }

    /// Short digest of every word and of the templates that `kind`'s messages use.
    pub(super) fn version(&self, kind: &str) -> String {
        let mut hash = Sha256::new();
        for (name, source) in &self.templates {
            let folder = name.split('/').next().unwrap_or_default();
            if folder == kind || folder == "mail" {
                hash.update(name.as_bytes());
                hash.update([0]);
                hash.update(source.as_bytes());
                hash.update([0]);
            }
        }
        for file in &self.words {
            hash.update(file.name.as_bytes());
            hash.update([0]);
            hash.update(file.text.as_bytes());
            hash.update([0]);
        }
        let mut digest = HEXLOWER.encode(&hash.finalize());
        digest.truncate(VERSION_DIGITS);
        digest
    }
}

fn own_words(dir: &Path, lang: Lang, words: &mut Vec<WordFile>) -> Result<(), ComposeError> {
    let folder = dir.join(lang.locale());
    if !folder.is_dir() {
        return Ok(());
    }
    let mut paths: Vec<_> = entries(&folder)?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "ftl"));
    paths.sort();
    for path in paths {
        words.push(WordFile { name: path.display().to_string(), lang, text: read(&path)? });
    }
    Ok(())
}

/// A file that replaces nothing is a mistyped name: better said at start than never noticed.
fn refuse_strangers(root: &Path, folder: &Path) -> Result<(), ComposeError> {
    for path in entries(folder)? {
        if path.is_dir() {
            refuse_strangers(root, &path)?;
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if !name.starts_with('.') && !TEMPLATES.iter().any(|(n, _)| *n == name) {
            return Err(ComposeError::StrangeTemplate { file: path.display().to_string() });
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, ComposeError> {
    let listed = fs::read_dir(folder)
        .and_then(|list| list.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
    listed.map_err(|source| ComposeError::Read { file: folder.display().to_string(), source })
}

fn read(path: &Path) -> Result<String, ComposeError> {
    let fault = |source| ComposeError::Read { file: path.display().to_string(), source };
    let size = fs::metadata(path).map_err(fault)?.len();
    if size > FILE_BYTES_MAX {
        return Err(fault(std::io::Error::other(format!("larger than {FILE_BYTES_MAX} bytes"))));
    }
    fs::read_to_string(path).map_err(fault)
}
