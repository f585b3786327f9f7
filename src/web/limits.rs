//! Owns how often a client or a link may ask, in memory and of a fixed size. Time is an argument.
//! Never stored: a restart starts afresh, and the store stays untouched by whoever only reads.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::guesses::Guesses;
use crate::config::WebSection;
use crate::ids::MessageId;

/// Clients remembered at once: some 150 octets each.
const CLIENTS_MAX: usize = 16_384;
/// Links remembered at once: more than one federation mails in an hour.
const TOKENS_MAX: usize = 16_384;
/// Hops of X-Forwarded-For looked at, from the right: longer chains are somebody's invention.
const HOPS_MAX: usize = 16;

/// How long to wait before asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub Duration);

/// Token buckets of one rate, one a key. At capacity the key that asked least recently is
/// forgotten, and so starts with a full bucket when it comes back.
#[derive(Debug)]
pub struct Buckets<K> {
    capacity: usize,
    interval: Duration,
    burst: u32,
    /// When the bucket will be full again, and its place in `order`.
    full_at: HashMap<K, (Instant, u64)>,
    order: BTreeMap<u64, K>,
    turn: u64,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    /// `per_minute` (at least 1) asks a minute, all of them at once if need be.
    #[must_use]
    pub fn new(capacity: usize, per_minute: u32) -> Self {
        Self::every(capacity, per_minute, Duration::from_mins(1))
    }

    /// `asks` (at least 1) in each `window`, all of them at once if need be.
    #[must_use]
    pub fn every(capacity: usize, asks: u32, window: Duration) -> Self {
        let burst = asks.max(1);
        Self {
            capacity: capacity.max(1),
            interval: window / burst,
            burst,
            full_at: HashMap::new(),
            order: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Whether `key` may ask at `now`; takes nothing.
    pub fn check(&self, key: &K, now: Instant) -> Result<(), TooMany> {
        let full_at = self.full_at.get(key).map_or(now, |&(at, _)| at.max(now));
        let debt = full_at - now;
        let allowed = self.interval * (self.burst - 1);
        match debt.saturating_sub(allowed) {
            Duration::ZERO => Ok(()),
            wait => Err(TooMany(wait)),
        }
    }

    /// Takes one ask of `key` at `now`. A refused one takes nothing.
    pub fn take(&mut self, key: &K, now: Instant) -> Result<(), TooMany> {
        self.check(key, now)?;
        self.turn += 1;
        let full_at = match self.full_at.get(key) {
            Some(&(at, turn)) => {
                self.order.remove(&turn);
                at.max(now)
            }
            None => now,
        };
        self.full_at.insert(key.clone(), (full_at + self.interval, self.turn));
        self.order.insert(self.turn, key.clone());
        if self.full_at.len() > self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.full_at.remove(&oldest);
        }
        Ok(())
    }

    /// Keys remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.full_at.len()
    }

    /// Whether no key is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.full_at.is_empty()
    }
}

/// The limits of the members' pages, shared by all requests.
#[derive(Debug)]
pub struct WebLimits {
    clients: Mutex<Buckets<IpAddr>>,
    failures: Mutex<Buckets<IpAddr>>,
    tokens: Mutex<Buckets<MessageId>>,
    /// Failures with what a form asks as a proof: as those with type-in codes, and apart.
    pub(super) proofs: Guesses,
}

impl WebLimits {
    /// From `[web]`.
    #[must_use]
    pub fn new(web: &WebSection) -> Self {
        Self {
            clients: Mutex::new(Buckets::new(CLIENTS_MAX, web.client_requests_per_minute)),
            failures: Mutex::new(Buckets::new(CLIENTS_MAX, web.bad_tokens_per_minute)),
            tokens: Mutex::new(Buckets::new(TOKENS_MAX, web.token_requests_per_minute)),
            proofs: Guesses::new(web.code_failures_per_hour),
        }
    }

    /// One request of a client. Not for the one-click POST of RFC 8058, which comes from the
    /// servers of a few mail providers.
    pub fn client(&self, client: IpAddr, now: Instant) -> Result<(), TooMany> {
        locked(&self.clients).take(&network(client), now)
    }

    /// One request for the page of a verified link.
    pub fn token(&self, id: MessageId, now: Instant) -> Result<(), TooMany> {
        locked(&self.tokens).take(&id, now)
    }

    /// Whether a client that presented damaged links may present another.
    pub fn may_present(&self, client: IpAddr, now: Instant) -> Result<(), TooMany> {
        locked(&self.failures).check(&network(client), now)
    }

    /// A client presented a damaged link.
    pub fn note_damaged(&self, client: IpAddr, now: Instant) {
        let _ = locked(&self.failures).take(&network(client), now);
    }
}

