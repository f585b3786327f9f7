//! Owns the sample federation as the demo runs it: the shipped files with this machine's ports
//! and folders written in.

use std::io;
use std::net::SocketAddr;

use toml::{Table, Value};

use crate::folder::Folder;

/// The shipped files.
const FILES: [(&str, &str); 3] = [
    ("relance.toml", include_str!("../../config/relance.toml")),
    ("associations.toml", include_str!("../../config/associations.toml")),
    ("schedules.toml", include_str!("../../config/schedules.toml")),
];

/// First line of what is written.
const NOTE: &str = "# Made by relance demo from the sample files, without their comments.\n\n";

/// Writes the three files into the demo's folder.
pub fn write(folder: &Folder, web: SocketAddr, admin: SocketAddr) -> io::Result<()> {
    std::fs::create_dir_all(folder.config())?;
    for (name, sample) in FILES {
        let mut table: Table = sample.parse().map_err(io::Error::other)?;
        match name {
            "relance.toml" => machine(&mut table, folder, web, admin),
            "associations.toml" => links(&mut table),
            _ => {}
        }
        std::fs::write(folder.config().join(name), format!("{NOTE}{table}"))?;
    }
    Ok(())
}

fn machine(table: &mut Table, folder: &Folder, web: SocketAddr, admin: SocketAddr) {
    let path = |path: std::path::PathBuf| path.display().to_string();
    set(table, "state", "dir", path(folder.state()));
    set(table, "web", "listen", web.to_string());
    set(table, "web", "base_url", format!("http://{web}"));
    set(table, "admin", "listen", admin.to_string());
    set(table, "smtp", "transport", "maildir");
    set(table, "smtp", "maildir", path(folder.outgoing()));
    // A payment page of our own, where nobody is charged.
    set(table, "card", "provider", "demo");
    let mut inbox = Table::new();
    inbox.insert("source".into(), "maildir".into());
    inbox.insert("maildir".into(), path(folder.incoming()).into());
    table.insert("inbox".into(), Value::Table(inbox));
}

fn set(table: &mut Table, section: &str, key: &str, value: impl Into<Value>) {
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(key.into(), value.into());
    }
}

/// Links lead to this machine instead of to each association's own host.
fn links(table: &mut Table) {
    let Some(Value::Array(all)) = table.get_mut("association") else { return };
    for association in all {
        if let Value::Table(association) = association {
            association.remove("link_base");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, InboxSource, Transport};

    #[test]
    fn what_is_written_is_a_config_without_fault() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::kept(&dir.path().join("demo")).unwrap();
        let web = SocketAddr::from(([127, 0, 0, 1], 1080));
        write(&folder, web, SocketAddr::from(([127, 0, 0, 1], 1081))).unwrap();
        let config = Config::load(&folder.config()).unwrap();
        assert_eq!(config.associations.len(), 7);
        assert_eq!(config.relance.web.base_url, "http://127.0.0.1:1080");
        assert_eq!(config.relance.smtp.transport, Transport::Maildir);
        assert_eq!(config.relance.inbox.source, InboxSource::Maildir);
        assert!(config.associations.iter().all(|a| a.link_base.is_none()));
    }
}
