//! Owns the folder that a demo or simulation lives in: a temporary one that goes when it ends, or
//! one that was asked for and stays.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use crate::ids::Random;

/// Where Linux keeps files in memory. A season takes some 40 MB.
const MEMORY: &str = "/dev/shm";

/// The folder of a demo or simulation.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    /// A new folder, removed when this is dropped: in `$TMPDIR` where that is set, else in memory,
    /// else in the system's temporary folder. What is forgotten anyway need not wait for a disk.
    pub fn temporary() -> io::Result<Self> {
        let name = format!("relance-demo-{}", HEXLOWER.encode(&Random::System.bytes::<6>()));
        let make = |parent: &Path| {
            let path = parent.join(&name);
            std::fs::DirBuilder::new().mode(0o700).create(&path)?;
            Ok(Self { path, keep: false })
        };
        if std::env::var_os("TMPDIR").is_none()
            && let Ok(made) = make(Path::new(MEMORY))
        {
            return Ok(made);
        }
        make(&std::env::temp_dir())
    }

    /// A folder that stays. It must be new or empty: a demo writes over nothing.
    pub fn kept(path: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        if std::fs::read_dir(path)?.next().is_some() {
            let text = format!("{} is not empty; name a new folder", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        Ok(Self { path: std::fs::canonicalize(path)?, keep: true })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The three config files.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path.join("config")
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path.join("state")
    }

    /// The Maildir into which the daemon sends.
    #[must_use]
    pub fn outgoing(&self) -> PathBuf {
        self.path.join("outgoing")
    }

    /// The Maildir that the daemon reads.
    #[must_use]
    pub fn incoming(&self) -> PathBuf {
        self.path.join("incoming")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // Nobody is left to tell; the system clears its temporary folder in the end.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_goes_and_kept_stays() {
        let temporary = Folder::temporary().unwrap();
        let path = temporary.path().to_owned();
        std::fs::write(path.join("a"), "a").unwrap();
        drop(temporary);
        assert!(!path.exists());

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept");
        drop(Folder::kept(&path).unwrap());
        assert!(path.exists());
        std::fs::write(path.join("a"), "a").unwrap();
        assert!(Folder::kept(&path).is_err(), "somebody's files stand there");
    }
}
