//! The answer: the input's rows with three columns more, and what they add up to.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use csv::StringRecord;
use tempfile::NamedTempFile;

use super::columns::ADDED;
use super::input::Input;
use crate::cli::{Exit, Failure};
use crate::pb::v1::Verdict;

/// What one row came to.
pub(super) struct Outcome {
    /// `None`: the row makes no sense.
    pub(super) verdict: Option<Verdict>,
    /// Reason names, or the faults of the row.
    pub(super) reasons: String,
    /// The rung reached; empty for none.
    pub(super) assurance: String,
}

/// Where the answer is written.
pub(super) struct Sheet {
    writer: csv::Writer<BufWriter<Target>>,
    tally: Tally,
}

enum Target {
    Stdout(io::Stdout),
    File(NamedTempFile, PathBuf),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::Stdout(out) => out.write(bytes),
            Target::File(file, _) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::Stdout(out) => out.flush(),
            Target::File(file, _) => file.flush(),
        }
    }
}

/// How many rows came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    verified: u64,
    rejected: u64,
    inconclusive: u64,
    invalid: u64,
}

impl Tally {
    pub(super) fn exit(self) -> Exit {
        if self.rejected + self.invalid > 0 {
            Exit::Wanting
        } else if self.inconclusive > 0 {
            Exit::Inconclusive
        } else {
            Exit::Fine
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { verified, rejected, inconclusive, invalid } = self;
        let all = verified + rejected + inconclusive + invalid;
        write!(
            f,
            "{all} rows: {verified} verified, {rejected} rejected, {inconclusive} inconclusive, {invalid} invalid"
        )
    }
}

impl Sheet {
    /// Begins the answer with the header. A file is written beside its place and put there at the end.
    pub(super) fn create(path: Option<&Path>, input: &Input) -> Result<Self, Failure> {
        let target = match path {
            None => Target::Stdout(io::stdout()),
            Some(path) => {
                let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let fault = |e| Failure::usage(format!("{}: {e}", path.display()));
                Target::File(NamedTempFile::new_in(folder).map_err(fault)?, path.to_path_buf())
            }
        };
        let mut writer =
            csv::WriterBuilder::new().delimiter(input.delimiter()).from_writer(BufWriter::new(target));
        writer.write_record(input.header().iter().chain(ADDED)).map_err(|e| writing(&e))?;
        Ok(Sheet { writer, tally: Tally::default() })
    }

    /// Writes a row.
    pub(super) fn put(&mut self, row: &StringRecord, came_to: &Outcome) -> Result<(), Failure> {
        let verdict = match came_to.verdict {
            Some(Verdict::Verified) => {
                self.tally.verified += 1;
                "VERIFIED"
            }
            Some(Verdict::Rejected) => {
                self.tally.rejected += 1;
                "REJECTED"
            }
            Some(Verdict::Inconclusive | Verdict::Unspecified) => {
                self.tally.inconclusive += 1;
                "INCONCLUSIVE"
            }
            None => {
                self.tally.invalid += 1;
                "INVALID"
            }
        };
        let added = [verdict, &came_to.reasons, &came_to.assurance];
        self.writer.write_record(row.iter().chain(added)).map_err(|e| writing(&e))
    }

    /// Ends the answer and puts the file in its place.
    pub(super) fn finish(self) -> Result<Tally, Failure> {
        let target =
            self.writer.into_inner().map_err(|e| Failure::usage(format!("the answer: {}", e.error())))?;
        match target.into_inner().map_err(|e| Failure::usage(format!("the answer: {}", e.error())))? {
            Target::Stdout(mut out) => out.flush().map_err(|e| Failure::usage(format!("the answer: {e}")))?,
            Target::File(file, path) => {
                file.as_file().sync_all().map_err(|e| Failure::usage(format!("{}: {e}", path.display())))?;
                file.persist(&path)
                    .map_err(|e| Failure::usage(format!("{}: {}", path.display(), e.error)))?;
            }
        }
        Ok(self.tally)
    }
}

fn writing(error: &csv::Error) -> Failure {
    Failure::usage(match error.kind() {
        csv::ErrorKind::Io(e) => format!("the answer: {e}"),
        _ => "the answer cannot be written".to_string(),
    })
}
