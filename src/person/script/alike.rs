//! Letters and digits that look alike.
//!
//! Source: Unicode Technical Standard 39 (confusables), of which only those Latin and Cyrillic letters
//! are here that the fonts of forms and documents draw the same, as capitals or as small letters.

/// Latin letter, the Cyrillic letters that look like it; all folded.
const PAIRS: [(char, &str); 15] = [
    ('a', "а"),
    ('b', "в"),
    ('c', "с"),
    ('e', "е"),
    // A capital H is Н, a small h is һ.
    ('h', "нһ"),
    ('i', "і"),
    ('k', "к"),
    ('m', "м"),
    ('o', "о"),
    ('p', "р"),
    ('t', "т"),
    ('x', "х"),
    ('y', "у"),
    ('ə', "ә"),
    ('ë', "ё"),
];

/// Cyrillic letters that look like a Latin one, first the one that is meant more often; "" for none.
pub(super) fn cyrillic(latin: char) -> &'static str {
    PAIRS.iter().find(|(l, _)| *l == latin).map_or("", |(_, cyrillic)| cyrillic)
}

/// The Latin letter that looks like a Cyrillic one.
pub(super) fn latin(cyrillic: char) -> Option<char> {
    PAIRS.iter().find(|(_, look)| look.contains(cyrillic)).map(|(l, _)| *l)
}

/// The one character that stands for all that look like it in a document's number: capital Latin
/// letters and digits, with 0 for O and 1 for I.
///
/// ```
/// use iinspect::person::script::latin_or_digit;
/// assert_eq!(latin_or_digit('О'), '0', "a Cyrillic О");
/// assert_eq!(latin_or_digit('I'), '1');
/// assert_eq!(latin_or_digit('Н'), 'H', "a Cyrillic Н");
/// assert_eq!(latin_or_digit('7'), '7');
/// ```
#[must_use]
pub fn latin_or_digit(capital: char) -> char {
    let small = capital.to_lowercase().next().unwrap_or(capital);
    let letter = latin(small).and_then(|l| l.to_uppercase().next()).unwrap_or(capital);
    match letter {
        'O' => '0',
        'I' | '\u{4C0}' => '1',
        other => other,
    }
}
