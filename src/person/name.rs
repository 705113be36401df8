//! Names and their comparison: equality after Unicode NFC, case folding and folding of spaces.

use std::fmt;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

/// The longest part of a name, in Unicode scalars.
pub const MAX_PART: usize = 128;

/// One spelling of a person's name.
///
/// ```
/// use iinspect::person::Name;
/// let n = Name { family: "Тестова".into(), given: "Әсел".into(), patronymic: None };
/// assert_eq!(format!("{n:?}"), "Name(..)");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Surname; empty for people who have none.
    pub family: String,
    /// Given name; empty for people who have none.
    pub given: String,
    /// Patronymic. `None`: not known. `Some("")`: known to have none.
    pub patronymic: Option<String>,
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(..)")
    }
}

/// By what two parts of a name agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The same text after NFC.
    Exact,
    /// The same after case folding and folding of spaces.
    Folded,
    /// Different.
    NoMatch,
}

/// How one part of a claimed name compares with the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartMatch {
    /// Both sides hold it.
    Compared(Level),
    /// One side holds nothing to compare.
    NotCompared,
    /// The claim says nothing of it.
    NotClaimed,
}

/// How a claimed name compares with one spelling in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Surname.
    pub family: PartMatch,
    /// Given name.
    pub given: PartMatch,
    /// Patronymic.
    pub patronymic: PartMatch,
}

/// What a comparison of a name comes to. The order is from best to worst for choosing a spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// Family and given name agree, and no part differs.
    Agrees,
    /// No part differs, but family or given name could not be compared.
    NotCompared,
    /// A part differs.
    Differs,
}

impl Comparison {
    /// How many parts differ.
    fn differing(&self) -> usize {
        let parts = [self.family, self.given, self.patronymic];
        parts.into_iter().filter(|p| *p == PartMatch::Compared(Level::NoMatch)).count()
    }

    /// What the parts come to: an uncompared patronymic does not matter, a different one does.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        let parts = [self.family, self.given, self.patronymic];
        if parts.contains(&PartMatch::Compared(Level::NoMatch)) {
            Agreement::Differs
        } else if matches!(self.family, PartMatch::Compared(_))
            && matches!(self.given, PartMatch::Compared(_))
        {
            Agreement::Agrees
        } else {
            Agreement::NotCompared
        }
    }
}

