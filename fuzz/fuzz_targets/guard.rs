//! Any octets are a mail: read, bounded, and never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use relance::inbox::read::read;
use relance_fuzz::reading;

fuzz_target!(|octets: &[u8]| {
    // The last octet decides, so that seeds stay plain mails.
    let cut = octets.last().is_some_and(|octet| octet % 2 == 1);
    let read = read(octets, cut);
    reading::check(&read);
    assert!(!cut || read.unreadable.is_some(), "a cut mail says so");
});
