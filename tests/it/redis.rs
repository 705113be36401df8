//! The shared tier of the cache, against real Redis servers.

mod cluster;
mod faults;
mod kinds;
mod proxy;
mod sealed;
mod sentinel;
pub(crate) mod server;
mod support;
mod watched;
mod writes;

use server::{Redis, port};

/// Set to 1, the tests that need Redis are left out. Without it, they fail where it is missing.
const SKIP: &str = "IINSPECT_SKIP_REDIS";

/// Whether these tests are left out, which is said.
pub(crate) fn skipped() -> bool {
    let skipped = std::env::var(SKIP).is_ok_and(|value| value == "1");
    if skipped {
        println!("skipped: {SKIP}=1");
    }
    skipped
}
