//! Owns finding and opening the state folder: whose it is, and what stands in it before anything
//! runs.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::config::HostSection;

/// Why a state folder cannot be used. The caller gives up and shows it.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be made or read.
    #[error(
        "{dir}: {source}; make it, or name another with --state, $STATE_DIRECTORY or state.dir"
    )]
    Io {
        /// The folder.
        dir: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It belongs to another user: files made now would lock the daemon out of its own store.
    #[error(
        "{dir} belongs to user id {owner}, and this runs as {us}; run it as its owner: relance-admin … where systemd runs it, else sudo -u '#{owner}' relance …"
    )]
    Foreign {
        /// The folder.
        dir: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who runs.
        us: u32,
    },
}

/// The folder: `--state`, else `$STATE_DIRECTORY` (systemd), else the config's.
#[must_use]
pub fn choose(option: Option<&Path>, environment: Option<&Path>, config: &Path) -> PathBuf {
    option.or(environment).unwrap_or(config).to_path_buf()
}

/// Makes the folder where it is missing, readable by its owner only, and refuses another user's.
pub fn open(dir: &Path) -> Result<(), StateError> {
    let io = |source| StateError::Io { dir: dir.to_owned(), source };
    if !dir.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io)?;
    }
    ours(dir)
}

/// Refuses another user's folder; one that is not there is nobody's.
pub fn ours(dir: &Path) -> Result<(), StateError> {
    let io = |source| StateError::Io { dir: dir.to_owned(), source };
    if !dir.exists() {
        return Ok(());
    }
    let owner = std::fs::metadata(dir).map_err(io)?.uid();
    let us = running_as().map_err(io)?;
    if owner == us { Ok(()) } else { Err(StateError::Foreign { dir: dir.to_owned(), owner, us }) }
}

/// The effective user id, as `/proc` tells it.
fn running_as() -> std::io::Result<u32> {
    Ok(std::fs::metadata("/proc/self")?.uid())
}

/// What names this host: the configured file, else the machine id. Empty where neither is there.
#[must_use]
pub fn host_identity(host: &HostSection) -> String {
    let file = host.identity_file.as_deref().unwrap_or(Path::new("/etc/machine-id"));
    std::fs::read_to_string(file).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins() {
        let (a, b, c) = (Path::new("/a"), Path::new("/b"), Path::new("/c"));
        assert_eq!(choose(Some(a), Some(b), c), a);
        assert_eq!(choose(None, Some(b), c), b);
        assert_eq!(choose(None, None, c), c);
    }

    #[test]
    fn made_private_and_ours() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("a/b");
        open(&state).unwrap();
        assert_eq!(std::fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
        open(&state).unwrap();
    }
}
