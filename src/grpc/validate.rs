//! Requests that make sense become domain requests; the others name every field at fault.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::error::{Error, Violation};
use crate::number::{Iin, Sex};
use crate::pb::v1;
use crate::person::document::{MAX_NUMBER, is_kind};
use crate::person::name::MAX_PART;
use crate::person::{Country, Document, Name};
use crate::reason::Reason;
use crate::registrar::entry::text_fault;

/// The longest text that is taken for a number, in Unicode scalars.
pub const MAX_NUMBER_TEXT: usize = 64;
/// The longest reference, in Unicode scalars.
pub const MAX_REFERENCE: usize = 64;

/// The most fields at fault that one error tells: errors travel in trailers, for which callers have 8 KiB
/// or little more.
pub const MAX_VIOLATIONS: usize = 24;

/// Gathers what is wrong with a request, and what is set that is not served yet.
#[derive(Debug, Default)]
pub struct Checker {
    violations: Vec<Violation>,
    not_implemented: Vec<String>,
}

impl Checker {
    /// Notes a field at fault, unless there are [`MAX_VIOLATIONS`] already.
    pub fn violation(&mut self, field: &str, reason: Reason, description: impl Into<String>) {
        if self.violations.len() >= MAX_VIOLATIONS {
            return;
        }
        self.violations.push(Violation { field: field.into(), description: description.into(), reason });
    }

    /// Notes a field at fault that no code of its own stands for.
    pub fn fault(&mut self, field: &str, description: impl Into<String>) {
        self.violation(field, Reason::InvalidRequest, description);
    }

    /// Notes a field that is set and not served yet.
    pub fn not_yet(&mut self, field: &str, set: bool) {
        if set {
            self.not_implemented.push(field.into());
        }
    }

    /// The end of checking: nonsense first, then what is not served yet.
    ///
    /// # Errors
    /// Anything noted.
    pub fn finish(self) -> Result<(), Error> {
        if !self.violations.is_empty() {
            Err(Error::invalid(self.violations))
        } else if !self.not_implemented.is_empty() {
            Err(Error::not_implemented(self.not_implemented))
        } else {
            Ok(())
        }
    }

    /// A text of at most `longest` characters.
    pub fn at_most(&mut self, field: &str, text: &str, longest: usize) {
        if text.chars().nth(longest).is_some() {
            self.fault(field, format!("must have at most {longest} characters"));
        }
    }

    /// A text taken for a number: not empty, not over-long; what it says is the answer's business.
    pub fn number_text(&mut self, field: &str, text: &str) {
        if text.is_empty() {
            self.fault(field, "must not be empty");
        }
        self.at_most(field, text, MAX_NUMBER_TEXT);
    }

    /// A number that must be well-formed, since the answer is about it and not about its form.
    pub fn iin(&mut self, field: &str, text: &str) -> Option<Iin> {
        match Iin::parse(text) {
            Ok(iin) => Some(iin),
            Err(error) => {
                let reason = error.reasons().first().copied().unwrap_or(Reason::InvalidRequest);
                self.violation(field, reason, reason.message());
                None
            }
        }
    }

    /// A UUID, or empty.
    pub fn uuid(&mut self, field: &str, text: &str) {
        if !text.is_empty() && Uuid::try_parse(text).is_err() {
            self.fault(field, "must be a UUID");
        }
    }

    /// A UUID that must be given.
    pub fn required_uuid(&mut self, field: &str, text: &str) -> Option<Uuid> {
        let uuid = Uuid::try_parse(text).ok();
        if uuid.is_none() {
            self.fault(field, "must be a UUID");
        }
        uuid
    }

    /// A text that is kept: at most `longest` characters, none of them a control character.
    pub fn kept_text(&mut self, field: &str, text: &str, longest: usize) {
        if let Some(what) = text_fault(text, longest) {
            self.fault(field, what);
        }
    }

    /// "YYYY-MM-DD" and not after `today`, or empty for none.
    pub fn past_date(&mut self, field: &str, text: &str, today: Date) -> Option<Date> {
        let date = self.date(field, text)?;
        if date > today {
            self.fault(field, "must not be in the future");
        }
        Some(date)
    }

    /// A moment of the calendar.
    pub fn moment(&mut self, field: &str, at: &prost_types::Timestamp) -> Option<Timestamp> {
        let moment = Timestamp::new(at.seconds, at.nanos).ok().filter(|_| at.nanos >= 0);
        if moment.is_none() {
            self.fault(field, "must be a moment of the calendar");
        }
        moment
    }

