//! Persons as CSV: a row for a person, and a further one for each further document.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use csv::{ByteRecord, Position, ReaderBuilder, Terminator, WriterBuilder};
use jiff::civil::Date;

use super::{Failure, MAX_ROW, Place, Read, bom, cannot, is_column_name, written};
use crate::number::{Iin, Sex};
use crate::person::Name;
use crate::register::Record;
use crate::registrar::entry::{DocumentEntry, Entry, Fault, NameEntry};
use crate::registrar::import::merge;

/// Every column, in the order of an export.
const COLUMNS: [&str; 17] = [
    "iin",
    "state",
    "family_name",
    "given_name",
    "patronymic",
    "family_name_latin",
    "given_name_latin",
    "birth_date",
    "sex",
    "citizenship",
    "document_type",
    "document_number",
    "document_country",
    "document_valid_until",
    "state_since",
    "state_reason",
    "superseded_by",
];

/// How many columns, from the first on, a file must have.
const REQUIRED: usize = 2;

/// A file from behind its byte order mark on, of which so much may be read until told otherwise.
struct Bounded {
    file: File,
    start: u64,
    room: Rc<Cell<u64>>,
}

impl io::Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.room.get() == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.file.read(into)?;
        self.room.set(self.room.get().saturating_sub(read as u64));
        Ok(read)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(n) => SeekFrom::Start(n + self.start),
            other => other,
        };
        self.file.seek(to).map(|n| n.saturating_sub(self.start))
    }
}

/// Reads a file.
pub(super) struct Reader {
    path: PathBuf,
    csv: csv::Reader<Bounded>,
    room: Rc<Cell<u64>>,
    /// For each column of the file, which of [`COLUMNS`] it is.
    columns: Vec<usize>,
    record: ByteRecord,
    /// The length of the file, when its last line has no end.
    open_end: Option<u64>,
}

impl Reader {
    pub(super) fn open(path: &Path, from: Option<Place>) -> Result<Self, Failure> {
        let io = |e: io::Error| cannot(path, &e);
        let mut file = File::open(path).map_err(io)?;
        let start = bom(&mut file).map_err(io)?;
        let length = file.seek(SeekFrom::End(0)).map_err(io)?;
        let open_end = (length > start && last_byte(&mut file).map_err(io)? != b'\n').then(|| length - start);
        file.seek(SeekFrom::Start(start)).map_err(io)?;
        let room = Rc::new(Cell::new(MAX_ROW));
        let bounded = Bounded { file, start, room: room.clone() };
        // Rows end at line feeds alone and the carriage return before one is ours to take off: the
        // library would end the row at it and count the line feed to the next row's lines.
        let csv = ReaderBuilder::new()
            .terminator(Terminator::Any(b'\n'))
            .flexible(true)
            .buffer_capacity(64 * 1024)
            .from_reader(bounded);
        let path = path.to_path_buf();
        let mut reader = Reader { path, csv, room, columns: Vec::new(), record: ByteRecord::new(), open_end };
        reader.header()?;
        if let Some(place) = from {
            let mut to = Position::new();
            to.set_byte(place.byte).set_line(place.line);
            reader.room.set(MAX_ROW);
            reader.csv.seek(to).map_err(|e| reader.broken(&e, place.line))?;
        }
        Ok(reader)
    }

