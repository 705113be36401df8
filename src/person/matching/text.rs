//! One part of a name, ready to be compared.

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::OnceLock;

use icu_normalizer::ComposingNormalizer;

use super::{Level, align};
use crate::person::name::{fold, fold_plain, patronymic};
use crate::person::script::reading::Reading;

/// A text with its foldings. It is read the first time another comparison needs it.
pub(super) struct Text<'a> {
    raw: Cow<'a, str>,
    /// Whether the text is its own NFC for certain.
    plain: bool,
    folded: String,
    reading: OnceLock<Reading>,
}

/// By what two texts agree, and how near they are.
pub(super) type Likeness = (Level, u8);

impl<'a> Text<'a> {
    pub(super) fn of(raw: impl Into<Cow<'a, str>>) -> Text<'a> {
        let raw = raw.into();
        let (plain, folded) = match fold_plain(&raw) {
            Some(folded) => (true, folded),
            None => (false, fold(&raw)),
        };
        Text { raw, plain, folded, reading: OnceLock::new() }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// Whether it mixes scripts by letters that look alike.
    pub(super) fn is_mixed(&self) -> bool {
        !self.folded.is_ascii() && self.reading().mixed
    }

    fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| Reading::of(&self.folded))
    }

    /// Compares two parts.
    pub(super) fn compare(&self, other: &Text<'_>) -> Likeness {
        if same(&self.folded, &other.folded) {
            (if self.is_exactly(other) { Level::Exact } else { Level::Folded }, 100)
        } else {
            likeness(self.reading(), other.reading())
        }
    }

    /// Compares two patronymics: where they differ as texts, the fathers' names and whose child the
    /// endings say. Ермекұлы and Ермекович are one father's son.
    pub(super) fn compare_patronymic(&self, other: &Text<'_>) -> Likeness {
        let whole = self.compare(other);
        if whole.0 <= Level::Transliterated {
            return whole;
        }
        match (patronymic::split(&self.folded), patronymic::split(&other.folded)) {
            (Some((stem, child)), Some((other, other_child))) if child == other_child => {
                let stems = likeness(&Reading::of(stem), &Reading::of(other));
                if stems.0 <= Level::Transliterated { stems } else { whole }
            }
            _ => whole,
        }
    }

    fn is_exactly(&self, other: &Text<'_>) -> bool {
        if same(&self.raw, &other.raw) {
            return true;
        }
        let nfc = ComposingNormalizer::new_nfc();
        !(self.plain && other.plain) && same(&nfc.normalize(&self.raw), &nfc.normalize(&other.raw))
    }
}

fn likeness(a: &Reading, b: &Reading) -> Likeness {
    let (shorter, longer) = (a.sounded().min(b.sounded()), a.sounded().max(b.sounded()));
    let Some(edits) = align::distance(a, b).filter(|_| shorter > 0).map(usize::from) else {
        return (Level::NoMatch, 0);
    };
    if edits == 0 {
        return (Level::Transliterated, 100);
    }
    let lost = (100 * edits).div_ceil(longer.max(edits));
    let score = u8::try_from(100 - lost.min(100)).unwrap_or(0);
    (if score >= super::NEAR { Level::Fuzzy } else { Level::NoMatch }, score)
}

/// Whether two texts are the same, in a time that depends on their lengths alone.
pub(in crate::person) fn same(a: &str, b: &str) -> bool {
    let differing = a.bytes().zip(b.bytes()).fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
    a.len() == b.len() && differing == 0
}
