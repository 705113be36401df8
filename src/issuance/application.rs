//! An application is its events; everything else about it is read from them.
//!
//! Which event may follow which is the state machine's business (`command.rs`), not this file's: here a
//! history that was recorded is only read.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::form::{Paper, Submission};
use super::papers::Papers;
use crate::number::Iin;

/// What an application is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Formation of a number.
    Formation,
    /// Correction of the data under a number.
    Correction,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Submitted, not looked at.
    Received,
    /// Papers are outstanding.
    AwaitingDocuments,
    /// Fingerprints are outstanding.
    AwaitingFingerprints,
    /// Being worked on.
    InProcessing,
    /// Back with the applicant for correction.
    CorrectionRequested,
    /// Refused.
    Refused,
    /// Withdrawn by the applicant.
    Withdrawn,
    /// The number is formed or corrected.
    Completed,
}

impl State {
    /// Every state, in the order of the contract.
    pub const ALL: [State; 8] = [
        State::Received,
        State::AwaitingDocuments,
        State::AwaitingFingerprints,
        State::InProcessing,
        State::CorrectionRequested,
        State::Refused,
        State::Withdrawn,
        State::Completed,
    ];

    /// It in words: `awaiting documents`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            State::Received => "received",
            State::AwaitingDocuments => "awaiting documents",
            State::AwaitingFingerprints => "awaiting fingerprints",
            State::InProcessing => "in processing",
            State::CorrectionRequested => "correction requested",
            State::Refused => "refused",
            State::Withdrawn => "withdrawn",
            State::Completed => "completed",
        }
    }

    /// Whether nothing more is to come.
    ///
    /// ```
    /// use iinspect::issuance::State;
    /// assert!(State::Refused.is_final());
    /// assert!(!State::InProcessing.is_final());
    /// ```
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, State::Refused | State::Withdrawn | State::Completed)
    }
}

/// Why an application was refused or sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// Papers are missing.
    Incomplete,
    /// A paper is not valid.
    InvalidPaper,
    /// Application and papers differ.
    DataMismatch,
    /// Suspicion of unfair intentions.
    SuspectedBadFaith,
}

/// Why it takes longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayCause {
    /// Workload of the office.
    Workload,
    /// Holidays.
    Holiday,
    /// Technical failure.
    TechnicalFailure,
}

/// A paper that is still owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outstanding {
    /// Which, as a code.
    pub document: String,
    /// For the applicant.
    pub note: String,
}

/// What happened. What a caller wrote in it can be personal data: `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum EventKind {
    /// The application came in, for the first time or anew.
    Submitted {
        /// What was stated. `None`: it came in before that was kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stated: Option<Box<Submission>>,
    },
    /// A paper was handed in.
    DocumentRecorded {
        /// It.
        paper: Box<Paper>,
    },
    /// Fingerprints were taken.
    FingerprintsTaken {
        /// What is kept of them.
        prints: Prints,
    },
    /// Papers are missing: these.
    DocumentsRequested {
        /// What is owed.
        outstanding: Vec<Outstanding>,
    },
    /// Fingerprints are to be taken first.
    FingerprintsRequested,
    /// Work began; nothing is outstanding any more.
    ProcessingStarted,
    /// It takes longer; the state stays.
    Delayed {
        /// Why.
        cause: DelayCause,
        /// By how many working days.
        working_days: u32,
    },
    /// Back to the applicant.
    CorrectionRequested {
        /// Why.
        reason: RefusalReason,
        /// What to mend.
        mend: String,
        /// Papers that are owed anew.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outstanding: Vec<Outstanding>,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// What to mend before submitting anew.
        mend: String,
    },
    /// Withdrawn.
    Withdrawn,
    /// The number is formed or corrected.
    Completed,
}

impl EventKind {
    /// The state this event leads to; `None` where it leaves the state alone.
    #[must_use]
    pub fn leads_to(&self) -> Option<State> {
        match self {
            EventKind::Submitted { .. } => Some(State::Received),
            EventKind::DocumentsRequested { .. } => Some(State::AwaitingDocuments),
            EventKind::FingerprintsRequested => Some(State::AwaitingFingerprints),
            EventKind::ProcessingStarted => Some(State::InProcessing),
            EventKind::Delayed { .. }
            | EventKind::DocumentRecorded { .. }
            | EventKind::FingerprintsTaken { .. } => None,
            EventKind::CorrectionRequested { .. } => Some(State::CorrectionRequested),
            EventKind::Refused { .. } => Some(State::Refused),
            EventKind::Withdrawn => Some(State::Withdrawn),
            EventKind::Completed => Some(State::Completed),
        }
    }
}

