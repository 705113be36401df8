//! `[clients]`: who calls.

use std::path::PathBuf;

use super::read::Reader;

/// Who calls.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The file with their names, when there is one.
    pub file: Option<PathBuf>,
}

impl Clients {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Clients { file: r.optional_path("clients.file") }
    }
}
