//! Comparing names: each level beside the plain edit distance of strsim and of rapidfuzz, in one
//! run: `cargo bench --bench matching`. `tests/interop/names_peers.py` runs rapidfuzz's C++ on the
//! same names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use iinspect::person::Name;
use iinspect::person::matching::{Agreement, Level, Prepared};

/// Comparisons of each pair in a run, and runs: short runs, so that the best of them is one that nothing
/// else on the machine has interrupted.
const ROUNDS: usize = 50;
const RUNS: usize = 2_000;

/// Family and given name in Kazakh, in capitals, in passport Latin, and with a slip.
const NAMES: [[&str; 8]; 6] = [
    ["Ахметова", "Айгүл", "АХМЕТОВА", "АЙГҮЛ", "AKHMETOVA", "AIGUL", "Ахмедова", "Айгүль"],
    ["Жұмабаев", "Нұрсұлтан", "ЖҰМАБАЕВ", "НҰРСҰЛТАН", "ZHUMABAYEV", "NURSULTAN", "Жұмабоев", "Нұрсулдан"],
    ["Қожахметов", "Ерлан", "ҚОЖАХМЕТОВ", "ЕРЛАН", "KOZHAKHMETOV", "YERLAN", "Қожахмедов", "Ерлап"],
    ["Иванова", "Наталья", "ИВАНОВА", "НАТАЛЬЯ", "IVANOVA", "NATALYA", "Иваноза", "Наталбя"],
    ["Сүлейменов", "Бауыржан", "СҮЛЕЙМЕНОВ", "БАУЫРЖАН", "SULEIMENOV", "BAUYRZHAN", "Сүлейминов", "Бауыржен"],
    [
        "Шаймерденова",
        "Гүлмира",
        "ШАЙМЕРДЕНОВА",
        "ГҮЛМИРА",
        "SHAIMERDENOVA",
        "GULMIRA",
        "Шаймерденава",
        "Гүлмора",
    ],
];

fn main() {
    let written = |at: usize| -> Vec<Name> {
        let name = |n: &[&str; 8]| Name { family: n[at].into(), given: n[at + 1].into(), patronymic: None };
        NAMES.iter().map(name).collect()
    };
    let [held, capitals, latin, slips] = [0, 2, 4, 6].map(written);
    for (claims, level) in [
        (&held, Level::Exact),
        (&capitals, Level::Folded),
        (&latin, Level::Transliterated),
        (&slips, Level::Fuzzy),
    ] {
        for (claim, held) in claims.iter().zip(&held) {
            let worst = claim.compare(held).levels().max();
            assert_eq!(worst, Some(level), "the bench compares what it says it does");
        }
    }
    let distance = |edits: fn(&str, &str) -> usize| {
        move |claim: &Name, held: &Name| edits(&claim.family, &held.family) + edits(&claim.given, &held.given)
    };
    let strsim = distance(strsim::levenshtein);
    let rapidfuzz = distance(|a, b| rapidfuzz::distance::levenshtein::distance(a.chars(), b.chars()));
    println!("family and given name, best of short runs");
    let plain = each("strsim, edit distance", 1.0, &slips, &held, |a, b| black_box(strsim(a, b)) > 99);
    each("rapidfuzz, edit distance", plain, &slips, &held, |a, b| black_box(rapidfuzz(a, b)) > 99);
    let agrees = |a: &Name, b: &Name| a.compare(b).agreement(Level::Transliterated) == Agreement::Agrees;
    each("exact", plain, &held, &held, agrees);
    each("folded", plain, &capitals, &held, agrees);
    each("transliterated", plain, &latin, &held, agrees);
    each("fuzzy", plain, &slips, &held, agrees);

    let prepared: Vec<_> = held.iter().map(Prepared::new).collect();
    for (what, claims) in [
        ("folded, held one prepared", &capitals),
        ("transliterated, prepared", &latin),
        ("fuzzy, held one prepared", &slips),
    ] {
        each(what, plain, claims, &prepared, |a, held| {
            Prepared::new(a).compare(held).agreement(Level::Transliterated) == Agreement::Agrees
        });
    }
}

/// Prints nanoseconds a name and their ratio to `plain`.
fn each<T>(what: &str, plain: f64, claims: &[Name], held: &[T], run: impl Fn(&Name, &T) -> bool) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let started = Instant::now();
        let mut hits = 0;
        for _ in 0..ROUNDS {
            for (claim, held) in claims.iter().zip(held) {
                hits += usize::from(run(black_box(claim), black_box(held)));
            }
        }
        black_box(hits);
        best = best.min(started.elapsed().as_secs_f64());
    }
    let nanos = best * 1e9 / (ROUNDS * claims.len()) as f64;
    println!("{what:<28} {nanos:>7.0} ns, {:.2}x", nanos / if plain > 1.0 { plain } else { nanos });
    nanos
}
