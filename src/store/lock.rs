//! Owns the exclusive lock on a state folder: one daemon, and a second one that says so.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The lock's name in the state folder.
const FILE: &str = "relance.lock";

/// Held as long as the daemon lives; the system frees it even after SIGKILL.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

/// Why the state folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon runs on it.
    #[error(
        "another relance (process {pid}) already runs on {dir}; stop it first, or give this one its own --state"
    )]
    Taken {
        /// The state folder.
        dir: PathBuf,
        /// Process id that the lock file names.
        pid: String,
    },
    /// The folder cannot be written.
    #[error("{dir}: {source}; the state folder must exist and belong to the user who runs relance")]
    Io {
        /// The state folder.
        dir: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StateLock {
    /// Takes the lock, or says who has it.
    pub fn take(state: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io { dir: state.to_owned(), source };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(state.join(FILE))
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                return Err(LockError::Taken { dir: state.to_owned(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(e)) => return Err(io(e)),
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateLock::take(dir.path()).unwrap();
        let error = StateLock::take(dir.path()).unwrap_err().to_string();
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(first);
        StateLock::take(dir.path()).unwrap();
    }
}
