//! Owns the desks' digests: which were written, and the counts of what happened between two of
//! them. Times are milliseconds.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::StoreError;
use crate::domain::digest::{Before, CameBack, Standing};
use crate::domain::words::{Lang, RenewalState};

/// Longest that one conversation with a relay takes: what began earlier has ended.
const CONVERSATION_MAX_MS: i64 = 60 * 60 * 1000;

/// A place in everything that happens: an instant, the ledger's last line, the last kept mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// The instant.
    pub at_ms: i64,
    /// The ledger's last line.
    pub seq: i64,
    /// The last kept mail.
    pub inbound: i64,
}

/// One digest as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestRow {
    /// Row.
    pub id: i64,
    /// Its id in the config.
    pub schedule: String,
    /// Nominal local date and time.
    pub local: String,
    /// Code of the association whose desk gets it.
    pub issuer: String,
    /// It tells what came after this …
    pub from: Mark,
    /// … and until this.
    pub until: Mark,
}

/// A digest to be written.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are the columns")]
pub struct NewDigest<'a> {
    pub schedule: &'a str,
    pub local: &'a str,
    pub issuer: &'a str,
    pub due_ms: i64,
    pub from: Mark,
    pub until: Mark,
    /// Whether a message goes out.
    pub sent: bool,
    /// Earlier instants that it stands for.
    pub superseded: i64,
}

/// The end of everything so far.
pub fn mark(c: &Connection, at_ms: i64) -> Result<Mark, StoreError> {
    let inbound = c
        .prepare_cached("SELECT coalesce(max(id), 0) FROM inbound")?
        .query_row([], |r| r.get(0))?;
    Ok(Mark { at_ms, seq: super::ledger::head(c)?.0, inbound })
}

/// Writes a digest unless its key is taken. Returns its row where it is new.
pub fn add(c: &Connection, d: &NewDigest<'_>) -> Result<Option<i64>, StoreError> {
    let state = if d.sent { "sent" } else { "silent" };
    let n = c
        .prepare_cached(
            "INSERT INTO digest (schedule, local, issuer, due_at, from_at, from_seq, from_inbound,
               until_at, until_seq, until_inbound, state, superseded)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (schedule, local) DO NOTHING",
        )?
        .execute(rusqlite::params![
            d.schedule,
            d.local,
            d.issuer,
            d.due_ms,
            d.from.at_ms,
            d.from.seq,
            d.from.inbound,
            d.until.at_ms,
            d.until.seq,
            d.until.inbound,
            state,
            d.superseded,
        ])?;
    Ok((n == 1).then(|| c.last_insert_rowid()))
}

fn row(r: &SqlRow<'_>) -> rusqlite::Result<DigestRow> {
    let mark = |from: usize| {
        Ok::<_, rusqlite::Error>(Mark {
            at_ms: r.get(from)?,
            seq: r.get(from + 1)?,
            inbound: r.get(from + 2)?,
        })
    };
    Ok(DigestRow {
        id: r.get(0)?,
        schedule: r.get(1)?,
        local: r.get(2)?,
        issuer: r.get(3)?,
        from: mark(4)?,
        until: mark(7)?,
    })
}

const COLUMNS: &str = "id, schedule, local, issuer, from_at, from_seq, from_inbound, until_at,
    until_seq, until_inbound";

/// One digest.
pub fn by_id(c: &Connection, id: i64) -> Result<Option<DigestRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM digest WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id], row).optional()?)
}

/// When the latest written one of a schedule was due, sent or not.
pub fn last_due(c: &Connection, schedule: &str) -> Result<Option<i64>, StoreError> {
    Ok(c.prepare_cached("SELECT max(due_at) FROM digest WHERE schedule = ?1")?
        .query_row([schedule], |r| r.get(0))?)
}

/// The latest that went out to a desk, by whatever schedule.
pub fn last_sent(c: &Connection, issuer: &str) -> Result<Option<DigestRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM digest WHERE issuer = ?1 AND state = 'sent'
         ORDER BY until_at DESC, id DESC LIMIT 1"
    );
    Ok(c.prepare_cached(&sql)?.query_row([issuer], row).optional()?)
}

/// So many of one step or kind, to people of one own language, in Quebec or elsewhere.
pub type Sent = (String, Option<Lang>, bool, i64);