impl fmt::Debug for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EventKind::Submitted { .. } => "Submitted(..)",
            EventKind::DocumentRecorded { .. } => "DocumentRecorded(..)",
            EventKind::FingerprintsTaken { .. } => "FingerprintsTaken(..)",
            EventKind::DocumentsRequested { .. } => "DocumentsRequested(..)",
            EventKind::FingerprintsRequested => "FingerprintsRequested",
            EventKind::ProcessingStarted => "ProcessingStarted",
            EventKind::Delayed { .. } => "Delayed(..)",
            EventKind::CorrectionRequested { .. } => "CorrectionRequested(..)",
            EventKind::Refused { .. } => "Refused(..)",
            EventKind::Withdrawn => "Withdrawn",
            EventKind::Completed => "Completed",
        })
    }
}

/// That fingerprints were taken. The prints themselves never come here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prints {
    /// On which day.
    pub on: Date,
    /// The office that took them.
    #[serde(default)]
    pub place: String,
    /// Its reference for the act.
    #[serde(default)]
    pub reference: String,
}

impl fmt::Debug for Prints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prints(..)")
    }
}

/// Something that happened, and when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// An application for a number or a correction.
///
/// ```
/// use iinspect::issuance::{Application, Event, EventKind, State, application::Kind};
/// let at = "2026-03-02T04:00:00Z".parse()?;
/// let a = Application::new(uuid::Uuid::from_u128(1), Kind::Formation, None, at);
/// assert_eq!(a.state(), State::Received);
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub kind: Kind,
    /// The number it led to or is about; `None` until there is one.
    pub iin: Option<Iin>,
    /// What happened, oldest first; the first one is the submission.
    pub events: Vec<Event>,
}

impl Application {
    /// A new application, submitted at `at`.
    #[must_use]
    pub fn new(id: Uuid, kind: Kind, iin: Option<Iin>, at: Timestamp) -> Self {
        Application { id, kind, iin, events: vec![Event { at, kind: EventKind::Submitted { stated: None } }] }
    }

    /// When it came in; the epoch for a history without events, which no store returns.
    #[must_use]
    pub fn submitted_at(&self) -> Timestamp {
        self.events.first().map_or(Timestamp::UNIX_EPOCH, |e| e.at)
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.events.iter().rev().find_map(|e| e.kind.leads_to()).unwrap_or(State::Received)
    }

    /// The newest submission. `None`: it came in before that was kept.
    #[must_use]
    pub fn submission(&self) -> Option<&Submission> {
        self.events.iter().rev().find_map(|e| match &e.kind {
            EventKind::Submitted { stated } => Some(stated.as_deref()),
            _ => None,
        })?
    }

    /// The day of the newest submission; `None`: it came in before that was kept.
    #[must_use]
    pub fn submitted_on(&self) -> Option<Date> {
        self.submission().map(|s| s.on)
    }

