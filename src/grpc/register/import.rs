//! ImportPersons: messages in, each landed before the next is read, one answer at the end.

use std::time::Duration;

use jiff::civil::Date;
use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;
use uuid::Uuid;

use super::person;
use super::request::common;
use crate::context::CallContext;
use crate::error::{Error, Kind};
use crate::grpc::edge::{Edge, refuse};
use crate::grpc::validate::Checker;
use crate::pb::v1::{ImportPersonsRequest, ImportPersonsResponse, ImportRow, ImportRowError};
use crate::reason::Reason;
use crate::registrar::Registrar;
use crate::registrar::batch::note::{Fault, MAX_FAULTS};
use crate::registrar::batch::{Batch, MAX_ROWS, Row};
use crate::registrar::request::origin;
use crate::telemetry::call;

/// How long the next message is waited for: a caller who says nothing holds a place for no longer.
const IDLE: Duration = Duration::from_secs(60);
/// The highest number of a row: stores keep it as a signed number.
const HIGHEST: u64 = i64::MAX as u64;

/// What the first message says of the whole stream.
struct Opening {
    batch: Uuid,
    first: ImportPersonsRequest,
}

/// One stream.
pub(super) struct Driver<'a, S> {
    registrar: &'a Registrar,
    edge: &'a Edge,
    call: &'a CallContext,
    messages: S,
    /// The last row that this stream has told.
    last_row: u64,
}

impl<'a, S> Driver<'a, S>
where
    S: Stream<Item = Result<ImportPersonsRequest, Status>> + Unpin,
{
    pub(super) fn new(registrar: &'a Registrar, edge: &'a Edge, call: &'a CallContext, messages: S) -> Self {
        Driver { registrar, edge, call, messages, last_row: 0 }
    }

    /// Runs to the end of the stream. What has landed when it fails stays.
    pub(super) async fn run(mut self) -> Result<ImportPersonsResponse, Status> {
        let first = self.next().await?.unwrap_or_default();
        let (opening, rows) = self.open(first).map_err(|e| refuse(self.call, &e))?;
        let m = &opening.first;
        let by = origin(self.call, &m.on_behalf_of, &m.end_user, &m.client_reference);
        let call = self.edge.item(self.call, None);
        let request = Uuid::try_parse(&m.request_id).ok();
        let begun = self.registrar.batch(&call, opening.batch, request, by).await;
        let mut batch = begun.map_err(|e| refuse(&call, &e))?;
        let mut rows = Some(rows);
        while let Some(part) = rows {
            let call = self.edge.item(self.call, None);
            batch.land(&call, &part).await.map_err(|e| refuse(&call, &e))?;
            drop(part);
            rows = match self.next().await? {
                None => None,
                Some(message) => Some(self.go_on(&opening, &message).map_err(|e| refuse(self.call, &e))?),
            };
        }
        let at = batch.progress();
        call::tell(format!(
            "import ended: batch {}, {} landed, {} refused, last row {}",
            at.id, at.landed, at.refused, at.last_row
        ));
        Ok(response(&batch))
    }

    async fn next(&mut self) -> Result<Option<ImportPersonsRequest>, Status> {
        match timeout(IDLE, self.messages.next()).await {
            Ok(message) => message.transpose(),
            Err(_) => Err(refuse(self.call, &Error::deadline())),
        }
    }

    /// Checks the first message.
    fn open(&mut self, first: ImportPersonsRequest) -> Result<(Opening, Vec<Row>), Error> {
        let mut c = Checker::default();
        let batch = c.required_uuid("batch_id", &first.batch_id);
        c.uuid("request_id", &first.request_id);
        common!(first).check_references(&mut c);
        let rows = self.rows(&mut c, &first.rows);
        c.finish()?;
        let batch = batch.ok_or_else(|| Error::internal("a checked batch id is missing"))?;
        // Its rows are landed from here on; the rest is compared with what later messages say.
        Ok((Opening { batch, first: ImportPersonsRequest { rows: Vec::new(), ..first } }, rows))
    }

    /// Checks a later message.
    fn go_on(&mut self, opening: &Opening, m: &ImportPersonsRequest) -> Result<Vec<Row>, Error> {
        let mut c = Checker::default();
        let first = &opening.first;
        for (field, said, before) in [
            ("batch_id", &m.batch_id, &first.batch_id),
            ("request_id", &m.request_id, &first.request_id),
            ("client_reference", &m.client_reference, &first.client_reference),
            ("on_behalf_of", &m.on_behalf_of, &first.on_behalf_of),
            ("end_user", &m.end_user, &first.end_user),
        ] {
            if !said.is_empty() && said != before {
                c.fault(field, "must be as in the first message, or empty");
            }
        }
        let rows = self.rows(&mut c, &m.rows);
        c.finish()?;
        Ok(rows)
    }

    /// Judges rows. Their order is the stream's affair, what they state each row's own.
    fn rows(&mut self, c: &mut Checker, rows: &[ImportRow]) -> Vec<Row> {
        if rows.len() > MAX_ROWS {
            c.fault("rows", format!("must be at most {MAX_ROWS}"));
            return Vec::new();
        }
        for (i, row) in rows.iter().enumerate() {
            if row.row <= self.last_row || row.row > HIGHEST {
                // The first tells it; those behind it are counted from a number that means nothing.
                let what = "must be greater than that of the row before, from 1 and below 2^63";
                c.violation(&format!("rows[{i}].row"), Reason::RowOutOfOrder, what);
                return Vec::new();
            }
            self.last_row = row.row;
        }
        let today = self.call_today();
        rows.iter().map(|row| judge(row, today)).collect()
    }

    /// A stream may last over midnight.
    fn call_today(&self) -> Date {
        self.edge.item(self.call, None).today
    }
}

