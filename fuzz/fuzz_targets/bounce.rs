//! Reports put together from the grammar, sound ones and broken ones. A sound one must be read
//! as what it was made to say, whatever words a server put around it.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use relance::inbox::read::read;
use relance_fuzz::{reading, report};

fuzz_target!(|octets: &[u8]| {
    let made = report::make(&mut Unstructured::new(octets));
    let read = read(&made.octets, false);
    reading::check(&read);
    if let Some(told) = made.told {
        told.check(&read);
    }
});
