//! A rulebook's text to a rulebook: typed, whole or not at all, every fault told at once.

mod agree;
mod entry;

use jiff::civil::Date;
use toml::{Table, Value};

use self::entry::Entry;
use super::calendar::{Calendar, Holiday, MAX_DAYS, Transfer};
use super::codes::Confidence;
use super::fault::{Fault, Faults};
use super::law::{Basis, Period, Rule, When};
use super::purpose::Asks;
use super::{Cost, Group, Iin, Opening, Paper, Prints, Rulebook, Statement, Step, Term, Warning};

/// The most rules of one section.
const MAX_RULES: usize = 1_000;
/// The sections whose rules can have a condition, and be of one profile; steps can be of one profile.
const CONDITIONAL: [&str; 7] = ["iin", "channel", "document", "fingerprint", "term", "cost", "warning"];
/// The longest term, in working days.
const MAX_TERM: u32 = 250;
/// The highest age that a rule can name.
const MAX_AGE: u32 = 120;

/// Reads a rulebook; `file` names the text in faults.
///
/// ```
/// use iinspect::rulebook::load;
/// let faults = load::read("rules.toml", "[[step]]\nid = \"A\"\n").unwrap_err();
/// assert!(faults.to_string().starts_with("rules.toml: "));
/// assert!(faults.0.len() > 5);
/// ```
///
/// # Errors
/// Every fault, each with file, rule, key and what is allowed. Nothing of a text at fault is used.
pub fn read(file: &str, text: &str) -> Result<Rulebook, Faults> {
    let mut root: Table = text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
        let allowed = format!("is not TOML: {} (line {line})", e.message());
        Faults(vec![Fault { file: file.into(), rule: String::new(), key: String::new(), allowed }])
    })?;
    let mut faults = Vec::new();
    let mut file = File { name: file, root: &mut root, faults: &mut faults };
    let (version, as_of) = file.head("rulebook", |e| (e.id("version"), e.date("as_of")));
    let (calendar_version, calendar_as_of, first, last) =
        file.head("calendar", |e| (e.id("version"), e.date("as_of"), e.date("first"), e.date("last")));
    let book = Rulebook {
        version: version.into(),
        as_of: as_of.unwrap_or_default(),
        iin: file.rules("iin", |e| Some(Iin { need: e.choice("need")? })),
        purposes: file.rules("purpose", purpose),
        groups: file.rules("group", group),
        channels: file.rules("channel", opening),
        documents: file.rules("document", paper),
        fingerprints: file.rules("fingerprint", prints),
        steps: file.rules("step", |e| Some(Step { stage: e.choice("stage")? })),
        terms: file.rules("term", term),
        costs: file.rules("cost", cost),
        warnings: file.rules("warning", |e| Some(Warning { trigger: e.choice("trigger")? })),
        statements: file.rules("statement", |_| Some(Statement)),
        holidays: file.rules("holiday", holiday),
        transfers: file
            .rules("transfer", |e| Some(Transfer { off: e.dates("off"), worked: e.dates("worked") })),
        ..Rulebook::empty()
    };
    file.nothing_more();
    let span = (first.unwrap_or_default(), last.unwrap_or_default());
    agree::all(&book, span, file.name, file.faults);
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    let holidays: Vec<_> = book.holidays.iter().map(|r| (&r.basis, &r.says)).collect();
    let transfers: Vec<_> = book.transfers.iter().map(|r| &r.says).collect();
    let calendar =
        Calendar::new(calendar_version, calendar_as_of.unwrap_or_default(), span, &holidays, &transfers);
    Ok(Rulebook { calendar, ..book })
}

/// Whether a stretch of days makes a calendar.
fn makes_a_calendar((first, last): (Date, Date)) -> bool {
    let days = first.until(last).map(|span| span.get_days());
    days.is_ok_and(|days| usize::try_from(days).is_ok_and(|days| days < MAX_DAYS))
}

