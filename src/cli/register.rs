//! `register import` and `register export`: a register filled from a file, and written to one.

mod csv_form;
mod export;
mod import;
mod json_form;
mod rejects;
mod resume;
#[cfg(test)]
mod round_trip;

use std::io::{self, Read as _};
use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};

use super::{ConfigFile, Exit, Failure, store};
use crate::config::Config;
use crate::config::register::Url;
use crate::registrar::entry::{Entry, Fault};

/// The longest row that is read. A person needs a few hundred bytes; a quote that is never closed
/// would otherwise take the whole file into memory.
const MAX_ROW: u64 = 1 << 20;

/// Fills a register from a file, or writes one to a file
#[derive(Debug, Args)]
pub(super) struct Register {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Import(import::Import),
    Export(export::Export),
}

impl Register {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.action {
            Action::Import(c) => c.run(),
            Action::Export(c) => c.run(),
        }
    }
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// CSV with a header row, UTF-8, separated by commas
    Csv,
    /// JSON Lines: one object a line
    Jsonl,
}

impl Format {
    /// As asked, or by the file's ending.
    fn of(path: &Path, asked: Option<Format>) -> Result<Self, Failure> {
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        asked
            .or(match ending.as_deref() {
                Some("csv") => Some(Format::Csv),
                Some("jsonl" | "ndjson") => Some(Format::Jsonl),
                _ => None,
            })
            .ok_or_else(|| {
                let path = path.display();
                Failure::usage(format!(
                    "{path}: the ending is none of .csv, .jsonl, .ndjson: say --format csv or --format jsonl"
                ))
            })
    }

    const fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        }
    }
}

/// Which register.
#[derive(Debug, Args)]
struct Where {
    #[command(flatten)]
    config: ConfigFile,
    /// The register, such as sqlite:register.db
    #[arg(long, value_name = "URL")]
    register: Option<String>,
}

impl Where {
    /// The configuration, and where the register is.
    fn load(&self) -> Result<(Config, Url), Failure> {
        let config = self.config.load(&store::flags(self.register.as_ref()))?;
        let url = store::url(&config)?.clone();
        Ok((config, url))
    }
}

/// A place between two rows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Bytes before it.
    byte: u64,
    /// The line that begins there, from 1.
    line: u64,
}

/// A row as it was read: what it states, or why it could not be read.
struct Read {
    line: u64,
    entry: Result<Entry, Vec<Fault>>,
}

/// The rows of a file, one after the other.
enum Rows {
    Csv(csv_form::Reader),
    Jsonl(json_form::Reader),
}

impl Rows {
    /// Opens a file at its beginning, or at a place reached before.
    fn open(path: &Path, format: Format, from: Option<Place>) -> Result<Self, Failure> {
        Ok(match format {
            Format::Csv => Rows::Csv(csv_form::Reader::open(path, from)?),
            Format::Jsonl => Rows::Jsonl(json_form::Reader::open(path, from)?),
        })
    }

    fn next(&mut self) -> Result<Option<Read>, Failure> {
        match self {
            Rows::Csv(r) => r.next(),
            Rows::Jsonl(r) => r.next(),
        }
    }

    /// Where the next row begins.
    fn place(&self) -> Place {
        match self {
            Rows::Csv(r) => r.place(),
            Rows::Jsonl(r) => r.place(),
        }
    }
}

/// A file that cannot be read or written, by its path.
fn cannot(path: &Path, e: &io::Error) -> Failure {
    Failure::usage(format!("{}: {}", path.display(), e.kind()))
}

/// What the system said of a write of CSV: the library's own conversion hides its kind.
fn written(e: csv::Error) -> io::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        _ => io::ErrorKind::InvalidInput.into(),
    }
}

/// How many bytes of a byte order mark a file begins with.
fn bom(file: &mut (impl io::Read + io::Seek)) -> io::Result<u64> {
    let mut first = Vec::new();
    file.seek(io::SeekFrom::Start(0))?;
    file.by_ref().take(3).read_to_end(&mut first)?;
    Ok(if first == *"\u{feff}".as_bytes() { 3 } else { 0 })
}

/// Whether a text may be repeated as the name of a column: what does not look like one may be a
/// value, as in a file without a header.
fn is_column_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
}
