//! Electronic signatures made with keys that the National Certification Authority (NCA RK) certified.
//!
//! Pure: bytes, certificates that are trusted, and a moment go in; faults come out. Nothing is fetched
//! here and no clock is read.

pub mod algorithm;
pub mod certificate;
pub mod fault;
pub mod gost;
pub mod name;
pub mod rsa;

pub use fault::Fault;
