//! A connection to Redis, of whatever kind, and how commands go over it.

use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, Pipeline, Value};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::fault::{Fault, LATE, NONSENSE};
use crate::cache::key::Name;

/// The most units of commands that go to one server in one piece: what is asked of many numbers at once
/// is answered piece by piece, and what came in time counts.
const PIECE: usize = 128;

/// A connection; clones share it.
#[derive(Clone)]
pub(super) struct Link {
    way: Way,
    /// Told once when the connection is gone.
    pub(super) gone: Arc<Notify>,
}

#[derive(Clone)]
enum Way {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// What commands were answered with.
pub(super) struct Answers {
    /// One per command; `None` where none came in time.
    pub(super) values: Vec<Option<Value>>,
    /// Why not all came.
    pub(super) fault: Option<Fault>,
}

impl Link {
    pub(super) fn node(connection: MultiplexedConnection, gone: Arc<Notify>) -> Self {
        Link { way: Way::Node(connection), gone }
    }

    pub(super) fn cluster(connection: ClusterConnection) -> Self {
        // The client itself looks after its connections to the nodes.
        Link { way: Way::Cluster(connection), gone: Arc::default() }
    }

    /// Whether what is asked for together can be one pipeline.
    pub(super) fn is_to_one_server(&self) -> bool {
        matches!(self.way, Way::Node(_))
    }

    /// Sends commands and waits for their answers until `deadline`. Each `unit` of them is about one
    /// name. To one server they go in few pieces; a cluster's names are on many.
    pub(super) async fn run(&self, commands: Vec<Cmd>, unit: usize, deadline: Instant) -> Answers {
        let most = match self.way {
            Way::Node(_) => PIECE * unit,
            Way::Cluster(_) => unit,
        };
        if commands.len() <= most {
            let count = commands.len();
            return match timeout_at(deadline, self.clone().piece(commands)).await {
                Ok(Ok(values)) => Answers { values: values.into_iter().map(Some).collect(), fault: None },
                Ok(Err(fault)) => Answers { values: vec![None; count], fault: Some(fault) },
                Err(_) => Answers { values: vec![None; count], fault: Some(LATE) },
            };
        }
        self.pieces(commands, most, deadline).await
    }

    async fn pieces(&self, mut commands: Vec<Cmd>, most: usize, deadline: Instant) -> Answers {
        let mut values = vec![None; commands.len()];
        let mut fault = None;
        let mut pieces = JoinSet::new();
        while !commands.is_empty() {
            let piece = commands.split_off(commands.len().saturating_sub(most));
            let (at, link) = (commands.len(), self.clone());
            pieces.spawn(async move { (at, link.piece(piece).await) });
        }
        loop {
            match timeout_at(deadline, pieces.join_next()).await {
                Ok(Some(Ok((at, Ok(piece))))) => {
                    values.iter_mut().skip(at).zip(piece).for_each(|(slot, value)| *slot = Some(value));
                }
                Ok(Some(Ok((_, Err(why))))) => fault = Some(why),
                // A piece's task neither panics nor is ended before this one.
                Ok(Some(Err(_))) => fault = Some(NONSENSE),
                Ok(None) => break,
                Err(_) => {
                    fault = fault.or(Some(LATE));
                    break;
                }
            }
        }
        Answers { values, fault }
    }

    /// One pipeline, with an answer for each command, errors of the server among them.
    async fn piece(self, commands: Vec<Cmd>) -> Result<Vec<Value>, Fault> {
        let mut pipeline = Pipeline::with_capacity(commands.len());
        let count = commands.len();
        for command in commands {
            pipeline.add_command(command);
        }
        pipeline.ignore_errors();
        let answer: Result<Value, _> = match self.way {
            Way::Node(mut connection) => pipeline.query_async(&mut connection).await,
            Way::Cluster(mut connection) => pipeline.query_async(&mut connection).await,
        };
        match answer.map_err(|e| Fault::of(&e))? {
            Value::Array(values) if values.len() == count => Ok(values),
            _ => Err(NONSENSE),
        }
    }

    /// Follows channels; what comes goes to the connection's sender of pushes.
    pub(super) async fn subscribe(&self, channels: &[Name], deadline: Instant) -> Result<(), Fault> {
        let channels: Vec<&[u8]> = channels.iter().map(|channel| &channel[..]).collect();
        let subscribed = async {
            match self.way.clone() {
                Way::Node(mut connection) => connection.subscribe(channels).await,
                Way::Cluster(mut connection) => connection.subscribe(channels).await,
            }
        };
        match timeout_at(deadline, subscribed).await {
            Ok(done) => done.map_err(|e| Fault::of(&e)),
            Err(_) => Err(LATE),
        }
    }
}
