//! When an application is due, in working days of Kazakhstan.

use jiff::civil::Date;

use super::application::{Application, State};
use crate::rulebook::calendar::{Calendar, Window};

/// When an application is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The window, with what was recorded as delay.
    pub window: Window,
    /// Its latest day has passed.
    pub overdue: bool,
    /// The version of the calendar that counted.
    pub calendar: String,
}

impl Due {
    /// Of an application on a day. `None`: it has ended or is back with the applicant, no rule says how
    /// long it takes, or the calendar ends.
    ///
    /// The day of submission is not counted. A correction asked for stops the term: it is counted anew
    /// from the day the application is submitted anew.
    #[must_use]
    pub fn of(application: &Application, calendar: &Calendar, today: Date) -> Option<Self> {
        let state = application.state();
        if state.is_final() || state == State::CorrectionRequested {
            return None;
        }
        let submission = application.submission()?;
        let term = submission.ruling.term?;
        let window = calendar.due(submission.on, term.min, term.max).ok()?;
        let window = calendar.delayed(window, application.delayed_by()).ok()?;
        let calendar = calendar.version().to_string();
        Some(Due { window, overdue: today > window.latest, calendar })
    }
}

/// An application, and when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// It.
    pub application: Application,
    /// When it is due.
    pub due: Option<Due>,
}

impl Standing {
    /// An application as it stands on a day.
    #[must_use]
    pub fn of(application: Application, calendar: &Calendar, today: Date) -> Self {
        let due = Due::of(&application, calendar, today);
        Standing { application, due }
    }

    /// The day on which it becomes overdue by itself.
    #[must_use]
    pub fn overdue_on(&self) -> Option<Date> {
        self.due.as_ref().filter(|due| !due.overdue).and_then(|due| due.window.latest.tomorrow().ok())
    }
}
