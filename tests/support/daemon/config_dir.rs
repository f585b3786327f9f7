//! Owns a config folder made from the sample one, with what a test needs otherwise.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::support::mailstack::{self, MailStack};

/// The main file.
pub const MAIN: &str = "relance.toml";

/// A folder of config files that `--config` can name.
#[derive(Debug, Clone)]
pub struct ConfigDir {
    path: PathBuf,
}

impl ConfigDir {
    /// Copies the files of `sample` into `path`, which it makes.
    pub fn copy(sample: &Path, path: &Path) -> Self {
        fs::create_dir_all(path).expect("a temporary folder");
        for entry in fs::read_dir(sample).expect("the sample config is there").flatten() {
            if entry.path().is_file() {
                fs::copy(entry.path(), path.join(entry.file_name())).expect("a file is copied");
            }
        }
        Self { path: path.to_owned() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets one key of `relance.toml`: `smtp.port`.
    pub fn set(&self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        self.edit(MAIN, |table| put(table, key, value));
    }

    /// Sets one key in every element of a file's array of tables, such as `desk.email` in each
    /// `association` of `associations.toml`.
    pub fn set_each(&self, file: &str, array: &str, key: &str, value: impl Into<Value>) {
        let value = value.into();
        self.edit(file, |table| {
            for element in elements(table, array) {
                put(element, key, value.clone());
            }
        });
    }

    /// Keeps only the elements of a file's array of tables that `keep` wants.
    pub fn retain(&self, file: &str, array: &str, keep: impl Fn(&Table) -> bool) {
        self.edit(file, |table| {
            let all = table.get_mut(array).and_then(Value::as_array_mut).expect("an array");
            all.retain(|element| element.as_table().is_some_and(&keep));
        });
    }

    /// No desk gets a digest: few scenarios are about one, and all others count what is due.
    pub fn no_digests(&self) {
        self.retain("schedules.toml", "digest", |_| false);
    }

    /// A desk gets a digest by that rule.
    pub fn digest(&self, association: &str, cron: &str) {
        let mut digest = Table::new();
        let id = format!("{}-digest", association.to_lowercase());
        for (key, value) in [("id", id.as_str()), ("association", association), ("cron", cron)] {
            put(&mut digest, key, value.into());
        }
        self.edit("schedules.toml", |table| {
            let all = table.get_mut("digest").and_then(Value::as_array_mut).expect("an array");
            all.push(Value::Table(digest));
        });
    }

    /// Reads a file, changes it, writes it.
    pub fn edit(&self, file: &str, change: impl FnOnce(&mut Table)) {
        let path = self.path.join(file);
        let text = fs::read_to_string(&path).expect("a config file");
        let mut table: Table = text.parse().expect("TOML");
        change(&mut table);
        fs::write(&path, toml::to_string(&table).expect("TOML again")).expect("it is written");
    }

    /// Writes a secret beside the config, for its owner alone. Returns its path.
    pub fn secret(&self, name: &str, text: &str) -> String {
        let path = self.path.join(name);
        fs::write(&path, text).expect("a secret is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own file");
        path.display().to_string()
    }

    /// Mail goes out through Postfix on this machine, and comes in by IMAP over TLS.
    pub fn use_mail_stack(&self, stack: &MailStack) {
        self.use_relay(stack.ports.smtp);
        self.use_imap(stack);
        self.set("mail.authserv_id", mailstack::AUTHSERV_ID);
    }

    /// Mail goes out in the clear to 127.0.0.1, without a password.
    pub fn use_relay(&self, port: u16) {
        for (key, value) in [("transport", "smtp"), ("host", "127.0.0.1"), ("tls", "none")] {
            self.set(&format!("smtp.{key}"), value);
        }
        self.set("smtp.port", i64::from(port));
        self.set("smtp.username", "");
        self.edit(MAIN, |table| {
            smtp_section(table).remove("password_file");
        });
        self.use_test_domains();
    }

    /// Mail goes out through Postfix's submission port with this password.
    pub fn use_submission(&self, stack: &MailStack, password: &str) {
        self.use_relay(stack.ports.submission);
        self.set("smtp.host", "localhost");
        self.set("smtp.tls", "starttls");
        self.set("smtp.ca_file", stack.ca_file().display().to_string());
        self.set("smtp.username", mailstack::MAILBOX);
        self.set("smtp.password_file", self.secret("smtp-password", password));
    }

    /// Mail comes in by IMAP over TLS from the first byte.
    pub fn use_imap(&self, stack: &MailStack) {
        for (key, value) in [("source", "imap"), ("host", "localhost"), ("tls", "implicit")] {
            self.set(&format!("inbox.{key}"), value);
        }
        self.set("inbox.port", i64::from(stack.ports.imaps));
        self.set("inbox.ca_file", stack.ca_file().display().to_string());
        self.set("inbox.username", mailstack::MAILBOX);
        self.set("inbox.password_file", self.secret("imap-password", mailstack::PASSWORD));
        self.use_test_domains();
    }

    /// Mail comes in from the same mailbox by way of the disk.
    pub fn use_maildir(&self, stack: &MailStack) {
        self.set("inbox.source", "maildir");
        let path = stack.maildir(mailstack::MAILBOX).path().display().to_string();
        self.set("inbox.maildir", path);
        self.use_test_domains();
    }

    fn use_test_domains(&self) {
        self.set("mail.bounce_domain", "bounce.test");
        self.set("mail.reply_domain", "reply.test");
    }
}

fn smtp_section(table: &mut Table) -> &mut Table {
    table.get_mut("smtp").and_then(Value::as_table_mut).expect("relance.toml has [smtp]")
}

fn elements<'a>(table: &'a mut Table, array: &str) -> impl Iterator<Item = &'a mut Table> {
    table
        .get_mut(array)
        .and_then(Value::as_array_mut)
        .expect("an array")
        .iter_mut()
        .filter_map(Value::as_table_mut)
}

fn put(table: &mut Table, key: &str, value: Value) {
    let Some((section, rest)) = key.split_once('.') else {
        table.insert(key.into(), value);
        return;
    };
    let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    put(inner.as_table_mut().expect("a section, not a value"), rest, value);
}
