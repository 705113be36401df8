//! A person as a file states it, and the record that it makes: texts are judged here, whatever the
//! file's form.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;

use crate::number::{Iin, Sex};
use crate::person::document::{MAX_NUMBER, Status, is_kind};
use crate::person::name::MAX_PART;
use crate::person::{Country, Document, Name, Person};
use crate::register::change::MAX_TEXT;
use crate::register::{NumberState, Record, Scheduled};

/// The most spellings of the name, and the most documents, of one person.
pub const MAX_EACH: usize = 64;

/// What is wrong with a column of a row. It never holds the value: that is personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column, as the file's form calls it.
    pub column: Cow<'static, str>,
    /// What is wrong.
    pub what: Cow<'static, str>,
}

impl Fault {
    /// A fault of a column.
    pub fn new(column: impl Into<Cow<'static, str>>, what: impl Into<Cow<'static, str>>) -> Self {
        Fault { column: column.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.column, self.what)
    }
}

/// Texts of one person, as a row states them. `None`: nothing is stated.
#[derive(Default)]
pub struct Entry {
    /// The number.
    pub iin: Option<String>,
    /// Where it stands: a [`NumberState`] by name.
    pub state: Option<String>,
    /// Spellings of the name, the main one first.
    pub names: Vec<NameEntry>,
    /// Birth date.
    pub birth_date: Option<String>,
    /// MALE or FEMALE.
    pub sex: Option<String>,
    /// Country of citizenship.
    pub citizenship: Option<String>,
    /// Documents.
    pub documents: Vec<DocumentEntry>,
    /// Since when the number stands there.
    pub state_since: Option<String>,
    /// Why.
    pub state_reason: Option<String>,
    /// The number now in force.
    pub superseded_by: Option<String>,
    /// A change of state that is decided and not yet in force.
    pub scheduled: Option<ScheduledEntry>,
}

/// A change of state that comes into force by itself.
#[derive(Default)]
pub struct ScheduledEntry {
    /// The state from then on: a [`NumberState`] by name, and not SUPERSEDED.
    pub state: Option<String>,
    /// From which day.
    pub on: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// One spelling of a name.
#[derive(Default)]
pub struct NameEntry {
    /// What stands before `family_name` and its siblings in the names of the columns.
    pub before: Cow<'static, str>,
    /// What stands after.
    pub after: &'static str,
    /// Surname.
    pub family: Option<String>,
    /// Given name.
    pub given: Option<String>,
    /// Patronymic; empty: known to have none.
    pub patronymic: Option<String>,
}

/// One document.
#[derive(Default)]
pub struct DocumentEntry {
    /// What stands before `type` and its siblings in the names of the columns.
    pub before: Cow<'static, str>,
    /// Kind.
    pub kind: Option<String>,
    /// Number.
    pub number: Option<String>,
    /// Issuing country.
    pub country: Option<String>,
    /// Last day of validity.
    pub valid_until: Option<String>,
    /// Whether it still counts: a code of two digits.
    pub status: Option<String>,
    /// The name as the document spells it.
    pub name: Option<NameEntry>,
}

impl Entry {
    /// The record that the texts make, or every fault of them, as of a day.
    ///
    /// ```
    /// use iinspect::registrar::entry::Entry;
    /// let today = jiff::civil::date(2026, 11, 22);
    /// let text = |t: &str| Some(t.to_string());
    /// let entry = Entry { iin: text("009900000008"), state: text("IN_FORCE"), ..Entry::default() };
    /// assert!(entry.judge(today).is_ok());
    /// let entry = Entry { iin: text("009900000008"), sex: text("X"), ..Entry::default() };
    /// let columns: Vec<_> = entry.judge(today).unwrap_err().into_iter().map(|f| f.column).collect();
    /// assert_eq!(columns, ["state", "sex"]);
    /// ```
    ///
    /// # Errors
    /// Every fault, at least one.
    pub fn judge(self, today: Date) -> Result<(Iin, Record), Vec<Fault>> {
        let mut judge = Judge { faults: Vec::new() };
        let iin = judge.required("iin", self.iin).and_then(|text| judge.iin("iin", &text));
        let state = judge.required("state", self.state).and_then(|text| judge.state("state", &text));
        let names = judge.names(self.names);
        let birth_date = judge.past("birth_date", self.birth_date, today);
        let sex = judge.sex(self.sex.as_deref());
        let citizenship = judge.country("citizenship".into(), self.citizenship);
        let documents = judge.documents(self.documents);
        let since = judge.past("state_since", self.state_since, today);
        let state_reason = judge.text("state_reason".into(), self.state_reason, MAX_TEXT);
        let superseded_by =
            self.superseded_by.filter(|t| !t.is_empty()).and_then(|text| judge.iin("superseded_by", &text));
        if superseded_by.is_some() && state.is_some_and(|s| s != NumberState::Superseded) {
            judge.fault("superseded_by", "only a number that is SUPERSEDED has one");
        }
        if superseded_by.is_some() && superseded_by == iin {
            judge.fault("superseded_by", "a number cannot replace itself");
        }
        let scheduled = self.scheduled.and_then(|next| judge.scheduled(next));
        if scheduled.is_some() && state == Some(NumberState::Superseded) {
            judge.fault("scheduled", "a number that is SUPERSEDED has none");
        }
        let person = Person { names, birth_date, sex, citizenship, documents };
        match (iin, state) {
            (Some(iin), Some(state)) if judge.faults.is_empty() => {
                Ok((iin, Record { state, since, state_reason, superseded_by, scheduled, person }))
            }
            _ => Err(judge.faults),
        }
    }
}

/// Gathers faults.
struct Judge {
    faults: Vec<Fault>,
}

impl Judge {
    fn fault(&mut self, column: impl Into<Cow<'static, str>>, what: impl Into<Cow<'static, str>>) {
        self.faults.push(Fault::new(column, what));
    }

