//! Two nodes over one register and one shared tier, against a history that forgets nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use uuid::Uuid;

use super::Shared;
use crate::cache::load::{Ask, Core};
use crate::cache::{Found, Options, Tier};
use crate::clock::Clock;
use crate::number::{Iin, control};
use crate::register::feed::Kind;
use crate::register::{
    Batch, Changeset, Error, Expect, Ledger, NumberState, Origin, Record, Register, Token, Write, memory,
};

/// What a number was, from a moment on, under a mark of its own; `None`: not there.
type Past = Vec<(Instant, Option<u64>)>;

pub(super) struct World {
    pub(super) store: memory::Store,
    pub(super) shared: Shared,
    pub(super) nodes: Vec<Arc<Core>>,
    past: HashMap<Iin, Past>,
    copy: Option<(memory::Store, HashMap<Iin, Past>)>,
    now: Timestamp,
    marks: u64,
    batches: u64,
}

/// Some test numbers.
pub(in crate::cache) fn number(n: usize) -> Iin {
    let text = (0..100u32).find_map(|salt| {
        let prefix = format!("0099{:07}", n as u32 * 100 + salt);
        let digits: [u8; 11] = std::array::from_fn(|i| prefix.as_bytes()[i] - b'0');
        control(&digits).digit().map(|digit| format!("{prefix}{digit}"))
    });
    Iin::parse(&text.unwrap()).unwrap()
}

impl World {
    pub(super) fn new(nodes: usize, options: &Options) -> Self {
        let store = memory::Store::new(3, 1_000);
        let shared = Shared::default();
        let register = Register::Memory(store.clone());
        let core = || {
            let tier = Some(Tier::Memory(shared.clone()));
            Arc::new(Core::new(register.clone(), tier, Clock::fixed(Timestamp::UNIX_EPOCH), options.clone()))
        };
        let nodes = (0..nodes).map(|_| core()).collect();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let (past, copy) = (HashMap::new(), None);
        World { store, shared, nodes, past, copy, now, marks: 0, batches: 0 }
    }

    /// Writes a number, alone or as a part of an import.
    pub(super) async fn write(&mut self, iin: Iin, import: bool) {
        let record = Box::new(self.record());
        let write = Write::Record { iin, record, expect: Expect::Any, told: Kind::Record };
        self.commit(iin, vec![write], import).await;
    }

    /// The next record, under a mark of its own.
    pub(super) fn record(&mut self) -> Record {
        self.marks += 1;
        Record {
            state: if self.marks.is_multiple_of(2) { NumberState::InForce } else { NumberState::Excluded },
            since: None,
            state_reason: self.marks.to_string(),
            superseded_by: None,
            scheduled: None,
            person: Default::default(),
        }
    }

    /// The mark of the last record.
    pub(super) fn marks(&self) -> u64 {
        self.marks
    }

    /// Writes the last record of a number: the heads after it.
    pub(super) async fn commit(&mut self, iin: Iin, writes: Vec<Write>, import: bool) -> Token {
        self.now += SignedDuration::from_millis(1);
        let mut set = Changeset::new(self.now, Origin::default(), "test", writes);
        if import {
            self.batches += 1;
            let id = Uuid::from_u128(u128::from(self.batches));
            set.batch = Some((Batch { id, last_row: 1, landed: 1, refused: 0, note: Vec::new() }, 0));
        }
        let committed = self.store.commit(set, Instant::now() + Duration::from_secs(1)).await.unwrap();
        let past = self.past.entry(iin).or_default();
        past.push((Instant::now(), Some(self.marks)));
        committed.token
    }

    /// Puts a copy of the register away.
    pub(super) fn copy(&mut self) {
        self.copy = Some((self.store.copy(), self.past.clone()));
    }

    /// Puts the copy in the register's place.
    pub(super) fn restore(&mut self) {
        let Some((store, past)) = &self.copy else { return };
        self.store.restore(store);
        let now = Instant::now();
        for (iin, all) in &mut self.past {
            let then = past.get(iin).and_then(|past| past.last()).and_then(|(_, mark)| *mark);
            all.push((now, then));
        }
    }

    /// A node's answer about a number.
    pub(super) async fn read(&self, node: usize, iin: Iin, max_age: Duration) -> Result<Found, Error> {
        let core = &self.nodes[node];
        let subject = core.register.key().unwrap().number(iin);
        let ask = Ask { subject, iin, now: self.now, arrival: Instant::now(), max_age };
        core.find(ask, Instant::now() + Duration::from_secs(1)).await
    }

    /// Whether an answer that came in now is true: what it says was so at some moment of the span that
    /// its age leaves open.
    pub(super) fn is_true(&self, iin: Iin, found: &Found) -> bool {
        let record = found.entry.fact.record.as_ref();
        let mark: Option<u64> = record.map(|record| record.value.state_reason.parse().unwrap());
        let now = Instant::now();
        let since = now.checked_sub(found.age);
        let mut past = vec![(None, None)];
        past.extend(self.past.get(&iin).into_iter().flatten().map(|(at, mark)| (Some(*at), *mark)));
        let ends = past.iter().skip(1).map(|(at, _)| *at).chain([None]);
        // Until a moment past `since`, or until now.
        past.iter().zip(ends).any(|((_, was), end)| *was == mark && end.is_none_or(|end| Some(end) >= since))
    }
}
