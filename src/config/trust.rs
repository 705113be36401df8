//! `[trust]`: which authorities vouch for signers.

use std::path::PathBuf;

use super::read::Reader;

/// Which authorities vouch for signers.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The folder with trust.toml; without one electronic signatures are not served.
    pub folder: Option<PathBuf>,
}

impl Trust {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Trust { folder: r.optional_path("trust.folder") }
    }
}