struct File<'a> {
    name: &'a str,
    root: &'a mut Table,
    faults: &'a mut Vec<Fault>,
}

impl File<'_> {
    fn fault(&mut self, rule: &str, key: &str, allowed: impl Into<String>) {
        let allowed = allowed.into();
        self.faults.push(Fault { file: self.name.into(), rule: rule.into(), key: key.into(), allowed });
    }

    /// The one table of a section.
    fn head<T>(&mut self, section: &'static str, read: impl FnOnce(&mut Entry<'_>) -> T) -> T {
        let table = match self.root.remove(section) {
            Some(Value::Table(table)) => table,
            _ => {
                self.fault(section, "", format!("must be a table, [{section}]"));
                Table::new()
            }
        };
        let mut entry = Entry::new(self.name, section.into(), table, self.faults);
        let value = read(&mut entry);
        entry.finish();
        value
    }

    /// The rules of a section in order.
    fn rules<P>(
        &mut self,
        section: &'static str,
        read: impl Fn(&mut Entry<'_>) -> Option<P>,
    ) -> Vec<Rule<P>> {
        let entries = match self.root.remove(section) {
            None => Vec::new(),
            Some(Value::Array(entries)) if entries.len() <= MAX_RULES => entries,
            Some(_) => {
                self.fault(section, "", format!("must be at most {MAX_RULES} tables, [[{section}]]"));
                Vec::new()
            }
        };
        let mut rules = Vec::new();
        for (i, entry) in entries.into_iter().enumerate() {
            let place = format!("{section}[{i}]");
            let Value::Table(table) = entry else {
                self.fault(&place, "", format!("must be a table, [[{section}]]"));
                continue;
            };
            let mut entry = Entry::new(self.name, place, table, self.faults);
            let (basis, when) = (basis(&mut entry), entry.inside("when", when));
            // What nothing would look at is refused: a rule that says more than it does misleads.
            let conditional = CONDITIONAL.contains(&section);
            if !conditional && when != When::default() {
                entry.fault("when", format!("has no place in {section}"));
            }
            if !conditional && section != "step" && basis.profile.is_some() {
                entry.fault("profile", format!("has no place in {section}"));
            }
            let says = read(&mut entry);
            entry.finish();
            rules.extend(says.map(|says| Rule { basis, when, says }));
        }
        rules
    }

    fn nothing_more(&mut self) {
        for key in self.root.keys().cloned().collect::<Vec<_>>() {
            self.fault(&key, "", "there is no such section");
        }
    }
}

fn basis(e: &mut Entry<'_>) -> Basis {
    let id = e.id("id");
    if !id.is_empty() {
        e.rename(&id);
    }
    let valid = Period { from: e.optional_date("valid_from"), to: e.optional_date("valid_to") };
    if let Period { from: Some(from), to: Some(to) } = valid
        && to < from
    {
        e.fault("valid_to", "must not be before valid_from");
    }
    Basis {
        id,
        statement: e.text("statement"),
        applies_to: e.text("applies_to"),
        valid,
        legal_basis: e.text_or_empty("legal_basis"),
        source: e.text("source"),
        confidence: e.choice("confidence").unwrap_or(Confidence::Inferred),
        disputed: e.flag("disputed").unwrap_or_default(),
        note: e.note(),
        profile: e.optional_choice("profile"),
        against: e.ids("against"),
    }
}

fn when(e: &mut Entry<'_>) -> When {
    When {
        grounds: e.choices("grounds"),
        channels: e.choices("channels"),
        presences: e.choices("presences"),
        categories: e.choices("categories"),
        except: e.choices("except"),
        stays: e.choices("stays"),
        visas: e.choices("visas"),
        scripts: e.choices("scripts"),
        in_kazakhstan: e.flag("in_kazakhstan"),
        foreigner: e.flag("foreigner"),
        expedited: e.flag("expedited"),
    }
}

