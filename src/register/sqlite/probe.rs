//! The probe thread: sees what no caller would report, and sees faults end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rusqlite::{Connection, OptionalExtension};

use super::fault::Fault;
use super::file::{self, Identity};
use super::job::{Order, guard};
use super::lookup::{self, Heads};
use super::writer::moved;
use crate::number::Iin;
use crate::register::health::{Health, Side};
use crate::register::{Error, subject};

pub(super) struct Probe {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) identity: Identity,
    pub(super) key: subject::Key,
    pub(super) health: Arc<Health>,
    pub(super) orders: Sender<Order>,
    pub(super) stop: Receiver<()>,
    pub(super) every: Duration,
}

impl Probe {
    /// Probes until the store is closed.
    pub(super) fn run(self) {
        let mut after = 0;
        while self.stop.recv_timeout(self.every) == Err(RecvTimeoutError::Timeout) {
            let found = file::identity(&self.path);
            self.health.moved((found.ok() != Some(self.identity)).then(|| moved(&self.path)));
            match guard(|| self.read(after)).and_then(|read| read.map_err(Error::from)) {
                Ok(next) => {
                    after = next;
                    self.health.works(Side::Read);
                }
                Err(e) => self.health.saw(Side::Read, &e),
            }
            if self.health.writes_fail() {
                // A full queue means that writes are being tried anyway.
                let _ = self.orders.try_send(Order::Probe);
            }
        }
    }

    /// Reads the heads and one record, a few further on each time, from the file and not from
    /// this connection's memory.
    fn read(&self, after: u64) -> Result<u64, Fault> {
        self.connection.execute_batch("PRAGMA shrink_memory")?;
        Heads::read(&self.connection)?;
        let next = self
            .connection
            .prepare_cached("SELECT iin FROM record WHERE iin > ?1 ORDER BY iin LIMIT 1 OFFSET 97")?
            .query_row((after,), |r| r.get::<_, u64>(0))
            .optional()?;
        let Some(next) = next else { return Ok(0) };
        let iin = Iin::from_u64(next).map_err(|_| Fault::Stored("a stored number is none"))?;
        lookup::facts(&self.connection, &[&[(iin, self.key.number(iin))]])?;
        Ok(next)
    }
}
