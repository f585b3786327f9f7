//! Owns the shape of the three TOML files, and reading them. Says what is wrong with all of
//! them at once ([`check()`]). Never reads a secret into a plain string.
//!
//! `relance.toml` is the machine and the season, `associations.toml` the federation,
//! `schedules.toml` the calendar.

mod associations;
mod card_section;
mod check;
mod fault;
mod insurance;
mod main_file;
pub(crate) mod nearest;
mod payment;
mod read;
pub mod reference;
mod retention;
mod schedules;
mod secret;
mod shape;
mod taxes;

use std::path::Path;

use jiff::civil::Date;

pub use associations::{Association, CategoryConfig, Closure, Desk, FrenchForms, PliRule, Text};
pub use card_section::{CardProvider, CardSection};
pub use fault::{Fault, Warning};
pub use insurance::{
    InsuranceContact, InsuranceSection, MailCountsBy, OverduePledge, Question, YesNo,
};
pub use main_file::{
    AdminSection, DeadlineBy, DeskSection, FederationSection, HostSection, InDoubt, InboxSection,
    InboxSource, MailSection, Relance, SeasonSection, SmtpSection, StateSection, Tls, Transport,
    WebSection, WordsSection,
};
pub use payment::{Instalment, PaymentSection};
pub use retention::RetentionSection;
pub use schedules::{Audience, Digest, IfUnanswered, Offset, Schedule, SeasonDate, StepKind};
pub use secret::{SecretError, secret};
pub use taxes::{AssociationTax, TaxConfig};

/// Everything an operator configured, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `relance.toml`.
    pub relance: Relance,
    /// `associations.toml`, in the file's order.
    pub associations: Vec<Association>,
    /// The taxes of `associations.toml`, in the file's order.
    pub taxes: Vec<TaxConfig>,
    /// `schedules.toml`, in the file's order.
    pub schedules: Vec<Schedule>,
    /// The desks' digests of `schedules.toml`, in the file's order.
    pub digests: Vec<Digest>,
}

/// Reads the three files in `dir` and says everything that is wrong or worth knowing. The
/// configuration is there where nothing is wrong. `credentials_dir` is what
/// `$CREDENTIALS_DIRECTORY` says; secrets are looked at, never kept: one that is not there is a
/// warning here and an error of [`secret()`] when the daemon starts.
#[must_use]
pub fn check(
    dir: &Path,
    credentials_dir: Option<&Path>,
) -> (Option<Config>, Vec<Fault>, Vec<Warning>) {
    let mut report = fault::Report::default();
    let parts = read::parts(dir, &mut report);
    check::everything(&parts, credentials_dir, &mut report);
    let (faults, warnings) = report.finish();
    let config = if faults.is_empty() { parts.complete() } else { None };
    (config, faults, warnings)
}

impl Config {
    /// Reads the three files in `dir`; all that is wrong with them at once. Secrets are not
    /// touched: see [`secret()`].
    pub fn load(dir: &Path) -> Result<Self, Vec<Fault>> {
        let (config, faults, _) = check(dir, None);
        config.ok_or(faults)
    }

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

    /// The schedule of an association's step.
    #[must_use]
    pub fn step(&self, association: &str, step: &str) -> Option<&Schedule> {
        self.schedules.iter().find(|s| s.association == association && s.step == step)
    }

    /// The association whose desk answers for `association` on that day: its own, or while that
    /// is closed its deputy's, else the national one's.
    #[must_use]
    pub fn desk_on<'a>(&'a self, association: &'a Association, day: Date) -> &'a Association {
        match association.desk.closure_on(day) {
            None => association,
            Some(closure) => closure
                .deputy
                .as_deref()
                .and_then(|code| self.association(code))
                .or_else(|| self.national())
                .unwrap_or(association),
        }
    }

    /// The association whose desk answers for the whole federation.
    #[must_use]
    pub fn national(&self) -> Option<&Association> {
        self.association(&self.relance.federation.national)
    }
}
