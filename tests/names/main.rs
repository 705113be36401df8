//! How often names are taken for others: a corpus from a seed, its error rates by level, and the
//! goals. The rates stand in docs/MATCHING.md, and this holds them there.
//!
//! `IINSPECT_PAIRS=FILE` writes the pairs, for `tests/interop/names_peers.py`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod dice;
mod hands;
mod pairs;
mod people;
mod rates;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use iinspect::person::matching::{Agreement, Level};

use dice::Dice;
use pairs::Pair;
use people::Lists;
use rates::{LEVELS, Tally};

const DOCUMENTS: usize = 100_000;
const TABLES: usize = 20_000;
const ERRORS: usize = 7_000;
const DIFFERENT: usize = 200_000;

/// A pair and the first level at which it agrees.
type Judged = (Pair, Option<Level>);

fn judged(seed: u64, count: usize, make: impl Fn(&Lists, &mut Dice) -> Pair) -> Vec<Judged> {
    let (lists, mut dice) = (Lists::read(), Dice(seed));
    let pairs = (0..count).map(|_| make(&lists, &mut dice));
    let judged = pairs.map(|pair| {
        let comparison = pair.a.compare(&pair.b);
        let level = LEVELS.into_iter().find(|level| comparison.agreement(*level) == Agreement::Agrees);
        (pair, level)
    });
    judged.collect()
}

#[test]
fn names_are_told_apart_as_the_docs_say() {
    let (documents, tables, errors, different) = std::thread::scope(|scope| {
        let documents =
            scope.spawn(|| judged(2026, DOCUMENTS, |lists, dice| pairs::written_twice(lists, dice, false)));
        let different = scope.spawn(|| judged(2027, DIFFERENT, pairs::different));
        let tables = judged(2028, TABLES, |lists, dice| pairs::written_twice(lists, dice, true));
        let errors = judged(2029, ERRORS, pairs::error);
        (documents.join().unwrap(), tables, errors, different.join().unwrap())
    });
    // Whom no rule can tell apart is reported apart.
    let agrees = |level: Option<Level>| level.is_some_and(|level| level <= Level::Transliterated);
    let (coinciding, different): (Vec<_>, Vec<_>) = different.into_iter().partition(|(pair, level)| {
        agrees(*level) && pair.persons.as_ref().is_some_and(|p| pairs::coincide(&p.0, &p.1))
    });

    let tally = |judged: &[Judged]| {
        let mut tally = Tally::default();
        judged.iter().for_each(|(pair, level)| tally.add(pair.kind, *level));
        tally
    };
    let (same, others) = (tally(&documents), tally(&different));
    let misses = same.all()[2].missed();
    assert!(misses.upper() < 0.5, "false non-match, lawful spellings: {misses:?}");
    let false_matches = others.all()[2];
    assert!(false_matches.upper() < 0.01, "false match: {false_matches:?}");
    assert_eq!(others.all()[1].hits, 0, "nobody is somebody else by folding");

    if let Some(file) = std::env::var_os("IINSPECT_PAIRS") {
        let sets =
            [("documents", &documents), ("tables", &tables), ("errors", &errors), ("different", &different)];
        fs::write(file, listed(&sets)).unwrap();
    }
    let mut text = format!("### One person, two documents\n\n{}", same.table(true));
    let _ = write!(text, "\n### One person, a table that no document uses\n\n{}", tally(&tables).table(true));
    let _ = write!(text, "\n### One person, one of them with an error\n\n{}", tally(&errors).table(false));
    let _ = write!(text, "\n### Two persons\n\n{}", others.table(false));
    let (apart, of) = (coinciding.len(), coinciding.len() + different.len());
    let _ = write!(
        text,
        "\nLeft out of the last table are {apart} pairs of {of}: they agree, and the two persons' names have a \
         lawful\nspelling in common, so that nothing in the names can tell them apart.\n"
    );
    told_in_the_docs(&text);
}

/// The pairs, one a line: set, kind, two names without patronymics, the level.
fn listed(sets: &[(&str, &Vec<Judged>)]) -> String {
    let mut lines = String::new();
    for (set, judged) in sets {
        for (Pair { kind, a, b, .. }, level) in *judged {
            let level = level.map_or("none".into(), |level| format!("{level:?}").to_lowercase());
            let _ = writeln!(
                lines,
                "{set}\t{kind}\t{}\t{}\t{}\t{}\t{level}",
                a.family, a.given, b.family, b.given
            );
        }
    }
    lines
}

/// Compares the part of the document between the two marks, or writes it.
fn told_in_the_docs(text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/MATCHING.md");
    let document = fs::read_to_string(&file).unwrap();
    let (begin, end) = ("<!-- rates -->\n\n", "\n<!-- end of rates -->");
    let (before, rest) = document.split_once(begin).unwrap();
    let (told, after) = rest.split_once(end).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|v| v == "1") {
        fs::write(&file, format!("{before}{begin}{text}{end}{after}")).unwrap();
    } else {
        assert_eq!(told, text, "docs/MATCHING.md differs from what was measured: run make docs");
    }
}
