//! One application in each state.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::issuance::application::{DelayCause, Kind, Outstanding, RefusalReason};
use crate::issuance::{Application, Event, EventKind, State};
use crate::number::Iin;
use crate::person::{Document, Person};

/// Applications by foreigners with a passport. Only the completed one has led to a number, held by
/// one of `holders`; the others' applicants have none yet.
pub(super) fn in_every_state(
    applicants: &[(Iin, Person)],
    holders: &[(Iin, Person)],
    now: Timestamp,
) -> Vec<(Application, Document, Date)> {
    let waiting = applicants.iter().filter_map(foreigner).take(State::ALL.len() - 1);
    let all = waiting.chain(holders.iter().rev().filter_map(foreigner));
    State::ALL
        .into_iter()
        .zip(all)
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

fn foreigner((iin, person): &(Iin, Person)) -> Option<(Iin, Document, Date)> {
    let document = person.documents.first().filter(|d| d.kind == "FOREIGN_PASSPORT")?;
    Some((*iin, Document { valid_until: None, name: None, ..document.clone() }, person.birth_date?))
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
            vec![
                EventKind::ProcessingStarted,
                EventKind::CorrectionRequested { reason, mend: mend.into(), outstanding: Vec::new() },
            ]
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
        let persons = super::super::persons::all(80).unwrap();
        let all = in_every_state(&persons[..60], &persons[60..], Timestamp::UNIX_EPOCH);
        let states: Vec<_> = all.iter().map(|(a, ..)| a.state()).collect();
        assert_eq!(states, State::ALL);
        assert!(all.iter().all(|(a, ..)| a.iin.is_some() == (a.state() == State::Completed)));
    }
}
