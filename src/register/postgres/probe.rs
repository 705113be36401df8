//! The probe: sees what no caller would report, and sees faults end. It has a connection of its own,
//! so that calls which use up theirs do not make the store look away.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use super::Core;
use super::ask::{self, Question};
use super::fault::Fault;
use super::identity;
use super::lookup::{self, AllHeads};
use super::session::Session;
use crate::register::Error;
use crate::register::health::Side;

/// How long one look may take. Longer than a read may run: a slow server is not one that is away.
const LIMIT: Duration = Duration::from_secs(2);

/// Probes until it is aborted.
pub(super) async fn run(core: Arc<Core>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut probe = Probe { core, session: None, after: 0 };
    loop {
        ticks.tick().await;
        probe.look().await;
    }
}

struct Probe {
    core: Arc<Core>,
    session: Option<Session>,
    /// The last record that was read.
    after: i64,
}

impl Probe {
    async fn look(&mut self) {
        match timeout(LIMIT, self.read()).await {
            Ok(Ok(read_only)) => {
                self.core.health.works(Side::Read);
                self.write(read_only).await;
            }
            Ok(Err(e)) => self.fail(&e),
            Err(_) => self.fail(&Error::unavailable("the server does not answer")),
        }
    }

    fn fail(&mut self, e: &Error) {
        self.session = None;
        // A probe's own time limit means what it says of the server, and a passing one as well.
        let e = if e.is_deadline() || e.is_busy() {
            Error::unavailable("the server is too slow")
        } else {
            e.clone()
        };
        if e.is_schema() || e.is_not_a_register() {
            // Those that are open would go on as if nothing had happened: none of them does once it
            // is told.
            self.core.primary.renew();
        }
        self.core.health.saw(Side::Read, &e);
    }

    /// Which register it is, its heads, and one of its records, a few further on each time. Whether
    /// the server takes no writes.
    async fn read(&mut self) -> Result<bool, Error> {
        let target = self.core.primary.target();
        let (mut session, read_only) = match self.session.take() {
            None => target.connect().await?,
            Some(mut session) => {
                let found = identity::ask(&mut session.connection).await.map_err(Error::from)?;
                target.same(found.book)?;
                (session, found.read_only)
            }
        };
        ask::in_transaction(&mut session, LIMIT, &AllHeads).await?;
        self.after = ask::in_transaction(&mut session, LIMIT, &Walk { after: self.after }).await?;
        self.session = Some(session);
        Ok(read_only)
    }

    /// Whether writes work, where there is a reason to ask.
    async fn write(&mut self, read_only: bool) {
        if read_only {
            self.core
                .health
                .saw(Side::Write, &Error::unavailable("the server takes no writes: it is read-only"));
            return;
        }
        if !self.core.health.writes_fail() {
            return;
        }
        let Some(mut session) = self.session.take() else { return };
        match timeout(LIMIT, scratch(&mut session)).await {
            Ok(Ok(())) => self.core.health.works(Side::Write),
            Ok(Err(fault)) => self.core.health.saw(Side::Write, &fault.into()),
            Err(_) => return,
        }
        self.session = Some(session);
    }
}

/// How many bytes are written to see whether there is room: more than what a table may have left in
/// the pages that it has.
const ROOM: usize = 64 * 1024;

/// Writes something and undoes it. Bytes that cannot be compressed, so that they take the room they
/// seem to.
async fn scratch(session: &mut Session) -> Result<(), Fault> {
    let mut note = vec![0; ROOM];
    getrandom::fill(&mut note)
        .map_err(|_| Fault::Refused(Error::unavailable("the system gives no random bytes")))?;
    session.begin_write(LIMIT).await?;
    let sql = "INSERT INTO batch (id, at, last_row, landed, refused, note) VALUES ($1, 0, 0, 0, 0, $2)";
    // Its first bytes are an id as good as any: several servers can look at the same time.
    let id = Uuid::from_slice(&note[..16]).unwrap_or_default();
    let written = session.execute(sqlx::query(sql).bind(id).bind(note)).await;
    if !written.as_ref().is_err_and(Fault::is_lost) {
        session.rollback().await?;
    }
    written.map(|_| ())
}

/// Reads one record further on, and says which; 0 at the end.
struct Walk {
    after: i64,
}

impl Question for Walk {
    type Answer = i64;

    async fn ask(&self, session: &mut Session) -> Result<i64, Fault> {
        let sql = "
            SELECT 1::smallint, iin, version, recorded_at, state, NULL::bytea, NULL::uuid, body
              FROM record WHERE iin > $1 ORDER BY iin LIMIT 1 OFFSET 97";
        let Some(row) = session.fetch_one(sqlx::query(sql).bind(self.after)).await? else { return Ok(0) };
        let (iin, _) = lookup::record(&row)?;
        Ok(lookup::signed(iin.as_u64()))
    }
}
