//! Owns delivery into a Maildir, for rehearsals and the demo: written in `tmp/`, synced, then
//! linked into `new/`. The file's name comes from the message's id, so that a repeat finds the
//! first one there and adds nothing. Blocking: call it on a thread that may wait for a disk.
//! Never reads mail, never removes what was delivered.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::transport::{Outcome, Parcel, RelayReply};
use crate::ids::MessageId;

/// A Maildir to deliver into.
#[derive(Debug, Clone)]
pub struct MaildirTransport {
    dir: PathBuf,
    synced: bool,
}

impl MaildirTransport {
    /// Makes `dir` with `tmp/`, `new/` and `cur/` where they are missing.
    pub fn open(dir: &Path) -> io::Result<Self> {
        for sub in ["tmp", "new", "cur"] {
            fs::create_dir_all(dir.join(sub))?;
        }
        Ok(Self { dir: dir.to_path_buf(), synced: true })
    }

    /// As it is, but without waiting for the disk: for mail that nobody misses after a power cut.
    #[must_use]
    pub fn unsynced(self) -> Self {
        Self { synced: false, ..self }
    }

    /// Delivers one message with its envelope as `Return-Path` and `Delivered-To` on top, as a
    /// mail server would. `Sent` names the file; a second delivery of the same `id` is `Sent`
    /// too. What the disk refuses is `RelayDown`; a failure once the file stands in `new/` is
    /// `Unknown`.
    #[must_use]
    pub fn deliver(&self, id: MessageId, parcel: &Parcel) -> Outcome {
        let name = format!("{id}.relance");
        match self.place(&name, parcel) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Outcome::Sent(format!("{name} (was there)"));
            }
            Err(error) => {
                let text = format!("{}: {error}", self.dir.display());
                let reply = RelayReply { text, stage: "body", ..RelayReply::default() };
                return Outcome::RelayDown(reply);
            }
        }
        if !self.synced {
            return Outcome::Sent(name);
        }
        match File::open(self.dir.join("new")).and_then(|folder| folder.sync_all()) {
            Ok(()) => Outcome::Sent(name),
            Err(error) => Outcome::Unknown(error.to_string()),
        }
    }

    fn place(&self, name: &str, parcel: &Parcel) -> io::Result<()> {
        if self.was_read(name)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let draft = self.dir.join("tmp").join(name);
        let mut file = File::create(&draft)?;
        write!(file, "Return-Path: <{}>\r\nDelivered-To: {}\r\n", parcel.from, parcel.to)?;
        file.write_all(&parcel.bytes)?;
        if self.synced {
            file.sync_all()?;
        }
        // A link, since a rename would replace the first delivery.
        let linked = fs::hard_link(&draft, self.dir.join("new").join(name));
        fs::remove_file(&draft)?;
        linked
    }

    /// Whether a mail program moved it to `cur/`, where its name carries flags.
    fn was_read(&self, name: &str) -> io::Result<bool> {
        for entry in fs::read_dir(self.dir.join("cur"))? {
            let found = entry?.file_name();
            if found.as_encoded_bytes().split(|&b| b == b':').next() == Some(name.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel() -> Parcel {
        Parcel {
            from: "b+token@bounce.test".into(),
            to: "member@example.org".into(),
            bytes: b"Subject: a\r\n\r\nb\r\n".to_vec(),
        }
    }

    #[test]
    fn a_repeat_adds_nothing_even_once_read() {
        let dir = tempfile::tempdir().unwrap();
        let transport = MaildirTransport::open(dir.path()).unwrap();
        let id = MessageId([1; 8]);
        let name = "0101010101010101.relance";
        assert_eq!(transport.deliver(id, &parcel()), Outcome::Sent(name.into()));
        let new = dir.path().join("new");
        let text = fs::read_to_string(new.join(name)).unwrap();
        let want = "Return-Path: <b+token@bounce.test>\r\nDelivered-To: member@example.org\r\n\
                    Subject: a\r\n\r\nb\r\n";
        assert_eq!(text, want);

        let again = Outcome::Sent(format!("{name} (was there)"));
        assert_eq!(transport.deliver(id, &parcel()), again);
        fs::rename(new.join(name), dir.path().join("cur").join(format!("{name}:2,S"))).unwrap();
        assert_eq!(transport.deliver(id, &parcel()), again);
        assert_eq!(fs::read_dir(&new).unwrap().count(), 0);
        assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_folder_is_the_relays_fault() {
        let dir = tempfile::tempdir().unwrap();
        let transport = MaildirTransport::open(dir.path()).unwrap();
        fs::remove_dir_all(dir.path().join("tmp")).unwrap();
        let outcome = transport.deliver(MessageId([2; 8]), &parcel());
        assert!(matches!(outcome, Outcome::RelayDown(_)), "{outcome:?}");
    }
}
