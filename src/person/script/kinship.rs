//! Writings that a name keeps when it goes from one people's spelling to another's.

use super::Place::{Any, Start};
use super::Table;

pub(super) const TABLE: Table = Table {
    name: "Turkic names in Russian and back",
    source: "common usage in Kazakhstan's documents: Жұмабаев and Джумабаев, Jamshid and Джамшид, Cemal and Джемаль",
    anywhere: &[("дж", "dzh dj c")],
    placed: &[("ж", "дж", Start), ("ж", "dzh", Start), ("ж", "dj", Start)],
    apart: &[("дж", "j", Any)],
};
