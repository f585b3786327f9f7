//! Owns what outlives a reload of the config: the lock on the state folder, the process's signals
//! and the listeners, so that meanwhile no second daemon starts, no signal is missed and a client
//! waits in the kernel's queue instead of being refused. Never serves.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::assemble::{Options, StartError};
use super::lifecycle::Signals;
use super::state;
use crate::store::StateLock;

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The members' pages.
    Members,
    /// Health and metrics.
    Admin,
}

impl Door {
    /// The key that says where.
    fn key(self) -> &'static str {
        match self {
            Self::Members => "web.listen",
            Self::Admin => "admin.listen",
        }
    }
}

/// One process's hold on its surroundings.
#[derive(Debug)]
pub struct Footing {
    pub(super) signals: Signals,
    listeners: Vec<(Door, SocketAddr, std::net::TcpListener)>,
    _lock: StateLock,
}

impl Footing {
    /// Makes the state folder where it is missing, takes its lock and the process's signals.
    /// Inside the runtime.
    pub fn take(options: &Options) -> Result<Self, StartError> {
        state::open(&options.state)?;
        let lock = StateLock::take(&options.state)?;
        let signals =
            Signals::take().map_err(|source| StartError::Io { what: "signals".into(), source })?;
        Ok(Self { signals, listeners: Vec::new(), _lock: lock })
    }

    /// The listener of `door`: the one from before where it is on `address` already, which is
    /// also the one that holds clients while nobody accepts.
    pub(super) async fn listener(
        &mut self,
        door: Door,
        address: SocketAddr,
    ) -> Result<TcpListener, StartError> {
        let failed =
            |source| StartError::Io { what: format!("{} = {address}", door.key()), source };
        let kept = self.listeners.iter().position(|(d, at, _)| (*d, *at) == (door, address));
        let index = if let Some(index) = kept {
            index
        } else {
            let fresh = TcpListener::bind(address).await.and_then(TcpListener::into_std);
            self.listeners.retain(|(d, ..)| *d != door);
            self.listeners.push((door, address, fresh.map_err(failed)?));
            self.listeners.len() - 1
        };
        let listener = self.listeners[index].2.try_clone().and_then(TcpListener::from_std);
        listener.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Random;
    use crate::outbox::transport::Deadlines;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_client_between_two_daemons_waits_and_is_served() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            state: dir.path().to_owned(),
            credentials: None,
            clock: None,
            deadlines: Deadlines::default(),
            mailbox_patience: None,
            random: Random::System,
        };
        let mut footing = Footing::take(&options).unwrap();
        assert!(matches!(Footing::take(&options), Err(StartError::Lock(_))));
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let first = footing.listener(Door::Members, any).await.unwrap();
        let at = first.local_addr().unwrap();
        let other = footing.listener(Door::Admin, any).await.unwrap();
        assert_ne!(other.local_addr().unwrap(), at);
        drop(first);
        let mut client = tokio::net::TcpStream::connect(at).await.unwrap();
        client.write_all(b"hello").await.unwrap();
        let second = footing.listener(Door::Members, any).await.unwrap();
        let (mut served, _) = second.accept().await.unwrap();
        let mut said = [0; 5];
        served.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"hello");
    }
}
