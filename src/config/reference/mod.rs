//! Owns the one list of all configuration keys: their form, default and meaning. Reading walks
//! it to find unknown, missing and misshapen keys; `docs/config.md` is printed from it.

mod associations_keys;
mod form;
mod main_keys;
mod markdown;
mod schedules_keys;
mod season_keys;

pub(super) use form::shown;
pub use form::{Form, is_loopback, url_host};
pub use markdown::markdown;

/// One of the three files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    /// The machine, the mailbox, the season.
    Relance,
    /// The federation.
    Associations,
    /// The calendar.
    Schedules,
}

impl File {
    /// In the order of reading.
    pub const ALL: [Self; 3] = [Self::Relance, Self::Associations, Self::Schedules];

    /// Its name in the config folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relance => "relance.toml",
            Self::Associations => "associations.toml",
            Self::Schedules => "schedules.toml",
        }
    }

    /// Its keys, a table before what stands in it.
    pub fn keys(self) -> impl Iterator<Item = &'static Key> + Clone {
        let (first, more): (&[Key], &[Key]) = match self {
            Self::Relance => (season_keys::KEYS, main_keys::KEYS),
            Self::Associations => (associations_keys::KEYS, &[]),
            Self::Schedules => (schedules_keys::KEYS, &[]),
        };
        first.iter().chain(more)
    }
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Path in its file; `[]` marks a list of tables: `association[].desk.email`.
    pub path: &'static str,
    /// What may stand there.
    pub form: Form,
    /// Whether it may be left out.
    pub need: Need,
    /// A TOML value that could stand there; empty for tables.
    pub example: &'static str,
    /// What it means. The same words stand on the field of the struct it is read into.
    pub doc: &'static str,
}

/// Whether a key may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Must be there.
    Required,
    /// May be left out: this TOML value holds then.
    Default(&'static str),
    /// May be left out: then there is none.
    Optional,
}

impl Key {
    /// The path without its last part: what [`children`] is asked with.
    #[must_use]
    pub fn parent(&self) -> &'static str {
        let own = self.path.strip_suffix("[]").unwrap_or(self.path);
        own.rfind('.').map_or("", |dot| &own[..dot])
    }

    /// The last part of the path, as it stands in the file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let own = self.path.strip_suffix("[]").unwrap_or(self.path);
        own.rfind('.').map_or(own, |dot| &own[dot + 1..])
    }
}

/// The keys that stand directly in the table at `parent` (empty: the top of the file).
pub fn children(file: File, parent: &str) -> impl Iterator<Item = &'static Key> + Clone {
    file.keys().filter(move |key| key.parent() == parent)
}

/// Keys that were, by file and path, each with what to do with it now.
const MOVED: [(File, &str, &str); 1] = [(
    File::Relance,
    "payment.pay_by",
    "Write the day as pay_by under [season], where invoices and payment reminders both go by it, and \
     delete this line. A step that counts from pay_by counts from that day: look at its offset.",
)];

/// What to do with a key that is none any more.
#[must_use]
pub fn moved(file: File, path: &str) -> Option<&'static str> {
    MOVED.iter().find(|(of, key, _)| *of == file && *key == path).map(|(_, _, cure)| *cure)
}

const fn table(path: &'static str, need: Need, doc: &'static str) -> Key {
    Key { path, form: Form::Table, need, example: "", doc }
}

const fn tables(path: &'static str, doc: &'static str) -> Key {
    Key { path, form: Form::Tables, need: Need::Required, example: "", doc }
}

const fn optional_tables(path: &'static str, doc: &'static str) -> Key {
    Key { need: Need::Optional, ..tables(path, doc) }
}

const fn required(path: &'static str, form: Form, example: &'static str, doc: &'static str) -> Key {
    Key { path, form, need: Need::Required, example, doc }
}

const fn default(path: &'static str, form: Form, value: &'static str, doc: &'static str) -> Key {
    Key { path, form, need: Need::Default(value), example: value, doc }
}

const fn optional(path: &'static str, form: Form, example: &'static str, doc: &'static str) -> Key {
    Key { path, form, need: Need::Optional, example, doc }
}

#[cfg(test)]
mod tests;
