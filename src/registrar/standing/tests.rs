use jiff::civil::{Date, date};

use super::*;
use crate::person::Person;
use NumberState::{ConditionallyExcluded, Excluded, InForce, Superseded};

const TODAY: Date = date(2026, 11, 24);

fn day(d: i8) -> Date {
    date(2026, 11, d)
}

fn record(state: NumberState, scheduled: Option<(NumberState, Date)>) -> Record {
    Record {
        state,
        since: Some(date(2020, 1, 1)),
        state_reason: "first".into(),
        superseded_by: None,
        scheduled: scheduled.map(|(state, on)| Scheduled { state, on, reason: "planned".into() }),
        person: Person { birth_date: Some(date(1990, 1, 5)), ..Person::default() },
    }
}

fn step(to: NumberState, on: Date) -> Step {
    Step { to, on, reason: "step".into() }
}

/// State, its first day and what is scheduled after a step.
type After = (NumberState, Date, Option<(NumberState, Date)>);

fn after(record: &Record) -> After {
    (record.state, record.since.unwrap(), record.scheduled.as_ref().map(|s| (s.state, s.on)))
}

#[test]
fn every_state_and_step_without_anything_scheduled() {
    let rows = [
        (InForce, ConditionallyExcluded, true),
        (InForce, Excluded, true),
        (InForce, InForce, false),
        (ConditionallyExcluded, ConditionallyExcluded, false),
        (ConditionallyExcluded, Excluded, true),
        (ConditionallyExcluded, InForce, true),
        (Excluded, ConditionallyExcluded, false),
        (Excluded, Excluded, false),
        (Excluded, InForce, true),
        (Superseded, ConditionallyExcluded, false),
        (Superseded, Excluded, false),
        (Superseded, InForce, false),
    ];
    for (from, to, allowed) in rows {
        // Now, in the past, and on a day to come alike.
        for on in [TODAY, day(1), day(25)] {
            let outcome = step(to, on).of(&record(from, None), TODAY);
            let want: After =
                if on <= TODAY { (to, on, None) } else { (from, date(2020, 1, 1), Some((to, on))) };
            match outcome {
                Ok(next) => {
                    assert!(allowed, "{from:?} {to:?} {on}");
                    assert_eq!(after(&next), want);
                    assert_eq!(next.person.birth_date, Some(date(1990, 1, 5)), "the holder stays");
                }
                Err(why) => assert_eq!((why, allowed), (Forbidden::State, false), "{from:?} {to:?} {on}"),
            }
        }
    }
}

#[test]
fn what_is_scheduled_stays_goes_or_forbids() {
    let first = date(2020, 1, 1);
    let rows: [(Record, Step, Result<After, Forbidden>); 13] = [
        // A scheduled exclusion is replaced by a later decision, whatever its day.
        (
            record(InForce, Some((Excluded, day(28)))),
            step(ConditionallyExcluded, day(26)),
            Ok((InForce, first, Some((ConditionallyExcluded, day(26))))),
        ),
        (
            record(ConditionallyExcluded, Some((InForce, day(28)))),
            step(Excluded, day(29)),
            Ok((ConditionallyExcluded, first, Some((Excluded, day(29))))),
        ),
        // A step that takes effect now drops it, unless it goes further.
        (record(InForce, Some((Excluded, day(28)))), step(Excluded, TODAY), Ok((Excluded, TODAY, None))),
        (
            record(InForce, Some((ConditionallyExcluded, day(28)))),
            step(Excluded, day(3)),
            Ok((Excluded, day(3), None)),
        ),
        (
            record(InForce, Some((Excluded, day(28)))),
            step(ConditionallyExcluded, TODAY),
            Ok((ConditionallyExcluded, TODAY, Some((Excluded, day(28))))),
        ),
        (
            record(ConditionallyExcluded, Some((InForce, day(28)))),
            step(Excluded, TODAY),
            Ok((Excluded, TODAY, None)),
        ),
        (
            record(ConditionallyExcluded, Some((Excluded, day(28)))),
            step(InForce, TODAY),
            Ok((InForce, TODAY, None)),
        ),
        // Restoring before its day cancels an exclusion; the number has been in force all along.
        (record(InForce, Some((Excluded, day(28)))), step(InForce, TODAY), Ok((InForce, first, None))),
        (record(InForce, Some((Excluded, day(28)))), step(InForce, day(27)), Ok((InForce, first, None))),
        // On its day or later it would take two.
        (record(InForce, Some((Excluded, day(28)))), step(InForce, day(28)), Err(Forbidden::Scheduled)),
        (
            record(ConditionallyExcluded, Some((Excluded, day(28)))),
            step(InForce, day(30)),
            Err(Forbidden::Scheduled),
        ),
        // What has come into force is the state.
        (record(InForce, Some((Excluded, TODAY))), step(Excluded, TODAY), Err(Forbidden::State)),
        (record(InForce, Some((Excluded, day(2)))), step(InForce, TODAY), Ok((InForce, TODAY, None))),
    ];
    for (i, (record, step, want)) in rows.into_iter().enumerate() {
        assert_eq!(step.of(&record, TODAY).map(|next| after(&next)), want, "row {i}");
    }
}

