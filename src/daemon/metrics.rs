//! Owns `/metrics`: the store's counts and the loops' state, read when asked for. Names and
//! numbers only.

use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::quiet::Loops;
use crate::actions;
use crate::store::{FILE, attempts, checkouts, inbounds, messages, read_once, renewals};

/// A registry whose only collector reads the store.
pub fn registry(loops: Loops) -> Registry {
    let mut registry = Registry::with_prefix("relance");
    registry.register_collector(Box::new(Counts(loops)));
    registry
}

struct Counts(Loops);

impl std::fmt::Debug for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counts")
    }
}

/// Name, help, labels, value.
type Line = (&'static str, &'static str, Vec<(&'static str, String)>, i64);

impl Counts {
    fn lines(&self) -> Vec<Line> {
        let loops = &self.0;
        let flag = |on: bool| i64::from(on);
        let counts = loops.outbox.counts();
        let n = |c: &std::sync::atomic::AtomicU64| {
            i64::try_from(c.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
        };
        let mut lines: Vec<Line> = vec![
            (
                "held",
                "Whether everything waits for relance adopt",
                vec![],
                flag(loops.outbox.guard.held().is_some()),
            ),
            (
                "relay_stopped",
                "Whether the relay is stopped",
                vec![],
                flag(loops.outbox.relay_stopped().is_some()),
            ),
            (
                "inbox_fault",
                "Whether the mailbox cannot be read",
                vec![],
                flag(loops.inbox.as_ref().is_some_and(|i| i.fault().is_some())),
            ),
            ("process_sent", "Messages the relay took since the start", vec![], n(&counts.sent)),
            ("process_refused", "Messages refused since the start", vec![], n(&counts.refused)),
            ("process_deferred", "Refusals for now since the start", vec![], n(&counts.deferred)),
            ("process_unknown", "Outcomes in doubt since the start", vec![], n(&counts.unknown)),
        ];
        let Some(state) = loops.store.path().parent() else { return lines };
        let season = loops.config.relance.season.id.clone();
        let stored = read_once(state, |c| {
            let mut stored: Vec<Line> = Vec::new();
            for (kind, state, n) in messages::tally(c)? {
                let labels = vec![("kind", kind), ("state", state)];
                stored.push(("messages", "Messages by kind and state", labels, n));
            }
            for (issuer, state, n) in renewals::tally(c, &season)? {
                let labels = vec![("issuer", issuer), ("state", state)];
                stored.push(("renewals", "Renewals of the season by issuer and state", labels, n));
            }
            for (kind, outcome, n) in inbounds::tally(c)? {
                let labels = vec![("kind", kind), ("outcome", outcome)];
                stored.push(("inbound_mails", "Mails read, by kind and outcome", labels, n));
            }
            let now_ms = loops.clock.now().as_millisecond();
            let desks = actions::unreached_desks(c, &loops.config, now_ms)?;
            let desks = i64::try_from(desks.len()).unwrap_or(i64::MAX);
            stored.push(("desks_unreached", "Desks from which mail comes back", vec![], desks));
            for (state, n) in checkouts::tally(c)? {
                let labels = vec![("state", state)];
                stored.push(("checkouts", "Tries to pay by card, by state", labels, n));
            }
            let bounced = attempts::bounced_count(c)?;
            stored.push(("bounced_attempts", "Attempts that came back", vec![], bounced));
            Ok(stored)
        });
        match stored {
            Ok(stored) => lines.extend(stored),
            Err(e) => tracing::warn!(reason = %e, file = FILE, "metrics.store_failed"),
        }
        lines
    }
}

impl Collector for Counts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let lines = self.lines();
        for group in lines.chunk_by(|a, b| a.0 == b.0) {
            let (name, help, ..) = group[0];
            let kind = ConstGauge::new(0i64).metric_type();
            let mut family = encoder.encode_descriptor(name, help, None, kind)?;
            for (_, _, labels, value) in group {
                let gauge = ConstGauge::new(*value);
                if !labels.is_empty() {
                    gauge.encode(family.encode_family(labels)?)?;
                }
            }
            if let [(_, _, labels, value)] = group
                && labels.is_empty()
            {
                ConstGauge::new(*value).encode(family)?;
            }
        }
        Ok(())
    }
}
