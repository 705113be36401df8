//! The last good lists on disk, so that a restart while the authority's server is away is none.
//!
//! A file is written whole and put in place by a rename. What is read from it is judged like what came
//! over the network: a file that is empty, cut off or forged is refused.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A folder with one file per address.
#[derive(Clone, Debug)]
pub struct Spool(PathBuf);

impl Spool {
    /// Opens a folder, which is made if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Spool(folder.into()))
    }

    /// What was kept for an address; `None`: nothing.
    ///
    /// # Errors
    /// There is a file and it cannot be read, is empty, or is longer than `longest` bytes.
    pub fn read(&self, url: &str, longest: usize) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path(url)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut bytes = Vec::new();
        file.take(longest as u64 + 1).read_to_end(&mut bytes)?;
        let fault = |why| Err(io::Error::new(io::ErrorKind::InvalidData, why));
        match bytes.len() {
            0 => fault("it is empty"),
            length if length > longest => fault("it is too long"),
            _ => Ok(Some(bytes)),
        }
    }

    /// Keeps what was fetched from an address in place of what was kept before.
    ///
    /// # Errors
    /// It cannot be written; what was kept before stays.
    pub fn write(&self, url: &str, bytes: &[u8]) -> io::Result<()> {
        // One name for what is half written: what a process leaves that is killed is written over, and
        // does not fill the disk.
        let (path, half) = (self.path(url), self.path(url).with_extension("part"));
        let mut file = File::create(&half)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(half, path)
    }

    /// A name that any file system takes.
    fn path(&self, url: &str) -> PathBuf {
        let hash = Sha256::digest(url.as_bytes());
        self.0.join(hex::encode(&hash[..16]) + ".crl")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("new")).unwrap();
        assert_eq!(spool.read("http://a/", 3).unwrap(), None);
        spool.write("http://a/", b"one").unwrap();
        spool.write("http://b/", b"two").unwrap();
        spool.write("http://a/", b"1").unwrap();
        assert_eq!(spool.read("http://a/", 3).unwrap().unwrap(), b"1");
        assert_eq!(spool.read("http://b/", 3).unwrap().unwrap(), b"two");
        assert!(spool.read("http://b/", 2).is_err());
        std::fs::write(spool.path("http://a/"), b"").unwrap();
        assert!(spool.read("http://a/", 3).is_err());
        std::fs::write(spool.path("http://a/").with_extension("part"), b"killed half way").unwrap();
        spool.write("http://a/", b"2").unwrap();
        assert_eq!(spool.read("http://a/", 3).unwrap().unwrap(), b"2");
        assert_eq!(std::fs::read_dir(&spool.0).unwrap().count(), 2, "nothing half written is left");
    }
}
