//! Names compared: a table of cases, and what holds for every text.

use proptest::prelude::*;

use super::*;

fn name(family: &str, given: &str, patronymic: Option<&str>) -> Name {
    Name { family: family.into(), given: given.into(), patronymic: patronymic.map(Into::into) }
}

#[track_caller]
fn at(level: Level, pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        assert_eq!(compare(a, b).0, level, "{a} {b}");
        assert_eq!(compare(b, a).0, level, "{b} {a}");
    }
}

#[test]
fn the_same_text_however_composed_is_exact() {
    at(Level::Exact, &[("Й", "И\u{306}"), ("Ärmek", "A\u{308}rmek"), ("", "")]);
}

#[test]
fn case_and_separators_fold() {
    at(
        Level::Folded,
        &[
            ("ЁЛКИН", "е\u{308}лкин"),
            ("Әсел", "ӘСЕЛ"),
            ("Иванов-Петров", "Иванов Петров"),
            ("O'Brien", "OʼBRIEN"),
            ("Straße", "STRASSE"),
        ],
    );
}

#[test]
fn lawful_spellings_of_one_name_agree() {
    at(
        Level::Transliterated,
        &[
            // Kazakh and Russian.
            ("Қасымжомарт", "Касымжомарт"),
            ("Әсел", "Асель"),
            ("Ләззат", "Ляззат"),
            ("Гүлнар", "Гульнар"),
            ("Жұмабаев", "Джумабаев"),
            ("Өтеген", "Утеген"),
            ("Айым", "Аим"),
            ("Алёна", "Алена"),
            // Cyrillic and Latin, by one table and another.
            ("Бисенова", "BISSENOVA"),
            ("Тұрғанбаев", "TURGANBAYEV"),
            ("Хасенов", "KHASSENOV"),
            ("Шыңғыс", "Şyñğys"),
            ("Щербаков", "SHCHERBAKOV"),
            ("Юлия", "IULIIA"),
            ("Юлия", "YULIYA"),
            ("Дмитрий", "DMITRY"),
            ("Мәншүк", "MÄNŞÜK"),
            ("Жәнібек", "Jänibek"),
            ("Ўктам", "O'ktam"),
            ("Жамшид", "Jamshid"),
            ("Джамшид", "Jamshid"),
            // Latin and Latin.
            ("ASSEL", "Asel"),
            ("Qojahmet", "KOZHAKHMET"),
            ("YERLAN", "Erlan"),
            ("Aynur", "AINUR"),
            ("ALYONA", "ALENA"),
            ("MÜLLER", "MUELLER"),
            ("José", "JOSE"),
            // One word or two.
            ("Нур-Султан", "Нурсултан"),
            ("Абдул Карим", "ABDULKARIM"),
            // Letters that look alike.
            ("Aйша", "Айша"),
            ("Tестова", "Тестова"),
        ],
    );
}

#[test]
fn different_names_do_not_agree_and_near_ones_are_near() {
    at(
        Level::Fuzzy,
        &[("Тестов", "Тестова"), ("Айгерим", "Айгерин"), ("Кадыр", "Кадир"), ("Серик", "Серки")],
    );
    at(
        Level::NoMatch,
        &[("Ли", "Ни"), ("Коля", "Катя"), ("Тестов", "Иванов"), ("Тестов", ""), ("ь", "ъ"), ("王", "李")],
    );
    at(Level::Fuzzy, &[("Нурлан", "Нурланг")]);
    assert!(compare("Коля", "Кола").0 > Level::Transliterated);
    assert!(compare("Шамов", "SAMOV").0 > Level::Transliterated);
}

#[test]
fn a_patronymic_is_the_father_and_whose_child() {
    let level = |a: &str, b: &str| Text::of(a).compare_patronymic(&Text::of(b)).0;
    for (a, b) in [
        ("Ермекұлы", "Ермекович"),
        ("Ермекович", "ERMEKULY"),
        ("Серікқызы", "SERIKOVNA"),
        ("Сергеевич", "Sergeyuly"),
        ("Ермек ұлы", "Ермекұлы"),
    ] {
        assert_eq!(level(a, b), Level::Transliterated, "{a} {b}");
        assert_eq!(level(b, a), Level::Transliterated, "{b} {a}");
    }
    for (a, b) in [("Ермекұлы", "Ермекқызы"), ("Ермекович", "Серикович"), ("Ермекович", "Ермек")]
    {
        assert!(level(a, b) > Level::Transliterated, "{a} {b}");
    }
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
        assert_eq!(got.agreement(Level::Folded), want, "{claim:?} {held:?}");
    }
}

