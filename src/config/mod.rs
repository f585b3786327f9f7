//! Owns the shape of the three TOML files, and reading them. Says what is wrong with all of
//! them at once ([`check`]). Never reads a secret into a plain string.
//!
//! `relance.toml` is the machine and the season, `associations.toml` the federation,
//! `schedules.toml` the calendar.

mod associations;
mod main_file;
mod schedules;

pub use associations::{Association, CategoryConfig, Desk, FrenchForms, PliRule, Text};
pub use main_file::{
    AdminSection, FederationSection, HostSection, InDoubt, InboxSection, InboxSource, MailSection,
    Relance, SeasonSection, SmtpSection, StateSection, Tls, Transport, WebSection, WordsSection,
};
pub use schedules::{IfUnanswered, Schedule, StepKind};

/// Everything an operator configured, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `relance.toml`.
    pub relance: Relance,
    /// `associations.toml`, in the file's order.
    pub associations: Vec<Association>,
    /// `schedules.toml`, in the file's order.
    pub schedules: Vec<Schedule>,
}

impl Config {
    /// The association with that code (exact match).
    #[must_use]
    pub fn association(&self, code: &str) -> Option<&Association> {
        self.associations.iter().find(|a| a.code == code)
    }

    /// The schedule with that id.
    #[must_use]
    pub fn schedule(&self, id: &str) -> Option<&Schedule> {
        self.schedules.iter().find(|s| s.id == id)
    }

    /// The association whose desk answers for the whole federation.
    #[must_use]
    pub fn national(&self) -> Option<&Association> {
        self.association(&self.relance.federation.national)
    }
}
