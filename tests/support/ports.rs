//! Owns the choice of free loopback ports. They lie below the range from which the kernel takes
//! the ports of outgoing connections, so that a server can be stopped and started on its own.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::TcpListener;

/// First port offered.
const FIRST: u16 = 10_240;
/// How many are offered; Linux takes outgoing ports from 32768 on.
const COUNT: u16 = 22_000;

/// `N` different ports on 127.0.0.1 on which nothing listens.
pub fn free<const N: usize>() -> [u16; N] {
    let mut held = Vec::new();
    while held.len() < N {
        // std seeds each RandomState differently: enough to keep parallel tests apart.
        let draw = RandomState::new().build_hasher().finish() % u64::from(COUNT);
        let port = FIRST + u16::try_from(draw).expect("less than COUNT");
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            held.push((port, listener));
        }
    }
    std::array::from_fn(|i| held[i].0)
}
