//! Any two texts are compared without a panic, alike from both sides, and however they are composed;
//! and what two names come to follows from their parts.

#![no_main]

use iinspect::person::Name;
use iinspect::person::matching::{Agreement, Level, PartMatch, Prepared, compare};
use iinspect::person::name::{fold, patronymic};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = text.split('\n');
    let mut part = || parts.next().unwrap_or_default();
    let (a, b) = ([part(), part(), part()], [part(), part(), part()]);
    for (a, b) in a.iter().zip(b) {
        texts(a, b);
    }
    names(&a, &b);
});

fn texts(a: &str, b: &str) {
    let (level, score) = compare(a, b);
    assert_eq!((level, score), compare(b, a), "symmetric");
    assert_eq!(score == 100, level <= Level::Transliterated);
    assert_eq!(compare(a, a), (Level::Exact, 100));

    let folded = fold(a);
    assert_eq!(fold(&folded), folded, "folding is stable");
    assert_eq!(level <= Level::Folded, folded == fold(b));
    // However the letters are composed, or which case they have, nothing else comes out.
    let other = fold(b);
    let again = compare(&folded, &other);
    assert_eq!(again.1, score);
    assert_eq!(again.0.max(Level::Folded), level.max(Level::Folded));

    if let Some((stem, _)) = patronymic::split(&folded) {
        assert!(folded.starts_with(stem) && stem.chars().count() >= 2);
    }
}

fn names(a: &[&str; 3], b: &[&str; 3]) {
    // An empty third part says nothing of a patronymic.
    let name = |[family, given, patronymic]: &[&str; 3]| Name {
        family: (*family).into(),
        given: (*given).into(),
        patronymic: Some((*patronymic).into()).filter(|p: &String| !p.is_empty()),
    };
    let (a, b) = (name(a), name(b));
    let (first, second) = (Prepared::new(&a), Prepared::new(&b));
    let comparison = first.compare(&second);
    for level in [Level::Exact, Level::Folded, Level::Transliterated, Level::Fuzzy, Level::NoMatch] {
        let differs = comparison.parts().iter().any(|part| part.differs(level));
        assert_eq!(comparison.agreement(level) == Agreement::Differs, differs);
    }
    let both = |part: PartMatch| matches!(part, PartMatch::Compared(_));
    let back = second.compare(&first);
    for (there, back) in comparison.parts().into_iter().zip(back.parts()) {
        assert!(!both(there) || !both(back) || there == back, "symmetric");
    }
    let best = first.best(&[Prepared::new(&b), Prepared::new(&a)], Level::Transliterated);
    let agreement = best.map(|best| best.agreement(Level::Exact));
    assert_eq!(agreement, Some(Agreement::Agrees), "a spelling that is the claim itself agrees");
    assert_eq!(format!("{first:?}"), "Prepared(..)");
    let _ = first.is_mixed();
}
