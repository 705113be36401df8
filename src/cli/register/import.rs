//! `register import`: rows of a file into the register, a chunk at a time.

mod apart;
mod run;

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use tokio::time::Instant as Deadline;

use super::rejects::Rejects;
use super::resume::{Mark, Sidecar, Subject};
use super::{Format, Place, Rows, Where, cannot};
use crate::cli::output::{Form, Output, complain, say};
use crate::cli::progress::{Measure, Progress, rate};
use crate::cli::{Exit, Failure, runtime, store};
use crate::clock::{Clock, civil_date};
use crate::register::change::MAX_WRITES;
use crate::register::{Feed, Register, Token};
use crate::registrar::import::Tally;
use crate::registrar::pace::Pace;
use apart::Apart;
use run::{ATTEMPT, Run, TOLD};

const EXAMPLES: &str = "\
Examples:
  iinspect register import persons.csv --register sqlite:register.db
  iinspect register import persons.jsonl --register sqlite:register.db --rejects refused.csv
  iinspect register import persons.jsonl --register postgres://iinspect@127.0.0.1/register

CSV has a header row; `iin` and `state` are required, the other columns may be empty or missing:
  iin,state,family_name,given_name,patronymic,family_name_latin,given_name_latin,birth_date,sex,
  citizenship,document_type,document_number,document_country,document_valid_until,state_since,
  state_reason,superseded_by

