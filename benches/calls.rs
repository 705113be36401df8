//! Verify, Decode and a bare health check through gRPC, in one run on one machine: what the work of
//! a call adds to the call itself. Figures are ratios; the absolute ones are this machine's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iinspect::clock::Clock;
use iinspect::config::{Config, Flags};
use iinspect::demo;
use iinspect::pb::health::HealthCheckRequest;
use iinspect::pb::health::health_client::HealthClient;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{self, DecodeRequest, VerifyRequest};
use iinspect::register::{Register, sqlite};
use iinspect::server::Server;
use tonic::transport::{Channel, Endpoint};

const CALLERS: usize = 32;
const CALLS: usize = 400;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.db");
        let store = sqlite::Store::open(path, &sqlite::Options::default()).unwrap();
        let register = Register::Sqlite(store);
        let clock = Clock::system();
        let end = tokio::time::Instant::now() + Duration::from_secs(30);
        let cast = demo::fill(&register, clock.now(), end).await.unwrap();
        let mut flags = Flags::default();
        flags.set("server.listen", "127.0.0.1:0", "bench");
        flags.set("server.admin_listen", "127.0.0.1:0", "bench");
        let config = Arc::new(Config::load(None, [], &flags).unwrap());
        let server = Server::bind(config).await.unwrap();
        let url = format!("http://{}", server.addresses().grpc);
        let (_stop, stops) = tokio::sync::mpsc::channel(1);
        tokio::spawn(server.run(register, clock, stops, |_| {}));
        let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();

        let (iin, person) = cast.in_force;
        let claims = v1::Claims {
            birth_date: person.birth_date.unwrap().to_string(),
            name: person.names.first().map(|n| v1::PersonName {
                family: n.family.clone(),
                given: n.given.clone(),
                patronymic: n.patronymic.clone(),
            }),
            ..v1::Claims::default()
        };
        let number = iin.to_text();
        let verify = VerifyRequest { iin: number.clone(), claims: Some(claims), ..VerifyRequest::default() };
        let health = |c: Channel| async move {
            HealthClient::new(c).check(HealthCheckRequest::default()).await.unwrap();
        };
        let decode = |c: Channel| {
            let asked = DecodeRequest { number: number.clone() };
            async move { assert!(VerificationServiceClient::new(c).decode(asked).await.is_ok()) }
        };
        let verify = |c: Channel| {
            let asked = verify.clone();
            async move {
                let answer = VerificationServiceClient::new(c).verify(asked).await;
                assert!(answer.is_ok_and(|a| a.into_inner().verdict() == v1::Verdict::Verified));
            }
        };
        // Once to warm up, then measured.
        for round in ["warm-up", "measured"] {
            let bare = rate(&channel, health).await;
            println!("{round}: health check {bare:>8.0} calls/s, 1.00");
            let decoded = rate(&channel, decode).await;
            println!("{round}: Decode       {decoded:>8.0} calls/s, {:.2}", decoded / bare);
            let verified = rate(&channel, verify).await;
            println!("{round}: Verify       {verified:>8.0} calls/s, {:.2}", verified / bare);
        }
    });
}

/// Calls a second with as many callers on one connection.
async fn rate<F, W>(channel: &Channel, call: F) -> f64
where
    F: Fn(Channel) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let started = Instant::now();
    for _ in 0..CALLS {
        let calls: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(call(channel.clone()))).collect();
        for done in calls {
            done.await.unwrap();
        }
    }
    (CALLERS * CALLS) as f64 / started.elapsed().as_secs_f64()
}
