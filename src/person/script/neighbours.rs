//! Letters of the neighbours' Cyrillic alphabets.

use super::Place::{Any, Open};
use super::Table;

pub(super) const TABLE: Table = Table {
    name: "Cyrillic of the neighbours",
    source: "the alphabets of Uzbek (1940 Cyrillic, 1995 Latin), Uyghur, Tajik, Kyrgyz and Ukrainian, and \
             their Russian spellings in Kazakhstan's documents",
    anywhere: &[
        ("ҳ", "х h kh"),
        // Oʻ folds to Ў.
        ("йў", "йу yu iu yў"),
        ("ґ", "г g"),
        ("є", "е e"),
        ("ї", "и i"),
        ("ӣ", "и i"),
        ("ӯ", "у u"),
        ("җ", "дж dzh"),
        ("ҷ", "дж dzh"),
    ],
    placed: &[("є", "ye", Open)],
    // Ў is О in Uzbek Latin and У in Russian, and still О is not У.
    apart: &[
        ("ў", "о", Any),
        ("ў", "o", Any),
        ("ў", "у", Any),
        ("ў", "u", Any),
        ("ї", "yi", Any),
        ("җ", "j", Any),
        ("җ", "ж", Any),
        ("җ", "zh", Any),
        ("ҷ", "j", Any),
    ],
};
