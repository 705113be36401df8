//! How far two readings are from being read as the same sounds.

use crate::person::script::reading::{Letter, Reading};
use crate::person::script::sounds;

/// Longer texts are not aligned: the work grows with the product of the lengths.
pub(super) const LONGEST: usize = 192;

/// The fewest edits that make one reading the other, as sounds: a letter put in, left out, taken for
/// another, or two neighbours swapped. 0: both can be spellings of one name. `None` when a text is
/// longer than [`LONGEST`].
///
/// The whole table is filled whatever the letters are, and nothing in it branches on whether two
/// letters agree: the time depends on the lengths and on which longer writings each text holds, not
/// on where or how much the two differ (`docs/MATCHING.md`).
pub(super) fn distance(a: &Reading, b: &Reading) -> Option<u16> {
    let (rows, columns) = (a.letters(), b.letters());
    if rows.len() > LONGEST || columns.len() > LONGEST {
        return None;
    }
    let width = columns.len() + MARGIN;
    let size = (rows.len() + MARGIN) * width;
    // Names of the usual length need no allocation.
    let (mut small, mut large) = ([FAR; SMALL], Vec::new());
    let table = if size <= SMALL {
        &mut small[..size]
    } else {
        large.resize(size, FAR);
        &mut large[..]
    };
    fill(table, width, a, b);
    table.get(rows.len() * width + columns.len()).copied()
}

/// Cells around the table, so that what leads out of it needs no asking.
const MARGIN: usize = sounds::LONGEST + 1;
const SMALL: usize = 640;
/// Further than any two texts are.
const FAR: u16 = 2 * LONGEST as u16 + 1;
/// Beyond the end of a text: agrees with nothing.
const NOTHING: Letter = Letter::NOTHING;

fn fill(table: &mut [u16], width: usize, a: &Reading, b: &Reading) {
    let (rows, columns) = (a.letters(), b.letters());
    let lower = |table: &mut [u16], at: usize, cost: u16| table[at] = table[at].min(cost);
    table[0] = 0;
    for (i, row) in rows.iter().enumerate() {
        let row_longer = a.longer(row);
        let row_next = rows.get(i + 1).unwrap_or(&NOTHING);
        let below = u16::from(!row.silent);
        for (j, column) in columns.iter().enumerate() {
            let at = i * width + j;
            let here = table[at];
            let column_next = columns.get(j + 1).unwrap_or(&NOTHING);
            lower(table, at + width, here + below);
            lower(table, at + 1, here + u16::from(!column.silent));
            lower(table, at + width + 1, here + unlike(row, column));
            let swapped = unlike(row, column_next) + unlike(row_next, column);
            lower(table, at + 2 * width + 2, here + 1 + swapped * FAR);
            for longer in row_longer {
                lower(table, at + longer.len * width + 1, here + apart(longer.sounds & column.sounds));
            }
            for across in b.longer(column) {
                lower(table, at + width + across.len, here + apart(row.sounds & across.sounds));
                for longer in row_longer {
                    let end = at + longer.len * width + across.len;
                    lower(table, end, here + apart(longer.sounds & across.sounds));
                }
            }
        }
        let at = i * width + columns.len();
        lower(table, at + width, table[at] + below);
    }
    for (j, column) in columns.iter().enumerate() {
        let at = rows.len() * width + j;
        lower(table, at + 1, table[at] + u16::from(!column.silent));
    }
}

/// 0 when two letters can stand for the same, else 1.
fn unlike(a: &Letter, b: &Letter) -> u16 {
    u16::from(((a.sounds & b.sounds) == 0) & (a.sign != b.sign))
}

/// Nothing when something is common, else further than any path.
fn apart(common: u128) -> u16 {
    u16::from(common == 0) * FAR
}
