//! Folding: what is left of a text when case, marks of typing and separators do not count.

use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// Characters below this are looked up, and the others go through Unicode's own tables: it takes in
/// Latin, Greek and Cyrillic, which is every name but a few.
const LOOKED_UP: u32 = 0x530;
/// In the table: left out.
const DROP: char = '\0';
/// In the table: not to be folded alone.
const SLOW: char = char::MAX;

/// Folds a text: full case folding, every dash and white space one space, apostrophes and invisible
/// characters left out, Unicode NFC. Folding twice changes nothing.
///
/// ```
/// use iinspect::person::name::fold;
/// assert_eq!(fold("  Ван   ДЕР  Straße "), "ван дер strasse");
/// assert_eq!(fold("О’Нил-ИВАНОВ"), "онил иванов");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    fold_plain(text).unwrap_or_else(|| fold_slowly(text))
}

/// The same for a text of looked-up characters that are their own NFC; `None` for any other.
pub(in crate::person) fn fold_plain(text: &str) -> Option<String> {
    static TABLE: LazyLock<Vec<char>> = LazyLock::new(|| (0..LOOKED_UP).map(alone).collect());
    let table = &*TABLE;
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        match *table.get(c as usize)? {
            SLOW => return None,
            DROP if is_turned(c) => letter_with_turned_comma(&mut folded),
            DROP => {}
            ' ' => gap = !folded.is_empty(),
            c => {
                if std::mem::take(&mut gap) {
                    folded.push(' ');
                }
                folded.push(c);
            }
        }
    }
    Some(folded)
}

/// What a character folds to wherever it stands.
fn alone(code: u32) -> char {
    let Some(c) = char::from_u32(code) else { return SLOW };
    if dropped(c) {
        return DROP;
    }
    if separates(c) {
        return ' ';
    }
    let text = c.to_string();
    let mark = (0x300..0x370).contains(&code);
    if mark || ComposingNormalizer::new_nfc().normalize(&text) != text.as_str() {
        return SLOW;
    }
    let folded = fold_slowly(&text);
    let mut chars = folded.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => only,
        _ => SLOW,
    }
}

/// Folding before composing: a character that is left out may have stood between two that compose.
fn fold_slowly(text: &str) -> String {
    let apart = DecomposingNormalizer::new_nfd().normalize(text);
    let folded = CaseMapper::new().fold_string(&apart);
    let mut kept = String::with_capacity(folded.len());
    for c in folded.chars() {
        if is_turned(c) {
            letter_with_turned_comma(&mut kept);
        } else if !dropped(c) {
            kept.push(if separates(c) { ' ' } else { c });
        }
    }
    let composed = ComposingNormalizer::new_nfc().normalize(&kept);
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The comma of the Uzbek letters Oʻ and Gʻ, which is no apostrophe.
fn is_turned(c: char) -> bool {
    matches!(c, '\u{2BB}' | '\u{2018}')
}

/// Makes the letter of a turned comma: Oʻ is Ў and Gʻ is Ғ in the other alphabet of Uzbek. After any
/// other letter the comma is a misprinted apostrophe and left out.
fn letter_with_turned_comma(folded: &mut String) {
    let letter = match folded.chars().last() {
        Some('o') => 'ў',
        Some('g') => 'ғ',
        _ => return,
    };
    folded.pop();
    folded.push(letter);
}

/// Apostrophes and quotes, which transliterations put for ь and ъ and machine-readable zones leave
/// out; characters that nobody sees.
fn dropped(c: char) -> bool {
    matches!(c,
        '\'' | '"' | '`' | '\u{B4}' | '\u{2B9}'..='\u{2BF}' | '\u{2C8}' | '\u{2CA}' | '\u{2CB}' | '\u{2EE}'
        | '\u{2018}'..='\u{201F}' | '\u{2032}'..='\u{2037}' | '\u{FF07}' | '\u{A78B}' | '\u{A78C}'
        | '\u{AD}' | '\u{34F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\0')
}

/// White space, dashes, and the filler of machine-readable zones.
fn separates(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '<' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_says_what_unicode_says() {
        for code in 0..LOOKED_UP {
            let text = format!("x{}y", char::from_u32(code).unwrap());
            if let Some(plain) = fold_plain(&text) {
                assert_eq!(plain, fold_slowly(&text), "U+{code:04X}");
            }
        }
        let kazakh = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ ABCÇDEFGĞHIJKLMNÑOÖPQRSŞTUÜVWXYZÄŪıï";
        assert!(fold_plain(kazakh).is_some(), "names are folded the quick way");
    }

    #[test]
    fn separators_and_apostrophes_do_not_count() {
        for (a, b) in [
            ("Иванов-Петров", "ИВАНОВ<ПЕТРОВ"),
            ("Иванов – Петров", "иванов петров"),
            ("O'Brien", "OʼBRIEN"),
            ("O'Brien", "obrien"),
            ("Ну\u{200B}р", "нур"),
            ("Й", "и\u{306}"),
            ("e'\u{301}", "É"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn folding_is_stable(text in any::<String>()) {
            let folded = fold(&text);
            prop_assert_eq!(&fold(&folded), &folded);
            let composed = ComposingNormalizer::new_nfc().normalize(&text).into_owned();
            let apart = DecomposingNormalizer::new_nfd().normalize(&text).into_owned();
            prop_assert_eq!(&fold(&composed), &folded);
            prop_assert_eq!(&fold(&apart), &folded);
        }
    }
}