    /// What is owed now; nothing once it has ended.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Outstanding> {
        if self.state().is_final() { Vec::new() } else { self.papers().owed() }
    }

    /// The papers: what is asked for, what was handed in.
    #[must_use]
    pub fn papers(&self) -> Papers<'_> {
        let mut papers = Papers::default();
        for event in &self.events {
            papers.see(event);
        }
        papers
    }

    /// That fingerprints were taken, and when that was recorded; the newest.
    #[must_use]
    pub fn prints(&self) -> Option<(Timestamp, &Prints)> {
        self.events.iter().rev().find_map(|e| match &e.kind {
            EventKind::FingerprintsTaken { prints } => Some((e.at, prints)),
            _ => None,
        })
    }

    /// It as it was when so many events had happened: what a repeated request is answered with.
    #[must_use]
    pub fn after(&self, events: usize) -> Self {
        let events = self.events.get(..events).unwrap_or(&self.events).to_vec();
        let mut then = Application { events, ..self.clone() };
        if then.state() != State::Completed {
            then.iin = then.submission().map_or(then.iin, |s| s.form.iin);
        }
        then
    }

    /// Why it was refused or sent back, in the states that have a reason.
    #[must_use]
    pub fn refusal(&self) -> Option<(Timestamp, RefusalReason, &str)> {
        match self.events.iter().rev().find(|e| e.kind.leads_to().is_some()) {
            Some(Event {
                at,
                kind:
                    EventKind::Refused { reason, mend } | EventKind::CorrectionRequested { reason, mend, .. },
            }) => Some((*at, *reason, mend)),
            _ => None,
        }
    }

    /// The changes of state, oldest first.
    pub fn history(&self) -> impl Iterator<Item = (Timestamp, State)> {
        self.events.iter().filter_map(|e| Some((e.at, e.kind.leads_to()?)))
    }

    /// The working days that were recorded as delay since the newest submission: an earlier one's term
    /// is over.
    #[must_use]
    pub fn delayed_by(&self) -> u32 {
        let since = self.events.iter().rev().take_while(|e| !matches!(e.kind, EventKind::Submitted { .. }));
        since.fold(0, |days, e| match e.kind {
            EventKind::Delayed { working_days, .. } => days.saturating_add(working_days),
            _ => days,
        })
    }

    /// The recorded delays, oldest first.
    pub fn delays(&self) -> impl Iterator<Item = (Timestamp, DelayCause, u32)> {
        self.events.iter().filter_map(|e| match e.kind {
            EventKind::Delayed { cause, working_days } => Some((e.at, cause, working_days)),
            _ => None,
        })
    }
}

/// What is said of it wherever it is printed: no personal data.
impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, state) = (self.kind, self.state());
        write!(f, "Application({} {kind:?} {state:?} {:?})", self.id, self.events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn with(kinds: Vec<EventKind>) -> Application {
        let mut a = Application::new(Uuid::from_u128(7), Kind::Formation, None, at(0));
        a.events.extend(kinds.into_iter().zip(1..).map(|(kind, s)| Event { at: at(s), kind }));
        a
    }

    #[test]
    fn a_delay_leaves_the_state_alone() {
        let a = with(vec![
            EventKind::ProcessingStarted,
            EventKind::Delayed { cause: DelayCause::Workload, working_days: 2 },
        ]);
        assert_eq!(a.state(), State::InProcessing);
        assert_eq!(a.delays().collect::<Vec<_>>(), [(at(2), DelayCause::Workload, 2)]);
    }

    #[test]
    fn what_was_owed_or_refused_ends_with_the_state() {
        let owed = EventKind::DocumentsRequested {
            outstanding: vec![Outstanding { document: "PASSPORT".into(), note: String::new() }],
        };
        assert_eq!(with(vec![owed.clone()]).outstanding().len(), 1);
        assert!(with(vec![owed, EventKind::ProcessingStarted]).outstanding().is_empty());
        let refused = EventKind::Refused { reason: RefusalReason::Incomplete, mend: "passport".into() };
        let a = with(vec![refused]);
        assert_eq!(a.refusal(), Some((at(1), RefusalReason::Incomplete, "passport")));
        assert!(a.state().is_final());
    }

    #[test]
    fn history_lists_changes_of_state_only() {
        let a = with(vec![
            EventKind::Delayed { cause: DelayCause::Holiday, working_days: 1 },
            EventKind::ProcessingStarted,
            EventKind::Completed,
        ]);
        let states: Vec<_> = a.history().map(|(_, s)| s).collect();
        assert_eq!(states, [State::Received, State::InProcessing, State::Completed]);
    }

    /// As an older program wrote them.
    #[test]
    fn old_events_still_read() {
        for text in [
            r#"{"at":"1970-01-01T00:00:05Z","event":"submitted"}"#,
            r#"{"at":"1970-01-01T00:00:05Z","event":"correction_requested","reason":"incomplete","mend":"m"}"#,
            r#"{"at":"1970-01-01T00:00:05Z","event":"completed"}"#,
        ] {
            let event: Event = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), text);
        }
        assert!(serde_json::from_str::<Event>(r#"{"at":"1970-01-01T00:00:05Z","event":"newer"}"#).is_err());
    }

    #[test]
    fn events_survive_their_stored_form() {
        let e = Event {
            at: at(5),
            kind: EventKind::Delayed { cause: DelayCause::TechnicalFailure, working_days: 3 },
        };
        let text = serde_json::to_string(&e).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), e);
    }
}
