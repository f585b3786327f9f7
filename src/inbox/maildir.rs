//! Owns reading a Maildir that the host's mail server delivers to. The key of a mail is its
//! basename before `:`, which stays the same when a mail program moves it from `new/` to `cur/` or
//! changes its flags. Never renames, marks or removes anything. Blocking: call it on a thread that
//! may wait for a disk.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::source::{RAW_OCTETS_MAX, RawMail, SourceError};

/// Names of this many mails fit in memory at ease; beyond it somebody must clear the folder.
const MAILS_MAX: usize = 200_000;

/// A Maildir to read.
#[derive(Debug, Clone)]
pub struct MaildirSource {
    dir: PathBuf,
}

/// One mail as it stands in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Basename before `:`.
    pub key: String,
    /// When the file was written.
    pub received: Timestamp,
    path: PathBuf,
}

impl MaildirSource {
    /// `NeedsPerson` where there is no such Maildir or it may not be read.
    pub fn open(dir: &Path) -> Result<Self, SourceError> {
        let source = Self { dir: dir.to_path_buf() };
        for sub in ["new", "cur"] {
            fs::read_dir(dir.join(sub)).map_err(|e| source.fault(&e))?;
        }
        Ok(source)
    }

    /// Every mail in `new/` and `cur/`, oldest first, each key once.
    pub fn list(&self) -> Result<Vec<Entry>, SourceError> {
        let mut entries = Vec::new();
        // `new/` first: what moves to `cur/` meanwhile is then seen twice rather than not at all.
        for sub in ["new", "cur"] {
            for file in fs::read_dir(self.dir.join(sub)).map_err(|e| self.fault(&e))? {
                entries.extend(entry(&file.map_err(|e| self.fault(&e))?));
                if entries.len() > MAILS_MAX {
                    let text = format!("{}: over {MAILS_MAX} mails", self.dir.display());
                    return Err(SourceError::NeedsPerson(text));
                }
            }
        }
        entries.sort_by(|a: &Entry, b| (a.received, &a.key).cmp(&(b.received, &b.key)));
        let mut seen = std::collections::HashSet::new();
        entries.retain(|entry| seen.insert(entry.key.clone()));
        Ok(entries)
    }

    /// The mail, up to [`RAW_OCTETS_MAX`] octets of it. `None` where it is gone.
    pub fn read(&self, entry: &Entry) -> Result<Option<RawMail>, SourceError> {
        let opened = match File::open(&entry.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.moved(entry)? {
                Some(path) => File::open(path),
                None => return Ok(None),
            },
            other => other,
        };
        let read = opened.and_then(|file| {
            let size = file.metadata()?.len();
            let mut raw = Vec::new();
            file.take(RAW_OCTETS_MAX as u64).read_to_end(&mut raw)?;
            Ok((size, raw))
        });
        match read {
            Ok((size, raw)) => Ok(Some(RawMail {
                key: entry.key.clone(),
                uid: 0,
                received: entry.received,
                size,
                cut: size > raw.len() as u64,
                raw,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.fault(&error)),
        }
    }

    fn moved(&self, entry: &Entry) -> Result<Option<PathBuf>, SourceError> {
        let all = self.list()?;
        Ok(all.into_iter().find(|other| other.key == entry.key).map(|other| other.path))
    }

    fn fault(&self, error: &io::Error) -> SourceError {
        let text = format!("{}: {error}", self.dir.display());
        match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::PermissionDenied => SourceError::NeedsPerson(text),
            _ => SourceError::Retry(text),
        }
    }
}

/// `None` for what is no mail (hidden, not a regular file, not a name in UTF-8) or is gone again.
fn entry(file: &DirEntry) -> Option<Entry> {
    let name = file.file_name().into_string().ok()?;
    let about = file.metadata().ok().filter(fs::Metadata::is_file)?;
    let key = name.split(':').next().filter(|key| !key.is_empty() && !key.starts_with('.'))?;
    let received = Timestamp::try_from(about.modified().ok()?).ok()?;
    Some(Entry { key: key.to_owned(), received, path: file.path() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maildir() -> (tempfile::TempDir, MaildirSource) {
        let dir = tempfile::tempdir().unwrap();
        for sub in ["tmp", "new", "cur"] {
            fs::create_dir(dir.path().join(sub)).unwrap();
        }
        let source = MaildirSource::open(dir.path()).unwrap();
        (dir, source)
    }

    #[test]
    fn a_key_outlives_moves_and_flags() {
        let (dir, source) = maildir();
        let new = dir.path().join("new/17.a.host");
        fs::write(&new, "one").unwrap();
        fs::write(dir.path().join("cur/16.b.host:2,S"), "two").unwrap();
        fs::write(dir.path().join("new/.hidden"), "no").unwrap();
        fs::write(dir.path().join("tmp/18.c.host"), "no").unwrap();
        fs::create_dir(dir.path().join("cur/folder")).unwrap();
        let list = source.list().unwrap();
        let mut keys: Vec<&str> = list.iter().map(|e| e.key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["16.b.host", "17.a.host"]);

        let one = list.iter().find(|e| e.key == "17.a.host").unwrap();
        fs::rename(&new, dir.path().join("cur/17.a.host:2,RS")).unwrap();
        let mail = source.read(one).unwrap().unwrap();
        assert_eq!((mail.raw.as_slice(), mail.size, mail.cut), (&b"one"[..], 3, false));
        assert_eq!(mail.received, one.received);

        fs::remove_file(dir.path().join("cur/17.a.host:2,RS")).unwrap();
        assert!(source.read(one).unwrap().is_none());
        assert_eq!(source.list().unwrap().len(), 1);
    }

    #[test]
    fn a_large_mail_is_cut() {
        let (dir, source) = maildir();
        fs::write(dir.path().join("new/1"), vec![b'x'; RAW_OCTETS_MAX + 1]).unwrap();
        let list = source.list().unwrap();
        let mail = source.read(&list[0]).unwrap().unwrap();
        assert_eq!((mail.raw.len(), mail.size), (RAW_OCTETS_MAX, RAW_OCTETS_MAX as u64 + 1));
        assert!(mail.cut);
    }

    #[test]
    fn no_maildir_needs_a_person() {
        let dir = tempfile::tempdir().unwrap();
        let error = MaildirSource::open(dir.path()).unwrap_err();
        assert!(matches!(error, SourceError::NeedsPerson(_)), "{error}");
    }
}
