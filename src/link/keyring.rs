//! Owns the keys: one for message ids, one for the ledger, and the ring of link keys. Signs
//! links with the newest, verifies with all. The file is `keys.toml` in the state folder,
//! readable by its owner only. Never prints a secret.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::faults;
use crate::ids::{MessageId, Random};

/// The key file's name in the state folder.
const FILE: &str = "keys.toml";

/// Every key of one installation.
#[derive(Clone)]
pub struct Keyring {
    id_key: [u8; 32],
    ledger_key: [u8; 32],
    links: Vec<LinkKey>,
    /// Stands in for a key id that is not in the ring, so that the same work is done.
    decoy: [u8; 32],
}

#[derive(Clone)]
struct LinkKey {
    id: u8,
    secret: [u8; 32],
    created: Timestamp,
}

/// A link key as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct KeyInfo {
    /// Its number in tokens.
    pub id: u8,
    /// When it was made.
    pub created: Timestamp,
    /// Whether links are signed with it now.
    pub signs: bool,
}

/// What went wrong with the key file. The caller gives up and shows it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The key file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is gone, and the store holds what was made with it.
    #[error(
        "{path} is gone: without it no link that was mailed works and the ledger cannot be verified; restore it from the backup of this state"
    )]
    Gone {
        /// The key file.
        path: String,
    },
    /// The file is another store's, or the store's last ledger line was altered.
    #[error(
        "{path}: the last line of the ledger was not made with these keys: no link that was mailed would work, and the ledger would not go on; restore the key file of this store from its backup (relance audit verify says more)"
    )]
    Foreign {
        /// The key file.
        path: String,
    },
    /// The file is not a key file.
    #[error("{path}: not a key file of Relance ({why}); restore it from a backup")]
    Format {
        /// The key file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Others can read the file.
    #[error("{path}: other users can read it (mode {mode:o}); run: chmod 600 {path}")]
    Mode {
        /// The key file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// All 256 numbers are taken.
    #[error("the ring is full: 256 link keys; retire old ones first: relance key retire")]
    Full,
    /// No key has that number.
    #[error("there is no key {0}; relance key list shows those that are")]
    Missing(u8),
    /// New links are signed with it.
    #[error(
        "key {0} signs new links; make its successor first (relance key new), and let the daemon take it up (systemctl reload relance)"
    )]
    Signs(u8),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    id_key: String,
    ledger_key: String,
    link: Vec<LinkKeyFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkKeyFile {
    id: u8,
    created: Timestamp,
    secret: String,
}

impl Keyring {
    /// A new ring with one link key.
    #[must_use]
    pub fn generate(random: &Random, now: Timestamp) -> Self {
        Self {
            id_key: random.bytes(),
            ledger_key: random.bytes(),
            links: vec![LinkKey { id: 1, secret: random.bytes(), created: now }],
            decoy: random.bytes(),
        }
    }

    /// Reads the ring from the state folder, or, where the store beside it is `unused`, makes and
    /// writes one.
    pub fn load_or_create(
        state: &Path,
        unused: bool,
        random: &Random,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let path = state.join(FILE);
        if path.exists() {
            return Self::load(state, random);
        }
        if !unused {
            return Err(KeyError::Gone { path: path.display().to_string() });
        }
        let ring = Self::generate(random, now);
        ring.save(state)?;
        Ok(ring)
    }

    /// The key file of a state folder, for whoever must name it.
    #[must_use]
    pub fn file(state: &Path) -> std::path::PathBuf {
        state.join(FILE)
    }