/// A panic while counting leaves counts that are still good enough.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What counts as one client: an IPv4 address, or an IPv6 /64, since one household has as many
/// addresses as it likes below that.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The client behind a connection: the peer itself, or, where the peer is a trusted proxy, the
/// right-most hop of X-Forwarded-For that is not one. What stands further left was written by the
/// client. `forwarded`: the values of the header's lines, in their order.
#[must_use]
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[IpAddr],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|t| t.to_canonical() == address);
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    for hop in forwarded.rev().flat_map(|line| line.rsplit(',')).take(HOPS_MAX) {
        // What is no address was not written by a proxy of ours: the one before it is who we know.
        let Some(address) = hop_address(hop.trim()) else { return client };
        client = address;
        if !is_trusted(client) {
            return client;
        }
    }
    client
}

/// `192.0.2.1`, `2001:db8::1`, and with a port as some proxies write it.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| hop.parse::<SocketAddr>().ok().map(|a| a.ip()));
    address.map(|a| a.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let start = crate::clock::monotonic();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut buckets = Buckets::new(10, 3);
        for _ in 0..3 {
            assert_eq!(buckets.take(&1, at(0)), Ok(()));
        }
        let wait = Err(TooMany(Duration::from_secs(20)));
        assert_eq!(buckets.take(&1, at(0)), wait);
        assert_eq!(buckets.take(&1, at(0)), wait, "a refused ask takes nothing");
        assert_eq!(buckets.take(&2, at(0)), Ok(()), "another key has its own");
        assert_eq!(buckets.take(&1, at(20)), Ok(()));
        assert_eq!(buckets.check(&1, at(20)), wait);
        for _ in 0..3 {
            assert_eq!(buckets.take(&1, at(600)), Ok(()));
        }
        assert!(buckets.take(&1, at(600)).is_err(), "it never holds more than its burst");
    }

    #[test]
    fn the_least_recent_is_forgotten() {
        let now = crate::clock::monotonic();
        let mut buckets = Buckets::new(2, 1);
        assert_eq!(buckets.take(&1, now), Ok(()));
        assert_eq!(buckets.take(&2, now), Ok(()));
        let later = now + Duration::from_mins(1);
        assert_eq!(buckets.take(&1, later), Ok(()));
        assert_eq!(buckets.take(&3, later), Ok(()));
        assert_eq!(buckets.len(), 2);
        assert!(buckets.check(&1, later).is_err(), "1 asked after 2 and is remembered");
        assert!(buckets.check(&2, now).is_ok());
    }

    #[test]
    fn damaged_links_count_by_network() {
        let web: WebSection = toml::from_str(
            "listen = '127.0.0.1:0'\nbase_url = 'https://a.example'\nbad_tokens_per_minute = 2",
        )
        .unwrap();
        let limits = WebLimits::new(&web);
        let now = crate::clock::monotonic();
        let client = |text: &str| text.parse::<IpAddr>().unwrap();
        limits.note_damaged(client("2001:db8::1"), now);
        assert_eq!(limits.may_present(client("2001:db8::2"), now), Ok(()));
        limits.note_damaged(client("2001:db8::ffff:2"), now);
        assert!(limits.may_present(client("2001:db8::3"), now).is_err());
        assert_eq!(limits.may_present(client("2001:db8:0:1::3"), now), Ok(()));
        limits.note_damaged(client("192.0.2.1"), now);
        limits.note_damaged(client("::ffff:192.0.2.1"), now);
        assert!(limits.may_present(client("192.0.2.1"), now).is_err());
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let trusted: Vec<IpAddr> =
            ["10.0.0.1", "10.0.0.2", "::1"].map(|t| t.parse().unwrap()).to_vec();
        let cases: &[(&str, &[&str], &str)] = &[
            ("192.0.2.9", &["198.51.100.1"], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.7, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.7", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("::1", &["[2001:db8::7]:443"], "2001:db8::7"),
            ("::1", &["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", &["203.0.113.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7, <x>, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2, 10.0.0.2"], "10.0.0.2"),
        ];
        for &(peer, lines, want) in cases {
            let got = client_address(peer.parse().unwrap(), lines.iter().copied(), &trusted);
            assert_eq!(got.to_string(), want, "{peer} {lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_more_than_the_rate_and_the_burst_pass(
            rate in 1u32..50, steps in proptest::collection::vec(0u64..5000, 1..200)
        ) {
            let start = crate::clock::monotonic();
            let mut buckets = Buckets::new(1, rate);
            let (mut now_ms, mut passed) = (0, 0u64);
            for step_ms in steps {
                now_ms += step_ms;
                passed += u64::from(buckets.take(&(), start + Duration::from_millis(now_ms)).is_ok());
            }
            prop_assert!(passed <= u64::from(rate) + now_ms * u64::from(rate) / 60_000 + 1);
        }
    }
}
