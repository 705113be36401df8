//! Facts about numbers, remembered: in process, then in Redis, then the register itself.

pub mod entry;
pub mod expiry;
pub mod journal;

pub use entry::Entry;