    /// Reads the ring from the state folder.
    pub fn load(state: &Path, random: &Random) -> Result<Self, KeyError> {
        let path = state.join(FILE);
        let shown = path.display().to_string();
        let io = |source| KeyError::Io { path: shown.clone(), source };
        let mode = std::fs::metadata(&path).map_err(io)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Mode { path: shown, mode });
        }
        let text = std::fs::read_to_string(&path).map_err(io)?;
        let format = |why: String| KeyError::Format { path: shown.clone(), why };
        let file: KeyFile = toml::from_str(&text).map_err(|e| format(e.message().to_owned()))?;
        let mut links = Vec::with_capacity(file.link.len());
        for key in file.link {
            let secret =
                secret(&key.secret).ok_or_else(|| format(format!("link key {}", key.id)))?;
            links.push(LinkKey { id: key.id, secret, created: key.created });
        }
        if links.is_empty() {
            return Err(format("no link key".into()));
        }
        Ok(Self {
            id_key: secret(&file.id_key).ok_or_else(|| format("id_key".into()))?,
            ledger_key: secret(&file.ledger_key).ok_or_else(|| format("ledger_key".into()))?,
            links,
            decoy: random.bytes(),
        })
    }

    /// Writes the ring beside itself and renames it into place, durably.
    pub fn save(&self, state: &Path) -> Result<(), KeyError> {
        let path = state.join(FILE);
        let io = |source| KeyError::Io { path: path.display().to_string(), source };
        let file = KeyFile {
            id_key: HEXLOWER.encode(&self.id_key),
            ledger_key: HEXLOWER.encode(&self.ledger_key),
            link: self
                .links
                .iter()
                .map(|k| LinkKeyFile {
                    id: k.id,
                    created: k.created,
                    secret: HEXLOWER.encode(&k.secret),
                })
                .collect(),
        };
        let text = toml::to_string(&file).expect("strings and numbers have a TOML form");
        let fresh = state.join("keys.toml.new");
        let mut out = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)
            .map_err(io)?;
        out.write_all(text.as_bytes()).map_err(io)?;
        out.sync_all().map_err(io)?;
        faults::point("keys.written");
        std::fs::rename(&fresh, &path).map_err(io)?;
        faults::point("keys.saved");
        std::fs::File::open(state).and_then(|dir| dir.sync_all()).map_err(io)
    }

    /// Adds a link key, which signs from now on. Links signed before stay good.
    pub fn add(&mut self, random: &Random, now: Timestamp) -> Result<u8, KeyError> {
        let newest = self.newest().0;
        // The next number, and after the last the first that is free again: what was signed with a
        // destroyed key does not verify with another of its number.
        let mut numbers = (1..=u8::MAX).map(|n| newest.wrapping_add(n));
        let free = |id: &u8| self.links.iter().all(|k| k.id != *id);
        let id = numbers.find(free).ok_or(KeyError::Full)?;
        self.links.push(LinkKey { id, secret: random.bytes(), created: now });
        Ok(id)
    }

    /// When the key after `id` was made, which has signed in its place since the daemon took it up.
    pub fn succeeded(&self, id: u8) -> Result<Timestamp, KeyError> {
        let at = self.links.iter().position(|k| k.id == id).ok_or(KeyError::Missing(id))?;
        self.links.get(at + 1).map(|next| next.created).ok_or(KeyError::Signs(id))
    }

    /// Destroys a key that signs no more: whatever was signed with it is damaged from now on.
    pub fn retire(&mut self, id: u8) -> Result<(), KeyError> {
        self.succeeded(id)?;
        self.links.retain(|k| k.id != id);
        Ok(())
    }

    /// The link keys, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<KeyInfo> {
        let newest = self.newest().0;
        self.links
            .iter()
            .map(|k| KeyInfo { id: k.id, created: k.created, signs: k.id == newest })
            .collect()
    }

    /// The id of one attempt at one message: the first eight bytes of an HMAC over its cause and
    /// number, so that ids are neither guessable nor sequential, and the same after a restart.
    #[must_use]
    pub fn message_id(&self, cause: &str, attempt: u32) -> MessageId {
        let mut mac = hmac(&self.id_key);
        mac.update(cause.as_bytes());
        mac.update(b"\0");
        mac.update(&attempt.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        MessageId(digest[..8].try_into().expect("eight bytes of thirty-two"))
    }

    /// One link of the ledger's chain: HMAC over the previous hash and this line's bytes.
    #[must_use]
    pub fn chain(&self, previous: &[u8], line: &[u8]) -> [u8; 32] {
        let mut mac = hmac(&self.ledger_key);
        mac.update(&(previous.len() as u64).to_be_bytes());
        mac.update(previous);
        mac.update(line);
        mac.finalize().into_bytes().into()
    }

    /// A short keyed mark of a text that must not be kept in the clear (an address, a body).
    #[must_use]
    pub fn mark(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        let mut mac = hmac(&self.id_key);
        mac.update(b"mark\0");
        mac.update(purpose.as_bytes());
        mac.update(b"\0");
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    pub(super) fn newest(&self) -> (u8, &[u8; 32]) {
        let key = self.links.last().expect("a ring has at least one link key");
        (key.id, &key.secret)
    }

    pub(super) fn by_id_or_decoy(&self, id: u8) -> (bool, &[u8; 32]) {
        self.links.iter().find(|k| k.id == id).map_or((false, &self.decoy), |k| (true, &k.secret))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} link keys)", self.links.len())
    }
}

fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn secret(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn made_once_read_again_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let made = Keyring::load_or_create(dir.path(), true, &Random::System, at()).unwrap();
        let read = Keyring::load_or_create(dir.path(), false, &Random::System, at()).unwrap();
        assert_eq!(made.message_id("cause", 1), read.message_id("cause", 1));
        assert_ne!(made.message_id("cause", 1), read.message_id("cause", 2));
        let path = dir.path().join(FILE);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keyring::load(dir.path(), &Random::System), Err(KeyError::Mode { .. })));
    }

    #[test]
    fn lost_keys_are_not_made_anew_beside_a_used_store() {
        let dir = tempfile::tempdir().unwrap();
        let lost = Keyring::load_or_create(dir.path(), false, &Random::System, at());
        assert!(matches!(lost, Err(KeyError::Gone { .. })));
        assert!(!dir.path().join(FILE).exists());
    }

    #[test]
    fn a_full_ring_says_so_and_has_room_again_once_one_is_retired() {
        let mut ring = Keyring::generate(&Random::seeded(1), at());
        for n in 0..255u16 {
            assert_eq!(u16::from(ring.add(&Random::seeded(2), at()).unwrap()), (n + 2) % 256);
        }
        assert!(matches!(ring.add(&Random::seeded(3), at()), Err(KeyError::Full)));
        // The newest is 0; each number is free again, the one just below it too.
        for freed in [9, 8] {
            ring.retire(freed).unwrap();
            assert!(matches!(ring.retire(freed), Err(KeyError::Missing(_))));
            assert_eq!(ring.add(&Random::seeded(3), at()).unwrap(), freed);
            assert!(matches!(ring.retire(freed), Err(KeyError::Signs(_))));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let ring = Keyring::generate(&Random::seeded(1), at());
        assert_eq!(format!("{ring:?}"), "Keyring(1 link keys)");
    }
}
