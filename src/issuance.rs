//! The way to a number: applications, their events and states.

pub mod application;

pub use application::{Application, Event, EventKind, State};
