//! Where a deployment's keys come from: its key file, or the register that its nodes share.

use super::Keys;
use crate::register::{Error, Register};
use crate::reload::Current;

/// Where the keys come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The file that the configuration names. It can change while the server runs.
    File(Current<Keys>),
    /// None is named: the register's own key stands for it. Every node over the same register has it,
    /// and it cannot be changed.
    Register(Register),
}

impl Source {
    /// The keys now.
    ///
    /// # Errors
    /// A register that could not be asked for its key yet.
    pub fn keys(&self) -> Result<Keys, Error> {
        match self {
            Source::File(keys) => Ok(Keys::clone(&keys.get())),
            Source::Register(register) => Ok(Keys::new(register.key()?.deployment())),
        }
    }
}
