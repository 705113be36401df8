//! Persons put together from the lists, and their names as a hand writes them.

use std::collections::BTreeMap;

use iinspect::person::Name;

use super::dice::Dice;
use super::hands::{Hand, People, write};

const LISTS: &str = include_str!("lists.txt");

/// A name in small letters, with its own Russian spelling where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) own: String,
    pub(super) irregular: Option<String>,
}

impl Word {
    pub(super) fn plain(own: String) -> Word {
        Word { own, irregular: None }
    }

    fn read(text: &str) -> Word {
        let small = text.to_lowercase().replace("i\u{307}", "i");
        match small.split_once('/') {
            Some((own, irregular)) => Word { own: own.into(), irregular: Some(irregular.into()) },
            None => Word::plain(small),
        }
    }

    pub(super) fn by(&self, people: People, hand: Hand, habit: u32) -> String {
        write(people, hand, habit, &self.own, self.irregular.as_deref())
    }
}

/// Somebody who does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Somebody {
    pub(super) people: People,
    pub(super) woman: bool,
    pub(super) family: Word,
    pub(super) given: Word,
    pub(super) father: Word,
}

/// The lists, read.
pub(super) struct Lists(BTreeMap<(usize, &'static str), Vec<Word>>);

const PEOPLES: [(&str, People); 7] = [
    ("kazakh", People::Kazakh),
    ("russian", People::Russian),
    ("uzbek", People::Uzbek),
    ("uyghur", People::Uyghur),
    ("german", People::German),
    ("korean", People::Korean),
    ("turkish", People::Turkish),
];

impl Lists {
    pub(super) fn read() -> Lists {
        let mut lists = BTreeMap::new();
        for line in LISTS.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let (people, what) = (words.next().unwrap(), words.next().unwrap());
            let people = PEOPLES.iter().position(|(name, _)| *name == people).unwrap();
            lists.insert((people, what), words.map(Word::read).collect());
        }
        Lists(lists)
    }

    pub(super) fn of(&self, people: People, what: &'static str) -> &[Word] {
        let at = PEOPLES.iter().position(|(_, p)| *p == people).unwrap();
        &self.0[&(at, what)]
    }

    pub(super) fn given(&self, people: People, woman: bool) -> &[Word] {
        self.of(people, if woman { "women" } else { "men" })
    }

    /// The peoples in their shares of the census of 2021, in tenths of a percent.
    pub(super) fn somebody(&self, dice: &mut Dice) -> Somebody {
        let people = match dice.roll(928) {
            0..704 => People::Kazakh,
            704..859 => People::Russian,
            859..891 => People::Uzbek,
            891..906 => People::Uyghur,
            906..918 => People::German,
            918..924 => People::Korean,
            _ => People::Turkish,
        };
        let woman = dice.once_in(2);
        let father = dice.pick(self.of(people, "men")).clone();
        let family = match (people, dice.roll(8)) {
            // A father's or grandfather's name, as it is or with an ending.
            (People::Kazakh, 0) => dice.pick(self.of(people, "men")).clone(),
            (People::Kazakh, 1) => {
                let ending = if woman { "қызы" } else { "ұлы" };
                Word::plain(format!("{}{ending}", dice.pick(self.of(people, "men")).own))
            }
            _ => {
                let family = dice.pick(self.of(people, "families")).own.clone();
                Word::plain(if woman { womans(&family) } else { family })
            }
        };
        let given = dice.pick(self.given(people, woman)).clone();
        Somebody { people, woman, family, given, father }
    }
}

/// A woman's form of a family name.
pub(super) fn womans(family: &str) -> String {
    let part = |part: &str| match part {
        p if p.ends_with("ов") || p.ends_with("ев") || p.ends_with("ёв") || p.ends_with("ин") => {
            format!("{p}а")
        }
        p if p.ends_with("ий") => format!("{}ая", p.trim_end_matches("ий")),
        p => p.to_string(),
    };
    family.split('-').map(part).collect::<Vec<_>>().join("-")
}

impl Somebody {
    /// The name as a hand writes it, in small letters.
    pub(super) fn by(&self, hand: Hand, habit: u32, patronymic: bool) -> Name {
        Name {
            family: self.family.by(self.people, hand, habit),
            given: self.given.by(self.people, hand, habit),
            patronymic: if patronymic { self.patronymic(hand, habit) } else { None },
        }
    }

    fn patronymic(&self, hand: Hand, habit: u32) -> Option<String> {
        let from_russian = matches!(hand, Hand::Russian | Hand::PassportFromRussian | Hand::Icao);
        match self.people {
            People::German | People::Korean | People::Turkish => None,
            People::Russian => {
                let whole = russian_patronymic(&self.father.own, self.woman)?;
                Some(write(self.people, hand, habit, &whole, None))
            }
            people if from_russian => {
                let father = self.father.by(people, Hand::Russian, habit);
                let whole = match russian_patronymic(&father, self.woman) {
                    Some(whole) if habit & 4 == 0 => whole,
                    _ => format!("{father}{}", if self.woman { "кызы" } else { "улы" }),
                };
                Some(write(people, hand, habit, &whole, Some(&whole)))
            }
            People::Uzbek => {
                let ending = if self.woman { " қизи" } else { " ўғли" };
                Some(write(People::Uzbek, hand, habit, &format!("{}{ending}", self.father.own), None))
            }
            people => {
                let ending = if self.woman { "қызы" } else { "ұлы" };
                Some(write(people, hand, habit, &format!("{}{ending}", self.father.own), None))
            }
        }
    }
}

fn russian_patronymic(father: &str, woman: bool) -> Option<String> {
    let (stem, soft) = match father.chars().last()? {
        'й' | 'ь' => (&father[..father.len() - 2], true),
        'и' => (father, true),
        last if !"аеёоуыэюя".contains(last) => (father, false),
        _ => return None,
    };
    let ending = match (soft, woman) {
        (false, false) => "ович",
        (false, true) => "овна",
        (true, false) => "евич",
        (true, true) => "евна",
    };
    Some(format!("{stem}{ending}"))
}
