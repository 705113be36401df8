//! `[deployment]`: what all nodes of one deployment share.

use std::path::PathBuf;

use super::read::Reader;

/// What all nodes of one deployment share.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The file with its keys; without one the register's key stands for it.
    pub keys_file: Option<PathBuf>,
}

impl Deployment {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Deployment { keys_file: r.optional_path("deployment.keys_file") }
    }
}