fn judge(row: &ImportRow, today: Date) -> Row {
    let mut c = Checker::default();
    let put = person::put(&mut c, "person", row.person.as_ref(), today);
    let put = match (c.finish(), put) {
        (Ok(()), Some(put)) => Ok(put),
        (outcome, _) => Err(faults(outcome)),
    };
    Row { row: row.row, put }
}

fn faults(outcome: Result<(), Error>) -> Vec<Fault> {
    match outcome.as_ref().map_err(Error::kind) {
        Err(Kind::Invalid(violations)) => violations
            .iter()
            .take(MAX_FAULTS)
            .map(|v| Fault { field: v.field.clone(), reason: v.reason, message: v.description.clone() })
            .collect(),
        _ => Vec::new(),
    }
}

fn response(batch: &Batch) -> ImportPersonsResponse {
    let at = batch.progress();
    let errors = batch.note().rows().map(|(row, field, reason, message)| ImportRowError {
        row,
        field: field.to_string(),
        reason: reason.map_or(0, |reason| reason.code().into()),
        message: message.to_string(),
    });
    ImportPersonsResponse {
        batch_id: at.id.to_string(),
        landed: at.landed,
        refused: at.refused,
        last_row: at.last_row,
        errors: errors.collect(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;
    use tokio_stream::pending;
    use tonic::{Code, Request};

    use super::*;
    use crate::clock::Clock;
    use crate::register::{Register, memory};

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_falls_silent_is_sent_away() {
        let registrar = Registrar::new(Register::Memory(memory::Store::new(1, 10)), IDLE);
        let edge = Edge::new(Clock::system(), IDLE);
        let call = edge.context(&Request::new(()));
        let batch_id = Uuid::from_u128(1).to_string();
        let first = ImportPersonsRequest { batch_id, ..ImportPersonsRequest::default() };
        let silent = tokio_stream::once(Ok(first)).chain(pending());
        let started = Instant::now();
        let outcome = Driver::new(&registrar, &edge, &call, silent).run().await;
        assert_eq!(outcome.err().map(|status| status.code()), Some(Code::DeadlineExceeded));
        assert_eq!(started.elapsed().as_secs(), IDLE.as_secs());
    }
}
