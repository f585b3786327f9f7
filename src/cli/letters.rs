//! Owns `relance letters`: a mail-merge file for those whom no mail reaches.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::forecast::now;
use super::place::count;
use super::{Place, say};
use crate::compose::{Composer, format};
use crate::config::{Association, Config, Schedule, StepKind};
use crate::domain::season;
use crate::link::{Keyring, code};
use crate::members;
use crate::scheduler::letters::{PaperLetter, each};
use crate::store::Look;

/// Tells spreadsheets and word processors that the file is UTF-8: without it they read accents
/// wrongly.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

const COLUMNS: [&str; 20] = [
    "association",
    "member_no",
    "given_name",
    "family_name",
    "street",
    "city",
    "province",
    "postal_code",
    "country",
    "language",
    "phone",
    "step",
    "amount",
    "amount_cents",
    "deadline",
    "deadline_date",
    "site",
    "code",
    "desk_phone",
    "why",
];

/// Arguments of `relance letters`.
#[derive(Debug, Args)]
pub(super) struct Letters {
    /// Name of the step: notice, reminder-1, last-call, lapse …
    step: String,
    /// Only this association's; left out: every one that has the step.
    #[arg(long, value_name = "CODE")]
    issuer: Option<String>,
    /// The CSV file to write, for its owner only; what stands there is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Letters {
    pub(super) fn run(self, place: &Place) -> anyhow::Result<ExitCode> {
        let config = place.config()?;
        let dir = place.existing(&config)?;
        let ring = Place::ring(&dir)?;
        let composer = Composer::new(&config.relance, &config.associations, &config.taxes)?;
        let steps = steps(&config, &self.step, self.issuer.as_deref())?;
        let look = Look::open(&dir)?;
        let now = now(&look)?;
        let fresh = fresh_path(&self.out);
        let mut file = private(&fresh).with_context(|| self.out.display().to_string())?;
        file.write_all(UTF8_MARK)?;
        let mut list = members::Sheet::new(file);
        list.row(COLUMNS)?;
        let sheet = Sheet { config: &config, composer: &composer, ring: &ring };
        let mut letters = 0;
        look.read(|c| {
            for (issuer, schedule) in &steps {
                let written = each(c, &config, (issuer, schedule), now, |letter| {
                    letters += 1;
                    list.row(sheet.row(issuer, schedule, &letter))?;
                    anyhow::Ok(())
                });
                if let Err(e) = written {
                    return Ok(Err(e));
                }
            }
            Ok(Ok(()))
        })??;
        let file = list.finish()?;
        file.sync_all()?;
        std::fs::rename(&fresh, &self.out).with_context(|| self.out.display().to_string())?;
        let shown = self.out.display();
        say(&format!(
            "{shown}: {}; people’s data: delete it once they are printed",
            count(letters, "letter")
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// Every association with its schedule of that step.
fn steps<'a>(
    config: &'a Config,
    step: &str,
    issuer: Option<&str>,
) -> anyhow::Result<Vec<(&'a Association, &'a Schedule)>> {
    if let Some(code) = issuer
        && config.association(code).is_none()
    {
        bail!("{code}: no such association");
    }
    let of_step = config
        .schedules
        .iter()
        .filter(|s| s.step == step && issuer.is_none_or(|code| s.association == code));
    let steps: Vec<_> =
        of_step.filter_map(|s| Some((config.association(&s.association)?, s))).collect();
    if steps.is_empty() {
        let mut known: Vec<&str> = config.schedules.iter().map(|s| s.step.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        bail!("{step}: no such step here; there are {}", known.join(", "));
    }
    Ok(steps)
}

fn fresh_path(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    out.with_file_name(name)
}

/// A new file for its owner only: people's data.
fn private(path: &Path) -> std::io::Result<File> {
    let _ = std::fs::remove_file(path);
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// What stands still from row to row.
struct Sheet<'a> {
    config: &'a Config,
    composer: &'a Composer,
    ring: &'a Keyring,
}

impl Sheet<'_> {
    fn row(&self, issuer: &Association, schedule: &Schedule, letter: &PaperLetter) -> Vec<String> {
        let PaperLetter { member, contact, postal, bill, why } = letter;
        let relance = &self.config.relance;
        let lang = member.reads(issuer.language);
        let deadline = match schedule.kind {
            StepKind::Lapse => season::closes(&relance.season),
            StepKind::PaymentReminder => season::pay_by(&relance.season),
            StepKind::Notice | StepKind::Reminder | StepKind::LastCall => relance.season.declare_by,
        };
        let code = code::of(self.ring, &relance.season.id, &contact.subject);
        let cells: [&str; 20] = [
            &issuer.code,
            &member.member_no,
            &member.given_name,
            &member.family_name,
            &postal.street,
            &postal.city,
            &member.province,
            &postal.postal_code,
            &postal.country,
            lang.as_str(),
            &contact.phone,
            &schedule.step,
            &format::money(lang, bill.total()),
            &bill.total().get().to_string(),
            &self.composer.day(lang, deadline),
            &deadline.to_string(),
            issuer.link_base.as_deref().unwrap_or(&relance.web.base_url),
            &code::shown(&code),
            &issuer.desk.phone,
            why.as_str(),
        ];
        cells.map(str::to_owned).to_vec()
    }
}
