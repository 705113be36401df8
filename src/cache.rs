//! Facts about numbers, remembered: in process, then in Redis, then the register itself.

pub mod breaker;
pub mod entry;
pub mod expiry;
pub mod journal;
mod key;
mod seal;
pub mod shared;

pub use entry::Entry;
