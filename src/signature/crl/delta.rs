//! A whole list with the changes since.

use std::sync::Arc;

use jiff::Timestamp;

use super::List;
use crate::signature::Fault;
use crate::signature::revocation::{Cause, Revoked, Serial, Status};

/// What is known of one authority's certificates.
#[derive(Clone, Debug)]
pub struct Lists {
    whole: Arc<List>,
    delta: Option<Arc<List>>,
}

impl Lists {
    /// From a whole list.
    ///
    /// # Errors
    /// It holds changes only.
    pub fn new(whole: Arc<List>) -> Result<Self, Fault> {
        if whole.base.is_some() {
            return Err(Fault::Profile("changes of a list in place of a whole one"));
        }
        Ok(Lists { whole, delta: None })
    }

    /// The same with these changes. Both are signed by one authority: the caller has checked them with
    /// one certificate.
    ///
    /// # Errors
    /// They are no changes, or changes of a later list, or from before the whole one (RFC 5280, 5.2.4).
    pub fn with(self, delta: Arc<List>) -> Result<Self, Fault> {
        const OTHER: Fault = Fault::Profile("changes that do not belong to the list of revoked certificates");
        let (Some(base), Some(number), Some(whole)) = (delta.base, delta.number, self.whole.number) else {
            return Err(OTHER);
        };
        if base > whole || number <= whole {
            return Err(OTHER);
        }
        Ok(Lists { delta: Some(delta), ..self })
    }

    /// The whole list.
    #[must_use]
    pub fn whole(&self) -> &List {
        &self.whole
    }

    /// The changes that are in force at a moment.
    #[must_use]
    pub fn delta(&self, now: Timestamp) -> Option<&List> {
        self.delta.as_deref().filter(|delta| delta.check_time(now).is_ok())
    }

    /// What they say of a certificate at a moment, and the list that says it.
    ///
    /// # Errors
    /// The whole list is not in force. Changes that are not are left out.
    pub fn status(&self, serial: Serial, now: Timestamp) -> Result<(Status, &List), Fault> {
        self.whole.check_time(now)?;
        let whole = || (self.whole.find(serial).map_or(Status::Good, Status::Revoked), &*self.whole);
        let Some(delta) = self.delta(now) else { return Ok(whole()) };
        Ok(match delta.find(serial) {
            Some(Revoked { cause: Cause::RemoveFromCRL, .. }) => (Status::Good, delta),
            Some(revoked) => (Status::Revoked(revoked), delta),
            // What the changes do not mention stands as it was.
            None => match whole() {
                (Status::Good, _) => (Status::Good, delta),
                revoked => revoked,
            },
        })
    }
}