impl Name {
    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.family.trim().is_empty() && self.given.trim().is_empty()
    }

    /// Compares a claim with one spelling of the register.
    ///
    /// ```
    /// use iinspect::person::{Name, name::Agreement};
    /// let held = Name { family: "ТЕСТОВ".into(), given: "Ерлан".into(), patronymic: None };
    /// let claim = Name { family: "Тестов".into(), given: " ерлан ".into(), patronymic: Some("Қазыбекұлы".into()) };
    /// assert_eq!(claim.compare(&held).agreement(), Agreement::Agrees);
    /// ```
    #[must_use]
    pub fn compare(&self, held: &Name) -> Comparison {
        Comparison {
            family: required_part(&self.family, &held.family),
            given: required_part(&self.given, &held.given),
            patronymic: match (&self.patronymic, &held.patronymic) {
                (None, _) => PartMatch::NotClaimed,
                // A missing patronymic is missing data (passports in Latin script print none),
                // never a difference.
                (Some(_), None) => PartMatch::NotCompared,
                (Some(claim), Some(held)) => PartMatch::Compared(level(claim, held)),
            },
        }
    }

    /// The best comparison with any of the spellings, `None` when there are none.
    ///
    /// What the best spelling lacks, another may hold: a part is uncompared only when no spelling
    /// holds it, so that a document without a patronymic hides none of the register's.
    ///
    /// ```
    /// use iinspect::person::{Name, name::Agreement};
    /// let name = |patronymic: Option<&str>| Name {
    ///     family: "Тестов".into(), given: "Ян".into(), patronymic: patronymic.map(Into::into),
    /// };
    /// let held = [name(None), name(Some("Иванович"))];
    /// let agreement = |claim: Name| claim.best(&held.iter().collect::<Vec<_>>()).map(|c| c.agreement());
    /// assert_eq!(agreement(name(Some("иванович"))), Some(Agreement::Agrees));
    /// assert_eq!(agreement(name(Some("Петрович"))), Some(Agreement::Differs));
    /// assert_eq!(agreement(name(Some(""))), Some(Agreement::Differs));
    /// ```
    #[must_use]
    pub fn best(&self, spellings: &[&Name]) -> Option<Comparison> {
        let mut best =
            spellings.iter().map(|held| self.compare(held)).min_by_key(|c| (c.agreement(), c.differing()))?;
        let holds = |part: fn(&Name) -> &str| spellings.iter().any(|held| !part(held).trim().is_empty());
        for (part, held) in [(&mut best.family, holds(|n| &n.family)), (&mut best.given, holds(|n| &n.given))]
        {
            if *part == PartMatch::NotCompared && held {
                *part = PartMatch::Compared(Level::NoMatch);
            }
        }
        if best.patronymic == PartMatch::NotCompared {
            best.patronymic = self.patronymic_elsewhere(spellings);
        }
        Some(best)
    }

    /// The claimed patronymic beside those of all spellings, for a best spelling that has none. One
    /// in another script is no difference: it could be the same in other letters.
    fn patronymic_elsewhere(&self, spellings: &[&Name]) -> PartMatch {
        let Some(claim) = self.patronymic.as_deref() else { return PartMatch::NotClaimed };
        let held = spellings.iter().filter_map(|n| n.patronymic.as_deref());
        let comparable = held.filter(|h| claim.is_empty() || h.is_empty() || script(h) == script(claim));
        comparable.map(|h| level(claim, h)).min().map_or(PartMatch::NotCompared, PartMatch::Compared)
    }
}

/// Letters that cannot be equal to each other's, so far as names in Kazakhstan need telling apart.
#[derive(PartialEq, Eq)]
enum Script {
    Cyrillic,
    Other,
}

/// The script of the first letter; `None` for a text without letters.
fn script(text: &str) -> Option<Script> {
    let first = text.chars().find(|c| c.is_alphabetic())?;
    Some(if ('\u{400}'..='\u{52F}').contains(&first) { Script::Cyrillic } else { Script::Other })
}

/// Compares a part that both sides state: an empty one is a statement of having none, except that
/// a register which holds nothing cannot contradict a claim.
fn required_part(claim: &str, held: &str) -> PartMatch {
    if held.trim().is_empty() && !claim.trim().is_empty() {
        PartMatch::NotCompared
    } else {
        PartMatch::Compared(level(claim, held))
    }
}

fn level(claim: &str, held: &str) -> Level {
    let nfc = ComposingNormalizer::new_nfc();
    let (claim, held) = (nfc.normalize(claim), nfc.normalize(held));
    if claim == held {
        Level::Exact
    } else if fold(&claim) == fold(&held) {
        Level::Folded
    } else {
        Level::NoMatch
    }
}