/// What went out to members in a window.
pub fn went(
    c: &Connection,
    issuer: &str,
    from: Mark,
    until: Mark,
) -> Result<Vec<Sent>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT coalesce(f.step, m.kind), p.language, p.province = 'QC', count(*), min(a.ended_at)
         FROM attempt a JOIN message m ON m.id = a.message
           JOIN person p ON p.id = m.person LEFT JOIN firing f ON f.id = m.firing
         WHERE a.started_at > ?2 - ?4 AND a.ended_at > ?2 AND a.ended_at <= ?3
           AND a.state = 'sent' AND m.issuer = ?1 AND m.recipient = 'member'
         GROUP BY 1, 2, 3 ORDER BY 5",
    )?;
    let rows =
        statement.query_map((issuer, from.at_ms, until.at_ms, CONVERSATION_MAX_MS), |r| {
            let language: Option<String> = r.get(1)?;
            Ok((r.get(0)?, language.as_deref().and_then(Lang::parse), r.get(2)?, r.get(3)?))
        })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What came back in a window.
pub fn came_back(
    c: &Connection,
    issuer: &str,
    from: Mark,
    until: Mark,
) -> Result<CameBack, StoreError> {
    let (hard, soft) = c
        .prepare_cached(
            "SELECT coalesce(sum(coalesce(a.bounce_hard, 0)), 0),
               coalesce(sum(1 - coalesce(a.bounce_hard, 0)), 0)
             FROM attempt a JOIN message m ON m.id = a.message
             WHERE a.bounced_at > ?2 AND a.bounced_at <= ?3 AND m.issuer = ?1",
        )?
        .query_row((issuer, from.at_ms, until.at_ms), |r| Ok((r.get(0)?, r.get(1)?)))?;
    let absent = c
        .prepare_cached(
            "SELECT count(*) FROM inbound i JOIN attempt a ON a.mid = i.mid
               JOIN message m ON m.id = a.message
             WHERE i.id > ?2 AND i.id <= ?3 AND i.kind = 'autoreply' AND m.issuer = ?1",
        )?
        .query_row((issuer, from.inbound, until.inbound), |r| r.get(0))?;
    let acts = |kind: &str| -> Result<i64, StoreError> {
        Ok(c.prepare_cached(
            "SELECT count(*) FROM ledger WHERE seq > ?2 AND seq <= ?3 AND kind = ?4
               AND json_extract(data, '$.issuer') = ?1",
        )?
        .query_row((issuer, from.seq, until.seq, kind), |r| r.get(0))?)
    };
    let (complaints, answers) = (acts("complained")?, acts("answered")?);
    Ok(CameBack { hard, soft, complaints, absent, answers, forwarded: acts("forwarded")? })
}

/// Where an issuer's renewals of a season stand.
pub fn standing(c: &Connection, issuer: &str, season: &str) -> Result<Standing, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT state, count(*) FROM renewal WHERE issuer = ?1 AND season = ?2 GROUP BY state",
    )?;
    let mut rows = statement.query((issuer, season))?;
    let mut out = Standing::default();
    while let Some(r) = rows.next()? {
        let state: String = r.get(0)?;
        let n = r.get(1)?;
        match RenewalState::parse(&state) {
            Some(RenewalState::Open) => out.open = n,
            Some(RenewalState::Pledged) => out.pledged = n,
            Some(RenewalState::Paid) => out.paid = n,
            Some(RenewalState::NotRenewing) => out.not_renewing = n,
            Some(RenewalState::WithDesk) => out.with_desk = n,
            Some(RenewalState::Lapsed) => out.lapsed = n,
            None => {}
        }
    }
    Ok(out)
}

