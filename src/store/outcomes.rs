//! Owns what became of cover at the deadline, and the facts in other tables on which it rests.
//! Rows are only added; a later version revises the one before.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::domain::insurance::{Answered, Finding, Received, Said};
use crate::domain::season;
use crate::domain::words::Cover;
use crate::ids::{MessageId, PersonId, RenewalId};

/// One version of one renewal's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// Number, from 1.
    pub version: i64,
    /// What was found.
    pub finding: Finding,
    /// In which list it was given to the insurer: 0 none yet, 1 the final one, 2 the first
    /// addendum.
    pub list: i64,
    /// When it was found, in milliseconds.
    pub at_ms: i64,
    /// Its line in the ledger.
    pub ledger: i64,
}

fn row(r: &SqlRow<'_>) -> rusqlite::Result<OutcomeRow> {
    let evidence: String = r.get(1)?;
    Ok(OutcomeRow {
        version: r.get(0)?,
        finding: serde_json::from_str(&evidence).map_err(|e| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, e.into())
        })?,
        list: r.get(2)?,
        at_ms: r.get(3)?,
        ledger: r.get(4)?,
    })
}

/// Every version for a renewal, oldest first.
pub fn of(c: &Connection, renewal: RenewalId) -> Result<Vec<OutcomeRow>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT version, evidence, final, at, ledger FROM outcome WHERE renewal = ?1
         ORDER BY version",
    )?;
    let rows = statement.query_map([renewal.0], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The version that holds; `None` before the deadline's pass.
pub fn latest(c: &Connection, renewal: RenewalId) -> Result<Option<OutcomeRow>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT version, evidence, final, at, ledger FROM outcome WHERE renewal = ?1
         ORDER BY version DESC LIMIT 1",
    )?
    .query_row([renewal.0], row)
    .optional()?)
}

/// Keeps one version.
pub fn add(
    c: &Connection,
    renewal: RenewalId,
    version: i64,
    finding: &Finding,
    at_ms: i64,
    ledger: i64,
) -> Result<(), StoreError> {
    let evidence = serde_json::to_string(finding).map_err(|e| StoreError::GiveUp(e.to_string()))?;
    c.prepare_cached(
        "INSERT INTO outcome (renewal, version, outcome, evidence, final, at, ledger)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)",
    )?
    .execute((renewal.0, version, finding.outcome.as_str(), evidence, at_ms, ledger))?;
    Ok(())
}

/// The renewal whose outcome a person has in a season, if there is one.
pub fn renewal_of(
    c: &Connection,
    person: PersonId,
    season: &str,
) -> Result<Option<RenewalId>, StoreError> {
    Ok(c.prepare_cached(
        "SELECT r.id FROM renewal r WHERE r.person = ?1 AND r.season = ?2
         AND EXISTS (SELECT 1 FROM outcome o WHERE o.renewal = r.id)",
    )?
    .query_row((person.0, season), |r| r.get(0))
    .optional()?
    .map(RenewalId))
}

