//! Synthetic persons for benchmarks.

use iinspect::number::Iin;
use iinspect::person::{Name, Person};
use iinspect::register::Record;

/// The n-th number of month 13 and on, where it has a control digit.
pub(crate) fn number(n: u64) -> Option<Iin> {
    let eleven = (13 + n % 80) * 10_000_000 + n / 80;
    (0..10).find_map(|digit| Iin::parse(&format!("{eleven:011}{digit}")).ok())
}

/// Somebody in force, with a name in two alphabets.
pub(crate) fn record() -> Record {
    let name = |family: &str| Name { family: family.into(), given: "Ерлан".into(), patronymic: None };
    Record::in_force(Person { names: vec![name("Тестов"), name("TESTOV")], ..Person::default() })
}
