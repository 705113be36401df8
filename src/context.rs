//! What every use case is told about the call it serves: made once, at the edge.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::Instant;

/// The caller, as far as the server knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The client's id by its certificate or token; `None` while it has none.
    pub id: Option<Arc<str>>,
    /// What it is; known when its id is.
    pub kind: Option<ClientKind>,
}

/// What a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// A bank, or another who opens accounts.
    Bank,
    /// An employer.
    Employer,
    /// An office that forms numbers and keeps the register.
    Registrar,
}

impl ClientKind {
    /// All of them.
    pub const ALL: [ClientKind; 3] = [ClientKind::Bank, ClientKind::Employer, ClientKind::Registrar];

    /// Its word in files, metrics and spans.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ClientKind::Bank => "bank",
            ClientKind::Employer => "employer",
            ClientKind::Registrar => "registrar",
        }
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// The moment the call is decided at.
    pub now: Timestamp,
    /// The civil date of `now` in Kazakhstan.
    pub today: Date,
    /// When the answer must be there.
    pub deadline: Instant,
    /// Who calls.
    pub client: Client,
    /// The call's id in logs and in the answer's metadata.
    pub request_id: String,
}

impl CallContext {
    /// The deadline, or `limit` from now if that is earlier.
    #[must_use]
    pub fn deadline_within(&self, limit: std::time::Duration) -> Instant {
        self.deadline.min(Instant::now() + limit)
    }
}
