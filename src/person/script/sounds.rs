//! The tables made into an index: for a piece of text, the sounds it can stand for.

use std::sync::LazyLock;

use super::{LATIN, OF_RUSSIAN, Place, Table, elements, kinship, neighbours, russian};

/// A set of sounds, one bit each.
pub(super) type Sounds = u128;

/// The longest writing, in letters: LYAYLYA.
pub(crate) const LONGEST: usize = 7;

/// Letters below this are looked up in a table: Latin, Greek and Cyrillic.
const LOOKED_UP: usize = 0x530;

/// A writing that is longer than a letter, or depends on where it stands.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    /// Its letters, the rest zero.
    pub(super) text: [char; LONGEST],
    /// How many letters.
    pub(super) len: usize,
    /// Where it may stand.
    pub(super) place: Place,
    /// What it can stand for.
    pub(super) sounds: Sounds,
}

/// What single letters and longer writings stand for.
pub(super) struct Index {
    letters: Vec<Sounds>,
    /// For each letter, where its writings begin and end in `writings`.
    spans: Vec<(u16, u16)>,
    writings: Vec<Writing>,
}

impl Index {
    /// The index over all tables, made once.
    pub(super) fn get() -> &'static Index {
        static INDEX: LazyLock<Index> = LazyLock::new(|| Index::of(&rows()));
        &INDEX
    }

    /// What a letter stands for anywhere; nothing for a letter that no table knows.
    pub(super) fn letter(&self, letter: char) -> Sounds {
        self.letters.get(letter as usize).copied().unwrap_or(0)
    }

    /// Writings that begin with a letter and are longer, or depend on where they stand.
    pub(super) fn writings(&self, first: char) -> &[Writing] {
        let span = self.spans.get(first as usize).copied().unwrap_or((0, 0));
        self.writings.get(usize::from(span.0)..usize::from(span.1)).unwrap_or(&[])
    }

    fn of(rows: &[Row]) -> Index {
        let mut index =
            Index { letters: vec![0; LOOKED_UP], spans: vec![(0, 0); LOOKED_UP], writings: Vec::new() };
        let mut writings: Vec<Writing> = Vec::new();
        for (row, sound) in rows.iter().zip((0..Sounds::BITS).map(|bit| 1 << bit)) {
            for (text, place) in &row.writings {
                index.add(&mut writings, text, *place, sound);
            }
        }
        writings.sort_by_key(|w| w.text);
        for (at, writing) in (0u16..).zip(&writings) {
            if let Some(span) = index.spans.get_mut(writing.text[0] as usize) {
                *span = if span.1 == 0 { (at, at + 1) } else { (span.0, at + 1) };
            }
        }
        index.writings = writings;
        index
    }

    fn add(&mut self, writings: &mut Vec<Writing>, text: &str, place: Place, sound: Sounds) {
        let mut letters = ['\0'; LONGEST];
        let mut len = 0;
        for (slot, letter) in letters.iter_mut().zip(text.chars()) {
            *slot = letter;
            len += 1;
        }
        if len == 1 && place == Place::Any {
            if let Some(sounds) = self.letters.get_mut(letters[0] as usize) {
                *sounds |= sound;
            }
        } else if let Some(known) = writings.iter_mut().find(|w| w.text == letters && w.place == place) {
            known.sounds |= sound;
        } else {
            writings.push(Writing { text: letters, len, place, sounds: sound });
        }
    }
}

/// One sound: its writings.
struct Row {
    writings: Vec<(String, Place)>,
}

impl Row {
    fn of(letter: &str) -> Row {
        Row { writings: vec![(letter.into(), Place::Any)] }
    }

    fn add(&mut self, writing: &str, place: Place) {
        if !self.writings.iter().any(|(w, p)| w == writing && *p == place) {
            self.writings.push((writing.into(), place));
        }
    }
}

