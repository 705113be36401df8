//! The integration tests, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod certificates;
mod coherence;
mod contract;
mod docs;
mod meaning;
mod postgres;
mod process;
mod redis;
mod signature;