/// Case folding (Unicode, full), then NFC again, since folding can decompose, then single spaces.
///
/// ```
/// assert_eq!(iinspect::person::name::fold("  Ван   ДЕР  Straße "), "ван дер strasse");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    let folded = CaseMapper::new().fold_string(text);
    let composed = ComposingNormalizer::new_nfc().normalize(&folded);
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(family: &str, given: &str, patronymic: Option<&str>) -> Name {
        Name { family: family.into(), given: given.into(), patronymic: patronymic.map(Into::into) }
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_text() {
        let (composed, decomposed) = ("Й", "И\u{306}");
        assert_eq!(level(composed, decomposed), Level::Exact);
        assert_eq!(level("ЁЛКИН", "е\u{308}лкин"), Level::Folded);
    }

    #[test]
    fn kazakh_letters_fold_by_case_and_stay_themselves() {
        for (upper, lower) in [
            ("Ә", "ә"),
            ("Ғ", "ғ"),
            ("Қ", "қ"),
            ("Ң", "ң"),
            ("Ө", "ө"),
            ("Ұ", "ұ"),
            ("Ү", "ү"),
            ("Һ", "һ"),
            ("І", "і"),
        ] {
            assert_eq!(level(upper, lower), Level::Folded);
        }
        assert_eq!(level("Қ", "К"), Level::NoMatch);
    }

    #[test]
    fn a_patronymic_matters_only_where_both_sides_state_it() {
        let rows = [
            (Some("Иванович"), Some("ИВАНОВИЧ"), Agreement::Agrees),
            (Some("Иванович"), Some("Петрович"), Agreement::Differs),
            (Some("Иванович"), None, Agreement::Agrees),
            (None, Some("Петрович"), Agreement::Agrees),
            (Some(""), Some(""), Agreement::Agrees),
            (Some(""), Some("Петрович"), Agreement::Differs),
        ];
        for (claim, held, want) in rows {
            let got = name("Тестов", "Ян", claim).compare(&name("Тестов", "Ян", held));
            assert_eq!(got.agreement(), want, "{claim:?} {held:?}");
        }
    }

    #[test]
    fn people_with_one_name_compare() {
        assert_eq!(name("", "Айша", None).compare(&name("", "АЙША", None)).agreement(), Agreement::Agrees);
        assert_eq!(
            name("Тестова", "Айша", None).compare(&name("", "Айша", None)).agreement(),
            Agreement::NotCompared
        );
        assert_eq!(
            name("", "Айша", None).compare(&name("Тестова", "Айша", None)).agreement(),
            Agreement::Differs
        );
    }

    #[test]
    fn any_spelling_will_do_and_the_best_is_told() {
        let held = [name("Тестов", "Ерлан", None), name("TESTOV", "YERLAN", None)];
        let held: Vec<_> = held.iter().collect();
        let best = name("Testov", "Yerlan", None).best(&held).map(|c| c.agreement());
        assert_eq!(best, Some(Agreement::Agrees));
        assert_eq!(name("A", "B", None).best(&[]), None);
        let near = name("Testov", "Yerlanx", None).best(&held).unwrap();
        assert_eq!(near.family, PartMatch::Compared(Level::Folded), "the spelling with fewer differences");
        assert_eq!(near.given, PartMatch::Compared(Level::NoMatch));
    }

    #[test]
    fn what_one_spelling_lacks_another_holds() {
        let held = [
            name("Тестов", "Ян", Some("Иванович")),
            name("TESTOV", "YAN", None),
            name("", "Ян", None),
            name("Тестов", "Ян", None),
        ];
        let held: Vec<_> = held.iter().collect();
        for (claim, want) in [
            (name("TESTOV", "YAN", Some("Ivanovich")), Agreement::Agrees),
            (name("TESTOV", "YAN", Some("Иванович")), Agreement::Agrees),
            (name("TESTOV", "YAN", Some("Петрович")), Agreement::Differs),
            (name("TESTOV", "YAN", Some("")), Agreement::Differs),
            (name("Тестов", "Ян", Some("Петрович")), Agreement::Differs),
            (name("Чужой", "Ян", None), Agreement::Differs),
        ] {
            assert_eq!(claim.best(&held).unwrap().agreement(), want);
        }
        let one_name = [name("", "Ян", None)];
        let one_name: Vec<_> = one_name.iter().collect();
        let best = name("Чужой", "Ян", None).best(&one_name).unwrap();
        assert_eq!(best.agreement(), Agreement::NotCompared, "no spelling holds a family name");
    }

    proptest! {
        #[test]
        fn comparison_is_symmetric_and_folding_is_stable(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(level(&a, &b), level(&b, &a));
            prop_assert_eq!(fold(&fold(&a)), fold(&a));
            prop_assert_eq!(level(&a, &a), Level::Exact);
        }
    }
}