/// The sounds of all tables: one for each letter, with its own writing, those of the Latin tables,
/// that of Russian and those which Latin tables make of the Russian one; then one for each writing
/// that is kept apart.
fn rows() -> Vec<Row> {
    // With whether Latin tables are applied to what the table writes.
    let others = [&elements::TABLE, &kinship::TABLE, &neighbours::TABLE].map(|t| (t, false));
    let tables: Vec<(&Table, bool)> =
        LATIN.into_iter().map(|t| (t, false)).chain([(&russian::TABLE, true)]).chain(others).collect();
    let mut letters: Vec<&str> = Vec::new();
    for (table, _) in &tables {
        let named = table.anywhere.iter().map(|(l, _)| *l).chain(table.placed.iter().map(|(l, ..)| *l));
        for letter in named {
            if !letters.contains(&letter) {
                letters.push(letter);
            }
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for letter in letters {
        let mut row = Row::of(letter);
        for (table, is_russian) in &tables {
            for (writing, place) in writings(table, letter) {
                row.add(writing, place);
                if *is_russian {
                    add_latin_of_russian(&mut row, writing, place);
                }
            }
        }
        rows.push(row);
    }
    for (table, is_russian) in &tables {
        for &(letter, writing, place) in table.apart {
            let mut row = Row::of(letter);
            row.add(writing, place);
            if *is_russian {
                add_latin_of_russian(&mut row, writing, place);
                // Ä can be nothing but Ә: it is as good as the letter itself.
                for (latin, place) in LATIN.iter().flat_map(|table| writings(table, letter)) {
                    if !latin.is_ascii() {
                        row.add(latin, place);
                    }
                }
            }
            rows.push(row);
        }
    }
    rows
}

/// How a table writes a letter.
fn writings<'a>(table: &'a Table, letter: &str) -> impl Iterator<Item = (&'static str, Place)> + use<'a> {
    let letter = letter.to_string();
    let placed_letter = letter.clone();
    let anywhere = table.anywhere.iter().filter(move |(l, _)| *l == letter);
    let anywhere = anywhere.flat_map(|(_, all)| all.split(' ')).map(|w| (w, Place::Any));
    let placed = table.placed.iter().filter(move |(l, ..)| *l == placed_letter).map(|(_, w, p)| (*w, *p));
    anywhere.chain(placed)
}

fn add_latin_of_russian(row: &mut Row, russian: &str, place: Place) {
    for (latin, own_place) in OF_RUSSIAN.iter().flat_map(|table| writings(table, russian)) {
        // The narrower of the two places: none of the tables narrows both.
        row.add(latin, if place == Place::Any { own_place } else { place });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sound_has_a_bit_and_every_writing_fits() {
        let rows = rows();
        assert!(rows.len() <= Sounds::BITS as usize, "{} sounds", rows.len());
        for (writing, _) in rows.iter().flat_map(|row| &row.writings) {
            assert!((1..=LONGEST).contains(&writing.chars().count()), "{writing}");
            assert_eq!(crate::person::name::fold(writing), *writing, "tables are written folded");
        }
    }

    #[test]
    fn kazakh_letters_meet_their_writings_and_no_others() {
        let index = Index::get();
        let meet = |a: char, b: char| index.letter(a) & index.letter(b) != 0;
        for (a, b) in [('қ', 'к'), ('қ', 'q'), ('к', 'k'), ('k', 'q'), ('ұ', 'ү'), ('ж', 'j'), ('х', 'һ')]
        {
            assert!(meet(a, b) || a == 'ұ', "{a} {b}");
        }
        for (a, b) in [('ы', 'и'), ('я', 'а'), ('е', 'и'), ('ш', 's'), ('о', 'а'), ('ұ', 'ү'), ('қ', 'ғ')]
        {
            assert!(!meet(a, b), "{a} {b}");
        }
        assert!(index.writings('s').iter().any(|w| w.len == 4));
    }
}
