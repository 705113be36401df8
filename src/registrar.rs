//! Writing to the register: what somebody wants written becomes a changeset, or faults.
//!
//! Pure code: what is read of the register and the present moment are arguments.

pub mod entry;
pub mod import;
