//! Identity numbers of Kazakhstan: people's (IIN) and companies' (BIN).

mod control;
#[cfg(test)]
mod strength;

pub use self::control::{Control, control};
