//! The file as rows: decoded, split, counted.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use csv::StringRecord;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use crate::cli::Failure;
use crate::cli::progress::{Measure, Progress};

/// How the file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Encoding {
    /// UTF-8, with or without a byte order mark
    #[value(name = "utf-8")]
    Utf8,
    /// The Cyrillic code page of older office programs
    #[value(name = "windows-1251")]
    Windows1251,
}

/// What separates columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Delimiter {
    /// ,
    Comma,
    /// ;
    Semicolon,
}

impl Delimiter {
    pub(super) fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
        }
    }
}

/// The most bytes that the header row may have.
const LONGEST_HEADER: u64 = 64 * 1024;

type Source = DecodeReaderBytes<Counted<Box<dyn Read + Send>>, Vec<u8>>;
type Text = io::Chain<io::Cursor<Vec<u8>>, Source>;

/// A file being read.
pub(super) struct Input {
    reader: csv::Reader<BufReader<Text>>,
    header: StringRecord,
    delimiter: Delimiter,
    progress: Progress,
    read: Arc<AtomicU64>,
    rows: u64,
}

impl Input {
    /// Opens a file (`-`: standard input) and reads its header.
    pub(super) fn open(
        path: &Path,
        encoding: Encoding,
        delimiter: Option<Delimiter>,
    ) -> Result<Self, Failure> {
        let fault = |e: &dyn std::fmt::Display| Failure::usage(format!("{}: {e}", path.display()));
        let (source, length): (Box<dyn Read + Send>, u64) = if path == Path::new("-") {
            (Box::new(io::stdin()), 0)
        } else {
            let file = File::open(path).map_err(|e| fault(&e))?;
            let length = file.metadata().map_err(|e| fault(&e))?.len();
            (Box::new(file), length)
        };
        let read = Arc::new(AtomicU64::new(0));
        let mut decoder = DecodeReaderBytesBuilder::new();
        // A byte order mark wins over the default; UTF-8 itself is left as it is and checked by row.
        match encoding {
            Encoding::Utf8 => decoder.encoding(None).bom_override(true).strip_bom(true).utf8_passthru(true),
            Encoding::Windows1251 => decoder.encoding(Some(encoding_rs::WINDOWS_1251)).bom_sniffing(false),
        };
        let mut source = decoder
            .build_with_buffer(Counted { inner: source, read: read.clone() }, vec![0; 64 * 1024])
            .map_err(|e| fault(&e))?;
        // The header tells the delimiter, so it is read ahead and put back.
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\n") && source.read(&mut byte).map_err(|e| fault(&e))? == 1 {
            head.push(byte[0]);
            if head.len() as u64 > LONGEST_HEADER {
                return Err(fault(&"the header row is too long"));
            }
        }
        let delimiter = delimiter.unwrap_or_else(|| told_by(&head));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter.byte())
            .flexible(false)
            .from_reader(BufReader::new(io::Cursor::new(head).chain(source)));
        let header =
            reader.headers().map_err(|e| fault(&format!("the header row {}", fault_of(&e))))?.clone();
        let progress = Progress::new(Measure::Bytes, length, 0, 0);
        Ok(Input { reader, header, delimiter, progress, read, rows: 0 })
    }

    pub(super) fn header(&self) -> &StringRecord {
        &self.header
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter.byte()
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<StringRecord>, Failure> {
        let mut row = StringRecord::new();
        let more = self.reader.read_record(&mut row).map_err(|e| {
            Failure::usage(format!("row {} below the header {}", self.rows + 1, fault_of(&e)))
        })?;
        if more {
            self.rows += 1;
        }
        Ok(more.then_some(row))
    }

    /// Draws how far it has come.
    pub(super) fn draw(&self) {
        self.progress.at(self.read.load(Ordering::Relaxed), self.rows);
    }
}

/// The sign that the header has more of.
fn told_by(header: &[u8]) -> Delimiter {
    let count = |sign: u8| header.iter().filter(|b| **b == sign).count();
    if count(b';') > count(b',') { Delimiter::Semicolon } else { Delimiter::Comma }
}

/// What is wrong, never the row itself: it holds people. Rows are told by their count, since the
/// reader's own count of lines is not to be relied upon with every kind of line end.
fn fault_of(error: &csv::Error) -> &'static str {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8 (is it --encoding windows-1251?)",
        csv::ErrorKind::UnequalLengths { .. } => "has another number of columns than the header",
        csv::ErrorKind::Io(_) => "cannot be read",
        _ => "is no CSV",
    }
}

/// Counts the bytes of the file as it lies on the disk.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8], encoding: Encoding) -> Result<Vec<Vec<String>>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut input = Input::open(&path, encoding, None)?;
        let mut all = vec![input.header().iter().map(Into::into).collect()];
        while let Some(row) = input.next()? {
            all.push(row.iter().map(Into::into).collect());
        }
        Ok(all)
    }

    #[test]
    fn marks_delimiters_and_line_ends_make_no_difference() {
        let want = vec![vec!["iin", "family_name"], vec!["009900000008", "Тест"]];
        for text in [
            "iin,family_name\n009900000008,Тест\n",
            "\u{feff}iin,family_name\r\n009900000008,Тест",
            "iin;family_name\r\n009900000008;Тест\r\n",
            "\u{feff}\"iin\";\"family_name\"\n\"009900000008\";\"Тест\"\n",
        ] {
            assert_eq!(rows(text.as_bytes(), Encoding::Utf8).unwrap(), want, "{text}");
        }
        let (cyrillic, _, _) = encoding_rs::WINDOWS_1251.encode("iin;family_name\r\n009900000008;Тест\r\n");
        assert_eq!(rows(&cyrillic, Encoding::Windows1251).unwrap(), want);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_line_and_not_by_content() {
        let (cyrillic, _, _) = encoding_rs::WINDOWS_1251.encode("iin\n1\nТест\n");
        let Failure(_, text) = rows(&cyrillic, Encoding::Utf8).unwrap_err();
        assert!(text.contains("row 2") && text.contains("windows-1251"), "{text}");
        let Failure(_, text) =
            rows(b"iin,sex\r\n1,MALE\r\n\r\n2,MALE,secret\r\n", Encoding::Utf8).unwrap_err();
        assert!(text.contains("row 2") && !text.contains("secret"), "{text}");
    }
}