/// Every renewal of a season that has an outcome: renewal, person, issuer. In order of issuer and
/// member number.
pub fn renewals(
    c: &Connection,
    season: &str,
) -> Result<Vec<(RenewalId, PersonId, String)>, StoreError> {
    let mut statement = c.prepare(
        "SELECT r.id, r.person, r.issuer FROM renewal r JOIN person p ON p.id = r.person
         WHERE r.season = ?1 AND EXISTS (SELECT 1 FROM outcome o WHERE o.renewal = r.id)
         ORDER BY r.issuer, p.member_no",
    )?;
    let rows = statement
        .query_map([season], |r| Ok((RenewalId(r.get(0)?), PersonId(r.get(1)?), r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many renewals of an issuer have each outcome now, by its text form.
pub fn totals(
    c: &Connection,
    season: &str,
    issuer: &str,
) -> Result<Vec<(String, i64)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT o.outcome, count(*) FROM renewal r JOIN outcome o ON o.renewal = r.id
         WHERE r.season = ?1 AND r.issuer = ?2
           AND o.version = (SELECT max(version) FROM outcome WHERE renewal = r.id)
         GROUP BY o.outcome ORDER BY o.outcome",
    )?;
    let rows = statement.query_map((season, issuer), |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number of the last list that was given to the insurer; 0 before the final one.
pub fn lists(c: &Connection, season: &str) -> Result<i64, StoreError> {
    Ok(c.query_row(
        "SELECT coalesce(max(o.final), 0) FROM outcome o JOIN renewal r ON r.id = o.renewal
         WHERE r.season = ?1",
        [season],
        |r| r.get(0),
    )?)
}

/// Marks what holds now and was in no list as given in list `n`. Returns how many.
pub fn give(c: &Connection, season: &str, n: i64) -> Result<usize, StoreError> {
    Ok(c.execute(
        "UPDATE outcome SET final = ?2 WHERE final = 0
         AND renewal IN (SELECT id FROM renewal WHERE season = ?1)
         AND version = (SELECT max(version) FROM outcome o WHERE o.renewal = outcome.renewal)",
        (season, n),
    )?)
}

/// The accepted answers, as far as cover depends on them, oldest first. `needs`: the optional
/// bodies without which there is no cover; whoever leaves one out goes without.
pub fn answers(
    c: &Connection,
    renewal: RenewalId,
    needs: &[String],
) -> Result<Vec<Answered>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT version, choice, cover, door, mid, at, dropped FROM answer WHERE renewal = ?1
         UNION ALL
         SELECT 0, choice, NULL, door, mid, at, '' FROM earlier_word WHERE renewal = ?1
         ORDER BY at, version",
    )?;
    let rows = statement.query_map([renewal.0], |r| {
        let choice: Option<String> = r.get(1)?;
        let said = Said::of(choice.as_deref()).ok_or_else(|| {
            let what = format!("unknown choice {}", choice.unwrap_or_default());
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, what.into())
        })?;
        let dropped: String = r.get(6)?;
        let without = dropped.split(' ').any(|code| needs.iter().any(|need| need == code));
        let cover = r.get::<_, Option<String>>(2)?.as_deref().and_then(Cover::parse);
        Ok(Answered {
            version: r.get(0)?,
            said,
            cover: if without { Some(Cover::Decline) } else { cover },
            door: r.get(3)?,
            mid: r.get::<_, Option<i64>>(4)?.map(|mid| MessageId::from_i64(mid).to_string()),
            at: instant(r.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The premium with its taxes as invoices and credit notes stand, in cents.
pub fn premium_cents(c: &Connection, renewal: RenewalId) -> Result<i64, StoreError> {
    Ok(c.prepare_cached(
        "SELECT coalesce(sum(l.cents + coalesce((SELECT sum(t.cents) FROM invoice_tax t
                                                 WHERE t.invoice = l.invoice AND t.line = l.ord), 0)), 0)
         FROM invoice i JOIN invoice_line l ON l.invoice = i.id
         WHERE i.renewal = ?1 AND l.kind = 'premium'",
    )?
    .query_row([renewal.0], |r| r.get(0))?)
}

/// What was applied to the premium, payment by payment in order of recording. A payment other than
/// by card counts from the beginning of its day of receipt in `zone`.
pub fn received(
    c: &Connection,
    renewal: RenewalId,
    zone: &str,
) -> Result<Vec<Received>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT p.id, p.method, p.received_on, p.at, sum(a.cents)
         FROM allocation a JOIN invoice i ON i.id = a.invoice
         JOIN invoice_line l ON l.invoice = a.invoice AND l.ord = a.line
         JOIN payment p ON p.id = a.payment
         WHERE i.renewal = ?1 AND l.kind = 'premium'
         GROUP BY p.id ORDER BY p.at, p.id",
    )?;
    let rows = statement.query_map([renewal.0], |r| {
        let (method, day): (String, String) = (r.get(1)?, r.get(2)?);
        let recorded = instant(r.get(3)?);
        let day = day.parse().map_or(recorded, |day| season::begin(day, zone));
        let at = if method == "card" { recorded } else { day.min(recorded) };
        Ok(Received { payment: r.get(0)?, method, cents: r.get(4)?, at, recorded })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Person behind a subject of the ledger, if still here.
pub fn person_of(c: &Connection, subject: &str) -> Result<Option<PersonId>, StoreError> {
    Ok(c.prepare_cached("SELECT id FROM person WHERE subject = ?1")?
        .query_row([subject], |r| r.get(0))
        .optional()?
        .map(PersonId))
}

/// One mail about a renewal, with its last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the message's and the attempt's")]
pub struct MailRow {
    pub kind: String,
    pub state: String,
    pub reason: String,
    pub mid: Option<MessageId>,
    pub header_id: String,
    pub started_ms: Option<i64>,
    pub bounced_ms: Option<i64>,
    pub bounce_status: String,
}

/// Every mail to the member about a renewal, oldest first; of one kind where `kind` names it.
pub fn mails(
    c: &Connection,
    renewal: RenewalId,
    kind: Option<&str>,
) -> Result<Vec<MailRow>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT m.kind, m.state, m.reason, a.mid, coalesce(a.header_id, ''), a.started_at,
           a.bounced_at, coalesce(a.bounce_status, '')
         FROM message m LEFT JOIN attempt a ON a.message = m.id AND a.n = m.attempt
         WHERE m.renewal = ?1 AND m.recipient = 'member' AND (?2 IS NULL OR m.kind = ?2)
         ORDER BY m.id",
    )?;
    let rows = statement.query_map((renewal.0, kind), |r| {
        Ok(MailRow {
            kind: r.get(0)?,
            state: r.get(1)?,
            reason: r.get(2)?,
            mid: r.get::<_, Option<i64>>(3)?.map(MessageId::from_i64),
            header_id: r.get(4)?,
            started_ms: r.get(5)?,
            bounced_ms: r.get(6)?,
            bounce_status: r.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
