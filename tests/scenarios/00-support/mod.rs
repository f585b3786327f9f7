//! The ground itself: mail servers, relay, readers and guards do what the scenarios believe.

mod browser_checks;
mod mail_servers;
mod readers;
mod scripted_relay;
mod service_manager;
mod sites;
