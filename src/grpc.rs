//! The contract's services over the use cases: protobuf to domain and back, nothing else.

pub mod convert;
pub mod edge;
mod evidence;
pub mod health;
pub mod issuance;
pub mod register;
pub mod status;
pub mod validate;
pub mod verification;
