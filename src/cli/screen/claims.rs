//! Rows with claims: verified over one stream, many at once, written in the order of the file.

use std::collections::{HashMap, VecDeque};

use csv::StringRecord;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;
use tonic_types::pb::{BadRequest, ErrorInfo};

use super::columns::Columns;
use super::input::Input;
use super::rows::{Asked, name, sendable};
use super::sheet::{Outcome, Sheet, Tally};
use crate::cli::Failure;
use crate::cli::client::failure;
use crate::pb::v1::verification_service_client::VerificationServiceClient;
use crate::pb::v1::verify_stream_response::Result as Answered;
use crate::pb::v1::{self, VerifyRequest, VerifyResponse, VerifyStreamRequest, VerifyStreamResponse};

/// Rows under way: what is read and not yet written. Answers come in any order; a slow one holds up
/// at most so many others.
const WINDOW: usize = 1_024;
/// How often the bar is told.
const DRAW_EVERY: u64 = 512;

pub(super) async fn run(
    mut client: VerificationServiceClient<Channel>,
    mut input: Input,
    columns: Columns,
    mut sheet: Sheet,
    asked: &Asked,
) -> Result<Tally, Failure> {
    let (items, stream) = mpsc::channel(WINDOW);
    // The server answers the call as such before the first item, so the stream opens at once.
    let mut answers =
        client.verify_stream(ReceiverStream::new(stream)).await.map_err(|s| failure(&s))?.into_inner();
    let mut waiting: VecDeque<(u64, StringRecord)> = VecDeque::with_capacity(WINDOW);
    let mut come: HashMap<u64, Outcome> = HashMap::with_capacity(WINDOW);
    let (mut sent, mut items) = (0_u64, Some(items));
    loop {
        // Fill the window, as long as the file has rows.
        while waiting.len() < WINDOW
            && let Some(sender) = &items
        {
            let Some(row) = input.next()? else {
                items = None;
                break;
            };
            let request = VerifyRequest {
                iin: sendable(columns.number(&row)),
                claims: Some(columns.claims_of(&row)),
                purpose: asked.purpose,
                ..VerifyRequest::default()
            };
            let item = VerifyStreamRequest { id: sent.to_string(), request: Some(request) };
            if sender.send(item).await.is_err() {
                // The stream ended early; what it says comes with the next answer.
                items = None;
                break;
            }
            waiting.push_back((sent, row));
            sent += 1;
        }
        if waiting.is_empty() {
            return sheet.finish();
        }
        let (id, outcome) = next(&mut answers).await?;
        come.insert(id, outcome);
        // Write what is complete, in order.
        while let Some((id, row)) = waiting.front()
            && let Some(outcome) = come.remove(id)
        {
            sheet.put(row, &outcome)?;
            if id % DRAW_EVERY == 0 {
                input.draw();
            }
            waiting.pop_front();
        }
    }
}

async fn next(answers: &mut Streaming<VerifyStreamResponse>) -> Result<(u64, Outcome), Failure> {
    let answer = answers.message().await.map_err(|s| failure(&s))?;
    let answer = answer.ok_or_else(|| Failure::unavailable("the server ended the stream early"))?;
    let id = answer.id.parse().map_err(|_| Failure::bug("the server answered a row that was not asked"))?;
    Ok((id, outcome(answer)?))
}

fn outcome(answer: VerifyStreamResponse) -> Result<Outcome, Failure> {
    match answer.result {
        Some(Answered::Response(response)) => Ok(Outcome {
            verdict: Some(response.verdict()),
            reasons: reasons(&response),
            assurance: name(response.assurance().as_str_name(), "ASSURANCE_"),
        }),
        Some(Answered::Error(status)) if status.code == tonic::Code::InvalidArgument as i32 => {
            Ok(Outcome { verdict: None, reasons: faults(&status), assurance: String::new() })
        }
        Some(Answered::Error(status)) => {
            let status = tonic::Status::new(tonic::Code::from(status.code), status.message);
            Err(failure(&status))
        }
        None => Err(Failure::bug("the server answered a row without a result")),
    }
}

/// The reasons that decided; for a row that is verified, what there is to know, as Screen tells it.
fn reasons(response: &VerifyResponse) -> String {
    let warning = response.checks.iter().find(|c| c.outcome() == v1::Outcome::Warn);
    let reasons = response.reasons().chain(warning.map(v1::Check::reason));
    let deciding = if response.reasons.is_empty() { 1 } else { response.reasons.len() };
    reasons.take(deciding).map(|r| name(r.as_str_name(), "REASON_")).collect::<Vec<_>>().join(" ")
}

/// The reason and the fields at fault: `INVALID_REQUEST claims.birth_date`.
fn faults(status: &tonic_types::pb::Status) -> String {
    let mut words = Vec::new();
    for detail in &status.details {
        match detail.type_url.rsplit('/').next() {
            Some("google.rpc.ErrorInfo") => {
                words.extend(<ErrorInfo as prost::Message>::decode(&*detail.value).map(|i| i.reason).ok());
            }
            Some("google.rpc.BadRequest") => {
                let fields = <BadRequest as prost::Message>::decode(&*detail.value).unwrap_or_default();
                words.extend(fields.field_violations.into_iter().map(|v| v.field));
            }
            _ => {}
        }
    }
    words.join(" ")
}