    fn required(&mut self, column: &'static str, text: Option<String>) -> Option<String> {
        let text = text.filter(|t| !t.is_empty());
        if text.is_none() {
            self.fault(column, "must be given");
        }
        text
    }

    fn iin(&mut self, column: &'static str, text: &str) -> Option<Iin> {
        // The error holds reasons alone, never the number.
        Iin::parse(text).map_err(|e| self.fault(column, e.to_string())).ok()
    }

    fn scheduled(&mut self, next: ScheduledEntry) -> Option<Scheduled> {
        let state = self.required("scheduled.state", next.state);
        let state = state.and_then(|text| self.state("scheduled.state", &text));
        if state == Some(NumberState::Superseded) {
            self.fault("scheduled.state", "must not be SUPERSEDED: no number is replaced ahead of time");
        }
        let on = self.required("scheduled.on", next.on);
        let on = on.and_then(|text| self.date("scheduled.on".into(), Some(text)));
        let reason = self.text("scheduled.reason".into(), next.reason, MAX_TEXT);
        Some(Scheduled { state: state?, on: on?, reason })
    }

    fn state(&mut self, column: &'static str, text: &str) -> Option<NumberState> {
        let state = NumberState::from_name(text);
        if state.is_none() {
            self.fault(column, "must be IN_FORCE, CONDITIONALLY_EXCLUDED, EXCLUDED or SUPERSEDED");
        }
        state
    }

    fn sex(&mut self, text: Option<&str>) -> Option<Sex> {
        match text {
            None | Some("") => None,
            Some("MALE") => Some(Sex::Male),
            Some("FEMALE") => Some(Sex::Female),
            Some(_) => {
                self.fault("sex", "must be MALE or FEMALE");
                None
            }
        }
    }

    fn country(&mut self, column: Cow<'static, str>, text: Option<String>) -> Option<Country> {
        let parsed = text.filter(|t| !t.is_empty())?.parse::<Country>();
        parsed.map_err(|unknown| self.fault(column, unknown.to_string())).ok()
    }

