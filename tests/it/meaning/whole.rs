//! The whole server in this process, over a register that the test keeps a hand on.

use std::sync::Arc;
use std::time::Duration;

use iinspect::clock::Clock;
use iinspect::config::{Config, Flags};
use iinspect::register::{Register, memory};
use iinspect::server::{Error, Server};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::transport::Channel;

use super::scene::NOW;

pub(super) struct Whole {
    url: String,
    stop: mpsc::Sender<()>,
    ended: JoinHandle<Result<(), Error>>,
}

impl Whole {
    /// Over an empty register in memory, with settings by the names of their variables.
    pub(super) async fn over_memory(settings: &[(&str, &str)]) -> Self {
        Whole::over(Register::Memory(memory::Store::new(2, 1000)), settings).await
    }

    pub(super) async fn over(register: Register, settings: &[(&str, &str)]) -> Self {
        Whole::at(Clock::fixed(NOW.parse().unwrap()), register, settings).await
    }

    /// At the moment of a clock that the test keeps a hand on.
    pub(super) async fn at(clock: Clock, register: Register, settings: &[(&str, &str)]) -> Self {
        let quick = [
            ("IINSPECT_SERVER__LISTEN", "127.0.0.1:0"),
            ("IINSPECT_SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
            ("IINSPECT_SERVER__DRAIN_DELAY", "0s"),
        ];
        let all = quick.iter().chain(settings).map(|(k, v)| ((*k).to_string(), (*v).to_string()));
        let config = Arc::new(Config::load(None, all, &Flags::default()).unwrap());
        let server = Server::bind(config).await.unwrap();
        let url = format!("http://{}", server.addresses().grpc);
        let (stop, stops) = mpsc::channel(2);
        let ended = tokio::spawn(async move { server.run(register, clock, stops, |_| {}).await });
        Whole { url, stop, ended }
    }

    pub(super) async fn channel(&self) -> Channel {
        Channel::from_shared(self.url.clone()).unwrap().connect().await.unwrap()
    }

    /// Ends it in order, within the time that calls under way may take.
    pub(super) async fn stop(self) {
        self.stop.send(()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.ended).await.unwrap().unwrap().unwrap();
    }
}