fn age(e: &mut Entry<'_>, key: &'static str) -> Option<u8> {
    e.optional_count(key, 1..=MAX_AGE).and_then(|n| u8::try_from(n).ok())
}

fn purpose(e: &mut Entry<'_>) -> Option<Asks> {
    let (purpose, need) = (e.choice("purpose"), e.choice("need"));
    let (after, claims, minimum_age) = (e.choices("after"), e.choices("claims"), age(e, "minimum_age"));
    if minimum_age.is_some() && !claims.contains(&super::codes::Claim::BirthDate) {
        e.fault("claims", "must have BIRTH_DATE beside minimum_age");
    }
    Some(Asks { purpose: purpose?, need: need?, after, minimum_age, claims })
}

fn group(e: &mut Entry<'_>) -> Option<Group> {
    let (category, minimum_age, under_age) =
        (e.choice("category"), age(e, "minimum_age"), age(e, "under_age"));
    Some(Group { category: category?, minimum_age, under_age })
}

fn opening(e: &mut Entry<'_>) -> Option<Opening> {
    let (channel, presences) = (e.choice("channel"), e.choices("presences"));
    if presences.is_empty() {
        e.fault("presences", "must name one at least");
    }
    let (allowed, reason) = (e.required_flag("allowed"), e.optional_choice("reason"));
    if allowed == reason.is_some() {
        e.fault("reason", "must be stated when allowed is false, and only then");
    }
    let foreigners_only = e.flag("foreigners_only").unwrap_or_default();
    let in_kazakhstan = e.flag("in_kazakhstan").unwrap_or_default();
    let (under_age, groups) = (age(e, "under_age"), e.choices("groups"));
    Some(Opening {
        channel: channel?,
        presences,
        refused: reason,
        foreigners_only,
        in_kazakhstan,
        under_age,
        groups,
    })
}

fn paper(e: &mut Entry<'_>) -> Option<Paper> {
    let (code, need, forms) = (e.code("code", 32), e.choice("need"), e.choices("forms"));
    let valid = e.flag("valid").unwrap_or_default();
    let told_when_not = e.flag("told_when_not").unwrap_or_default();
    Some(Paper { code, need: need?, forms, valid, told_when_not })
}

fn prints(e: &mut Entry<'_>) -> Option<Prints> {
    let (need, minimum_age, place) = (e.choice("need"), age(e, "minimum_age"), e.text_or_empty("place"));
    let blocks_iin = e.flag("blocks_iin").unwrap_or_default();
    Some(Prints { need: need?, minimum_age, place, blocks_iin })
}

fn term(e: &mut Entry<'_>) -> Option<Term> {
    let (min, max) = (e.count("working_days_min", 0..=MAX_TERM), e.count("working_days_max", 0..=MAX_TERM));
    if let (Some(min), Some(max)) = (min, max)
        && max < min
    {
        e.fault("working_days_max", "must not be less than working_days_min");
    }
    Some(Term { min: min?, max: max? })
}

fn cost(e: &mut Entry<'_>) -> Option<Cost> {
    let (kind, currency) = (e.choice("kind"), e.code("currency", 3));
    let (units, payable_in) = (e.count("units", 0..=u32::MAX), e.codes("payable_in", 3));
    let observed_on = e.date("observed_on");
    let (kind, units) = (kind?, units?);
    if (kind == super::codes::Price::Free) != (units == 0) {
        e.fault("units", "must be 0 for FREE, and only then");
    }
    Some(Cost { kind, currency, units, payable_in, observed_on: observed_on? })
}

fn holiday(e: &mut Entry<'_>) -> Option<Holiday> {
    let (days, dates) = (e.month_days("days"), e.dates("dates"));
    if days.is_empty() == dates.is_empty() {
        e.fault("days", "must be stated, or else dates");
    }
    Some(Holiday { days, dates, moves: e.required_flag("moves") })
}

#[cfg(test)]
mod tests;
