//! One table of a rulebook's file, read key by key; what does not fit is gathered, not thrown.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::civil::Date;
use toml::{Table, Value};

use crate::rulebook::codes::Code;
use crate::rulebook::fault::Fault;

/// The longest text of a rule, in characters.
const MAX_TEXT: usize = 2_000;
/// The longest list of a rule.
const MAX_LIST: usize = 400;

pub(super) struct Entry<'a> {
    file: &'a str,
    rule: String,
    table: Table,
    known: BTreeSet<&'static str>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(file: &'a str, rule: String, table: Table, faults: &'a mut Vec<Fault>) -> Self {
        Entry { file, rule, table, known: BTreeSet::new(), faults }
    }

    pub(super) fn fault(&mut self, key: &str, allowed: impl Into<String>) {
        self.faults.push(Fault {
            file: self.file.into(),
            rule: self.rule.clone(),
            key: key.into(),
            allowed: allowed.into(),
        });
    }

    /// From here on faults name the rule by this.
    pub(super) fn rename(&mut self, rule: &str) {
        self.rule = rule.into();
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.insert(key);
        self.table.remove(key)
    }

    /// A value by its own rule; one that does not fit is a fault and counts as missing.
    fn optional<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        rule: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let read = rule(&value);
        if read.is_none() {
            self.fault(key, format!("must be {allowed}"));
        }
        read
    }

    fn required<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        rule: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.known.insert(key);
            self.fault(key, format!("is missing; must be {allowed}"));
            return None;
        }
        self.optional(key, allowed, rule)
    }

    fn list<T>(&mut self, key: &'static str, allowed: &str, rule: impl Fn(&Value) -> Option<T>) -> Vec<T> {
        let allowed = format!("a list of at most {MAX_LIST}, each {allowed}, none twice");
        let read = self.optional(key, &allowed, |value| {
            let values = value.as_array().filter(|values| values.len() <= MAX_LIST)?;
            let twice = |(i, v): (usize, &Value)| values[..i].contains(v);
            if values.iter().enumerate().any(twice) {
                return None;
            }
            values.iter().map(&rule).collect::<Option<Vec<T>>>()
        });
        read.unwrap_or_default()
    }

    pub(super) fn text(&mut self, key: &'static str) -> String {
        let allowed = format!("a text of 1 to {MAX_TEXT} characters");
        self.required(key, &allowed, |v| text(v).filter(|t| !t.is_empty())).unwrap_or_default()
    }

    /// A text that must be stated and may be empty.
    pub(super) fn text_or_empty(&mut self, key: &'static str) -> String {
        let allowed = format!("a text of at most {MAX_TEXT} characters, empty where there is none");
        self.required(key, &allowed, text).unwrap_or_default()
    }

    pub(super) fn note(&mut self) -> String {
        let allowed = format!("a text of at most {MAX_TEXT} characters");
        self.optional("note", &allowed, text).unwrap_or_default()
    }

    /// A rule's or a version's name.
    pub(super) fn id(&mut self, key: &'static str) -> String {
        const ALLOWED: &str = "a name of 1 to 64 small letters, digits, dots and dashes";
        self.required(key, ALLOWED, id).unwrap_or_default()
    }

    pub(super) fn ids(&mut self, key: &'static str) -> Vec<String> {
        self.list(key, "the id of a rule", id)
    }

    pub(super) fn date(&mut self, key: &'static str) -> Option<Date> {
        self.required(key, A_DATE, date)
    }

    pub(super) fn optional_date(&mut self, key: &'static str) -> Option<Date> {
        self.optional(key, A_DATE, date)
    }

    pub(super) fn dates(&mut self, key: &'static str) -> Vec<Date> {
        self.list(key, A_DATE, date)
    }

    /// Month and day of every year.
    pub(super) fn month_days(&mut self, key: &'static str) -> Vec<(i8, i8)> {
        self.list(key, "a month and a day such as \"03-08\"", |v| {
            let (month, day) = v.as_str().filter(|t| t.len() == 5)?.split_once('-')?;
            let date = Date::new(2023, month.parse().ok()?, day.parse().ok()?).ok()?;
            Some((date.month(), date.day()))
        })
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.optional(key, "true or false", Value::as_bool)
    }

    pub(super) fn required_flag(&mut self, key: &'static str) -> bool {
        self.required(key, "true or false", Value::as_bool).unwrap_or_default()
    }

    pub(super) fn count(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        self.required(key, &numbers(&range), |v| count(v, &range))
    }

    pub(super) fn optional_count(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        self.optional(key, &numbers(&range), |v| count(v, &range))
    }

    pub(super) fn choice<T: Code>(&mut self, key: &'static str) -> Option<T> {
        self.required(key, &names::<T>(), choice)
    }

    pub(super) fn optional_choice<T: Code>(&mut self, key: &'static str) -> Option<T> {
        self.optional(key, &names::<T>(), choice)
    }

    pub(super) fn choices<T: Code>(&mut self, key: &'static str) -> Vec<T> {
        self.list(key, &names::<T>(), choice)
    }

    /// A code in capitals, such as a paper's or a currency's.
    pub(super) fn code(&mut self, key: &'static str, longest: usize) -> String {
        let allowed = format!("a code of 1 to {longest} capitals, digits and underscores");
        self.required(key, &allowed, |v| capitals(v, longest)).unwrap_or_default()
    }

    pub(super) fn codes(&mut self, key: &'static str, longest: usize) -> Vec<String> {
        self.list(key, "a code in capitals", |v| capitals(v, longest))
    }

    /// A table inside this one; an empty one when it is not there.
    pub(super) fn table(&mut self, key: &'static str) -> Table {
        self.optional(key, "a table", |v| v.as_table().cloned()).unwrap_or_default()
    }

    /// Reads a table inside this one.
    pub(super) fn inside<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Entry<'_>) -> T) -> T {
        let table = self.table(key);
        let mut inner = Entry::new(self.file, format!("{}: {key}", self.rule), table, self.faults);
        let value = read(&mut inner);
        inner.finish();
        value
    }

    /// The end: what nobody asked for is a fault.
    pub(super) fn finish(mut self) {
        let known: Vec<_> = self.known.iter().copied().collect();
        for key in self.table.keys().cloned().collect::<Vec<_>>() {
            self.fault(&key, format!("is not known here; known are {}", known.join(", ")));
        }
    }
}