/// Whatever is scheduled: from its day on what a step asked for holds, one change is scheduled at most
/// and never for a day that has come, and the holder stays.
#[test]
fn what_a_step_asks_for_holds_from_its_day() {
    let states = [InForce, ConditionallyExcluded, Excluded, Superseded];
    let days = [day(22), day(23), TODAY, day(25), day(26), day(27)];
    let plans = states[..3].iter().flat_map(|state| days.map(|on| Some((*state, on))));
    let mut allowed = 0;
    for plan in plans.chain([None]) {
        for (from, to) in states.iter().flat_map(|from| states[..3].iter().map(move |to| (*from, *to))) {
            for on in days {
                let before = record(from, plan);
                let Ok(next) = step(to, on).of(&before, TODAY) else { continue };
                allowed += 1;
                let said = format!("{from:?} {plan:?} {to:?} {on}");
                assert_eq!(next.on(on.max(TODAY)).state, to, "{said}");
                assert!(next.scheduled.as_ref().is_none_or(|next| next.on > TODAY), "{said}");
                assert_eq!(next.person, before.person, "{said}");
                assert_ne!(next, before, "{said}: a step that changes nothing is none");
            }
        }
    }
    assert!(allowed > 200, "{allowed}");
}

fn succession() -> Succession {
    Succession { by: Iin::parse("009900000008").unwrap(), on: day(20), reason: "adoption".into() }
}

#[test]
fn a_number_that_is_not_held_takes_over_the_record_and_what_is_scheduled() {
    let old = record(InForce, Some((Excluded, day(28))));
    let (replaced, successor) = succession().of(&old, None, TODAY).unwrap();
    assert_eq!(after(&replaced), (Superseded, day(20), None));
    assert_eq!(replaced.superseded_by, Some(succession().by));
    assert_eq!(after(&successor), (InForce, day(20), Some((Excluded, day(28)))));
    assert_eq!((successor.person, successor.superseded_by), (old.person.clone(), None));
    assert_eq!(replaced.person, old.person, "history is about somebody");
}

#[test]
fn a_number_that_is_held_keeps_its_record_and_must_be_in_force() {
    let (old, there) = (record(InForce, None), record(InForce, Some((Excluded, day(30)))));
    let (_, successor) = succession().of(&old, Some(&there), TODAY).unwrap();
    assert_eq!(successor, there);
    for state in [ConditionallyExcluded, Excluded, Superseded] {
        let outcome = succession().of(&old, Some(&record(state, None)), TODAY);
        assert_eq!(outcome, Err(Forbidden::Successor), "{state:?}");
        assert_eq!(succession().of(&record(state, None), None, TODAY), Err(Forbidden::State), "{state:?}");
    }
    let planned = record(InForce, Some((Excluded, day(28))));
    assert_eq!(succession().of(&planned, Some(&there), TODAY), Err(Forbidden::Scheduled));
    let due = record(InForce, Some((Excluded, TODAY)));
    assert_eq!(succession().of(&old, Some(&due), TODAY), Err(Forbidden::Successor));
}
