//! New records by COPY, in its binary form: the quickest way into a table.

use super::apply::Work;
use super::fault::Fault;
use super::records::Columns;
use super::session::Session;

const COPY: &str =
    "COPY record (iin, state, version, recorded_at, commit_id, body) FROM STDIN (FORMAT binary)";

/// What a binary COPY begins with: its signature, no flags, no extension of the header.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with, in the place of a row's count of columns.
const END: i16 = -1;

/// The columns of a row.
const COLUMNS: i16 = 6;

/// How much is sent at once.
const CHUNK: usize = 256 * 1024;

/// Sends the rows of a run; that a number is there already comes as a duplicate.
pub(super) async fn records(session: &mut Session, work: &Work<'_>, rows: &Columns) -> Result<(), Fault> {
    let mut copy = session.connection.copy_in_raw(COPY).await?;
    let mut out = Vec::with_capacity(CHUNK);
    out.extend_from_slice(HEADER);
    for (((iin, state), version), body) in
        rows.iins.iter().zip(&rows.states).zip(&rows.versions).zip(&rows.bodies)
    {
        out.extend_from_slice(&COLUMNS.to_be_bytes());
        field(&mut out, &iin.to_be_bytes());
        field(&mut out, &state.to_be_bytes());
        field(&mut out, &version.to_be_bytes());
        field(&mut out, &work.now.to_be_bytes());
        field(&mut out, work.commit.as_bytes());
        field(&mut out, body);
        if out.len() >= CHUNK {
            copy.send(out.as_slice()).await?;
            out.clear();
        }
    }
    out.extend_from_slice(&END.to_be_bytes());
    copy.send(out.as_slice()).await?;
    copy.finish().await?;
    Ok(())
}

/// A value behind its length.
fn field(out: &mut Vec<u8>, value: &[u8]) {
    // A body is far below 2 GiB: a changeset's bounds see to that.
    out.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
    out.extend_from_slice(value);
}