JSON Lines has the same names, with a list of names and one of documents:
  {\"iin\":\"009900000008\",\"state\":\"IN_FORCE\",\"names\":[{\"family_name\":\"Тестова\",\"given_name\":\"Айша\",
  \"patronymic\":\"\"}],\"documents\":[{\"type\":\"PASSPORT\",\"number\":\"N1\",\"country\":\"KAZ\",
  \"valid_until\":\"2030-01-31\",\"family_name\":\"TESTOVA\",\"given_name\":\"AISHA\"}]}

state is IN_FORCE, CONDITIONALLY_EXCLUDED, EXCLUDED or SUPERSEDED; sex MALE or FEMALE; dates are
YYYY-MM-DD; countries ISO 3166-1 alpha-3. An empty patronymic is not known in CSV; in JSON Lines it
says that the person has none.

Exit status: 0 every row landed, 1 rows were refused, 2 stopped before the end, 64 usage,
configuration or form of the file, 69 register.";

/// Fills a register from a file of persons
///
/// A row replaces what the register holds of its number; a further row of the same number adds a
/// document or a spelling of the name. A row with faults is refused and told by its line, and the
/// others land. A server may run on the same register meanwhile.
///
/// An import that was interrupted, by Ctrl-C, a kill or a full disk, goes on where it was when the
/// same command is given again. Until it is done, FILE.resume says how far it has come.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Import {
    /// The file: .csv, or .jsonl or .ndjson
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file's form, when its ending does not tell
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,
    #[command(flatten)]
    place: Where,
    /// File that gets every fault of every refused row, as CSV: line, column, fault
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// File that says how far the import has come; FILE.resume unless set
    #[arg(long, value_name = "FILE")]
    resume_file: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Import {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let format = Format::of(&self.file, self.format)?;
        let (config, url) = self.place.load()?;
        let input = self.input()?;
        // The file's own faults before a register is made for it.
        Rows::open(&self.file, format, None)?;
        let runtime = runtime()?;
        let register = runtime.block_on(async { store::for_command(&config, &url) })?;
        let outcome = runtime.block_on(self.fill(&input, format, &register));
        let closed = register.close();
        let exit = outcome?;
        closed.map_err(Failure::unavailable)?;
        Ok(exit)
    }

    /// The file, locked against a second import of it: the two would share one mark.
    fn input(&self) -> Result<File, Failure> {
        let io = |e: std::io::Error| cannot(&self.file, &e);
        if !std::fs::metadata(&self.file).map_err(io)?.is_file() {
            let path = self.file.display();
            return Err(Failure::usage(format!("{path}: must be a regular file: it may be read again")));
        }
        let file = File::open(&self.file).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let path = self.file.display();
                Err(Failure::unavailable(format!("{path}: another import of it is under way")))
            }
            Err(TryLockError::Error(e)) => Err(io(e)),
        }
    }

    async fn fill(self, input: &File, format: Format, register: &Register) -> Result<Exit, Failure> {
        let stop = stop_flag()?;
        let length = input.metadata().map_err(|e| cannot(&self.file, &e))?.len();
        // Before all else: a database that is away, or not migrated, is told at once.
        let heads = register.heads(Deadline::now() + ATTEMPT).await.map_err(Failure::unavailable)?;
        let subject = Subject::of(&self.file, input, format, register, self.rejects.is_some())?;
        let apart = Apart::find(&self.file, format, length)?;
        let sidecar = Sidecar::of(&self.file, self.resume_file.clone());
        let found = sidecar.read(&subject, &heads)?;
        let rows = Rows::open(&self.file, format, found.as_ref().map(Mark::place))?;
        let now = Clock::system().now();
        let mark = match found {
            Some(mark) => {
                if mark.begun() {
                    let (line, rows) = (mark.line, mark.tally.rows());
                    complain(&format!("going on at line {line}, after {rows} rows of an interrupted import"));
                }
                mark
            }
            None => first(subject, &rows, &heads, now)?,
        };
        let rejects = Rejects::open(self.rejects.as_deref(), mark.rejects_bytes)?;
        // Before the first row: whether a mark can be kept is better known now.
        sidecar.write(&mark)?;
        let started = Instant::now();
        let before = mark.tally.rows();
        let mut run = Run {
            register,
            rows,
            stop,
            why: format!("import of {}", self.file.file_name().unwrap_or_default().to_string_lossy()),
            today: civil_date(now),
            progress: Progress::new(Measure::Bytes, length, mark.byte, before),
            told: mark.tally.refused,
            apart,
            mark,
            sidecar,
            rejects,
            pace: Pace::new(MAX_WRITES),
            ahead: None,
        };
        let outcome = run.all().await;
        let Run { mark, progress, sidecar, told, .. } = run;
        drop(progress);
        if told > TOLD {
            let more = told - TOLD;
            let hint = if self.rejects.is_some() { "" } else { "; --rejects FILE lists them all" };
            complain(&format!("and {more} more rows were refused{hint}"));
        }
        let go_on = format!("line {} is reached: the same command goes on from there", mark.line);
        let done = outcome.map_err(|Failure(exit, text)| Failure(exit, format!("{text}\n{go_on}")))?;
        let took = started.elapsed();
        self.summary(&mark.tally, rate(mark.tally.rows() - before, took), took);
        if !done {
            complain(&format!("stopped; {go_on}"));
            return Ok(Exit::Inconclusive);
        }
        sidecar.remove()?;
        Ok(if mark.tally.refused == 0 { Exit::Fine } else { Exit::Wanting })
    }

    fn summary(&self, tally: &Tally, rate: u64, took: Duration) {
        let Tally { landed, refused, new, changed, unchanged } = tally;
        let (rows, took) = (tally.rows(), took.as_secs_f64());
        match self.output.form() {
            Form::Json => say(&serde_json::json!({
                "rows": rows, "landed": landed, "refused": refused,
                "persons": {"new": new, "changed": changed, "unchanged": unchanged},
                "seconds": (took * 1000.0).round() / 1000.0, "rowsPerSecond": rate,
            })
            .to_string()),
            Form::Table => {
                say(&format!("rows     {rows}: {landed} landed, {refused} refused"));
                say(&format!("persons  {new} new, {changed} changed, {unchanged} unchanged"));
                say(&format!("time     {took:.1} s, {rate} rows/s"));
            }
        }
    }
}

/// The mark of an import that has only begun.
fn first(subject: Subject, rows: &Rows, heads: &Token, now: Timestamp) -> Result<Mark, Failure> {
    // Stores keep moments to the microsecond, and this one is compared with theirs.
    let at = Timestamp::from_microsecond(now.as_microsecond()).map_err(Failure::bug)?;
    let Place { byte, line } = rows.place();
    let tally = Tally::default();
    Ok(Mark { subject, at, byte, line, tally, rejects_bytes: 0, token: heads.to_string() })
}

/// Set by the first Ctrl-C, SIGTERM or SIGHUP: the chunk under way is ended, and marked.
fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let mut stops = crate::cli::serve::stop_signals(|| true).map_err(Failure::unavailable)?;
    let set = flag.clone();
    tokio::spawn(async move {
        // Only the first counts: a chunk takes a moment, and its end cannot be hurried.
        if stops.recv().await.is_some() {
            set.store(true, Ordering::Relaxed);
        }
    });
    Ok(flag)
}
