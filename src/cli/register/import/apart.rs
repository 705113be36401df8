//! Numbers whose rows do not stand together in a file: found by reading it once beforehand.
//!
//! An import writes no new version of a record that stays as it is. It must know then whether a
//! further row of that number is still to come, from anywhere in a file of any size, with little
//! memory. A Bloom filter over the numbers read so far tells almost exactly which rows repeat a
//! number; these few are kept as they are. A number that is among them by mistake costs one version
//! more than needed, and nothing else.

use std::collections::HashSet;
use std::path::Path;

use crate::cli::Failure;
use crate::cli::progress::{Measure, Progress};
use crate::cli::register::{Format, Rows};
use crate::number::Iin;

/// The most numbers that are kept, and the most bytes of the filter.
const MOST: usize = 1_000_000;
const FILTER: u64 = 32 << 20;
/// The fewest bytes that a row takes: it bounds how many there are.
const ROW: u64 = 32;
/// Bits for each row, and bits set for each number: one number in 2,000 is taken for a repeated one.
const BITS: u64 = 16;
const HASHES: u64 = 5;

/// The numbers that may have rows apart from each other.
pub(super) enum Apart {
    /// These.
    Few(HashSet<Iin>),
    /// Too many to keep: any may.
    Any,
}

impl Apart {
    /// Looks through a file of so many bytes. Rows that cannot be read are the import's to tell.
    pub(super) fn find(path: &Path, format: Format, length: u64) -> Result<Self, Failure> {
        let mut rows = Rows::open(path, format, None)?;
        let mut seen = Filter::for_rows(length / ROW);
        let mut few = HashSet::new();
        let mut last = None;
        let progress = Progress::new(Measure::Bytes, length, 0, 0);
        for count in 1.. {
            let Some(read) = rows.next()? else { break };
            if count % 4_096 == 0 {
                progress.at(rows.place().byte, count);
            }
            let iin = read.entry.ok().and_then(|entry| Iin::parse(&entry.iin?).ok());
            let Some(iin) = iin.filter(|_| iin != last) else { continue };
            last = Some(iin);
            if seen.put(iin.as_u64()) {
                few.insert(iin);
            }
            if few.len() > MOST {
                return Ok(Apart::Any);
            }
        }
        Ok(Apart::Few(few))
    }

    /// Whether rows of a number may stand apart.
    pub(super) fn has(&self, iin: Iin) -> bool {
        match self {
            Apart::Few(numbers) => numbers.contains(&iin),
            Apart::Any => true,
        }
    }
}

/// A Bloom filter. Never denies what was put in.
struct Filter(Vec<u64>);

impl Filter {
    fn for_rows(rows: u64) -> Self {
        let bits = (rows * BITS).clamp(1 << 12, FILTER * 8);
        Filter(vec![0; (bits / 64) as usize])
    }

    /// Puts a number in; whether it seems to have been there.
    fn put(&mut self, number: u64) -> bool {
        let bits = self.0.len() as u64 * 64;
        // Two hashes make all of them (Kirsch and Mitzenmacher, 2006).
        let (first, step) = (mix(number), mix(number ^ 0x9e37_79b9_7f4a_7c15) | 1);
        let mut there = true;
        for i in 0..HASHES {
            let bit = first.wrapping_add(step.wrapping_mul(i)) % bits;
            let (word, mask) = ((bit / 64) as usize, 1 << (bit % 64));
            there &= self.0[word] & mask != 0;
            self.0[word] |= mask;
        }
        there
    }
}

/// The finaliser of MurmurHash3, by Austin Appleby: public domain.
fn mix(mut n: u64) -> u64 {
    n = (n ^ (n >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    n = (n ^ (n >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    n ^ (n >> 33)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::number::control;

    /// The n-th test number with a control digit.
    fn number(n: u64) -> Option<Iin> {
        let eleven = format!("{:011}", 13_000_000 + 1_300_000_000 * (n % 50) + n / 50);
        let digits: Vec<u8> = eleven.bytes().map(|b| b - b'0').collect();
        Iin::parse(&format!("{eleven}{}", control(&digits.try_into().ok()?).digit()?)).ok()
    }

    fn look(numbers: &[Iin]) -> Apart {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("persons.csv");
        let mut text = "iin,state\n".to_string();
        for iin in numbers {
            writeln!(text, "{},IN_FORCE", iin.to_text()).unwrap();
        }
        std::fs::write(&path, &text).unwrap();
        Apart::find(&path, Format::Csv, text.len() as u64).unwrap()
    }

    #[test]
    fn rows_apart_are_found_and_rows_together_are_not() {
        let all: Vec<Iin> = (0..).filter_map(number).take(20_000).collect();
        let mut rows: Vec<Iin> = all.iter().flat_map(|iin| [*iin, *iin]).collect();
        assert!(matches!(look(&rows), Apart::Few(few) if few.len() < 100));
        rows.push(all[17]);
        let found = look(&rows);
        assert!(found.has(all[17]));
        let by_mistake = all.iter().filter(|iin| found.has(**iin)).count();
        assert!(by_mistake < 100, "{by_mistake} of 20,000");
    }
}
