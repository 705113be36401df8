//! Scripts: how a letter of a name is written in other alphabets, as tables with their sources.
//!
//! A table says how each letter of the Kazakh and Russian alphabets is written by one rule. From all
//! tables together follow *sounds*: sets of writings any two of which may stand for each other,
//! because one lawful spelling of a name has the one where another has the other. Қ, К, Q and K are
//! one sound; Ш, SH and Ş another. A writing can belong to several: SH is also С before Һ.
//!
//! A reading of a text lists the sounds that its letters can stand for. Two
//! texts can be spellings of one name if they can be read as the same sounds
//! (`person::matching`).

mod alike;
mod bgn;
mod elements;
mod icao;
mod ics;
mod kinship;
mod latin2021;
mod neighbours;
mod passport;
mod qazaqparat;
pub(crate) mod reading;
mod russian;
pub(crate) mod sounds;

pub use alike::latin_or_digit;

/// Where in a written word something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Anywhere.
    Any,
    /// At the beginning of a word.
    Start,
    /// At the beginning of a word or after a vowel.
    Open,
    /// After a vowel.
    AfterVowel,
    /// After a vowel; after I not before another vowel, with which it would be another letter.
    Glide,
    /// Not before a front vowel: Kazakh's vowel harmony keeps some consonants from there.
    Back,
    /// Between two vowels.
    BetweenVowels,
    /// After a consonant.
    AfterConsonant,
    /// At the end of a word.
    End,
}

/// Whether a letter, folded, is a vowel of the alphabets in the tables.
fn is_vowel(letter: char) -> bool {
    "аәеёиоөуұүыіэюяўєїaeiouyäöüāēīōūıïėéəåøæ".contains(letter)
}

/// One rule of writing, letter by letter.
struct Table {
    /// What it is called.
    name: &'static str,
    /// Where it comes from.
    source: &'static str,
    /// A letter or letters of an alphabet, and their writings, parted by spaces. A letter that is
    /// left out is dropped by the rule.
    anywhere: &'static [(&'static str, &'static str)],
    /// Writings that depend on where they stand.
    placed: &'static [(&'static str, &'static str, Place)],
    /// Writings that stand for the letter itself and for none of its other writings. They would join
    /// what the other tables keep apart: NG may be Ң, which Russian writes Н, and still NG is not N.
    apart: &'static [(&'static str, &'static str, Place)],
}

/// The tables that write Kazakh or Russian letters in Latin.
const LATIN: [&Table; 6] =
    [&passport::TABLE, &icao::TABLE, &bgn::TABLE, &ics::TABLE, &latin2021::TABLE, &qazaqparat::TABLE];

/// The tables that are used on Russian spellings of Kazakh names too.
const OF_RUSSIAN: [&Table; 3] = [&passport::TABLE, &icao::TABLE, &bgn::TABLE];

/// Every table with its source, for documents and tests: name, source.
///
/// ```
/// let tables = iinspect::person::script::sources();
/// assert!(tables.iter().any(|(name, source)| name.contains("passport") && !source.is_empty()));
/// ```
#[must_use]
pub fn sources() -> Vec<(&'static str, &'static str)> {
    let tables = [&russian::TABLE, &elements::TABLE, &kinship::TABLE, &neighbours::TABLE];
    LATIN.iter().chain(&tables).map(|t| (t.name, t.source)).collect()
}