    /// A date as the contract writes it: the parser alone knows more forms.
    fn date(&mut self, column: Cow<'static, str>, text: Option<String>) -> Option<Date> {
        let text = text.filter(|t| !t.is_empty())?;
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        let date = text.parse().ok().filter(|_| shaped);
        if date.is_none() {
            self.fault(column, "must be a date of the calendar in the form YYYY-MM-DD");
        }
        date
    }

    fn past(&mut self, column: &'static str, text: Option<String>, today: Date) -> Option<Date> {
        let date = self.date(column.into(), text)?;
        if date > today {
            self.fault(column, "must not be in the future");
        }
        Some(date)
    }

    /// A text of at most so many characters.
    fn text(&mut self, column: Cow<'static, str>, text: Option<String>, longest: usize) -> String {
        let text = text.unwrap_or_default();
        if let Some(what) = text_fault(&text, longest) {
            self.fault(column, what);
        }
        text
    }

    fn name(&mut self, entry: NameEntry) -> Name {
        let column = |part: &str| Cow::from(format!("{}{part}{}", entry.before, entry.after));
        let name = Name {
            family: self.text(column("family_name"), entry.family, MAX_PART),
            given: self.text(column("given_name"), entry.given, MAX_PART),
            patronymic: entry.patronymic.map(|p| self.text(column("patronymic"), Some(p), MAX_PART)),
        };
        if name.is_empty() {
            self.fault(column("family_name"), "a name needs a family name or a given name");
        }
        name
    }

    fn names(&mut self, entries: Vec<NameEntry>) -> Vec<Name> {
        if entries.len() > MAX_EACH {
            self.fault("names", too_many());
        }
        entries.into_iter().map(|entry| self.name(entry)).collect()
    }

    fn document(&mut self, entry: DocumentEntry) -> Document {
        let column = |part: &str| Cow::from(format!("{}{part}", entry.before));
        let kind = entry.kind.unwrap_or_default();
        if !kind.is_empty() && !is_kind(&kind) {
            self.fault(column("type"), "must be a code of at most 32 capitals, digits and underscores");
        }
        let number = self.text(column("number"), entry.number, MAX_NUMBER);
        if number.trim().is_empty() {
            self.fault(column("number"), "must be given with a document");
        }
        Document {
            kind,
            number,
            country: self.country(column("country"), entry.country),
            valid_until: self.date(column("valid_until"), entry.valid_until),
            status: self.status(column("status"), entry.status),
            name: entry.name.map(|name| self.name(name)),
        }
    }

    fn status(&mut self, column: Cow<'static, str>, text: Option<String>) -> Option<Status> {
        let parsed = text.filter(|t| !t.is_empty())?.parse::<Status>();
        parsed.map_err(|bad| self.fault(column, bad.to_string())).ok()
    }

    fn documents(&mut self, entries: Vec<DocumentEntry>) -> Vec<Document> {
        if entries.len() > MAX_EACH {
            self.fault("documents", too_many());
        }
        entries.into_iter().map(|entry| self.document(entry)).collect()
    }
}

/// What is wrong with a text that may have so many characters. Control characters are a sign of a
/// broken export, and a line break in a name would look like two rows to those who read the file after
/// us.
///
/// ```
/// use iinspect::registrar::entry::text_fault;
/// assert_eq!(text_fault("Әсел", 4), None);
/// assert_eq!(text_fault("Әсел", 3).as_deref(), Some("must have at most 3 characters"));
/// assert!(text_fault("a\nb", 3).is_some());
/// ```
#[must_use]
pub fn text_fault(text: &str, longest: usize) -> Option<Cow<'static, str>> {
    if text.chars().nth(longest).is_some() {
        Some(format!("must have at most {longest} characters").into())
    } else if text.chars().any(char::is_control) {
        Some("must not hold control characters, such as line breaks".into())
    } else {
        None
    }
}

/// What is said of a list that is too long.
#[must_use]
pub fn too_many() -> String {
    format!("a person has at most {MAX_EACH}")
}
