//! Reading numbers: the whole inspection beside the control digit alone, in one run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use iinspect::number::{Iin, control, inspect};
use jiff::civil::date;

const NUMBERS: u64 = 1_000_000;

fn main() {
    let texts: Vec<String> =
        (0..NUMBERS).map(|n| format!("{:012}", n.wrapping_mul(982_451_653) % 1_000_000_000_000)).collect();
    let prefixes: Vec<[u8; 11]> = texts
        .iter()
        .map(|t| {
            let mut prefix = [0; 11];
            for (digit, byte) in prefix.iter_mut().zip(t.bytes()) {
                *digit = byte - b'0';
            }
            prefix
        })
        .collect();
    let today = date(2026, 11, 22);
    let bare = each("control digit", 1.0, || {
        prefixes.iter().filter(|p| control(black_box(p)).digit().is_some()).count()
    });
    each("Iin::parse", bare, || texts.iter().filter(|t| Iin::parse(black_box(t)).is_ok()).count());
    each("inspect", bare, || texts.iter().filter(|t| inspect(black_box(t), today).valid).count());
}

/// Prints nanoseconds a number and their ratio to `bare`; the best of five runs.
fn each(what: &str, bare: f64, run: impl Fn() -> usize) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        black_box(run());
        best = best.min(started.elapsed().as_secs_f64());
    }
    let nanos = best * 1e9 / NUMBERS as f64;
    println!("{what:<14} {nanos:>7.1} ns, {:.1}x", nanos / if bare > 1.0 { bare } else { nanos });
    nanos
}