    fn header(&mut self) -> Result<(), Failure> {
        let shown = self.path.display().to_string();
        let fail = |what: String| Failure::usage(format!("{shown}: header: {what}"));
        let header = match self.csv.byte_headers() {
            Ok(header) => header.clone(),
            Err(e) => return Err(self.broken(&e, 1)),
        };
        let mut wrong = Vec::new();
        for (i, bytes) in header.iter().enumerate() {
            let last = i + 1 == header.len();
            let name = String::from_utf8_lossy(if last { trimmed(bytes) } else { bytes });
            match COLUMNS.iter().position(|c| *c == name) {
                Some(column) if self.columns.contains(&column) => {
                    wrong.push(format!("{name} stands there twice"));
                }
                Some(column) => self.columns.push(column),
                None if is_column_name(&name) => wrong.push(format!("{name} is no column")),
                // Not repeated: without a header row it would be a person's data.
                None => wrong.push(format!("the text of column {} is the name of none", i + 1)),
            }
        }
        for (i, name) in COLUMNS.iter().enumerate().take(REQUIRED) {
            if !self.columns.contains(&i) {
                wrong.push(format!("{name} is missing"));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        if header.len() == 1 && header.iter().any(|h| h.contains(&b';') || h.contains(&b'\t')) {
            return Err(fail("columns must be separated by commas".into()));
        }
        Err(fail(format!("{}; the columns are {}", wrong.join("; "), COLUMNS.join(","))))
    }

    pub(super) fn next(&mut self) -> Result<Option<Read>, Failure> {
        loop {
            let from = self.place();
            self.room.set(MAX_ROW);
            match self.csv.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(e) => return Err(self.broken(&e, from.line)),
            }
            // An empty line that ends in a carriage return.
            if self.record.len() == 1 && self.record.iter().all(|f| trimmed(f).is_empty()) {
                continue;
            }
            return Ok(Some(Read { line: self.line(), entry: self.entry() }));
        }
    }

    /// The line on which the row just read begins: empty lines before it do not count, line breaks
    /// inside its quotes do.
    fn line(&self) -> u64 {
        let after = self.place();
        let inside: usize = self.record.iter().map(|f| f.iter().filter(|b| **b == b'\n').count()).sum();
        let unended = self.open_end == Some(after.byte);
        (after.line - u64::from(!unended)).saturating_sub(inside as u64)
    }

    pub(super) fn place(&self) -> Place {
        let position = self.csv.position();
        Place { byte: position.byte(), line: position.line() }
    }

    fn entry(&self) -> Result<Entry, Vec<Fault>> {
        if self.record.len() != self.columns.len() {
            let what = format!("{} columns, and {} in the header", self.record.len(), self.columns.len());
            return Err(vec![Fault::new("row", what)]);
        }
        let mut texts: [Option<String>; COLUMNS.len()] = [const { None }; COLUMNS.len()];
        let mut faults = Vec::new();
        for (i, (bytes, column)) in self.record.iter().zip(&self.columns).enumerate() {
            let bytes = if i + 1 == self.columns.len() { trimmed(bytes) } else { bytes };
            match str::from_utf8(bytes) {
                Ok("") => {}
                Ok(text) => texts[*column] = Some(text.to_string()),
                Err(_) => faults.push(Fault::new(COLUMNS[*column], "must be UTF-8")),
            }
        }
        if faults.is_empty() { Ok(entry(texts)) } else { Err(faults) }
    }

    /// A file that cannot be gone on with. The library's own text could show what it read.
    fn broken(&self, e: &csv::Error, line: u64) -> Failure {
        let path = self.path.display();
        match e.kind() {
            csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => Failure::usage(format!(
                "{path}: from line {line} on: a row of more than {MAX_ROW} bytes; is a quote left open?"
            )),
            csv::ErrorKind::Io(e) => cannot(&self.path, e),
            _ => Failure::usage(format!("{path}: line {line}: no CSV")),
        }
    }
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn trimmed(field: &[u8]) -> &[u8] {
    field.strip_suffix(b"\r").unwrap_or(field)
}

/// What the texts of a row state, in the order of [`COLUMNS`].
fn entry(texts: [Option<String>; COLUMNS.len()]) -> Entry {
    let [iin, state, family, given, patronymic, family_latin, given_latin, rest @ ..] = texts;
    let [birth_date, sex, citizenship, kind, number, country, valid_until, rest @ ..] = rest;
    let [state_since, state_reason, superseded_by] = rest;
    let name = NameEntry { family, given, patronymic, ..NameEntry::default() };
    let latin =
        NameEntry { family: family_latin, given: given_latin, after: "_latin", ..NameEntry::default() };
    let stated = |n: &NameEntry| n.family.is_some() || n.given.is_some() || n.patronymic.is_some();
    let names = [name, latin].into_iter().filter(stated).collect();
    let document = DocumentEntry {
        before: "document_".into(),
        kind,
        number,
        country,
        valid_until,
        status: None,
        name: None,
    };
    let has_document = document.kind.is_some()
        || document.number.is_some()
        || document.country.is_some()
        || document.valid_until.is_some();
    let documents = if has_document { vec![document] } else { Vec::new() };
    Entry {
        iin,
        state,
        names,
        birth_date,
        sex,
        citizenship,
        documents,
        state_since,
        state_reason,
        superseded_by,
        scheduled: None,
    }
}

/// Writes a file.
pub(super) struct Writer<W: Write>(csv::Writer<W>);

impl<W: Write> Writer<W> {
    pub(super) fn new(to: W) -> io::Result<Self> {
        let mut csv = WriterBuilder::new().from_writer(to);
        csv.write_record(COLUMNS).map_err(written)?;
        Ok(Writer(csv))
    }

    /// Writes a person; whether the rows say all there is.
    pub(super) fn put(&mut self, iin: Iin, record: &Record) -> io::Result<bool> {
        let rows = rows(iin, record);
        for row in &rows {
            self.0.write_record(row).map_err(written)?;
        }
        Ok(come_back(rows, record))
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The rows of a person: the first has everything, the others a further document each.
fn rows(iin: Iin, record: &Record) -> Vec<[String; COLUMNS.len()]> {
    let person = &record.person;
    let latin = person.names.iter().position(|n| n.patronymic.is_none() && is_latin(n));
    let main = person.names.iter().position(|n| Some(n) != latin.and_then(|i| person.names.get(i)));
    let name = main.and_then(|i| person.names.get(i)).cloned().unwrap_or_default();
    let latin = latin.and_then(|i| person.names.get(i)).cloned().unwrap_or_default();
    let date = |d: Option<Date>| d.map(|d| d.to_string()).unwrap_or_default();
    let sex = person.sex.map(|s| match s {
        Sex::Male => "MALE",
        Sex::Female => "FEMALE",
    });
    let document = |i: usize| {
        let d = person.documents.get(i).cloned().unwrap_or_default();
        let country = d.country.map(|c| c.as_str().to_string()).unwrap_or_default();
        [d.kind, d.number, country, date(d.valid_until)]
    };
    let [kind, number, country, valid_until] = document(0);
    let mut rows = vec![[
        iin.to_text(),
        record.state.name().to_string(),
        name.family,
        name.given,
        name.patronymic.unwrap_or_default(),
        latin.family,
        latin.given,
        date(person.birth_date),
        sex.unwrap_or_default().to_string(),
        person.citizenship.map(|c| c.as_str().to_string()).unwrap_or_default(),
        kind,
        number,
        country,
        valid_until,
        date(record.since),
        record.state_reason.clone(),
        record.superseded_by.map(Iin::to_text).unwrap_or_default(),
    ]];
    for i in 1..person.documents.len() {
        let mut row = [const { String::new() }; COLUMNS.len()];
        row[0] = iin.to_text();
        row[1] = record.state.name().to_string();
        row[10..14].clone_from_slice(&document(i));
        rows.push(row);
    }
    rows
}

/// Whether an import would make the same record of the rows: what CSV cannot say is found by trying.
fn come_back(rows: Vec<[String; COLUMNS.len()]>, record: &Record) -> bool {
    let read = |row: [String; COLUMNS.len()]| {
        entry(row.map(Some).map(|t| t.filter(|t| !t.is_empty()))).judge(Date::MAX).map(|(_, record)| record)
    };
    let back = rows.into_iter().map(read).reduce(|a, b| merge(&a?, &b?));
    back.is_some_and(|back| back.is_ok_and(|back| back == *record))
}

/// Whether a name is written in Latin letters.
fn is_latin(name: &Name) -> bool {
    let latin = |c: char| c.is_ascii() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    let mut letters = name.family.chars().chain(name.given.chars()).filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(latin)
}

#[cfg(test)]
mod tests;
