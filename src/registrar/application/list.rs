//! Lists of applications, a page at a time.

use jiff::civil::Date;

use super::Office;
use crate::clock::civil_date;
use crate::context::CallContext;
use crate::error::Error;
use crate::issuance::application::State;
use crate::issuance::{Application, Standing};
use crate::register::{Facts, Place, Versioned};
use crate::registrar::fault;
use crate::rulebook::codes::Channel;

/// The most applications that one page looks at: a filter that few pass costs many calls, not one
/// long one.
const LOOKED: usize = 1_000;
/// How many are read at once.
const READ: usize = 200;

/// Which applications are listed: all that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// Overdue today, or not.
    pub overdue: Option<bool>,
    /// Made there.
    pub channel: Option<Channel>,
    /// Submitted on this day or later.
    pub from: Option<Date>,
    /// Submitted on this day or earlier.
    pub to: Option<Date>,
}

impl Filter {
    fn takes(&self, standing: &Standing) -> bool {
        let application = &standing.application;
        let on = submitted_on(application);
        self.state.is_none_or(|state| application.state() == state)
            && self
                .overdue
                .is_none_or(|wanted| standing.due.as_ref().is_some_and(|due| due.overdue) == wanted)
            && self.channel.is_none_or(|c| application.submission().is_some_and(|s| s.form.channel == c))
            && self.from.is_none_or(|from| on >= from)
            && self.to.is_none_or(|to| on <= to)
    }
}

/// The day of the newest submission; for one that came in before that was kept, of its first event.
#[must_use]
pub fn submitted_on(application: &Application) -> Date {
    application.submitted_on().unwrap_or_else(|| civil_date(application.submitted_at()))
}

/// A page.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The latest first submitted come first.
    pub applications: Vec<Versioned<Standing>>,
    /// Where to go on; `None`: there is no more.
    pub next: Option<Place>,
}

impl Office {
    /// Applications before a place, at most `size`, the latest first submitted first.
    ///
    /// # Errors
    /// The register cannot be read.
    pub async fn list(
        &self,
        call: &CallContext,
        filter: &Filter,
        size: usize,
        after: Option<Place>,
    ) -> Result<Listed, Error> {
        let (mut next, mut looked, mut applications) = (after, 0, Vec::new());
        loop {
            let limit = READ.min(LOOKED - looked);
            let page = self.registrar.register.submitted(next, limit, call.deadline).await;
            let page = page.map_err(|e| fault(call, &e))?;
            let end = page.len() < limit;
            looked += page.len();
            for held in page {
                if applications.len() == size {
                    return Ok(Listed { applications, next });
                }
                next = Some((held.value.submitted_at(), held.value.id));
                let (version, recorded_at) = (held.version, held.recorded_at);
                let value = self.standing(call, held.value);
                if filter.takes(&value) {
                    applications.push(Versioned { value, version, recorded_at });
                }
            }
            if end {
                return Ok(Listed { applications, next: None });
            }
            if applications.len() == size || looked >= LOOKED {
                return Ok(Listed { applications, next });
            }
        }
    }
}
