//! `register export`: every record of a register, in the order of the numbers, into a file.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;
use tokio::time::Instant as Deadline;

use super::{Format, Where, cannot, csv_form, json_form};
use crate::cli::output::{Form, Output, complain, say};
use crate::cli::progress::{Measure, Progress, rate};
use crate::cli::{Exit, Failure, runtime, store};
use crate::clock::{Clock, civil_date};
use crate::config::register::Url;
use crate::number::Iin;
use crate::register::{Error, Facts, Listed, MAX_MANY, Register, sqlite};

/// How long a page may take.
const ATTEMPT: Duration = Duration::from_secs(15);
/// How long a busy register is asked again.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

const EXAMPLES: &str = "\
Examples:
  iinspect register export persons.jsonl --register sqlite:register.db
  iinspect register export - --format csv --register sqlite:register.db | head

JSON Lines loses nothing: an import of the file makes the same records. CSV holds one spelling of
the name, one more in Latin letters, and no spellings of documents; how many persons have more is
told. Hotlist, applications and history are not in the file. It holds personal data: it is made readable by
its owner only.

Exit status: 0 exported, 64 usage, configuration or a file that cannot be written, 69 register.";

/// Writes every record of a register to a file
///
/// The file is written under another name and renamed when it is whole. Records come in the order
/// of their numbers. A server may run on the same register meanwhile; what it changes may or may
/// not be in the file, each record whole.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    /// The file: .csv, or .jsonl or .ndjson; "-" is standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file's form, when its ending does not tell
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    output: Output,
}

impl Export {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let format = Format::of(&self.file, self.format)?;
        let (config, url) = self.place.load()?;
        if let Url::Sqlite(path) = &url {
            // Opening makes a register where there is none, and an export of nothing is a slip.
            let inspected = sqlite::Store::inspect(path).map_err(Failure::unavailable)?;
            if inspected.version.is_none() {
                return Err(Failure::unavailable(format!("{}: no register is there", path.display())));
            }
        }
        let draft = if self.file == Path::new("-") { None } else { Some(self.draft()?) };
        let runtime = runtime()?;
        let register = runtime.block_on(async { store::for_command(&config, &url) })?;
        let outcome = self.write(&runtime, &register, format, draft);
        let closed = register.close();
        let exit = outcome?;
        closed.map_err(Failure::unavailable)?;
        Ok(exit)
    }

    /// A file beside the one asked for, to be renamed to it.
    fn draft(&self) -> Result<NamedTempFile, Failure> {
        let path = &self.file;
        if fs::metadata(path).is_ok_and(|m| !m.is_file()) {
            let path = path.display();
            return Err(Failure::usage(format!("{path}: is no regular file; - is standard output")));
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        tempfile::Builder::new().prefix(".export-").tempfile_in(folder).map_err(|e| cannot(path, &e))
    }

    fn write(
        &self,
        runtime: &Runtime,
        register: &Register,
        format: Format,
        draft: Option<NamedTempFile>,
    ) -> Result<Exit, Failure> {
        let started = Instant::now();
        let io = |e: io::Error| cannot(&self.file, &e);
        let mut tally = Tally::default();
        match draft {
            Some(draft) => {
                let to = BufWriter::new(draft);
                let to = runtime.block_on(pour(register, format, to, &mut tally, &io))?;
                let draft = to.into_inner().map_err(|e| io(e.into_error()))?;
                draft.as_file().sync_all().map_err(io)?;
                draft.persist(&self.file).map_err(|e| io(e.error))?;
            }
            None => {
                let to = BufWriter::new(io::stdout().lock());
                let poured = runtime.block_on(pour(register, format, to, &mut tally, &io));
                match poured.and_then(|mut to| to.flush().map_err(io)) {
                    Ok(()) => {}
                    // A reader that has seen enough is no fault of ours.
                    Err(_) if tally.reader_gone => return Ok(Exit::Fine),
                    Err(e) => return Err(e),
                }
            }
        }
        if tally.inexact > 0 {
            complain(&format!(
                "{} persons have more than CSV can say (spellings of the name, a patronymic known to be \
                 none, names as documents spell them): use JSON Lines to keep it",
                tally.inexact
            ));
        }
        self.summary(&tally, started.elapsed());
        Ok(Exit::Fine)
    }

    fn summary(&self, tally: &Tally, took: Duration) {
        let Tally { persons, inexact, .. } = tally;
        let (rate, took) = (rate(*persons, took), took.as_secs_f64());
        let text = format!("persons  {persons}\ntime     {took:.1} s, {rate} persons/s");
        if self.file == Path::new("-") {
            return complain(&format!("{persons} persons in {took:.1} s, {rate}/s"));
        }
        match self.output.form() {
            Form::Table => say(&text),
            Form::Json => say(&serde_json::json!({
                "persons": persons, "inexact": inexact,
                "seconds": (took * 1000.0).round() / 1000.0, "personsPerSecond": rate,
            })
            .to_string()),
        }
    }
}

/// What was written.
#[derive(Debug, Default)]
struct Tally {
    persons: u64,
    /// Of them, those of whom the file does not say all.
    inexact: u64,
    reader_gone: bool,
}

/// The writer of either form.
enum Lines<W: Write> {
    Csv(Box<csv_form::Writer<W>>),
    Jsonl(W),
}

/// Writes every record, a page at a time.
async fn pour<W: Write>(
    register: &Register,
    format: Format,
    to: W,
    tally: &mut Tally,
    io: &impl Fn(io::Error) -> Failure,
) -> Result<W, Failure> {
    let progress = Progress::new(Measure::Rows, 0, 0, 0);
    let noted = |e: io::Error, tally: &mut Tally| {
        tally.reader_gone |= e.kind() == io::ErrorKind::BrokenPipe;
        io(e)
    };
    let mut to = match format {
        Format::Csv => Lines::Csv(Box::new(csv_form::Writer::new(to).map_err(|e| noted(e, tally))?)),
        Format::Jsonl => Lines::Jsonl(to),
    };
    let today = civil_date(Clock::system().now());
    let mut after = None;
    loop {
        let page = page(register, after).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (iin, record) in page {
            // A change of state that has come into force meanwhile is the state.
            let record = match &record.value.scheduled {
                Some(_) => record.value.settled(today),
                None => record.value,
            };
            let exact = match &mut to {
                Lines::Csv(to) => to.put(iin, &record),
                Lines::Jsonl(to) => json_form::put(to, iin, &record).map(|()| true),
            };
            tally.inexact += u64::from(!exact.map_err(|e| noted(e, tally))?);
            tally.persons += 1;
        }
        progress.at(tally.persons, tally.persons);
    }
    match to {
        Lines::Csv(to) => to.finish().map_err(|e| noted(e, tally)),
        Lines::Jsonl(to) => Ok(to),
    }
}

/// The next page; a busy register is asked again.
async fn page(register: &Register, after: Option<Iin>) -> Result<Vec<Listed>, Failure> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match register.page(after, MAX_MANY, Deadline::now() + ATTEMPT).await {
            Ok(page) => return Ok(page),
            Err(e) if passes(&e) && Instant::now() < give_up => tokio::time::sleep(PAUSE).await,
            Err(e) => return Err(Failure::unavailable(e)),
        }
    }
}

fn passes(e: &Error) -> bool {
    e.is_busy() || e.is_deadline()
}
