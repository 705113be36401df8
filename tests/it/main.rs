//! The integration tests, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod contract;
mod docs;
mod meaning;
mod pki;
mod postgres;
mod process;
mod signature;
