//! Owns a session with an IMAP mailbox: first contact, catching up, waiting, and what happens
//! after the mailbox was rebuilt.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{BATCH, Inbox, Stop};
use crate::inbox::apply::Place;
use crate::inbox::imap::{ImapSettings, ImapSource};
use crate::inbox::source::{RawMail, SourceError};
use crate::store::StoreError;
use crate::store::inbounds::{self, MailboxRow};

/// From so many mails on, a mailbox in which every one is younger than the watermark was
/// rewritten by somebody's restore.
const REWRITTEN_MIN: usize = 20;
/// IDLE and poll: however long config wants to wait, the session is looked at this often.
const MAX_WAIT: Duration = Duration::from_mins(10);

impl Inbox {
    pub(super) async fn imap(
        &self,
        settings: &ImapSettings,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Stop {
        let session = async {
            let mut source = ImapSource::connect(settings).await?;
            let state = source.status().await?;
            let place = Place {
                mailbox: format!("imap/{}/{}", settings.host, settings.mailbox),
                validity: i64::from(state.uid_validity),
            };
            self.meet(&mut source, &place, state.uid_next, beat).await?;
            let poll = Duration::from_secs(u64::from(self.context.config.relance.inbox.poll_s));
            let mut ahead = None;
            loop {
                beat();
                self.may_look()?;
                self.state.working.store(true, Ordering::SeqCst);
                let (since, mails) = match ahead.take() {
                    Some(fetched) => fetched,
                    None => self.fetch(&mut source, self.cursor(&place).await?).await?,
                };
                let Some(last) = mails.iter().map(|mail| mail.uid).max() else {
                    self.looked(since);
                    source.wait(self.cursor(&place).await?, poll.min(MAX_WAIT)).await?;
                    continue;
                };
                // The next ones come while these are taken in.
                let next = self.fetch(&mut source, last);
                let (taken, next) = tokio::join!(self.take(&place, mails), next);
                taken?;
                ahead = Some(next?);
            }
        };
        tokio::select! {
            () = stop.cancelled() => Stop::Asked,
            ended = session => match ended { Ok(never) => never, Err(stop) => stop },
        }
    }

    /// A batch above `last`, and when it was asked for.
    async fn fetch(
        &self,
        source: &mut ImapSource,
        last: u32,
    ) -> Result<(Timestamp, Vec<RawMail>), SourceError> {
        let since = self.clock.now();
        Ok((since, source.fetch_since(last, BATCH).await?))
    }

    async fn cursor(&self, place: &Place) -> Result<u32, StoreError> {
        let name = place.mailbox.clone();
        let row = self.store.read(move |c| inbounds::mailbox(c, &name)).await?;
        Ok(row.map_or(0, |r| u32::try_from(r.last_uid).unwrap_or(u32::MAX)))
    }

    /// First contact: the backlog is ignored. A new UIDVALIDITY: what is younger than the
    /// watermark less a day is read again, and known mail is told by its content.
    async fn meet(
        &self,
        source: &mut ImapSource,
        place: &Place,
        uid_next: u32,
        beat: &(impl Fn() + Send + Sync),
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        let name = place.mailbox.clone();
        let met = self.store.read(move |c| inbounds::mailbox(c, &name)).await?;
        let row = MailboxRow {
            validity: place.validity,
            last_uid: i64::from(uid_next.saturating_sub(1)),
            watermark_ms: now.as_millisecond(),
            held: String::new(),
        };
        let Some(before) = met else {
            let last = match uid_next {
                0 => source.uids_since(0).await?.into_iter().max().unwrap_or(0),
                next => next - 1,
            };
            let row = MailboxRow { last_uid: i64::from(last), ..row };
            return Ok(self.set_mailbox(place, row).await?);
        };
        if before.validity == place.validity {
            return Ok(());
        }
        let since = Timestamp::from_millisecond(before.watermark_ms).unwrap_or(now);
        let since = since.checked_sub(SignedDuration::from_hours(24)).unwrap_or(since);
        let uids = source.search_younger(since.to_zoned(jiff::tz::TimeZone::UTC).date()).await?;
        let state = source.status().await?;
        let max = usize::try_from(self.context.config.relance.inbox.rescan_mails_max)
            .unwrap_or(usize::MAX);
        let rewritten = uids.len() >= REWRITTEN_MIN
            && uids.len() == usize::try_from(state.exists).unwrap_or(usize::MAX)
            && now.duration_since(since) > SignedDuration::from_hours(72);
        if (uids.len() > max || rewritten) && before.held != "resumed" {
            let why = format!(
                "the mailbox was rebuilt and {} mails look new; see what they are, then run: relance inbox resume",
                uids.len()
            );
            let held = MailboxRow { held: why.clone(), ..before };
            self.set_mailbox(place, held).await?;
            self.set_fault(Some(why));
            return Err(Stop::Held);
        }
        tracing::warn!(mails = uids.len(), "inbox.mailbox_rebuilt");
        let watermark_ms = before.watermark_ms;
        let mut rest = uids.as_slice();
        while !rest.is_empty() {
            beat();
            let batch = &rest[..rest.len().min(BATCH)];
            let mails = source.fetch(batch).await?;
            // Where all together were too large, what is behind the last that came is asked for
            // again.
            let last = mails.last().and_then(|last| batch.iter().position(|uid| *uid == last.uid));
            rest = &rest[last.map_or(batch.len(), |at| at + 1)..];
            let mails = mails.into_iter().filter(|m| m.received >= since).collect();
            self.take(place, mails).await?;
        }
        Ok(self.set_mailbox(place, MailboxRow { watermark_ms, ..row }).await?)
    }
}
