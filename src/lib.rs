//! iinspect checks Kazakhstan's individual identification numbers (IIN) and business
//! identification numbers (BIN): is this number real, in force, and this person's?
//!
//! The crate is a library and a binary. The modules above the line are pure (no I/O, no async, no
//! clock) and build with `--no-default-features`; the rest is the service and needs the feature
//! `server`, which is on by default. `ARCHITECTURE.md` is the map.

pub mod issuance;
pub mod number;
pub mod person;
pub mod reason;

#[cfg(feature = "server")]
pub mod register;
