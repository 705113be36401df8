//! Pages of the change feed.

use crate::error::Error;
use crate::grpc::convert;
use crate::grpc::validate::Checker;
use crate::pb::v1;
use crate::register::Token;
use crate::register::feed::{Change, Kind};
use crate::registrar::changes::{Changes, bad_token};

/// Changes of a page when nothing is said.
const USUAL: i32 = 100;
/// The most changes of a page.
const MOST: i32 = 1_000;

pub(super) fn request(m: &v1::ListChangesRequest) -> Result<(Option<Token>, usize), Error> {
    let mut c = Checker::default();
    if m.page_size < 0 {
        c.fault("page_size", "must not be negative");
    }
    c.finish()?;
    let size = if m.page_size == 0 { USUAL } else { m.page_size.min(MOST) };
    let limit = usize::try_from(size).map_err(|_| Error::internal("a checked page size is negative"))?;
    match m.page_token.as_str() {
        "" => Ok((None, limit)),
        text => text.parse().map(|token| (Some(token), limit)).map_err(|_| bad_token()),
    }
}

pub(super) fn response(changes: &Changes) -> v1::ListChangesResponse {
    let token = changes.page.next.to_string();
    v1::ListChangesResponse {
        changes: changes.page.changes.iter().map(change).collect(),
        next_page_token: if changes.more { token.clone() } else { String::new() },
        resume_token: token,
    }
}

fn change(change: &Change) -> v1::Change {
    let kind = match change.kind {
        Kind::Record => v1::ChangeKind::Person,
        Kind::Excluded => v1::ChangeKind::Excluded,
        Kind::Restored => v1::ChangeKind::Restored,
        Kind::Superseded => v1::ChangeKind::Superseded,
        Kind::Batch => v1::ChangeKind::Import,
        Kind::Hotlist => v1::ChangeKind::Hotlist,
        Kind::Application => v1::ChangeKind::Application,
    };
    v1::Change {
        number_hash: change.subject.map(|subject| subject.0.to_vec()).unwrap_or_default(),
        kind: kind.into(),
        at: Some(convert::timestamp(change.at)),
        shard: change.shard.into(),
        seq: change.seq.0,
    }
}
