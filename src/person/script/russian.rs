//! Russian spellings of Kazakh names.

use super::Place::{AfterConsonant, AfterVowel};
use super::Table;

/// The letters that Russian lacks, as Russian documents write them.
pub(super) const TABLE: Table = Table {
    name: "Russian spelling of Kazakh names",
    source: "dogovor24.kz on names in Kazakh and Russian documents; folding of airlock-pii; common usage",
    anywhere: &[
        ("ә", "а"),
        ("ғ", "г"),
        ("қ", "к"),
        ("ң", "н"),
        ("ө", "о"),
        ("ұ", "у"),
        ("ү", "у"),
        ("һ", "х"),
        ("і", "и"),
        // Two dots that Russian print leaves out.
        ("ё", "е"),
        ("ьё", "ье"),
    ],
    placed: &[],
    // Less usual writings. Each stands for the Kazakh letter itself: Гюльнар for Гүлнар, and still
    // Ю is not У.
    apart: &[("ү", "ю", AfterConsonant), ("йы", "и", AfterVowel), ("йі", "и", AfterVowel)],
};
