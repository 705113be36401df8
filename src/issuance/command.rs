//! The state machine: what somebody wants done to an application becomes events, or is refused. Pure.
//!
//! | state | RecordDocument | RecordFingerprints | RecordDelay | RequestCorrection | RefuseApplication | FormIin | WithdrawApplication | SubmitApplication anew |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | RECEIVED, IN_PROCESSING | yes | yes | yes | yes | yes | when nothing is owed | yes | no |
//! | AWAITING_DOCUMENTS, AWAITING_FINGERPRINTS | yes | yes | yes | yes | yes | no | yes | no |
//! | CORRECTION_REQUESTED | yes | yes | no | no | yes | no | yes | yes |
//! | REFUSED | no | no | no | no | no | no | no | yes |
//! | COMPLETED | no | yes | no | no | no | no | no | no |
//! | WITHDRAWN | no | no | no | no | no | no | no | no |
//!
//! Fingerprints can be recorded of a completed application: by the rule in force taking them needs the
//! number.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

use super::application::{
    Application, DelayCause, Event, EventKind, Kind, Outstanding, Prints, RefusalReason, State,
};
use super::form::{Paper, Submission};
use crate::number::Iin;

/// The most events of one application. What ends it is taken beyond that, too.
pub const MAX_EVENTS: usize = 256;
/// The most submissions of one: each holds a whole form.
pub const MAX_SUBMISSIONS: usize = 32;
/// The most papers that one correction asks for anew.
pub const MAX_ANEW: usize = 32;

/// What can be done to an application, by the name of its RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// It is submitted anew.
    SubmitApplication,
    /// A paper is handed in.
    RecordDocument,
    /// Fingerprints were taken.
    RecordFingerprints,
    /// It takes longer.
    RecordDelay,
    /// It goes back to the applicant.
    RequestCorrection,
    /// It is refused.
    RefuseApplication,
    /// The number is formed or corrected.
    FormIin,
    /// The applicant wishes no more.
    WithdrawApplication,
}

impl Act {
    /// All of them.
    pub const ALL: [Act; 8] = [
        Act::SubmitApplication,
        Act::RecordDocument,
        Act::RecordFingerprints,
        Act::RecordDelay,
        Act::RequestCorrection,
        Act::RefuseApplication,
        Act::FormIin,
        Act::WithdrawApplication,
    ];

    /// Whether a state allows it.
    ///
    /// ```
    /// use iinspect::issuance::{State, command::Act};
    /// assert!(Act::SubmitApplication.is_allowed_in(State::Refused));
    /// assert!(!Act::FormIin.is_allowed_in(State::AwaitingDocuments));
    /// ```
    #[must_use]
    pub fn is_allowed_in(self, state: State) -> bool {
        use State::{
            AwaitingDocuments, AwaitingFingerprints, Completed, CorrectionRequested, InProcessing, Received,
            Refused, Withdrawn,
        };
        match state {
            Received | InProcessing => self != Act::SubmitApplication,
            AwaitingDocuments | AwaitingFingerprints => {
                !matches!(self, Act::SubmitApplication | Act::FormIin)
            }
            CorrectionRequested => !matches!(self, Act::RecordDelay | Act::RequestCorrection | Act::FormIin),
            Refused => self == Act::SubmitApplication,
            Completed => self == Act::RecordFingerprints,
            Withdrawn => false,
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What somebody wants done.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Submit it anew.
    Submit(Box<Submission>),
    /// Take a paper in.
    RecordDocument(Box<Paper>),
    /// Note that fingerprints were taken.
    RecordFingerprints(Prints),
    /// Note that it takes longer, by working days.
    RecordDelay(DelayCause, u32),
    /// Send it back: why, what to mend, what papers are owed anew.
    RequestCorrection(RefusalReason, String, Vec<Outstanding>),
    /// Refuse it: why, what to mend.
    Refuse(RefusalReason, String),
    /// Complete it with a number.
    Form(Iin),
    /// End it at the applicant's wish.
    Withdraw,
}

impl Command {
    /// What is done by it.
    #[must_use]
    pub fn act(&self) -> Act {
        match self {
            Command::Submit(_) => Act::SubmitApplication,
            Command::RecordDocument(_) => Act::RecordDocument,
            Command::RecordFingerprints(_) => Act::RecordFingerprints,
            Command::RecordDelay(..) => Act::RecordDelay,
            Command::RequestCorrection(..) => Act::RequestCorrection,
            Command::Refuse(..) => Act::RefuseApplication,
            Command::Form(_) => Act::FormIin,
            Command::Withdraw => Act::WithdrawApplication,
        }
    }
}

/// Why something cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// Not in this state; these can be.
    State(State, Vec<Act>),
    /// Papers are owed, by their codes.
    PapersOwed(Vec<String>),
    /// A paper of this code means nothing to the application; these do.
    UnknownPaper(Vec<String>),
    /// What it is for, or the number it is about, cannot change.
    AnotherSubject,
    /// It has as many events as it may.
    Full,
}

impl Application {
    /// A new application.
    #[must_use]
    pub fn submitted(id: Uuid, kind: Kind, submission: Submission, at: Timestamp) -> Self {
        let iin = submission.form.iin;
        let stated = Some(Box::new(submission));
        let mut new =
            Application { id, kind, iin, events: vec![Event { at, kind: EventKind::Submitted { stated } }] };
        new.follow(at);
        new
    }

