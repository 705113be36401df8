//! Synthetic persons: names put together at random, adult birth dates, test numbers.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;

use crate::number::{Iin, Sex};
use crate::person::{Country, Document, Name, Person};
use crate::registrar::allocation::number;

const NAMES: &str = include_str!("names.toml");

#[derive(Deserialize)]
struct Names {
    people: Vec<People>,
}

#[derive(Deserialize)]
struct People {
    #[serde(rename = "name")]
    _name: String,
    citizenship: String,
    families: Vec<[String; 4]>,
    men: Vec<[String; 2]>,
    women: Vec<[String; 2]>,
    patronymics: Vec<[String; 2]>,
}

/// The same persons each time: a demo that changes is no demo.
struct Dice(u64);

impl Dice {
    /// splitmix64, by Sebastiano Vigna: public domain.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.roll(from.len()))
    }
}

/// `count` persons, each with a number of their own.
pub(super) fn all(count: usize) -> Result<Vec<(Iin, Person)>, String> {
    let names: Names = toml::from_str(NAMES).map_err(|e| e.message().to_string())?;
    let mut dice = Dice(20_261_122);
    let mut taken = BTreeSet::new();
    let mut persons = Vec::with_capacity(count);
    while persons.len() < count {
        let people = &names.people[persons.len() % names.people.len()];
        let Some((iin, person)) = one(&mut dice, people, persons.len()) else { continue };
        if taken.insert(iin) {
            persons.push((iin, person));
        }
    }
    Ok(persons)
}

fn one(dice: &mut Dice, people: &People, i: usize) -> Option<(Iin, Person)> {
    let man = dice.roll(2) == 0;
    let [male, female, male_latin, female_latin] = dice.pick(&people.families)?;
    let (family, family_latin) = if man { (male, male_latin) } else { (female, female_latin) };
    let [given, given_latin] = dice.pick(if man { &people.men } else { &people.women })?;
    let patronymic = dice.pick(&people.patronymics).map(|[his, hers]| if man { his } else { hers }.clone());
    let birth_date =
        Date::new(1950 + dice.roll(56) as i16, 1 + dice.roll(12) as i8, 1 + dice.roll(28) as i8).ok()?;
    let country: Country = people.citizenship.parse().ok()?;
    let foreigner = people.citizenship != "KAZ";
    // Months 21-32 stand for 1-12: no person can hold such a number.
    let month = birth_date.month() as u64 + 20;
    let century = match (foreigner, birth_date.year() >= 2000, man) {
        (true, ..) => 0,
        (false, false, true) => 3,
        (false, false, false) => 4,
        (false, true, true) => 5,
        (false, true, false) => 6,
    };
    // Numbers of foreigners are seen with 05 in digits seven and eight.
    let serial = if foreigner { 5000 + dice.roll(1000) as u64 } else { dice.roll(5000) as u64 };
    let iin = number(birth_date.year() as u64, month, birth_date.day() as u64, century, serial)?;
    let latin = Name { family: family_latin.clone(), given: given_latin.clone(), patronymic: None };
    // Every twentieth has one name only, and every thirtieth no document: both are lawful.
    let name = if i % 20 == 19 {
        Name { family: String::new(), given: given.clone(), patronymic: None }
    } else {
        Name { family: family.clone(), given: given.clone(), patronymic }
    };
    let document = Document {
        kind: if foreigner { "FOREIGN_PASSPORT" } else { "IDENTITY_CARD" }.into(),
        number: format!("{}{:08}", if foreigner { "T" } else { "0" }, i * 7919 + 1_000_000),
        country: Some(country),
        valid_until: Date::new(2030 + (i % 6) as i16, 6, 30).ok(),
        status: "00".parse().ok(),
        name: Some(latin.clone()),
    };
    let person = Person {
        names: vec![name, latin],
        birth_date: Some(birth_date),
        sex: Some(if man { Sex::Male } else { Sex::Female }),
        citizenship: Some(country),
        documents: if i % 30 == 29 { Vec::new() } else { vec![document] },
    };
    Some((iin, person))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_has_a_test_number_and_an_adult_birth_date() {
        let persons = all(super::super::PERSONS).unwrap();
        let adult = jiff::civil::date(2008, 1, 1);
        assert_eq!(persons.len(), super::super::PERSONS);
        assert!(persons.iter().all(|(iin, p)| iin.is_test() && p.birth_date.unwrap() < adult));
        assert_eq!(persons.iter().map(|(iin, _)| iin).collect::<BTreeSet<_>>().len(), persons.len());
        assert_eq!(persons[7].0, all(8).unwrap()[7].0);
    }

    #[test]
    fn the_first_persons_are_those_the_demo_needs() {
        let (_, first) = &all(1).unwrap()[0];
        assert!(!first.documents.is_empty() && first.names[0].patronymic.is_some());
    }
}
