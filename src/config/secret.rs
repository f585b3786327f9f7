//! Owns reading a secret from its file. It is never shown, logged or kept in a plain string.

use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use secrecy::SecretString;

/// Longer than any password or token.
const SECRET_OCTETS_MAX: u64 = 4096;
/// Read permission of everybody else.
const OTHERS_READ: u32 = 0o004;

/// Why there is no secret. The daemon does not start; each text says the cure.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// A bare name, and no folder to look it up in.
    #[error(
        "“{0}” is a bare name, and $CREDENTIALS_DIRECTORY is not set; start it by its systemd \
         unit (LoadCredential=), or write a path"
    )]
    NoFolder(String),
    /// The file is not there or cannot be read.
    #[error("{path} cannot be read ({source}); make it readable for the user that runs relance")]
    Io {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error("{0} is empty; write the secret into it, on one line")]
    Empty(PathBuf),
    /// Not one line of text.
    #[error("{0} is not one line of text of at most 4096 octets; write only the secret into it")]
    Form(PathBuf),
}

/// Reads the secret that a `password_file` names: a bare name is looked up in `credentials_dir`
/// (the value of `$CREDENTIALS_DIRECTORY`), anything else is a path. One line end is cut.
pub fn secret(file: &Path, credentials_dir: Option<&Path>) -> Result<SecretString, SecretError> {
    let path = locate(file, credentials_dir)?;
    let io = |source| SecretError::Io { path: path.clone(), source };
    let metadata = std::fs::metadata(&path).map_err(io)?;
    if metadata.len() > SECRET_OCTETS_MAX || !metadata.is_file() {
        return Err(SecretError::Form(path));
    }
    let bytes = std::fs::read(&path).map_err(io)?;
    let Ok(text) = String::from_utf8(bytes) else { return Err(SecretError::Form(path)) };
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(SecretError::Empty(path));
    }
    if line.chars().any(char::is_control) {
        return Err(SecretError::Form(path));
    }
    Ok(SecretString::from(line.to_owned()))
}

/// Whether others than its owner and group may read the file. Within `credentials_dir` the
/// system guards the folder itself.
pub(super) fn open_to_others(file: &Path, credentials_dir: Option<&Path>) -> bool {
    !is_bare(file)
        && locate(file, credentials_dir)
            .ok()
            .and_then(|path| std::fs::metadata(path).ok())
            .is_some_and(|metadata| metadata.permissions().mode() & OTHERS_READ != 0)
}

fn locate(file: &Path, credentials_dir: Option<&Path>) -> Result<PathBuf, SecretError> {
    match (is_bare(file), credentials_dir) {
        (false, _) => Ok(file.to_owned()),
        (true, Some(dir)) => Ok(dir.join(file)),
        (true, None) => Err(SecretError::NoFolder(file.display().to_string())),
    }
}

fn is_bare(file: &Path) -> bool {
    let mut parts = file.components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn bare_names_and_paths() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("smtp-password");
        for (content, want) in
            [("hush\n", "hush"), ("hush\r\n", "hush"), ("hush", "hush"), (" h h \n", " h h ")]
        {
            std::fs::write(&path, content).unwrap();
            for file in [Path::new("smtp-password"), &path] {
                let read = secret(file, Some(dir.path())).unwrap();
                assert_eq!(read.expose_secret(), want);
                assert!(!format!("{read:?}").contains("hush"));
            }
        }
    }

    #[test]
    fn each_failure_says_its_cure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        let bare = Path::new("p");
        assert!(matches!(secret(bare, None), Err(SecretError::NoFolder(_))));
        assert!(matches!(secret(bare, Some(dir.path())), Err(SecretError::Io { .. })));
        for (content, empty) in [("", true), ("\n", true), ("a\nb\n", false)] {
            std::fs::write(&path, content).unwrap();
            let error = secret(&path, None).unwrap_err();
            assert_eq!(matches!(error, SecretError::Empty(_)), empty, "{content:?}");
        }
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(secret(&path, None), Err(SecretError::Form(_))));
        assert!(matches!(secret(dir.path(), None), Err(SecretError::Form(_))));
    }
}
