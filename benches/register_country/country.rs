//! A country of synthetic persons: the n-th is always the same one, their numbers rise with n, and
//! none can belong to anybody (digits three and four are 13 to 99).

use iinspect::number::{Iin, Sex, control};
use iinspect::person::{Country, Document, Name, Person};
use iinspect::register::{NumberState, Record};
use jiff::civil::Date;
use serde::Deserialize;

/// The names that the demo register is made of.
const NAMES: &str = include_str!("../../src/demo/names.toml");

/// Years 00 to 99, months 13 to 99, days 01 to 28: every prefix that numbers are spread over.
const PREFIXES: u64 = 100 * 87 * 28;
/// Persons under one prefix. Each has a range of [`STEP`] serials, so that there always is one with a
/// control digit: one in 121 has none.
const EACH: u64 = 100;
const STEP: u64 = 400;
const SEED: u64 = 20_261_124;

/// The most persons there can be.
pub(crate) const MOST: u64 = PREFIXES * EACH;

#[derive(Deserialize)]
struct Names {
    people: Vec<People>,
}

#[derive(Deserialize)]
struct People {
    citizenship: String,
    families: Vec<[String; 4]>,
    men: Vec<[String; 2]>,
    women: Vec<[String; 2]>,
    patronymics: Vec<[String; 2]>,
}

/// Everybody.
pub(crate) struct Everybody(Names);

impl Everybody {
    pub(crate) fn new() -> Self {
        Everybody(toml::from_str(NAMES).expect("the demo's names"))
    }

    /// The n-th person's record.
    pub(crate) fn record(&self, n: u64) -> Record {
        let mut dice = Dice(SEED ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let state = match dice.roll(100) {
            0 => NumberState::Excluded,
            1 => NumberState::ConditionallyExcluded,
            _ => NumberState::InForce,
        };
        Record {
            state,
            since: date(2012 + dice.roll(14), dice.roll(12), dice.roll(28)),
            state_reason: String::new(),
            superseded_by: None,
            scheduled: None,
            person: self.person(&mut dice, n),
        }
    }

    fn person(&self, dice: &mut Dice, n: u64) -> Person {
        // Most are citizens: the first peoples of the list.
        let people = &self.0.people;
        let people = if dice.roll(10) < 8 { &people[dice.roll(2)] } else { dice.pick(people) };
        let man = dice.roll(2) == 0;
        let [his, hers, his_latin, hers_latin] = dice.pick(&people.families);
        let (family, family_latin) = if man { (his, his_latin) } else { (hers, hers_latin) };
        let [given, given_latin] = dice.pick(if man { &people.men } else { &people.women });
        let patronymic = match people.patronymics.is_empty() {
            true => None,
            false => Some(dice.pick(&people.patronymics)[usize::from(!man)].clone()),
        };
        let latin = Name { family: family_latin.clone(), given: given_latin.clone(), patronymic: None };
        let country: Country = people.citizenship.parse().expect("a country of the demo's names");
        let document = Document {
            kind: if people.citizenship == "KAZ" { "IDENTITY_CARD" } else { "FOREIGN_PASSPORT" }.into(),
            number: format!("{:09}", n.wrapping_mul(7_919) % 1_000_000_000),
            country: Some(country),
            valid_until: date(2027 + dice.roll(9), dice.roll(12), dice.roll(28)),
            status: "00".parse().ok(),
            name: Some(latin.clone()),
        };
        Person {
            names: vec![Name { family: family.clone(), given: given.clone(), patronymic }, latin],
            birth_date: date(1940 + dice.roll(68), dice.roll(12), dice.roll(28)),
            sex: Some(if man { Sex::Male } else { Sex::Female }),
            citizenship: Some(country),
            documents: vec![document],
        }
    }
}

/// The n-th person's number.
pub(crate) fn iin(n: u64) -> Iin {
    assert!(n < MOST, "at most {MOST} persons");
    let (prefix, k) = (n / EACH, n % EACH);
    let (year, rest) = (prefix / (87 * 28), prefix % (87 * 28));
    let (month, day) = (13 + rest / 28, 1 + rest % 28);
    let (seventh, first) = (3 + k / 25, k % 25 * STEP);
    let start = (((year * 100 + month) * 100 + day) * 10 + seventh) * 10_000 + first;
    // Where in its range of serials differs from person to person, as with real numbers.
    let offset = Dice(n ^ SEED).roll(STEP as usize - 20) as u64;
    (start + offset..).find_map(issued).expect("one in 121 has no control digit")
}

fn issued(eleven: u64) -> Option<Iin> {
    let mut digits = [0; 11];
    let mut rest = eleven;
    for digit in digits.iter_mut().rev() {
        *digit = (rest % 10) as u8;
        rest /= 10;
    }
    Iin::from_u64(eleven * 10 + u64::from(control(&digits).digit()?)).ok()
}

fn date(year: usize, month: usize, day: usize) -> Option<Date> {
    Date::new(year as i16, month as i8 + 1, day as i8 + 1).ok()
}

/// splitmix64, by Sebastiano Vigna: public domain.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn roll(&mut self, sides: usize) -> usize {
        (self.next() % sides as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}
