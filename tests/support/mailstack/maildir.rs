//! Owns reading and filling one account's Maildir on disk, past the mail servers.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::wait_until;

/// A member's or our own mailbox.
#[derive(Debug, Clone)]
pub struct Maildir {
    path: PathBuf,
    owner: u32,
}

impl Maildir {
    pub(super) fn new(path: PathBuf, owner: u32) -> Self {
        Self { path, owner }
    }

    /// Its folder (with `new/`, `cur/`, `tmp/`).
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the empty folders where they are missing.
    pub(super) fn create(&self) {
        for part in ["new", "cur", "tmp"] {
            let folder = self.path.join(part);
            fs::create_dir_all(&folder).expect("a mailbox folder");
            self.give(&folder);
        }
        self.give(&self.path);
        self.give(self.path.parent().expect("a mailbox lies in its owner's folder"));
    }

    fn give(&self, path: &Path) {
        std::os::unix::fs::chown(path, Some(self.owner), Some(self.owner))
            .expect("root may give a file away");
    }

    /// Every mail, in the order of arrival as far as the file names tell it.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        self.files()
            .iter()
            // A mail may move from new/ to cur/ under our eyes: it is seen at the next look.
            .filter_map(|path| fs::read(path).ok())
            .collect()
    }

    /// The files of every mail.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = ["cur", "new"]
            .iter()
            .filter_map(|part| fs::read_dir(self.path.join(part)).ok())
            .flatten()
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .collect();
        files.sort_by_key(|path| path.file_name().map(std::ffi::OsStr::to_owned));
        files
    }

    /// Waits for the first mail that has `needle` anywhere in its bytes as they are on disk.
    pub fn wait_for(&self, needle: &str, limit: Duration) -> Vec<u8> {
        let what = format!("a mail with {needle:?} in {}", self.path.display());
        wait_until(&what, limit, || {
            self.mails().into_iter().find(|mail| String::from_utf8_lossy(mail).contains(needle))
        })
    }

    /// Waits until it holds at least `count` mails.
    pub fn wait_for_count(&self, count: usize, limit: Duration) -> Vec<Vec<u8>> {
        let what = format!("{count} mails in {}", self.path.display());
        wait_until(&what, limit, || {
            (self.files().len() >= count).then(|| self.mails()).filter(|all| all.len() >= count)
        })
    }

    /// Writes `count` mails straight into `new/`, arrived at `at`; `raw` is given 0, 1, 2 …
    /// Twenty thousand take about a second.
    pub fn fill(&self, count: usize, at: SystemTime, raw: impl Fn(usize) -> Vec<u8>) {
        for i in 0..count {
            let path = self.path.join("new").join(format!("1000000000.M{i:06}.filled"));
            fs::write(&path, raw(i)).expect("a mail is written");
            self.give(&path);
            let file = File::options().write(true).open(&path).expect("just written");
            // Dovecot takes INTERNALDATE from the file's time.
            file.set_modified(at).expect("a file's time can be set");
        }
    }

    /// Sets the arrival of every mail to `at`, as a careless restore of a mailbox does.
    pub fn set_arrival(&self, at: SystemTime) {
        for path in self.files() {
            let file = File::options().write(true).open(&path).expect("a mail's file");
            file.set_modified(at).expect("a file's time can be set");
        }
    }

    /// Forgets Dovecot's numbering: a new UIDVALIDITY and new UIDs at the next look. Dovecot
    /// must be down.
    pub(super) fn forget_numbering(&self) {
        for entry in fs::read_dir(&self.path).expect("a mailbox").flatten() {
            if entry.file_name().to_string_lossy().starts_with("dovecot") {
                fs::remove_file(entry.path()).expect("one of Dovecot's own files");
            }
        }
    }
}
