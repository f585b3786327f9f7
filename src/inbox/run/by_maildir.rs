//! Owns looking at a Maildir again and again.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{BATCH, Inbox, Stop};
use crate::inbox::apply::Place;
use crate::inbox::maildir::MaildirSource;
use crate::inbox::source::SourceError;
use crate::store::inbounds::{self, MailboxRow};
use crate::store::{Lane, StoreError};

/// A Maildir costs one look at two folders: new mail is found within this time.
const MAILDIR_LOOK: Duration = Duration::from_secs(2);

impl Inbox {
    pub(super) async fn maildir(
        &self,
        maildir: &MaildirSource,
        stop: &CancellationToken,
        beat: &(impl Fn() + Send + Sync),
    ) -> Stop {
        let mut known = HashSet::new();
        while !stop.is_cancelled() {
            beat();
            let heard = self.state.bell.hear();
            if let Err(ended) = self.may_look() {
                return ended;
            }
            self.state.working.store(true, Ordering::SeqCst);
            let since = self.clock.now();
            if let Err(ended) = self.look(maildir, &mut known).await {
                return ended;
            }
            self.looked(since);
            self.state.bell.served(heard);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.state.bell.rings_after(heard) => {}
                () = tokio::time::sleep(MAILDIR_LOOK) => {}
            }
        }
        Stop::Asked
    }

    /// One complete look at a Maildir.
    async fn look(&self, maildir: &MaildirSource, known: &mut HashSet<String>) -> Result<(), Stop> {
        let place = Place { mailbox: "maildir".into(), validity: 0 };
        let name = place.mailbox.clone();
        let met = self.store.read(move |c| inbounds::mailbox(c, &name)).await?;
        let source = maildir.clone();
        let entries = blocking(move || source.list()).await??;
        if met.is_none() {
            // First contact: what stands there is the backlog. Remembered by name, since files
            // carry no number that only grows.
            let keys: Vec<String> = entries.iter().map(|e| e.key.clone()).collect();
            known.extend(keys.iter().cloned());
            self.ignore(&place, keys).await?;
            return Ok(());
        }
        let fresh: Vec<_> = entries.into_iter().filter(|e| !known.contains(&e.key)).collect();
        for batch in fresh.chunks(BATCH) {
            let (source, entries) = (maildir.clone(), batch.to_vec());
            let mails = blocking(move || {
                entries
                    .iter()
                    .filter_map(|e| source.read(e).transpose())
                    .collect::<Result<Vec<_>, _>>()
            })
            .await??;
            self.take(&place, mails).await?;
            known.extend(batch.iter().map(|e| e.key.clone()));
        }
        Ok(())
    }

    async fn ignore(&self, place: &Place, keys: Vec<String>) -> Result<(), StoreError> {
        let (place, now_ms) = (place.clone(), self.clock.now().as_millisecond());
        self.store
            .write(Lane::Front, move |c| {
                for key in &keys {
                    inbounds::ignore(c, &place.mailbox, place.validity, key, now_ms)?;
                }
                let row = MailboxRow {
                    validity: place.validity,
                    last_uid: 0,
                    watermark_ms: now_ms,
                    held: String::new(),
                };
                inbounds::set_mailbox(c, &place.mailbox, &row)
            })
            .await
    }
}

async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(f)
        .await
        .map_err(|e| Stop::Source(SourceError::Retry(format!("reading the folder panicked: {e}"))))
}
