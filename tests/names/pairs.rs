//! Pairs: one person written twice, and two persons with similar names.

use std::collections::BTreeSet;

use icu_normalizer::DecomposingNormalizer;
use iinspect::person::Name;

use super::dice::Dice;
use super::hands::{HABITS, Hand, People};
use super::people::{Lists, Somebody, Word, womans};

/// Two names, and what they are to each other.
pub(super) struct Pair {
    pub(super) kind: &'static str,
    pub(super) a: Name,
    pub(super) b: Name,
    /// The two persons, where they are two.
    pub(super) persons: Option<Box<(Somebody, Somebody)>>,
}

/// A person by two hands: those of documents, or one of them a table that no document uses.
pub(super) fn written_twice(lists: &Lists, dice: &mut Dice, table: bool) -> Pair {
    loop {
        let who = lists.somebody(dice);
        let hands = who.people.hands();
        let first = dice.roll(hands.len());
        let second = (first + 1 + dice.roll(hands.len() - 1)) % hands.len();
        let hands = [hands[first], hands[second]];
        let tabled = hands.iter().find(|hand| hand.is_table());
        if tabled.is_some() != table {
            continue;
        }
        let [a, b] = hands.map(|hand| written(&who, hand, dice));
        let kind = match (tabled, a.1, b.1) {
            (Some(Hand::QazAqparat), ..) => "QazAqparat",
            (Some(_), ..) => "BGN/PCGN or ICS-630-01",
            (None, false, false) => "Cyrillic and Cyrillic",
            (None, true, true) => "Latin and Latin",
            (None, ..) => "Cyrillic and Latin",
        };
        return Pair { kind, a: a.0, b: b.0, persons: None };
    }
}

/// A person as a hand and a keyboard write them, and whether that is Latin.
fn written(who: &Somebody, hand: Hand, dice: &mut Dice) -> (Name, bool) {
    let patronymic = dice.once_in(2);
    let small = who.by(hand, dice.roll(HABITS as usize) as u32, patronymic);
    let dotless = hand == Hand::QazAqparat || (hand == Hand::Own && who.people == People::Turkish);
    let (style, apart) = (dice.roll(3), dice.once_in(10));
    let typed = |text: &str| {
        let text = match style {
            0 => text.to_string(),
            1 => capitals(text, dotless),
            _ => title(text, dotless),
        };
        if apart { DecomposingNormalizer::new_nfd().normalize(&text).into_owned() } else { text }
    };
    let latin = small.given.chars().all(|c| !('\u{400}'..'\u{530}').contains(&c));
    let name = Name {
        family: typed(&small.family),
        given: typed(&small.given),
        patronymic: small.patronymic.as_deref().map(typed),
    };
    (name, latin)
}

fn capitals(text: &str, dotless: bool) -> String {
    if dotless { text.replace('i', "İ").replace('ı', "I").to_uppercase() } else { text.to_uppercase() }
}

fn title(text: &str, dotless: bool) -> String {
    let mut first = true;
    let mut titled = String::new();
    for c in text.chars() {
        let small = c.to_string();
        titled.push_str(&if first { capitals(&small, dotless) } else { small });
        first = c == ' ' || c == '-';
    }
    titled
}

/// A person written once, and once more with an error.
pub(super) fn error(lists: &Lists, dice: &mut Dice) -> Pair {
    let who = lists.somebody(dice);
    let hand = *dice.pick(who.people.hands());
    let habit = dice.roll(HABITS as usize) as u32;
    let right = who.by(hand, habit, false);
    let mut wrong = right.clone();
    let kinds = [
        "one letter mistyped",
        "two letters swapped",
        "a letter left out",
        "a letter doubled",
        "look-alikes of another script",
        "marks left out",
        "names in each other's place",
    ];
    let kind = *dice.pick(&kinds);
    let part = if dice.once_in(2) { &mut wrong.family } else { &mut wrong.given };
    let mut letters: Vec<char> = part.chars().collect();
    let at = dice.roll(letters.len());
    match kind {
        "one letter mistyped" => letters[at] = other_letter(letters[at], dice),
        "two letters swapped" if letters.len() > 1 => {
            let left = at.min(letters.len() - 2);
            letters.swap(left, left + 1);
        }
        "a letter left out" => drop(letters.remove(at)),
        "a letter doubled" => letters.insert(at, letters[at]),
        "look-alikes of another script" => {
            let alike = |c: char| {
                "аaеeоoрpсcхxуy".chars().collect::<Vec<_>>().chunks(2).find_map(|p| match (p[0], p[1]) {
                    (cyrillic, latin) if c == cyrillic => Some(latin),
                    (cyrillic, latin) if c == latin => Some(cyrillic),
                    _ => None,
                })
            };
            // One letter: with all of them there would be no script left.
            if let Some(i) = (0..letters.len()).find(|i| alike(letters[*i]).is_some()) {
                letters[i] = alike(letters[i]).unwrap();
            }
        }
        "marks left out" => {
            let bare: String = letters.iter().collect::<String>().replace('ı', "i");
            letters = DecomposingNormalizer::new_nfd()
                .normalize(&bare)
                .chars()
                .filter(|c| !('\u{300}'..'\u{370}').contains(c))
                .collect();
        }
        _ => {}
    }
    *part = letters.into_iter().collect();
    if kind == "names in each other's place" {
        std::mem::swap(&mut wrong.family, &mut wrong.given);
    }
    Pair { kind, a: right, b: wrong, persons: None }
}

