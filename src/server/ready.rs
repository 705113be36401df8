//! The ready file: tells whoever started the server where it listens.

use std::fs::Permissions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Addresses;

/// The file under another name, written whole; it is put in its place by a rename, so that a reader
/// never sees half of it.
pub(super) struct Draft {
    file: NamedTempFile,
    path: PathBuf,
}

impl Draft {
    /// Writes `{"grpc":"IP:PORT","admin":"IP:PORT"}` beside `path`.
    pub(super) fn new(path: &Path, addresses: Addresses) -> io::Result<Self> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        let text = serde_json::json!({
            "grpc": addresses.grpc.to_string(),
            "admin": addresses.admin.to_string(),
        });
        writeln!(file, "{text}")?;
        // A temporary file is for its owner alone; this one is for whoever waits for it.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(Permissions::from_mode(0o644))?;
        }
        file.as_file().sync_all()?;
        Ok(Draft { file, path: path.to_path_buf() })
    }

    /// Puts it in its place.
    pub(super) fn publish(self) -> io::Result<()> {
        self.file.persist(&self.path).map(drop).map_err(|e| e.error)
    }
}
