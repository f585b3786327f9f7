//! Owns the daily pass that forgets what is past its time: once a day of the calendar, in chunks
//! behind everything else, and no more than a bound. What is left waits for the next day.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::actions::{self, Context};
use crate::store::{Lane, Store, StoreError};

/// Chunks of one kind and day: 20,000 rows, more than a federation mails in a week.
const CHUNKS_PER_DAY_MAX: usize = 100;

/// The day of the last pass: in memory, since a pass that finds nothing to do writes nothing.
#[derive(Debug, Default)]
pub(super) struct DailyPass(Option<Date>);

impl DailyPass {
    /// Runs once a day.
    pub(super) async fn run(
        &mut self,
        store: &Store,
        context: &Context,
        now: Timestamp,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let today = now.to_zoned(TimeZone::UTC).date();
        if self.0 == Some(today) {
            return Ok(());
        }
        let shared = context.clone();
        let due = store.read(move |c| actions::retention_due(c, &shared, now)).await?;
        for (kept, _) in due.into_iter().filter(|(_, rows)| *rows > 0) {
            for _ in 0..CHUNKS_PER_DAY_MAX {
                if stop.is_cancelled() {
                    return Ok(());
                }
                let shared = context.clone();
                let forgotten =
                    store.write(Lane::Background, move |c| actions::forget(c, &shared, kept, now));
                if forgotten.await? == 0 {
                    break;
                }
            }
        }
        self.0 = Some(today);
        Ok(())
    }
}