const A_DATE: &str = "a date such as 2024-01-31, without quotes";

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|t| t.chars().nth(MAX_TEXT).is_none()).map(str::to_string)
}

fn id(value: &Value) -> Option<String> {
    let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
    value.as_str().filter(|t| (1..=64).contains(&t.len()) && t.bytes().all(sound)).map(str::to_string)
}

fn date(value: &Value) -> Option<Date> {
    let date = value.as_datetime().filter(|d| d.time.is_none() && d.offset.is_none())?.date?;
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?)
        .ok()
}

fn numbers(range: &RangeInclusive<u32>) -> String {
    format!("a whole number from {} to {}", range.start(), range.end())
}

fn count(value: &Value, range: &RangeInclusive<u32>) -> Option<u32> {
    u32::try_from(value.as_integer()?).ok().filter(|n| range.contains(n))
}

fn names<T: Code>() -> String {
    let names: Vec<_> = T::all().iter().map(|value| value.name()).collect();
    format!("one of {}", names.join(", "))
}

fn choice<T: Code>(value: &Value) -> Option<T> {
    T::named(value.as_str()?)
}

fn capitals(value: &Value, longest: usize) -> Option<String> {
    let sound = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    value.as_str().filter(|t| (1..=longest).contains(&t.len()) && t.bytes().all(sound)).map(str::to_string)
}
