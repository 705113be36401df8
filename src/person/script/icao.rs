//! ICAO Doc 9303: machine-readable travel documents.

use super::Place::{Any, Glide, Start};
use super::Table;

pub(super) const TABLE: Table = Table {
    name: "ICAO Doc 9303",
    source: "ICAO Doc 9303 part 3 section 6, as in interscript/maps@7a34ca5 icao-rus-Cyrl-Latn-9303; it has no \
             Kazakh letters. National Latin letters: its table of transliterations for Latin",
    anywhere: &[
        ("а", "a"),
        ("б", "b"),
        ("в", "v"),
        ("г", "g"),
        ("д", "d"),
        ("е", "e"),
        ("ё", "e"),
        ("ж", "zh"),
        ("з", "z"),
        ("и", "i"),
        ("к", "k"),
        ("л", "l"),
        ("м", "m"),
        ("н", "n"),
        ("о", "o"),
        ("п", "p"),
        ("р", "r"),
        ("с", "s"),
        ("т", "t"),
        ("у", "u"),
        ("ф", "f"),
        ("х", "kh"),
        ("ц", "ts"),
        ("ч", "ch"),
        ("ш", "sh"),
        ("щ", "shch"),
        ("ъ", "ie"),
        ("ы", "y"),
        ("э", "e"),
        ("ю", "iu"),
        ("я", "ia"),
    ],
    // Its column says I anywhere. й stands after vowels, and at the beginning before few letters.
    placed: &[("й", "i", Glide), ("йу", "iu", Start)],
    // National letters in the machine-readable zone of people from Turkey, Germany and others.
    apart: &[
        ("ä", "ae", Any),
        ("ö", "oe", Any),
        ("ü", "ue", Any),
        ("å", "aa", Any),
        ("ø", "oe", Any),
        ("æ", "ae", Any),
        ("ə", "e", Any),
        ("ı", "i", Any),
    ],
};
