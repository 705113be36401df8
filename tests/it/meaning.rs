//! What answers mean: a row for each sentence of the contract that concerns Verify, Decode, Screen
//! and IssueStatus, asked of the gRPC services over a register in memory at a fixed moment.

mod claims;
mod nonsense;
mod past;
mod scene;
mod screen;
mod status;
mod stream;
mod verdicts;
mod watch;
mod whole;
