//! The ready file: tells whoever started the server where it listens.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::Addresses;

/// Writes `{"grpc":"IP:PORT","admin":"IP:PORT"}` whole: under another name first, then renamed, so
/// that a reader never sees half of it.
pub(super) fn write(path: &Path, addresses: Addresses) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let text = serde_json::json!({
        "grpc": addresses.grpc.to_string(),
        "admin": addresses.admin.to_string(),
    });
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    let kept = file.persist(path).map_err(|e| e.error)?;
    // A temporary file is for its owner alone; this one is for whoever waits for it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        kept.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
