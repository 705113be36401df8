//! What electronic signatures are judged by, and what that takes: lists of revoked certificates and
//! OCSP answers fetched and kept, and threads of its own for the arithmetic.
//!
//! A [`judge::Judge`] puts it together: a signed message in, how every step ended out.

pub mod fetch;
pub mod judge;
pub mod lists;
pub mod online;
pub mod pool;
pub mod refresh;
pub mod revocation;
pub mod spool;
pub mod store;
pub mod verdict;

pub use judge::Judge;
pub use store::Trusted;

#[cfg(test)]
mod openssl;