    /// Whether something can be done to it now.
    ///
    /// # Errors
    /// Its state forbids that.
    pub fn allows(&self, act: Act) -> Result<(), Forbidden> {
        let state = self.state();
        if !act.is_allowed_in(state) {
            let owed = self.outstanding();
            if act == Act::FormIin && state == State::AwaitingDocuments && !owed.is_empty() {
                return Err(Forbidden::PapersOwed(owed.into_iter().map(|o| o.document).collect()));
            }
            let allowed = Act::ALL.into_iter().filter(|act| act.is_allowed_in(state)).collect();
            return Err(Forbidden::State(state, allowed));
        }
        let submissions =
            self.events.iter().filter(|e| matches!(e.kind, EventKind::Submitted { .. })).count();
        let ends = matches!(act, Act::RefuseApplication | Act::FormIin | Act::WithdrawApplication);
        // Room for what follows an event, too.
        let full = self.events.len() + 2 > MAX_EVENTS && !ends;
        if full || (act == Act::SubmitApplication && submissions >= MAX_SUBMISSIONS) {
            return Err(Forbidden::Full);
        }
        Ok(())
    }

    /// The application after a command.
    ///
    /// # Errors
    /// It cannot be carried out; nothing has changed.
    pub fn apply(&self, command: Command, now: Timestamp) -> Result<Self, Forbidden> {
        self.allows(command.act())?;
        let mut next = self.clone();
        // Two machines' clocks differ: a history goes forward all the same.
        let at = self.events.last().map_or(now, |last| last.at.max(now));
        let happened = match command {
            Command::Submit(submission) => {
                let about = self.submission().map_or(self.iin, |s| s.form.iin);
                if submission.form.iin != about {
                    return Err(Forbidden::AnotherSubject);
                }
                EventKind::Submitted { stated: Some(submission) }
            }
            Command::RecordDocument(paper) => {
                self.known([paper.code.as_str()])?;
                EventKind::DocumentRecorded { paper }
            }
            Command::RecordFingerprints(prints) => EventKind::FingerprintsTaken { prints },
            Command::RecordDelay(cause, working_days) => EventKind::Delayed { cause, working_days },
            Command::RequestCorrection(reason, mend, outstanding) => {
                self.known(outstanding.iter().map(|o| o.document.as_str()))?;
                EventKind::CorrectionRequested { reason, mend, outstanding }
            }
            Command::Refuse(reason, mend) => EventKind::Refused { reason, mend },
            Command::Form(iin) => {
                let owed = self.outstanding();
                if !owed.is_empty() {
                    return Err(Forbidden::PapersOwed(owed.into_iter().map(|o| o.document).collect()));
                }
                next.iin = Some(iin);
                EventKind::Completed
            }
            Command::Withdraw => EventKind::Withdrawn,
        };
        next.events.push(Event { at, kind: happened });
        next.follow(at);
        Ok(next)
    }

    fn known<'a>(&self, codes: impl IntoIterator<Item = &'a str>) -> Result<(), Forbidden> {
        let papers = self.papers();
        if codes.into_iter().all(|code| papers.knows(code)) {
            return Ok(());
        }
        Err(Forbidden::UnknownPaper(papers.codes().into_iter().map(String::from).collect()))
    }

    /// What follows by itself: it waits for what is owed, or work begins.
    fn follow(&mut self, at: Timestamp) {
        use State::{AwaitingDocuments, AwaitingFingerprints, InProcessing, Received};
        let state = self.state();
        if !matches!(state, Received | AwaitingDocuments | AwaitingFingerprints | InProcessing) {
            return;
        }
        let owed = self.papers().owed();
        let waits = self.submission().is_some_and(|s| s.ruling.prints_block) && self.prints().is_none();
        let fresh = matches!(self.events.last(), Some(Event { kind: EventKind::Submitted { .. }, .. }));
        let delayed = matches!(self.events.last(), Some(Event { kind: EventKind::Delayed { .. }, .. }));
        let follows = if delayed {
            None
        } else if !owed.is_empty() {
            (state != AwaitingDocuments).then_some(EventKind::DocumentsRequested { outstanding: owed })
        } else if waits {
            (state != AwaitingFingerprints).then_some(EventKind::FingerprintsRequested)
        } else {
            (state != InProcessing && !fresh).then_some(EventKind::ProcessingStarted)
        };
        self.events.extend(follows.map(|kind| Event { at, kind }));
    }
}
