//! Electronic signatures made with keys that the National Certification Authority (NCA RK) certified.
//!
//! Pure: bytes, certificates that are trusted, and a moment go in; faults come out. Nothing is fetched
//! here and no clock is read.

pub mod algorithm;
pub mod armor;
pub mod certificate;
pub mod chain;
pub mod cms;
pub mod crl;
pub mod envelope;
pub mod fault;
pub mod gost;
pub mod judge;
pub mod name;
pub mod ocsp;
pub mod revocation;
pub mod rsa;
pub mod subject;
pub mod xml;

pub use envelope::Envelope;
pub use fault::Fault;
pub use judge::{Judgement, Step, Use, judge};

#[cfg(test)]
mod seeds;
