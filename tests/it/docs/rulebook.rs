//! `docs/RULEBOOK.md`: every rule with its source, the disputed ones first.

use std::fmt::Write;

use iinspect::rulebook::Rulebook;
use iinspect::rulebook::codes::Code;
use iinspect::rulebook::law::Basis;
use jiff::civil::Date;

pub(super) fn document(book: &Rulebook) -> String {
    let mut text = format!(
        "<!-- Generated from src/rulebook/data by tests/it/docs.rs: run `make docs`. -->

# The rulebook

Version {}, as of {}. `GetRequirements` and `Verify` decide by these rules, each on the days it is in
force, and answers name the version. An operator can use another rulebook without a new binary
([how](OPERATIONS.md#the-rulebook)).

Confidence is `C2` for two or more independent sources, `C1` for one, `OWN` for what this project
computed, `I` for what no source says in so many words. Where sources contradict each other, both
statements stand here: the rule in force decides, the other is told beside it in `disputes`.

## Disputed
",
        book.version(),
        book.as_of()
    );
    for (section, basis) in book.bases().filter(|(_, b)| b.disputed) {
        rule(&mut text, section, basis);
        let other: Vec<_> = book.bases().filter(|(_, b)| b.against.contains(&basis.id)).collect();
        for (what, ids) in [
            ("Contradicts", basis.against.clone()),
            ("Contradicted by", other.iter().map(|(_, b)| b.id.clone()).collect()),
        ] {
            if !ids.is_empty() {
                let ids: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
                let _ = writeln!(text, "- {what}: {}", ids.join(", "));
            }
        }
    }
    let mut last = "";
    for (section, basis) in book.bases().filter(|(_, b)| !b.disputed) {
        if section != last {
            let _ = writeln!(text, "\n## Not disputed: {section}");
            last = section;
        }
        rule(&mut text, section, basis);
    }
    calendar(&mut text, book);
    text
}

fn rule(text: &mut String, section: &str, basis: &Basis) {
    let _ = writeln!(text, "\n### `{}`\n\n{}\n", basis.id, basis.statement);
    let date = |day: Option<Date>, none: &str| day.map_or_else(|| none.to_string(), |d| d.to_string());
    let (from, to) = (date(basis.valid.from, "not known"), date(basis.valid.to, "no end known"));
    let law = if basis.legal_basis.is_empty() { "none" } else { &basis.legal_basis };
    let _ = writeln!(text, "- About: {section}, {}", basis.applies_to);
    let _ = writeln!(text, "- In force: {from} to {to}");
    let _ = writeln!(text, "- Legal basis: {law}");
    let _ = writeln!(text, "- Source ({}): {}", basis.confidence.name(), basis.source);
    if let Some(profile) = basis.profile {
        let _ = writeln!(text, "- Decides under the profile `{}` alone", profile.name());
    }
    if !basis.note.is_empty() {
        let _ = writeln!(text, "- Note: {}", basis.note);
    }
}

fn calendar(text: &mut String, book: &Rulebook) {
    let calendar = book.calendar();
    let (first, last) = calendar.span();
    let _ = write!(
        text,
        "
## Working days

Calendar {}, as of {}, from {first} to {last}. Days off are Saturdays, Sundays and those below; beyond
the last day nothing is told.

| year | weekdays that are off | weekend days that are worked | working days |
| --- | --- | --- | --- |
",
        calendar.version(),
        calendar.as_of()
    );
    let days = |days: Vec<Date>| {
        let short: Vec<_> = days.iter().map(|d| format!("{:02}-{:02}", d.month(), d.day())).collect();
        if short.is_empty() { "none".to_string() } else { short.join(", ") }
    };
    for year in first.year()..=last.year() {
        let (off, worked) = calendar.exceptions(year);
        let count = calendar.working_days(year).map_or("not known".to_string(), |n| n.to_string());
        let _ = writeln!(text, "| {year} | {} | {} | {count} |", days(off), days(worked));
    }
}
