//! The file of refused rows: their lines, columns and faults, never their values.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Failure, cannot, written};
use crate::registrar::entry::Fault;

/// Where refused rows are listed, if anywhere.
pub(super) struct Rejects(Option<List>);

struct List {
    path: PathBuf,
    csv: csv::Writer<BufWriter<File>>,
}

impl Rejects {
    /// Begins the list, or goes on with one after so many bytes: what an interrupted import wrote
    /// beyond them is written again.
    pub(super) fn open(path: Option<&Path>, after: u64) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Rejects(None)) };
        let io = |e: io::Error| cannot(path, &e);
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(io)?;
        if file.metadata().map_err(io)?.len() < after {
            let path = path.display();
            return Err(Failure::usage(format!("{path}: is not the list of the interrupted import")));
        }
        file.set_len(after).and_then(|()| file.seek(SeekFrom::Start(after))).map_err(io)?;
        let mut csv = csv::Writer::from_writer(BufWriter::new(file));
        if after == 0 {
            csv.write_record(["line", "column", "fault"]).map_err(|e| io(written(e)))?;
        }
        Ok(Rejects(Some(List { path: path.to_path_buf(), csv })))
    }

    pub(super) fn add(&mut self, refused: &[(u64, Vec<Fault>)]) -> Result<(), Failure> {
        let Some(list) = &mut self.0 else { return Ok(()) };
        for (line, faults) in refused {
            for fault in faults {
                let row = [&line.to_string(), fault.column.as_ref(), fault.what.as_ref()];
                list.csv.write_record(row).map_err(|e| cannot(&list.path, &written(e)))?;
            }
        }
        Ok(())
    }

    /// Brings the list to the disk and says how long it is.
    pub(super) fn sync(&mut self) -> Result<u64, Failure> {
        let Some(list) = &mut self.0 else { return Ok(0) };
        let io = |e: io::Error| cannot(&list.path, &e);
        list.csv.flush().map_err(io)?;
        let file = list.csv.get_ref().get_ref();
        file.sync_data().and_then(|()| file.metadata()).map(|m| m.len()).map_err(io)
    }
}
