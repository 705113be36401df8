//! Pages of the change feed.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::ask::Question;
use super::fault::Fault;
use super::lookup::{signed, unsigned};
use super::session::Session;
use crate::register::codec::{Undecodable, moment};
use crate::register::feed::{Change, Kind, MAX_PAGE, check_token};
use crate::register::{Page, Position, Token};

const ENDS: &str = "SELECT floor, seq FROM head ORDER BY shard";

const CHANGES: &str = "
    SELECT c.shard, c.seq, c.subject, c.kind, c.at
      FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS part (shard, low, high)
           JOIN change AS c ON c.shard = part.shard AND c.seq > part.low AND c.seq <= part.high
     ORDER BY c.shard, c.seq";

/// Where each shard's list begins.
pub(super) struct Floors;

impl Question for Floors {
    type Answer = Token;

    async fn ask(&self, session: &mut Session) -> Result<Token, Fault> {
        Ok(Token(ends(session).await?.into_iter().map(|(floor, _)| floor).collect()))
    }
}

/// Changes after a token, and where to go on.
pub(super) struct After {
    pub(super) token: Token,
    pub(super) limit: usize,
}

/// What a page takes of one shard: what comes after `low`, up to `high`.
struct Part {
    shard: u16,
    low: Position,
    high: Position,
}

impl Question for After {
    type Answer = Page;

    /// Two statements and no snapshot for both: whatever lies before a head that was read is there
    /// for every later statement, since the head moves with its changes and in their order. Only
    /// what is no longer kept may be gone, and that can be told.
    async fn ask(&self, session: &mut Session) -> Result<Page, Fault> {
        let ends = ends(session).await?;
        check_token(&self.token, &ends).map_err(Fault::Refused)?;
        let parts = self.parts(&ends);
        let mut page = Page { changes: Vec::new(), next: self.token.clone() };
        if parts.is_empty() {
            return Ok(page);
        }
        let asked = sqlx::query(CHANGES)
            .bind(parts.iter().map(|part| i32::from(part.shard)).collect::<Vec<_>>())
            .bind(parts.iter().map(|part| signed(part.low.0)).collect::<Vec<_>>())
            .bind(parts.iter().map(|part| signed(part.high.0)).collect::<Vec<_>>());
        for row in &session.fetch(asked).await? {
            let change = change(row)?;
            let next = page.next.0.get_mut(usize::from(change.shard)).ok_or(Undecodable)?;
            if change.seq.0 != next.0 + 1 {
                return Err(self.gap(session).await);
            }
            *next = change.seq;
            page.changes.push(change);
        }
        if parts.iter().any(|part| page.next.0[usize::from(part.shard)] != part.high) {
            return Err(self.gap(session).await);
        }
        Ok(page)
    }
}

impl After {
    /// An even share for each shard, and what the shards before left over: none starves another.
    fn parts(&self, ends: &[(Position, Position)]) -> Vec<Part> {
        let mut room = self.limit.min(MAX_PAGE);
        let mut parts = Vec::with_capacity(ends.len());
        for (left, shard) in Page::order(&self.token) {
            let (low, (_, head)) = (self.token.0[usize::from(shard)], ends[usize::from(shard)]);
            let share = usize::try_from(head.0 - low.0).unwrap_or(usize::MAX).min(room.div_ceil(left));
            room -= share;
            if share > 0 {
                parts.push(Part { shard, low, high: Position(low.0 + share as u64) });
            }
        }
        parts
    }

    /// Why a change is missing: it is no longer kept, or the feed has a hole. Skipping a change in
    /// silence is what a feed must never do.
    async fn gap(&self, session: &mut Session) -> Fault {
        match ends(session).await.map(|ends| check_token(&self.token, &ends)) {
            Ok(Err(too_old)) => Fault::Refused(too_old),
            Ok(Ok(())) => Fault::Stored("a change is missing from the feed"),
            Err(fault) => fault,
        }
    }
}

/// Floor and head of every shard.
async fn ends(session: &mut Session) -> Result<Vec<(Position, Position)>, Fault> {
    let rows = session.fetch(sqlx::query(ENDS)).await?;
    if rows.len() != usize::from(session.book.shards) {
        return Err(Fault::Stored("the head of a shard is missing"));
    }
    rows.iter().map(|row| Ok((Position(unsigned(row, 0)?), Position(unsigned(row, 1)?)))).collect()
}

fn change(row: &PgRow) -> Result<Change, Fault> {
    let subject = row.try_get::<Option<[u8; 16]>, _>(2)?.map(crate::register::Subject);
    let kind = u8::try_from(row.try_get::<i16, _>(3)?).ok().and_then(Kind::from_code);
    Ok(Change {
        shard: u16::try_from(row.try_get::<i32, _>(0)?).map_err(|_| Undecodable)?,
        seq: Position(unsigned(row, 1)?),
        subject,
        kind: kind.ok_or(Undecodable)?,
        at: moment(row.try_get(4)?)?,
    })
}
