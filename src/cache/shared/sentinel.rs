//! Sentinels: which server is the master, and when it is another.
//!
//! They are asked every second, not only followed: a message can be lost, and a master that hangs does
//! not close its connections.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Value, cmd};
use tokio::time::timeout;

use super::connect::{ANSWER, open};
use super::fault::{Fault, LATE, NO_MASTER, NO_SENTINEL, NONSENSE};
use super::url::{Login, Tls};

/// How often they are asked.
const EVERY: Duration = Duration::from_secs(1);

/// The Sentinels of one master.
pub(super) struct Sentinels {
    master: String,
    hosts: Vec<(String, u16)>,
    login: Login,
    tls: Option<Tls>,
    /// The one that answered last.
    asked: Option<MultiplexedConnection>,
}

impl Sentinels {
    pub(super) fn new(master: String, hosts: Vec<(String, u16)>, login: Login, tls: Option<Tls>) -> Self {
        Sentinels { master, hosts, login, tls, asked: None }
    }

    /// The master's address, from the first Sentinel that knows it.
    pub(super) async fn master(&mut self) -> Result<(String, u16), Fault> {
        if let Some(connection) = self.asked.take()
            && let Ok(Some(master)) = self.ask(connection).await
        {
            return Ok(master);
        }
        let mut why = NO_SENTINEL;
        for at in 0..self.hosts.len() {
            let Some((host, port)) = self.hosts.get(at).cloned() else { break };
            let config = AsyncConnectionConfig::new();
            let connected = open(host, port, &self.login, 0, self.tls.as_ref(), config).await;
            let answer = match connected {
                Ok(connection) => self.ask(connection).await,
                Err(fault) => Err(fault),
            };
            match answer {
                Ok(Some(master)) => return Ok(master),
                Ok(None) => why = NO_MASTER,
                // What a person has to mend is told before what may pass.
                Err(fault) if fault.hope == crate::cache::breaker::Hope::Hopeless => why = fault,
                Err(_) => {}
            }
        }
        Err(why)
    }

    /// Asks one, which is kept when it answers.
    async fn ask(&mut self, mut connection: MultiplexedConnection) -> Result<Option<(String, u16)>, Fault> {
        let mut question = cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let answer: Value = match timeout(ANSWER, question.query_async(&mut connection)).await {
            Ok(answer) => answer.map_err(|e| Fault::of(&e))?,
            Err(_) => return Err(LATE),
        };
        self.asked = Some(connection);
        match answer {
            Value::Nil => Ok(None),
            answer => match redis::from_redis_value::<(String, u16)>(answer) {
                Ok(master) => Ok(Some(master)),
                Err(_) => Err(NONSENSE),
            },
        }
    }

    /// Waits until they name another master than `before`. Can be dropped at any moment.
    pub(super) async fn moved_from(&mut self, before: Option<&(String, u16)>) {
        loop {
            tokio::time::sleep(EVERY).await;
            // That none of them answers says nothing of the master.
            if let Ok(master) = self.master().await
                && Some(&master) != before
            {
                return;
            }
        }
    }
}
