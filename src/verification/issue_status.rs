//! IssueStatus: where a number, or the application for one, stands.

use jiff::civil::Date;

use super::Verification;
use super::answer::Provenance;
use super::verify::{log_fault, not_past_deadline};
use crate::context::CallContext;
use crate::error::Error;
use crate::issuance::Standing;
use crate::number::Iin;
use crate::reason::Reason;
use crate::register::{self, ApplicationKey, Facts, NumberState, Versioned};

/// A number's own state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberStatus {
    /// `None`: the register holds no such number.
    pub state: Option<NumberState>,
    /// Since which day.
    pub since: Option<Date>,
    /// Why, as recorded.
    pub reason: String,
    /// The number now in force.
    pub superseded_by: Option<Iin>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueStatus {
    /// The number that the key leads to; `None` while there is none.
    pub number: Option<NumberStatus>,
    /// The applications that the key leads to, newest first.
    pub applications: Vec<Standing>,
    /// The day on which this changes by itself: the number's state, when that is decided already, or an
    /// application that becomes overdue. For those who wait for changes; never told.
    pub changes_on: Option<Date>,
    /// Where it comes from.
    pub provenance: Provenance,
}

impl Verification {
    /// Where a number or an application stands.
    ///
    /// # Errors
    /// Not found: no application by that id, or by that document and birth date. Unavailable: the
    /// register could not be asked. A number that the register does not hold is an answer.
    pub async fn issue_status(&self, call: &CallContext, key: &ApplicationKey) -> Result<IssueStatus, Error> {
        let deadline = call.deadline_within(self.rules.read_timeout);
        let read = self.register.applications(key, deadline).await.map_err(|e| fault(call, &e))?;
        if read.value.is_empty() && !matches!(key, ApplicationKey::Number(_)) {
            return Err(Error::not_found(Reason::ApplicationNotFound));
        }
        let rulebook = self.rulebook.get();
        let mut from = self.provenance(call, &rulebook, Some((&read).into()));
        let standing = |held: Versioned<_>| Standing::of(held.value, rulebook.calendar(), call.today);
        let applications: Vec<Standing> = read.value.into_iter().map(standing).collect();
        let iin = match key {
            ApplicationKey::Number(iin) => Some(*iin),
            _ => applications.iter().find_map(|a| a.application.iin),
        };
        let mut changes_on = applications.iter().filter_map(Standing::overdue_on).min();
        let number = match iin {
            None => None,
            Some(iin) => {
                let fact = self.register.one(iin, deadline).await.map_err(|e| fault(call, &e))?;
                from.snapshot_time = from.snapshot_time.max(fact.changed_at);
                let record = fact.value.record.as_ref().map(|r| &r.value);
                let scheduled = record.and_then(|r| r.scheduled.as_ref());
                let scheduled = scheduled.map(|next| next.on).filter(|on| *on > call.today);
                changes_on = changes_on.into_iter().chain(scheduled).min();
                Some(number_status(record, call.today))
            }
        };
        Ok(IssueStatus { number, applications, changes_on, provenance: from })
    }
}

fn number_status(record: Option<&register::Record>, today: Date) -> NumberStatus {
    match record.map(|r| r.on(today)) {
        None => NumberStatus { state: None, since: None, reason: String::new(), superseded_by: None },
        Some(standing) => NumberStatus {
            state: Some(standing.state),
            since: standing.since,
            reason: standing.reason.to_string(),
            superseded_by: standing.superseded_by,
        },
    }
}

fn fault(call: &CallContext, fault: &register::Error) -> Error {
    log_fault(call, fault);
    match not_past_deadline(call) {
        Err(deadline) => deadline,
        Ok(()) => Error::unavailable(Reason::RegisterUnavailable, fault.to_string()),
    }
}
