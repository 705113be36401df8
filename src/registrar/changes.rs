//! The change feed, a page at a time.

use super::{Registrar, fault};
use crate::context::CallContext;
use crate::error::{Error, Violation};
use crate::reason::Reason;
use crate::register::{Feed, Page, Token};

/// How often the beginning of the feed is looked for anew because it went while it was read.
const ATTEMPTS: usize = 4;

/// A page and whether more is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The page.
    pub page: Page,
    /// The feed goes on after it already.
    pub more: bool,
}

impl Registrar {
    /// Up to `limit` changes after a token; without one, from the oldest change kept.
    ///
    /// # Errors
    /// A token that the feed cannot be gone on with; the register cannot be asked.
    pub async fn changes(
        &self,
        call: &CallContext,
        after: Option<&Token>,
        limit: usize,
    ) -> Result<Changes, Error> {
        let deadline = call.deadline_within(self.read_timeout);
        let register = &self.register;
        let mut left = ATTEMPTS;
        let page = loop {
            left -= 1;
            let page = match after {
                Some(token) => register.after(token, limit, deadline).await,
                None => match register.floors(deadline).await {
                    Ok(floors) => register.after(&floors, limit, deadline).await,
                    Err(error) => Err(error),
                },
            };
            match page {
                Ok(page) => break page,
                // The oldest changes went between the two reads.
                Err(error) if after.is_none() && error.is_token_too_old() && left > 0 => {}
                Err(error) if error.is_invalid() => return Err(bad_token()),
                Err(error) => return Err(fault(call, &error)),
            }
        };
        // Read after the page: what it does not reach is there.
        let heads = register.heads(deadline).await.map_err(|e| fault(call, &e))?;
        Ok(Changes { more: page.next != heads, page })
    }
}

/// What is said of a text that is no token of this register.
#[must_use]
pub fn bad_token() -> Error {
    Error::invalid(vec![Violation {
        field: "page_token".into(),
        description: "must be a token from an earlier response".into(),
        reason: Reason::InvalidRequest,
    }])
}
