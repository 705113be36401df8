//! iinspect checks Kazakhstan's individual identification numbers (IIN) and business
//! identification numbers (BIN): is this number real, in force, and this person's?
//!
//! The crate is a library and a binary. The modules above the line are pure (no I/O, no async, no
//! clock) and build with `--no-default-features`; the rest is the service and needs the feature
//! `server`, which is on by default. `ARCHITECTURE.md` is the map.

// The tests' own certification authority is shared with the integration tests, which know this crate
// by its name.
#[cfg(test)]
extern crate self as iinspect;
#[cfg(test)]
#[path = "../tests/pki/pki.rs"]
mod pki;

pub mod issuance;
pub mod number;
pub mod person;
pub mod reason;
pub mod rulebook;
pub mod signature;

#[cfg(feature = "server")]
pub mod cache;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod clients;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod context;
#[cfg(feature = "server")]
pub mod demo;
#[cfg(feature = "server")]
pub mod error;
#[cfg(feature = "server")]
pub mod grpc;
#[cfg(feature = "server")]
pub mod keys;
#[cfg(feature = "server")]
mod mac;
#[cfg(feature = "server")]
pub mod pb;
#[cfg(feature = "server")]
pub mod register;
#[cfg(feature = "server")]
pub mod registrar;
#[cfg(feature = "server")]
pub mod reload;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod trust;
#[cfg(feature = "server")]
mod url;
#[cfg(feature = "server")]
pub mod verification;
