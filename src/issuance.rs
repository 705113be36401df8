//! The way to a number: applications, their events and states.
//!
//! ```text
//!                  SubmitApplication
//!                         |
//!            papers owed? | no
//!          +-- yes -------+-----------> RECEIVED --+
//!          v                                       |  RecordDocument
//!  AWAITING_DOCUMENTS -- last paper --+----------> IN_PROCESSING --- FormIin ---> COMPLETED
//!                                     v                ^
//!                         AWAITING_FINGERPRINTS -------+   (the guide's order alone)
//!
//!  any of these -- RequestCorrection --> CORRECTION_REQUESTED -- SubmitApplication --> above
//!  any of them  -- RefuseApplication --> REFUSED              -- SubmitApplication --> above
//!  any of them  -- WithdrawApplication -> WITHDRAWN
//! ```

pub mod application;
pub mod command;
pub mod due;
pub mod form;
pub mod papers;
pub mod step;
mod stored;

pub use application::{Application, Event, EventKind, State};
pub use command::{Command, Forbidden};
pub use due::{Due, Standing};
pub use form::{Form, Submission};
pub use step::{Progress, Step};
