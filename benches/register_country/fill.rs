//! Filling: by large commits straight into a store, and by `register import` from a file.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use iinspect::register::{Changeset, Expect, Ledger, Origin, Register, Write, change};
use jiff::Timestamp;

use super::country::{Dice, Everybody, iin};
use super::measure::soon;

/// Commits the persons `from..to`, as many at once as a changeset takes; how long that took.
pub(crate) async fn commits(register: &Register, from: u64, to: u64) -> Duration {
    // Made on a thread of its own: what is measured is the store.
    let (ready, mut next) = tokio::sync::mpsc::channel(2);
    let maker = std::thread::spawn(move || {
        let everybody = Everybody::new();
        let step = change::MAX_WRITES as u64;
        for start in (from..to).step_by(step as usize) {
            let write = |n| Write::record(iin(n), everybody.record(n), Expect::Absent);
            let writes = (start..to.min(start + step)).map(write).collect();
            if ready.blocking_send(writes).is_err() {
                return;
            }
        }
    });
    let mut took = Duration::ZERO;
    while let Some(writes) = next.recv().await {
        let set = Changeset::new(Timestamp::now(), Origin::of("bench"), "a country", writes);
        let started = Instant::now();
        register.commit(set, soon()).await.expect("a commit");
        took += started.elapsed();
    }
    maker.join().expect("the maker");
    took
}

/// Writes a CSV file of so many persons, in rising order of their numbers or in none.
pub(crate) fn csv(path: &Path, rows: u64, sorted: bool) {
    let mut out = BufWriter::new(File::create(path).expect("a file"));
    let (send, made) = sync_channel::<String>(64);
    let maker = std::thread::spawn(move || {
        let everybody = Everybody::new();
        let mut order: Vec<u64> = (0..rows).collect();
        if !sorted {
            let mut dice = Dice(7);
            for i in (1..order.len()).rev() {
                order.swap(i, (dice.next() % (i as u64 + 1)) as usize);
            }
        }
        for chunk in order.chunks(1_000) {
            let lines: Vec<String> = chunk.iter().map(|n| line(&everybody, *n)).collect();
            if send.send(lines.concat()).is_err() {
                return;
            }
        }
    });
    out.write_all(HEADER.as_bytes()).expect("the file");
    for lines in made {
        out.write_all(lines.as_bytes()).expect("the file");
    }
    out.flush().expect("the file");
    maker.join().expect("the maker");
}

const HEADER: &str = "iin,state,family_name,given_name,patronymic,family_name_latin,given_name_latin,\
birth_date,sex,citizenship,document_type,document_number,document_country,document_valid_until,state_since\n";

fn line(everybody: &Everybody, n: u64) -> String {
    let record = everybody.record(n);
    let person = &record.person;
    let (name, latin, document) = (&person.names[0], &person.names[1], &person.documents[0]);
    let text = |d: Option<jiff::civil::Date>| d.map(|d| d.to_string()).unwrap_or_default();
    let country = person.citizenship.map(|c| c.as_str().to_string()).unwrap_or_default();
    format!(
        "{},{},{},{},{},{},{},{},{},{country},{},{},{country},{},{}\n",
        iin(n).to_text(),
        record.state.name(),
        name.family,
        name.given,
        name.patronymic.as_deref().unwrap_or_default(),
        latin.family,
        latin.given,
        text(person.birth_date),
        if person.sex == Some(iinspect::number::Sex::Male) { "MALE" } else { "FEMALE" },
        document.kind,
        document.number,
        text(document.valid_until),
        text(record.since),
    )
}

/// Runs `register import` of a file; rows per second and the largest resident memory, in MiB.
pub(crate) fn import(file: &Path, url: &str, rows: u64) -> (f64, f64) {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_iinspect"))
        .args(["register", "import"])
        .arg(file)
        .args(["--register", url, "--output", "json"])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("iinspect");
    let mut peak: f64 = 0.0;
    let status = loop {
        peak = peak.max(resident(child.id()));
        if let Some(status) = child.try_wait().expect("iinspect") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
    (rows as f64 / started.elapsed().as_secs_f64(), peak)
}

/// The largest resident memory that a process has had, in MiB; 0 when it is gone.
pub(crate) fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")).and_then(|n| n.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1_024.0
}
