//! Facts about numbers, remembered: in process, then in Redis, then the register itself.

pub mod entry;

pub use entry::Entry;
