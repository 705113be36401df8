//! One application in each state.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::issuance::application::{DelayCause, Kind, Outstanding, RefusalReason};
use crate::issuance::{Application, Event, EventKind, State};
use crate::number::Iin;
use crate::person::{Document, Person};

/// Applications by the first persons who have a document, newest state last. Only the completed one
/// has led to a number; the others' applicants are still without one.
pub(super) fn in_every_state(
    persons: &[(Iin, Person)],
    now: Timestamp,
) -> Vec<(Application, Document, Date)> {
    let applicants = persons.iter().skip(10).filter_map(|(iin, person)| {
        let document = person.documents.first()?;
        Some((*iin, Document { valid_until: None, name: None, ..document.clone() }, person.birth_date?))
    });
    State::ALL
        .into_iter()
        .zip(applicants)
        .enumerate()
        .map(|(i, (state, (iin, document, birth_date)))| {
            let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001 + i as u128);
            let day = |n: i64| now.saturating_sub(SignedDuration::from_hours(24 * n)).unwrap_or(now);
            let number = (state == State::Completed).then_some(iin);
            let mut application = Application::new(id, Kind::Formation, number, day(5));
            let events = way_to(state).into_iter().zip([4, 3, 2, 1]);
            application.events.extend(events.map(|(kind, days)| Event { at: day(days), kind }));
            (application, document, birth_date)
        })
        .collect()
}

/// The events after the submission that lead to a state.
fn way_to(state: State) -> Vec<EventKind> {
    let papers = || EventKind::DocumentsRequested {
        outstanding: vec![Outstanding {
            document: "PASSPORT_TRANSLATION".into(),
            note: "notarised translation of the passport".into(),
        }],
    };
    let delayed = EventKind::Delayed { cause: DelayCause::Workload, working_days: 2 };
    let (reason, mend) =
        (RefusalReason::DataMismatch, "write the name as the passport's machine-readable zone has it");
    match state {
        State::Received => vec![],
        State::AwaitingDocuments => vec![papers()],
        State::AwaitingFingerprints => vec![EventKind::FingerprintsRequested],
        State::InProcessing => vec![papers(), EventKind::ProcessingStarted, delayed],
        State::CorrectionRequested => {
            vec![EventKind::ProcessingStarted, EventKind::CorrectionRequested { reason, mend: mend.into() }]
        }
        State::Refused => {
            vec![EventKind::ProcessingStarted, EventKind::Refused { reason, mend: mend.into() }]
        }
        State::Withdrawn => vec![EventKind::Withdrawn],
        State::Completed => vec![EventKind::ProcessingStarted, EventKind::Completed],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_in_each_state() {
        let persons = super::super::persons::all(40).unwrap();
        let all = in_every_state(&persons, Timestamp::UNIX_EPOCH);
        let states: Vec<_> = all.iter().map(|(a, ..)| a.state()).collect();
        assert_eq!(states, State::ALL);
    }
}
