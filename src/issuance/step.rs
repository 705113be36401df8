//! The five steps of the way to a number, and how far an application is with each.

use super::application::{Application, EventKind, State};
use crate::rulebook::codes::Stage;

/// How far a step is, in the order of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not begun.
    Pending = 1,
    /// Under way.
    Current = 2,
    /// Done.
    Done = 3,
    /// Not needed for this applicant.
    NotNeeded = 4,
}

/// One of the five steps.
pub type Step = (Stage, Progress);

impl Application {
    /// The step it is at; of one that was withdrawn, the step it was at.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let owes = !self.papers().owed().is_empty();
        match self.last_active() {
            State::AwaitingDocuments => Stage::Papers,
            State::CorrectionRequested if owes => Stage::Papers,
            State::AwaitingFingerprints => Stage::Fingerprints,
            State::CorrectionRequested | State::Refused => Stage::Submission,
            State::Received | State::InProcessing | State::Completed | State::Withdrawn => Stage::Waiting,
        }
    }

    /// The five steps in order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let (state, stage) = (self.state(), self.stage());
        let step = |of: Stage| {
            let progress = match of {
                Stage::Fingerprints => self.prints_step(),
                _ if of == stage => match state {
                    State::Completed => Progress::Done,
                    State::Withdrawn => Progress::Pending,
                    _ => Progress::Current,
                },
                Stage::Goal => Progress::Done,
                Stage::Papers if self.papers().owed().is_empty() => Progress::Done,
                Stage::Papers => Progress::Pending,
                Stage::Submission if state == State::CorrectionRequested => Progress::Pending,
                Stage::Submission => Progress::Done,
                Stage::Waiting => Progress::Pending,
            };
            (of, progress)
        };
        Stage::ALL.iter().copied().map(step).collect()
    }

    fn prints_step(&self) -> Progress {
        let asked = self.events.iter().any(|e| e.kind == EventKind::FingerprintsRequested);
        let due = asked || self.submission().is_some_and(|s| s.ruling.prints_due);
        if self.prints().is_some() {
            Progress::Done
        } else if self.state() == State::AwaitingFingerprints {
            Progress::Current
        } else if due {
            Progress::Pending
        } else {
            Progress::NotNeeded
        }
    }

    /// The state it is in, or was in before it was withdrawn.
    fn last_active(&self) -> State {
        let states = self.history().map(|(_, state)| state);
        states.filter(|state| *state != State::Withdrawn).last().unwrap_or(State::Withdrawn)
    }
}
