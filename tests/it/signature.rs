//! Electronic signatures: others' keys judged by us, and the built binary from trust to verdict.

#[path = "../pki/pki.rs"]
pub(crate) mod pki;

mod engine;
mod flood;
mod full;
mod pkits;
pub(crate) mod scene;
mod served;

use crate::process::child;
