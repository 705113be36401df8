//! What answers mean: a row for each sentence of the contract that concerns Verify, Decode, Screen,
//! IssueStatus, RegisterService and IssuanceService, asked of the gRPC services at a fixed moment, over a register in
//! memory and, where it is written, in a file.

mod claims;
mod issuance_model;
mod issuance_service;
mod names;
mod nonsense;
mod past;
mod purposes;
mod register_service;
mod requirements;
mod scene;
mod screen;
mod status;
mod stream;
mod verdicts;
mod watch;
mod whole;