    /// "YYYY-MM-DD", or empty for none.
    pub fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        if text.is_empty() {
            return None;
        }
        // The shape first: the parser knows more forms than the contract does.
        let shaped = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !shaped {
            self.fault(field, "must be a date in the form YYYY-MM-DD");
            return None;
        }
        let date = text.parse().ok();
        if date.is_none() {
            self.violation(field, Reason::DateImpossible, "must be a date of the calendar");
        }
        date
    }

    /// A value of an enum; `None` for UNSPECIFIED.
    pub fn choice<E: TryFrom<i32>, T>(
        &mut self,
        field: &str,
        value: i32,
        known: impl FnOnce(E) -> Option<T>,
    ) -> Option<T> {
        if value == 0 {
            return None;
        }
        let chosen = E::try_from(value).ok().and_then(known);
        if chosen.is_none() {
            self.fault(field, "must be a value of its enum that this server knows");
        }
        chosen
    }

    /// A duration of 0 or more; `None` when not stated.
    pub fn max_age(&mut self, field: &str, value: Option<&prost_types::Duration>) -> Option<Duration> {
        let sound = |d: &prost_types::Duration| {
            // The bounds of google.protobuf.Duration.
            let seconds = u64::try_from(d.seconds).ok().filter(|s| *s <= 315_576_000_000)?;
            let nanos = u32::try_from(d.nanos).ok().filter(|n| *n < 1_000_000_000)?;
            Some(Duration::new(seconds, nanos))
        };
        let age = sound(value?);
        if age.is_none() {
            self.fault(field, "must be a duration of 0 or more");
        }
        age
    }

    /// A moment that is not in the future; `None` when not stated.
    pub fn past(
        &mut self,
        field: &str,
        value: Option<&prost_types::Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let moment = value?;
        let past = Timestamp::new(moment.seconds, moment.nanos).ok().filter(|at| *at <= now);
        if past.is_none() {
            self.fault(field, "must be a moment that is not in the future");
        }
        past
    }

    /// Sex; `None` when not stated.
    pub fn sex(&mut self, field: &str, value: i32) -> Option<Sex> {
        self.choice(field, value, |s| match s {
            v1::Sex::Unspecified => None,
            v1::Sex::Male => Some(Sex::Male),
            v1::Sex::Female => Some(Sex::Female),
        })
    }

    /// A country, or empty for none.
    pub fn country(&mut self, field: &str, text: &str) -> Option<Country> {
        if text.is_empty() {
            return None;
        }
        let parsed = text.parse::<Country>();
        if let Err(unknown) = &parsed {
            self.fault(field, format!("is {unknown}"));
        }
        parsed.ok()
    }

    /// A name with at least one of family and given name.
    pub fn name(&mut self, field: &str, name: &v1::PersonName) -> Name {
        for (part, text) in [("family", &name.family), ("given", &name.given)] {
            self.at_most(&format!("{field}.{part}"), text, MAX_PART);
        }
        if let Some(text) = &name.patronymic {
            self.at_most(&format!("{field}.patronymic"), text, MAX_PART);
        }
        let out = Name {
            family: name.family.clone(),
            given: name.given.clone(),
            patronymic: name.patronymic.clone(),
        };
        if out.is_empty() {
            self.fault(field, "must have a family name or a given name");
        }
        out
    }

    /// A document with a number.
    pub fn document(&mut self, field: &str, document: &v1::Document) -> Document {
        if document.number.trim().is_empty() {
            self.fault(&format!("{field}.number"), "must not be empty");
        }
        self.at_most(&format!("{field}.number"), &document.number, MAX_NUMBER);
        if !document.r#type.is_empty() && !is_kind(&document.r#type) {
            self.fault(
                &format!("{field}.type"),
                "must be a code of at most 32 capitals, digits and underscores",
            );
        }
        Document {
            kind: document.r#type.clone(),
            number: document.number.clone(),
            country: self.country(&format!("{field}.issuing_country"), &document.issuing_country),
            valid_until: self.date(&format!("{field}.valid_until"), &document.valid_until),
            status: None,
            name: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(c: Checker) -> Vec<String> {
        match c.finish().unwrap_err().kind() {
            crate::error::Kind::Invalid(v) => v.iter().map(|v| v.field.clone()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_date_has_one_form_and_must_be_in_the_calendar() {
        let mut c = Checker::default();
        assert_eq!(c.date("none", ""), None);
        assert_eq!(c.date("ok", "2000-02-29"), Some(jiff::civil::date(2000, 2, 29)));
        for (field, text) in [
            ("a", "1990-02-29"),
            ("b", "19900228"),
            ("c", "1990-02-28T00"),
            ("e", "１990-02-2"),
            ("f", "+1990-2-28"),
        ] {
            assert_eq!(c.date(field, text), None, "{text}");
        }
        assert_eq!(fields(c), ["a", "b", "c", "e", "f"]);
    }

    #[test]
    fn lengths_count_characters_and_the_bound_itself_is_allowed() {
        let mut c = Checker::default();
        c.number_text("ok", &"ә".repeat(64));
        c.number_text("long", &"1".repeat(65));
        c.number_text("empty", "");
        assert_eq!(fields(c), ["long", "empty"]);
    }

    #[test]
    fn nonsense_is_told_before_what_is_not_served() {
        let mut c = Checker::default();
        c.not_yet("consent", true);
        c.not_yet("signature", false);
        assert_eq!(c.finish().unwrap_err().reason(), Reason::NotImplemented);
        let mut c = Checker::default();
        c.not_yet("consent", true);
        c.uuid("request_id", "x");
        assert_eq!(fields(c), ["request_id"]);
    }
}
