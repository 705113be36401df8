//! Numbers alone: screened in batches, one call after the other, so that memory stays flat.

use std::time::Duration;

use csv::StringRecord;
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt;

use super::columns::Columns;
use super::input::Input;
use super::sheet::{Outcome, Sheet, Tally};
use crate::cli::Failure;
use crate::cli::client::failure;
use crate::pb::v1::verification_service_client::VerificationServiceClient;
use crate::pb::v1::{self, Reason, ScreenDepth, ScreenRequest, ScreenResponse, Verdict};

/// Numbers of one call: large enough that calls do not count, small enough to show progress.
const BATCH: usize = 20_000;
/// The largest answer taken: two bytes a number and some counts are far below it.
pub(super) const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// The longest text that a server takes for a number. A longer one is as malformed when cut.
const LONGEST: usize = 64;

/// How often a batch is sent to a server that is full.
const TRIES: usize = 60;
/// The longest that is waited between, whatever the server says.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// What is asked of every row.
pub(super) struct Asked {
    pub(super) purpose: i32,
    pub(super) depth: ScreenDepth,
}

/// A row's number as it may be sent.
pub(super) fn sendable(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

pub(super) async fn run(
    mut client: VerificationServiceClient<Channel>,
    mut input: Input,
    columns: Columns,
    mut sheet: Sheet,
    asked: &Asked,
) -> Result<Tally, Failure> {
    let mut batch: Vec<StringRecord> = Vec::with_capacity(BATCH);
    loop {
        batch.clear();
        while batch.len() < BATCH {
            let Some(row) = input.next()? else { break };
            batch.push(row);
        }
        if batch.is_empty() {
            return sheet.finish();
        }
        let request = ScreenRequest {
            number_strings: batch.iter().map(|row| sendable(columns.number(row))).collect(),
            depth: asked.depth.into(),
            purpose: asked.purpose,
            ..ScreenRequest::default()
        };
        let answer = screened(&mut client, request).await?;
        if answer.verdicts.len() != batch.len() || answer.reasons.len() != batch.len() {
            return Err(Failure::bug("the server answered for another number of rows"));
        }
        for ((row, verdict), reason) in batch.iter().zip(&answer.verdicts).zip(&answer.reasons) {
            sheet.put(row, &outcome(*verdict, *reason, asked.depth))?;
        }
        input.draw();
    }
}

/// A batch's answer. A server that is full says when to try again, and a long file is not given up for it.
async fn screened(
    client: &mut VerificationServiceClient<Channel>,
    request: ScreenRequest,
) -> Result<ScreenResponse, Failure> {
    let mut left = TRIES;
    loop {
        let status = match client.screen(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => status,
        };
        left -= 1;
        let told = status.get_details_retry_info().and_then(|info| info.retry_delay);
        match told {
            Some(delay) if left > 0 && status.code() == Code::ResourceExhausted => {
                tokio::time::sleep(delay.min(LONGEST_DELAY)).await;
            }
            _ => return Err(failure(&status)),
        }
    }
}

fn outcome(verdict: u8, reason: u8, depth: ScreenDepth) -> Outcome {
    let verdict = Verdict::try_from(i32::from(verdict)).unwrap_or(Verdict::Unspecified);
    let reason = Reason::try_from(i32::from(reason)).ok().filter(|r| *r != Reason::Unspecified);
    let assurance = match (verdict, depth) {
        (Verdict::Verified, ScreenDepth::Register) => v1::Assurance::Register,
        (Verdict::Verified, _) => v1::Assurance::Structure,
        _ => v1::Assurance::Unspecified,
    };
    Outcome {
        verdict: Some(verdict),
        reasons: reason.map(|r| name(r.as_str_name(), "REASON_")).unwrap_or_default(),
        assurance: match assurance {
            v1::Assurance::Unspecified => String::new(),
            rung => name(rung.as_str_name(), "ASSURANCE_"),
        },
    }
}

/// A name of the contract without its prefix.
pub(super) fn name(full: &str, prefix: &str) -> String {
    full.strip_prefix(prefix).unwrap_or(full).to_string()
}
