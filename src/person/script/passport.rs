//! Latin spellings in Kazakhstan's passports.

use super::Place::{AfterConsonant, Any, BetweenVowels, End, Glide, Open};
use super::Table;

pub(super) const TABLE: Table = Table {
    name: "passport Latin of Kazakhstan",
    source: "practice, inferred from public samples of the state register's Latin fields; the order's text \
             was not found. KH for Х: Ministry of Internal Affairs, answer of 2017",
    anywhere: &[
        ("а", "a"),
        ("ә", "a"),
        ("б", "b"),
        ("в", "v"),
        ("г", "g"),
        ("ғ", "g"),
        ("д", "d"),
        ("е", "e"),
        ("ё", "e yo"),
        ("ж", "zh"),
        ("з", "z"),
        ("и", "i"),
        ("й", "y"),
        ("к", "k"),
        ("қ", "k"),
        ("л", "l"),
        ("м", "m"),
        ("н", "n"),
        ("ң", "n"),
        ("о", "o"),
        ("ө", "o"),
        ("п", "p"),
        ("р", "r"),
        ("с", "s"),
        ("т", "t"),
        ("у", "u"),
        ("ұ", "u"),
        ("ү", "u"),
        ("ф", "f"),
        ("х", "kh"),
        ("һ", "h kh"),
        ("ц", "ts"),
        ("ч", "ch"),
        ("ш", "sh"),
        ("щ", "shch sch"),
        ("ы", "y"),
        ("і", "i"),
        ("э", "e"),
        ("ю", "yu"),
        ("я", "ya"),
        ("ье", "ye"),
        // A habit of the time before these tables: Александр is ALEXANDR on many documents.
        ("кс", "ks x"),
        ("ский", "skiy skii"),
        ("ьё", "yo ye"),
        ("ъя", "ya ieia"),
    ],
    placed: &[
        ("е", "ye", Open),
        // Older passports.
        ("й", "i", Glide),
        ("с", "ss", BetweenVowels),
        // A soft consonant before -ев, which ICAO does not write: VASILYEV and VASILEV.
        ("ьев", "yev", AfterConsonant),
        ("ьев", "ev", AfterConsonant),
        ("ьев", "ьёв", Any),
        // Older passports: VISHNEVSKY.
        ("ский", "sky", End),
    ],
    // Older passports: DMITRY.
    apart: &[("ң", "ng", Any), ("рий", "ry", End)],
};
