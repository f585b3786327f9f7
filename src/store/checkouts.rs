//! Owns the tries to pay by card, and which events of a provider were heard.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::domain::checkout::{CheckoutState, UnderWay, Wanted};
use crate::domain::money::Cents;
use crate::domain::words::Lang;
use crate::ids::{CheckoutId, MessageId, RenewalId};

/// One try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutRow {
    /// Names it.
    pub id: CheckoutId,
    /// What it pays for.
    pub renewal: RenewalId,
    /// The invoice's row, where there was one.
    pub invoice: Option<i64>,
    /// The renewal's version when it was made.
    pub version: i64,
    /// Who takes it.
    pub provider: String,
    /// The provider's name for the payment page, once there is one.
    pub session: Option<String>,
    /// The payment page; empty until there is one.
    pub url: String,
    /// How much.
    pub amount: Cents,
    /// In which currency.
    pub currency: String,
    /// What was quoted, as JSON.
    pub lines: String,
    /// Language of the payment page.
    pub lang: Lang,
    /// The message by whose link it came.
    pub mid: Option<MessageId>,
    /// Where it stands.
    pub state: CheckoutState,
    /// When it was made.
    pub created: Timestamp,
}

impl CheckoutRow {
    /// As the rules see it.
    #[must_use]
    pub fn under_way(&self) -> UnderWay {
        let wanted = Wanted { invoice: self.invoice, version: self.version, amount: self.amount };
        UnderWay { state: self.state, wanted, since: self.created }
    }
}

const COLUMNS: &str = "id, renewal, invoice, version, provider, session, url, cents, currency, \
                       lines, language, mid, state, created_at";

fn row(r: &SqlRow<'_>) -> rusqlite::Result<CheckoutRow> {
    fn known<T>(column: usize, value: Option<T>) -> rusqlite::Result<T> {
        value.ok_or_else(|| {
            let kind = rusqlite::types::Type::Text;
            let what = "a checkout has a value that this version does not know";
            rusqlite::Error::FromSqlConversionFailure(column, kind, what.into())
        })
    }
    let text = |column: usize| r.get::<_, String>(column);
    Ok(CheckoutRow {
        id: known(0, CheckoutId::parse(&text(0)?))?,
        renewal: RenewalId(r.get(1)?),
        invoice: r.get(2)?,
        version: r.get(3)?,
        provider: r.get(4)?,
        session: r.get(5)?,
        url: r.get(6)?,
        amount: known(7, Cents::new(r.get(7)?))?,
        currency: r.get(8)?,
        lines: r.get(9)?,
        lang: known(10, Lang::parse(&text(10)?))?,
        mid: r.get::<_, Option<i64>>(11)?.map(MessageId::from_i64),
        state: known(12, CheckoutState::parse(&text(12)?))?,
        created: Timestamp::from_millisecond(r.get(13)?).unwrap_or(Timestamp::UNIX_EPOCH),
    })
}

/// Keeps a new try.
pub fn add(c: &Connection, checkout: &CheckoutRow) -> Result<(), StoreError> {
    let at_ms = checkout.created.as_millisecond();
    c.prepare_cached(
        "INSERT INTO checkout (id, renewal, invoice, version, provider, session, url, cents,
           currency, lines, language, mid, state, created_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
    )?
    .execute(rusqlite::params![
        checkout.id.to_string(),
        checkout.renewal.0,
        checkout.invoice,
        checkout.version,
        checkout.provider,
        checkout.session,
        checkout.url,
        checkout.amount.get(),
        checkout.currency,
        checkout.lines,
        checkout.lang.as_str(),
        checkout.mid.map(MessageId::to_i64),
        checkout.state.as_str(),
        at_ms,
    ])?;
    Ok(())
}

/// The try of that name.
pub fn by_id(c: &Connection, id: CheckoutId) -> Result<Option<CheckoutRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM checkout WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.to_string()], row).optional()?)
}

/// The tries of one renewal that are under way, newest first: one, as the rules have it.
pub fn under_way(c: &Connection, renewal: RenewalId) -> Result<Vec<CheckoutRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM checkout WHERE renewal = ?1 AND state IN ('new', 'open')
         ORDER BY created_at DESC, id"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([renewal.0], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every try under way that has not changed since `before_ms`, oldest first.
pub fn waiting(c: &Connection, before_ms: i64, limit: i64) -> Result<Vec<CheckoutRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM checkout WHERE state IN ('new', 'open') AND changed_at <= ?1
         ORDER BY changed_at, id LIMIT ?2"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((before_ms, limit), row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The provider has made the payment page; nothing where the try is no longer new.
pub fn opened(
    c: &Connection,
    id: CheckoutId,
    session: &str,
    url: &str,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let moved = c
        .prepare_cached(
            "UPDATE checkout SET state = 'open', session = ?2, url = ?3, changed_at = ?4
             WHERE id = ?1 AND state = 'new'",
        )?
        .execute((id.to_string(), session, url, at_ms))?;
    Ok(moved == 1)
}

/// It is in `state` now, by that payment page where one is named.
pub fn settle(
    c: &Connection,
    id: CheckoutId,
    state: CheckoutState,
    session: Option<&str>,
    at_ms: i64,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE checkout SET state = ?2, session = coalesce(session, ?3), changed_at = ?4
         WHERE id = ?1",
    )?
    .execute((id.to_string(), state.as_str(), session, at_ms))?;
    Ok(())
}

/// It was looked at and waits on: its turn comes again after the others.
pub fn touch(c: &Connection, id: CheckoutId, at_ms: i64) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE checkout SET changed_at = ?2 WHERE id = ?1")?
        .execute((id.to_string(), at_ms))?;
    Ok(())
}

/// Notes an event; `false` where it was heard before.
pub fn heard(
    c: &Connection,
    provider: &str,
    event: &str,
    kind: &str,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let added = c
        .prepare_cached(
            "INSERT INTO webhook (provider, event, kind, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (provider, event) DO NOTHING",
        )?
        .execute((provider, event, kind, at_ms))?;
    Ok(added == 1)
}

/// How many tries stand in each state: `(state, n)`.
pub fn tally(c: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    let mut statement =
        c.prepare("SELECT state, count(*) FROM checkout GROUP BY state ORDER BY state")?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
