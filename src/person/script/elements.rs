//! Elements of Kazakh names whose Russian form is settled by use and follows no rule of letters.

use super::Place::{Any, Start};
use super::Table;

/// Each row is an element in Kazakh, its Russian forms, and what the Latin tables make of all of
/// them. As letters they would join too much: Ө is У in Утеген, and still Омаров is not Умаров.
pub(super) const TABLE: Table = Table {
    name: "elements of Kazakh names",
    source: "common usage, written down for this project",
    anywhere: &[
        // Нұрпейіс, Нурпеис.
        ("пейі", "пейи пеи peyi peii pei"),
        // Айым, Аим.
        ("айым", "аим ayym aiym aim"),
        // Шыңғыс, where one table writes Ң NG and Ғ GH.
        ("ыңғ", "ынг yng ynggh yñğ ıñğ"),
        // Гүлнар, Гульнар, Гюльнар.
        ("гүл", "гул гюл gul gül gyul giul"),
        // Ләззат, Ляззат.
        ("ләз", "ляз laz läz lyaz liaz"),
        // Ләйлә, Ляйля.
        ("ләйлә", "ляйля лайла layla laila lyaylya lyailya liailia läylä läilä"),
    ],
    placed: &[
        // Сейіт, Сеит.
        ("сейі", "сейи", Start),
        ("сейі", "сеи", Start),
        ("сейі", "seyi", Start),
        ("сейі", "seii", Start),
        ("сейі", "sei", Start),
        // Күләш, Куляш.
        ("күлә", "куля", Start),
        ("күлә", "kula", Start),
        ("күлә", "külä", Start),
        ("күлә", "kulya", Start),
        ("күлә", "kulia", Start),
        // Өтеген, Утеген.
        ("өт", "ут", Start),
        ("өт", "от", Start),
        ("өт", "ot", Start),
        ("өт", "öt", Start),
        ("өт", "ut", Start),
        // Өмірбек, Умирбек.
        ("өмі", "уми", Start),
        ("өмі", "оми", Start),
        ("өмі", "omi", Start),
        ("өмі", "ömi", Start),
        ("өмі", "umi", Start),
    ],
    apart: &[("лә", "ля", Any), ("лә", "lya", Any), ("лә", "lia", Any)],
};