fn other_letter(letter: char, dice: &mut Dice) -> char {
    let alphabet = if letter.is_ascii() {
        "abcdefghijklmnopqrstuvwxyz"
    } else {
        "абвгдежзийклмнопрстуфхцчшыэюя"
    };
    let letters: Vec<char> = alphabet.chars().filter(|c| *c != letter).collect();
    *dice.pick(&letters)
}

/// Two persons.
pub(super) fn different(lists: &Lists, dice: &mut Dice) -> Pair {
    loop {
        let a = lists.somebody(dice);
        let Some((kind, b)) = another(lists, &a, dice) else { continue };
        let joined = |w: &Word| w.own.replace('-', "");
        if (joined(&a.family), joined(&a.given)) == (joined(&b.family), joined(&b.given)) {
            continue;
        }
        let hand = *dice.pick(a.people.hands());
        // Half by one hand, since what a hand makes alike is the harder case; half by two.
        let other = if dice.once_in(2) { hand } else { *dice.pick(b.people.hands()) };
        let (mut first, mut second) = (written(&a, hand, dice).0, written(&b, other, dice).0);
        // Without the fathers' names, which would only help to tell them apart.
        (first.patronymic, second.patronymic) = (None, None);
        return Pair { kind, a: first, b: second, persons: Some(Box::new((a, b))) };
    }
}

fn another(lists: &Lists, a: &Somebody, dice: &mut Dice) -> Option<(&'static str, Somebody)> {
    let mut b = a.clone();
    let kind = match dice.roll(5) {
        0 => {
            b.given = dice.pick(lists.given(a.people, a.woman)).clone();
            "siblings"
        }
        1 => {
            // The nearest other name of the list.
            let near = lists.given(a.people, a.woman).iter().filter(|w| **w != a.given);
            b.given = near
                .min_by_key(|w| {
                    rapidfuzz::distance::levenshtein::distance(w.own.chars(), a.given.own.chars())
                })?
                .clone();
            "similar given names"
        }
        2 => {
            b.family = Word::plain(womans(&a.family.own));
            b.woman = true;
            "-ов and -ова"
        }
        3 => {
            (b.family, b.given) = (a.given.clone(), a.family.clone());
            "grandfather and grandson"
        }
        _ => {
            let word = if dice.once_in(2) { &mut b.family } else { &mut b.given };
            *word = Word::plain(one_letter_off(a.people, &word.own, dice));
            "one letter off"
        }
    };
    Some((kind, b))
}

fn one_letter_off(people: People, word: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = dice.roll(letters.len());
    let alphabet = match people {
        People::Kazakh => "аәбвгғдежзийкқлмнңоөпрстуұүфхһшыі",
        People::Russian | People::German | People::Korean => "абвгдежзийклмнопрстуфхцчшщыэюя",
        People::Uzbek => "абвгғдежзийкқлмнопрстуўфхҳчшэюя",
        People::Uyghur => "аәбвгғдежҗзийкқлмнңоөпрстуүфхһчшэюя",
        People::Turkish => "abcçdefgğhıijklmnoöprsştuüvyz",
    };
    let alphabet: Vec<char> = alphabet.chars().collect();
    match dice.roll(4) {
        0 => letters.insert(at, *dice.pick(&alphabet)),
        1 => drop(letters.remove(at)),
        _ => letters[at] = *dice.pick(&alphabet),
    }
    letters.into_iter().collect()
}

/// Whether two persons' names have a lawful spelling in common, part by part: no rule can then tell
/// them apart by it.
pub(super) fn coincide(a: &Somebody, b: &Somebody) -> bool {
    let shared = |x: &Word, y: &Word| x == y || !spellings(a.people, x).is_disjoint(&spellings(b.people, y));
    shared(&a.family, &b.family) && shared(&a.given, &b.given)
}

fn spellings(people: People, word: &Word) -> BTreeSet<String> {
    let hands = people.hands().iter().flat_map(|hand| (0..HABITS).map(move |habit| (hand, habit)));
    // In capitals a dotless ı is the I of everyone else.
    let plain = |text: String| -> String {
        text.replace('ı', "i").chars().filter(|c| !"’”‘".contains(*c)).collect()
    };
    hands.map(|(hand, habit)| plain(word.by(people, *hand, habit))).collect()
}