#[test]
fn people_with_one_name_compare() {
    let agreement = |a: Name, b: Name| a.compare(&b).agreement(Level::Folded);
    assert_eq!(agreement(name("", "Айша", None), name("", "АЙША", None)), Agreement::Agrees);
    assert_eq!(agreement(name("Айша", "", None), name("", "АЙША", None)), Agreement::Agrees);
    assert_eq!(agreement(name("Айша", "", None), name("", "Мария", None)), Agreement::Differs);
    assert_eq!(agreement(name("Тестова", "Айша", None), name("", "Айша", None)), Agreement::NotCompared);
    assert_eq!(agreement(name("", "Айша", None), name("Тестова", "Айша", None)), Agreement::Differs);
}

fn best(claim: &Name, held: &[Name]) -> Option<Comparison> {
    let held: Vec<_> = held.iter().map(Prepared::new).collect();
    Prepared::new(claim).best(&held, Level::Transliterated)
}

#[test]
fn any_spelling_will_do_and_the_best_is_told() {
    let held = [name("Тестов", "Ерлан", None), name("TESTOV", "YERLAN", None)];
    let found = best(&name("Testov", "Yerlan", None), &held).unwrap();
    assert_eq!(found.levels().max(), Some(Level::Folded), "the nearest spelling");
    assert!(best(&name("A", "B", None), &[]).is_none());
    let near = best(&name("Testov", "Yerlanx", None), &held).unwrap();
    assert_eq!(near.family, PartMatch::Compared(Level::Folded));
    assert_eq!((near.given, near.score), (PartMatch::Compared(Level::Fuzzy), Some(85)));
}

#[test]
fn what_one_spelling_lacks_another_holds() {
    let held = [
        name("Тестов", "Ян", Some("Иванович")),
        name("TESTOV", "YAN", None),
        name("", "Ян", None),
        name("Тестов", "Ян", None),
    ];
    for (claim, want) in [
        (name("TESTOV", "YAN", Some("Ivanovich")), Agreement::Agrees),
        (name("TESTOV", "YAN", Some("Иванович")), Agreement::Agrees),
        (name("TESTOV", "YAN", Some("Петрович")), Agreement::Differs),
        (name("TESTOV", "YAN", Some("")), Agreement::Differs),
        (name("Тестов", "Ян", Some("Петрович")), Agreement::Differs),
        (name("Чужой", "Ян", None), Agreement::Differs),
    ] {
        assert_eq!(best(&claim, &held).unwrap().agreement(Level::Transliterated), want);
    }
    let one_name = [name("", "Ян", None)];
    let found = best(&name("Чужой", "Ян", None), &one_name).unwrap();
    assert_eq!(found.agreement(Level::Transliterated), Agreement::NotCompared, "no family name is held");
}

#[test]
fn names_in_each_others_place_are_told_and_do_not_agree() {
    let found = best(&name("Serik", "Ermek", None), &[name("Ермек", "Серік", None)]).unwrap();
    assert_eq!(found.agreement(Level::Transliterated), Agreement::Differs);
    assert!(found.agrees_swapped(Level::Transliterated));
    assert!(!found.agrees_swapped(Level::Folded));
}

#[test]
fn long_texts_end_soon() {
    let (a, b) = ("ш".repeat(5000), "shch".repeat(5000));
    assert_eq!(compare(&a, &b), (Level::NoMatch, 0));
    assert_eq!(compare(&a, &a.to_uppercase()).0, Level::Folded);
}

proptest! {
    #[test]
    fn comparison_is_symmetric_and_stable(a in any::<String>(), b in any::<String>()) {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a));
        prop_assert_eq!(compare(&a, &a), (Level::Exact, 100));
        let folded = crate::person::name::fold(&a);
        prop_assert!(compare(&folded, &a).0 <= Level::Folded);
        let plain = compare(&a, &b);
        prop_assert_eq!(compare(&folded, &crate::person::name::fold(&b)).1, plain.1);
    }

    #[test]
    fn one_letter_more_or_less_is_never_the_same_name(text in "[бвгдзклмнпрст][аиоу][бвгдзклмнпрст]{1,3}[аиоу]{0,1}") {
        prop_assert!(compare(&text, &(text.clone() + "в")).0 > Level::Transliterated);
    }
}
