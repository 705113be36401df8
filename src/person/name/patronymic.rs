//! Patronymics: the father's name and whose child somebody is, however the two are joined.

/// Whose child the ending says the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// -ович, -ұлы and their like.
    Son,
    /// -овна, -қызы and their like.
    Daughter,
}

/// Endings after folding: longer before those they end with. Russian: -ович, -евич, -овна, -евна;
/// Kazakh: -ұлы, -қызы; Uzbek, Uyghur and Turkic: -оглы, -ўғли, -кизи; each as the tables of
/// [`script`](crate::person::script) write it in Latin, and oʻgʻli as it folds. Source: Labour Code of Kazakhstan art. 28
/// and the samples of the state register for the order and the first two kinds.
const ENDINGS: [(&str, Child); 40] = [
    ("ович", Child::Son),
    ("евич", Child::Son),
    ("ұғлы", Child::Son),
    ("ўғли", Child::Son),
    ("ўғli", Child::Son),
    ("угли", Child::Son),
    ("оглы", Child::Son),
    ("огли", Child::Son),
    ("ұлы", Child::Son),
    ("улы", Child::Son),
    ("уулу", Child::Son),
    ("yevich", Child::Son),
    ("ovich", Child::Son),
    ("evich", Child::Son),
    ("ogly", Child::Son),
    ("ogli", Child::Son),
    ("oglu", Child::Son),
    ("oğlu", Child::Son),
    ("ugli", Child::Son),
    ("uly", Child::Son),
    ("ūly", Child::Son),
    ("ulı", Child::Son),
    ("uli", Child::Son),
    ("овна", Child::Daughter),
    ("евна", Child::Daughter),
    ("қызы", Child::Daughter),
    ("кызы", Child::Daughter),
    ("гызы", Child::Daughter),
    ("қизи", Child::Daughter),
    ("кизи", Child::Daughter),
    ("yevna", Child::Daughter),
    ("ovna", Child::Daughter),
    ("evna", Child::Daughter),
    ("qyzy", Child::Daughter),
    ("kyzy", Child::Daughter),
    ("gyzy", Child::Daughter),
    ("qızı", Child::Daughter),
    ("kızı", Child::Daughter),
    ("qizi", Child::Daughter),
    ("kizi", Child::Daughter),
];

/// The father's name and whose child, of a folded patronymic; `None` without a known ending or when
/// less than two letters would be left.
///
/// A glide before the ending belongs to it: Сергей gives Сергеевич and Сергейұлы alike.
///
/// ```
/// use iinspect::person::name::patronymic::{Child, split};
/// assert_eq!(split("серікұлы"), Some(("серік", Child::Son)));
/// assert_eq!(split("sergeyevna"), Some(("serge", Child::Daughter)));
/// assert_eq!(split("сергей қызы"), Some(("серге", Child::Daughter)));
/// assert_eq!(split("улы"), None);
/// ```
#[must_use]
pub fn split(folded: &str) -> Option<(&str, Child)> {
    let (stem, child) =
        ENDINGS.iter().find_map(|(ending, child)| Some((folded.strip_suffix(ending)?, *child)))?;
    let stem = stem.trim_end();
    let stem = without_glide(stem);
    (stem.chars().count() >= 2).then_some((stem, child))
}

/// Without й, or y or i for it after a vowel, and with a last SS, which is S between vowels, as S.
fn without_glide(stem: &str) -> &str {
    let mut last = stem.char_indices().rev();
    match (last.next(), last.next()) {
        (Some((at, 'й')), _) | (Some((at, 's')), Some((_, 's'))) => &stem[..at],
        (Some((at, 'y' | 'i')), Some((_, 'a' | 'e' | 'o' | 'u'))) => &stem[..at],
        _ => stem,
    }
}
