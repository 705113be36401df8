//! What is no longer kept is taken away beside the commits, a little at a time, by whichever
//! servers look after the register: none of it waits for the others.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::Core;
use super::ask::GRACE;
use super::fault::Fault;
use super::lookup::{signed, unsigned};
use super::request::horizon;
use super::session::Session;

/// The most that one round takes away, of each shard's changes, of requests and of batches: so
/// lowering `feed_keep` never makes writers wait for a million deletions.
const MOST: u64 = 5_000;

/// How long one round's statements may run. A round that is cut short is undone and comes again.
const LIMIT: Duration = Duration::from_secs(2);

const ENDS: &str = "SELECT floor, seq, shard FROM head ORDER BY shard";

/// Tidies up every so often, until it is aborted.
pub(super) async fn run(core: Arc<Core>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        round(&core).await;
    }
}

/// One round. What fails is tried again in the next: it is not worth a word, the probe has seen it.
async fn round(core: &Core) {
    let Ok(mut lease) = core.primary.take(Instant::now() + LIMIT).await else { return };
    let Ok(session) = lease.session() else { return };
    let tidying = async {
        prune(session, core.keep).await?;
        forget(session, horizon(core.latest.load(Ordering::Relaxed))).await
    };
    match timeout(4 * LIMIT + GRACE, tidying).await {
        Ok(outcome) if !outcome.as_ref().is_err_and(Fault::is_lost) => lease.give_back(),
        _ => {}
    }
}

/// Takes away what lies more than `keep` behind a head, once it has become worth a deletion.
async fn prune(session: &mut Session, keep: u64) -> Result<(), Fault> {
    let slack = (keep / 16).clamp(1, 1_000);
    let mut due = Vec::new();
    session.begin_read(LIMIT).await?;
    let ends = session.fetch(sqlx::query(ENDS)).await;
    session.rollback().await?;
    for row in &ends? {
        let (floor, head) = (unsigned(row, 0)?, unsigned(row, 1)?);
        if head - floor >= keep.saturating_add(slack) {
            due.push((sqlx::Row::try_get::<i32, _>(row, 2)?, (head - keep).min(floor + MOST)));
        }
    }
    for (shard, floor) in due {
        write(session, async |session: &mut Session| {
            let deleting = sqlx::query("DELETE FROM change WHERE shard = $1 AND seq <= $2");
            session.execute(deleting.bind(shard).bind(signed(floor))).await?;
            // Last: every writer of the shard waits for this row.
            let raising = sqlx::query("UPDATE head SET floor = $2 WHERE shard = $1 AND floor < $2");
            session.execute(raising.bind(shard).bind(signed(floor))).await
        })
        .await?;
    }
    Ok(())
}

/// Takes away requests and batches that are forgotten.
async fn forget(session: &mut Session, horizon: i64) -> Result<(), Fault> {
    let statements = [
        "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE at <= $1 ORDER BY at LIMIT $2)",
        "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE at <= $1 ORDER BY at LIMIT $2)",
    ];
    for sql in statements {
        write(session, async |session: &mut Session| {
            session.execute(sqlx::query(sql).bind(horizon).bind(signed(MOST))).await
        })
        .await?;
    }
    Ok(())
}

/// A transaction of its own.
async fn write(
    session: &mut Session,
    work: impl AsyncFnOnce(&mut Session) -> Result<u64, Fault>,
) -> Result<(), Fault> {
    session.begin_write(LIMIT).await?;
    match work(session).await {
        Ok(_) => session.commit().await,
        Err(fault) if fault.is_lost() => Err(fault),
        Err(fault) => session.rollback().await.and(Err(fault)),
    }
}
