//! A folded text with the sounds that its letters can stand for.

use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};

use super::sounds::{Index, LONGEST, Sounds, Writing};
use super::{Place, alike, is_vowel};

/// One letter, and the longer writings that begin with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letter {
    /// The letter itself: two that are the same always agree.
    pub(crate) sign: char,
    /// What it can stand for alone.
    pub(crate) sounds: Sounds,
    /// Whether it may be left out: ь, ъ, a space, a mark without a letter.
    pub(crate) silent: bool,
    /// Where its longer writings begin and end in [`Reading::longer`].
    span: (u16, u16),
}

impl Letter {
    /// No letter: it agrees with none.
    pub(crate) const NOTHING: Letter = Letter { sign: '\0', sounds: 0, silent: false, span: (0, 0) };
}

/// A writing of more than one letter at some place of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Longer {
    /// How many letters, two or more.
    pub(crate) len: usize,
    /// What it can stand for.
    pub(crate) sounds: Sounds,
}

/// A folded text, read.
pub(crate) struct Reading {
    letters: Vec<Letter>,
    longer: Vec<Longer>,
    /// Whether it holds letters of Latin and Cyrillic that were taken for those they look like.
    pub(crate) mixed: bool,
}

impl Reading {
    /// Reads a folded text.
    pub(crate) fn of(folded: &str) -> Reading {
        let (signs, mixed) = in_one_script(folded);
        let index = Index::get();
        let mut longer = Vec::with_capacity(signs.len());
        let mut letters = Vec::with_capacity(signs.len());
        for (at, &sign) in signs.iter().enumerate() {
            let mut sounds = index.letter(sign);
            if sounds == 0 {
                sounds = index.letter(base(sign));
            }
            let from = longer.len();
            for writing in index.writings(sign) {
                if !stands(writing, &signs, at) {
                    continue;
                }
                if writing.len == 1 {
                    sounds |= writing.sounds;
                } else {
                    longer.push(Longer { len: writing.len, sounds: writing.sounds });
                }
            }
            // KH is Х and GH is Ғ: with К or Г and Х side by side, which no name has, one letter could
            // be two.
            if sign == 'h' && at.checked_sub(1).and_then(|i| signs.get(i)).is_some_and(|c| "kg".contains(*c))
            {
                sounds = 0;
            }
            let span = (short(from), short(longer.len()));
            letters.push(Letter { sign, sounds, silent: is_silent(sign), span });
        }
        if mixed {
            // What a look-alike can be besides the letter it was taken for.
            for (letter, original) in letters.iter_mut().zip(folded.chars()) {
                for other in alike::cyrillic(original).chars().skip(1) {
                    letter.sounds |= if original == letter.sign { 0 } else { index.letter(other) };
                }
            }
        }
        Reading { letters, longer, mixed }
    }

    /// Its letters in order.
    pub(crate) fn letters(&self) -> &[Letter] {
        &self.letters
    }

    /// The longer writings that begin with a letter.
    pub(crate) fn longer(&self, letter: &Letter) -> &[Longer] {
        self.longer.get(usize::from(letter.span.0)..usize::from(letter.span.1)).unwrap_or(&[])
    }

    /// How many letters count.
    pub(crate) fn sounded(&self) -> usize {
        self.letters.iter().filter(|l| !l.silent).count()
    }
}

/// A text is at most a few hundred letters, with a handful of writings each.
fn short(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// ь and ъ, which most tables drop; separators, since Нур-Султан and Нурсултан are one name; marks
/// that belong to no letter of the tables.
fn is_silent(sign: char) -> bool {
    matches!(sign, 'ь' | 'ъ' | ' ' | '\u{300}'..='\u{36F}')
}

/// Whether a writing stands at a place of the text.
fn stands(writing: &Writing, signs: &[char], at: usize) -> bool {
    let end = at + writing.len;
    let text = writing.text.get(..writing.len.min(LONGEST)).unwrap_or(&[]);
    if signs.get(at..end) != Some(text) {
        return false;
    }
    let before = at.checked_sub(1).and_then(|i| signs.get(i)).copied().filter(|c| *c != ' ');
    let after = signs.get(end).copied().filter(|c| *c != ' ');
    match writing.place {
        Place::Any => true,
        Place::Start => before.is_none(),
        Place::Open => before.is_none_or(is_vowel),
        Place::AfterVowel => before.is_some_and(is_vowel),
        Place::Glide => before.is_some_and(is_vowel) && !(before == Some('i') && after.is_some_and(is_vowel)),
        Place::Back => !after.is_some_and(|c| "eiäöü".contains(c)),
        Place::BetweenVowels => before.is_some_and(is_vowel) && after.is_some_and(is_vowel),
        Place::AfterConsonant => before.is_some_and(|c| !is_vowel(c)),
        Place::End => after.is_none(),
    }
}

/// The letter under a letter's marks: É is read as E.
fn base(sign: char) -> char {
    let decomposition = CanonicalDecompositionBorrowed::new();
    let mut sign = sign;
    // Two marks at most are composed into one character; three steps are enough.
    for _ in 0..3 {
        match decomposition.decompose(sign) {
            Decomposed::Singleton(other) | Decomposed::Expansion(other, _) => sign = other,
            Decomposed::Default => break,
        }
    }
    sign
}

/// The letters, with those of the script that is fewer in the text taken for what they look like in
/// the other, and whether that was so for any.
fn in_one_script(folded: &str) -> (Vec<char>, bool) {
    let mut signs: Vec<char> = folded.chars().collect();
    let latin = signs.iter().filter(|c| is_latin(**c)).count();
    let cyrillic = signs.iter().filter(|c| is_cyrillic(**c)).count();
    if latin == 0 || cyrillic == 0 {
        return (signs, false);
    }
    let mut mixed = false;
    for sign in &mut signs {
        let other =
            if cyrillic >= latin { alike::cyrillic(*sign).chars().next() } else { alike::latin(*sign) };
        if let Some(other) = other.filter(|o| o != sign) {
            (*sign, mixed) = (other, true);
        }
    }
    (signs, mixed)
}

fn is_latin(sign: char) -> bool {
    sign.is_ascii_lowercase() || matches!(sign, '\u{DF}'..='\u{24F}' | '\u{259}' | '\u{1E00}'..='\u{1EFF}')
}

fn is_cyrillic(sign: char) -> bool {
    matches!(sign, '\u{400}'..='\u{52F}')
}
