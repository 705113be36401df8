//! How far an import has come, kept beside its file so that an interrupted one goes on.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Failure, Format, Place, cannot};
use crate::register::{Register, Token};
use crate::registrar::import::Tally;

/// What tells this import from any other. All of it must be the same for one to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    /// The register, by a hash under its key.
    register: String,
    format: String,
    /// Bytes of the file.
    size: u64,
    /// When the file was last changed, in nanoseconds since 1970.
    modified: u64,
    /// Whether refused rows are listed in a file.
    rejects: bool,
}

impl Subject {
    pub(super) fn of(
        path: &Path,
        file: &File,
        format: Format,
        register: &Register,
        rejects: bool,
    ) -> Result<Self, Failure> {
        let metadata = file.metadata().map_err(|e| cannot(path, &e))?;
        let modified = metadata.modified().map_err(|e| cannot(path, &e))?;
        let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos();
        // The nil id is nobody's: its hash names the register and gives nothing away.
        let mark = register.key().map_err(Failure::unavailable)?.application(Uuid::nil());
        Ok(Subject {
            register: hex::encode(mark.0),
            format: format.name().into(),
            size: metadata.len(),
            modified: u64::try_from(since).unwrap_or(u64::MAX),
            rejects,
        })
    }
}

/// How far an import has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    #[serde(flatten)]
    pub(super) subject: Subject,
    /// The moment that every record of the import carries.
    pub(super) at: Timestamp,
    /// Where the next row begins.
    pub(super) byte: u64,
    pub(super) line: u64,
    /// What came of the rows before it.
    pub(super) tally: Tally,
    /// Bytes of the file of refused rows.
    pub(super) rejects_bytes: u64,
    /// The register's heads after the last commit.
    pub(super) token: String,
}

impl Mark {
    pub(super) fn place(&self) -> Place {
        Place { byte: self.byte, line: self.line }
    }

    /// Whether it has anything to go on from.
    pub(super) fn begun(&self) -> bool {
        self.tally.rows() > 0
    }

    /// Whether a register with these heads has every commit that the mark counts.
    fn is_in(&self, heads: &Token) -> bool {
        self.token.parse::<Token>().is_ok_and(|seen| {
            seen.0.len() == heads.0.len() && seen.0.iter().zip(&heads.0).all(|(seen, head)| seen <= head)
        })
    }
}

/// The file that holds the mark.
pub(super) struct Sidecar(PathBuf);

impl Sidecar {
    /// Where it was told to be, or beside the input.
    pub(super) fn of(input: &Path, told: Option<PathBuf>) -> Self {
        Sidecar(told.unwrap_or_else(|| {
            let mut path = input.as_os_str().to_owned();
            path.push(".resume");
            path.into()
        }))
    }

    /// The mark of an interrupted import of the same file into the same register; `None` when there
    /// is none.
    pub(super) fn read(&self, subject: &Subject, heads: &Token) -> Result<Option<Mark>, Failure> {
        let path = self.0.display();
        let text = match fs::read(&self.0) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(cannot(&self.0, &e)),
        };
        let refuse = |what: &str| {
            Failure::usage(format!("{path}: {what}; remove this file to import from the beginning"))
        };
        let mark: Mark = serde_json::from_slice(&text).map_err(|_| refuse("is no mark of an import"))?;
        let (was, is) = (&mark.subject, subject);
        if was.register != is.register {
            return Err(refuse("an import into another register was interrupted"));
        }
        if (was.size, was.modified) != (is.size, is.modified) {
            return Err(refuse("the file was changed since its import was interrupted"));
        }
        if was.format != is.format || was.rejects != is.rejects {
            return Err(refuse("the import was interrupted with another --format or --rejects"));
        }
        if !mark.is_in(heads) {
            return Err(refuse(
                "the register was restored from an older copy since the import was interrupted",
            ));
        }
        Ok(Some(mark))
    }

    /// Keeps a mark, whole: a kill or a power cut leaves this one or the one before.
    pub(super) fn write(&self, mark: &Mark) -> Result<(), Failure> {
        let io = |e: std::io::Error| cannot(&self.0, &e);
        let folder = self.0.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut draft = tempfile::Builder::new().prefix(".resume-").tempfile_in(folder).map_err(io)?;
        serde_json::to_writer(&mut draft, mark).map_err(|e| io(e.into()))?;
        draft.write_all(b"\n").and_then(|()| draft.as_file().sync_all()).map_err(io)?;
        draft.persist(&self.0).map(|_| ()).map_err(|e| io(e.error))
    }

    /// Takes the mark away: the import is done.
    pub(super) fn remove(&self) -> Result<(), Failure> {
        fs::remove_file(&self.0).map_err(|e| cannot(&self.0, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Exit;
    use crate::register::Position;

    fn subject() -> Subject {
        Subject { register: "ab".into(), format: "csv".into(), size: 7, modified: 8, rejects: false }
    }

    fn token(heads: &[u64]) -> Token {
        Token(heads.iter().map(|h| Position(*h)).collect())
    }

    #[test]
    fn a_mark_is_for_one_import_alone() {
        let folder = tempfile::tempdir().unwrap();
        let sidecar = Sidecar::of(&folder.path().join("persons.csv"), None);
        assert!(sidecar.read(&subject(), &token(&[1])).unwrap().is_none());
        let mark = Mark {
            subject: subject(),
            at: "2026-11-22T20:28:03.030725Z".parse().unwrap(),
            byte: 5,
            line: 2,
            tally: Tally { landed: 1, ..Tally::default() },
            rejects_bytes: 0,
            token: "5.7".into(),
        };
        sidecar.write(&mark).unwrap();
        assert_eq!(sidecar.read(&subject(), &token(&[5, 9])).unwrap(), Some(mark));
        let refused = |subject: Subject, heads: &[u64]| {
            let Failure(exit, text) = sidecar.read(&subject, &token(heads)).unwrap_err();
            assert_eq!(exit, Exit::Usage);
            text
        };
        for heads in [[5, 6].as_slice(), &[5], &[4, 9]] {
            assert!(refused(subject(), heads).contains("older copy"));
        }
        assert!(
            refused(Subject { register: "cd".into(), ..subject() }, &[5, 9]).contains("another register")
        );
        assert!(refused(Subject { size: 9, ..subject() }, &[5, 9]).contains("was changed"));
        assert!(refused(Subject { modified: 9, ..subject() }, &[5, 9]).contains("was changed"));
        assert!(refused(Subject { rejects: true, ..subject() }, &[5, 9]).contains("--rejects"));
        fs::write(folder.path().join("persons.csv.resume"), "{}").unwrap();
        assert!(refused(subject(), &[5, 9]).contains("no mark"));
        sidecar.remove().unwrap();
        assert!(sidecar.read(&subject(), &token(&[5, 9])).unwrap().is_none());
    }
}