/// What was known of the season before `season` at an instant; `None` where there is none.
pub fn before(
    c: &Connection,
    issuer: &str,
    season: &str,
    at_ms: i64,
) -> Result<Option<Before>, StoreError> {
    let last: Option<String> = c
        .prepare_cached("SELECT max(season) FROM renewal WHERE issuer = ?1 AND season < ?2")?
        .query_row((issuer, season), |r| r.get(0))?;
    let Some(season) = last else { return Ok(None) };
    let (renewed, paid, not_renewing) = c
        .prepare_cached(
            "SELECT coalesce(sum(choice IN ('invoice', 'card')), 0),
               coalesce(sum(choice IN ('invoice', 'card') AND owed > 0 AND paid >= owed), 0),
               coalesce(sum(choice = 'not-renewing'), 0)
             FROM (SELECT
               (SELECT a.choice FROM answer a WHERE a.renewal = r.id AND a.at <= ?3
                  ORDER BY a.version DESC LIMIT 1) AS choice,
               (SELECT coalesce(sum(i.total_cents), 0) FROM invoice i
                  WHERE i.renewal = r.id AND i.issued_at <= ?3) AS owed,
               (SELECT coalesce(sum(l.cents), 0) FROM allocation l
                  JOIN invoice i ON i.id = l.invoice
                  WHERE i.renewal = r.id AND l.at <= ?3) AS paid
               FROM renewal r WHERE r.issuer = ?1 AND r.season = ?2)",
        )?
        .query_row((issuer, &season, at_ms), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(Some(Before { season, renewed, paid, not_renewing }))
}

/// Corrections by members of an association that the list does not have yet.
pub fn corrections(c: &Connection, association: &str) -> Result<i64, StoreError> {
    Ok(c.prepare_cached(
        "SELECT count(*) FROM correction k WHERE k.state = 'standing' AND EXISTS
           (SELECT 1 FROM membership m WHERE m.person = k.person AND m.association = ?1)",
    )?
    .query_row([association], |r| r.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Connection {
        let mut c = Connection::open_in_memory().unwrap();
        super::super::migrate::run(&mut c, 0).unwrap();
        c
    }

    #[test]
    fn a_key_is_taken_once_and_silence_moves_no_window() {
        let c = store();
        let at = |at_ms| Mark { at_ms, seq: at_ms, inbound: 0 };
        let new = |local, due_ms, sent| NewDigest {
            schedule: "oppi-digest",
            local,
            issuer: "OPPI",
            due_ms,
            from: at(0),
            until: at(due_ms),
            sent,
            superseded: 0,
        };
        assert!(add(&c, &new("2026-11-03T07:30", 10, true)).unwrap().is_some());
        assert!(add(&c, &new("2026-11-03T07:30", 10, true)).unwrap().is_none());
        let id = add(&c, &new("2026-11-04T07:30", 20, false)).unwrap().unwrap();
        assert_eq!(last_due(&c, "oppi-digest").unwrap(), Some(20));
        assert_eq!(last_due(&c, "cip-digest").unwrap(), None);
        assert_eq!(last_sent(&c, "OPPI").unwrap().unwrap().until, at(10));
        assert_eq!(by_id(&c, id).unwrap().unwrap().local, "2026-11-04T07:30");
    }

    #[test]
    fn the_season_before_is_told_as_it_stood_on_the_same_day() {
        let c = store();
        c.execute_batch(
            "INSERT INTO person (id, member_no, subject, salt, given_name, family_name, province,
               status) VALUES (1, '1', 'a', x'00', 'A', 'B', 'ON', 'active'),
                              (2, '2', 'b', x'00', 'A', 'B', 'ON', 'active'),
                              (3, '3', 'c', x'00', 'A', 'B', 'ON', 'active');
             INSERT INTO renewal (id, person, issuer, season, state, version, opened_at, changed_at)
             VALUES (1, 1, 'OPPI', '2026', 'paid', 1, 0, 0), (2, 2, 'OPPI', '2026', 'pledged', 2, 0, 0),
                    (3, 3, 'OPPI', '2026', 'not-renewing', 1, 0, 0),
                    (4, 1, 'OPPI', '2027', 'open', 0, 0, 0);
             INSERT INTO answer (renewal, version, nonce, choice, door, language, at) VALUES
               (1, 1, '', 'invoice', 'web', 'en', 10), (2, 1, '', 'not-renewing', 'web', 'en', 10),
               (2, 2, '', 'invoice', 'web', 'en', 30), (3, 1, '', 'not-renewing', 'web', 'en', 50);
             INSERT INTO invoice (id, renewal, issuer, season, n, number, kind, bill_to, place,
               issued_on, due_on, total_cents, issued_at, ledger)
             VALUES (1, 1, 'OPPI', '2026', 1, 'X-1', 'invoice', '', 'ON', '', '', 100, 10, 1);
             INSERT INTO invoice_line (invoice, ord, kind, supplier, category, cents)
             VALUES (1, 1, 'dues', 'OPPI', 'full', 100);
             INSERT INTO payment (id, issuer, method, cents, received_on, at, ledger)
             VALUES (1, 'OPPI', 'cheque', 100, '', 20, 1);
             INSERT INTO allocation (payment, invoice, line, cents, at) VALUES (1, 1, 1, 100, 20);",
        )
        .unwrap();
        let told = |at_ms| {
            let b = before(&c, "OPPI", "2027", at_ms).unwrap().unwrap();
            assert_eq!(b.season, "2026");
            (b.renewed, b.paid, b.not_renewing)
        };
        assert_eq!(told(5), (0, 0, 0));
        assert_eq!(told(15), (1, 0, 1));
        assert_eq!(told(25), (1, 1, 1));
        assert_eq!(told(60), (2, 1, 1));
        assert_eq!(before(&c, "OPPI", "2026", 60).unwrap(), None);
        assert_eq!(standing(&c, "OPPI", "2026").unwrap().renewed(), 2);
    }
}
