//! The threads for signatures held, each of them, and as much waiting as may: what is answered then.
//!
//! Nothing here takes time: the threads are let go by the test.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use iinspect::clock::Clock;
use iinspect::grpc::edge::Edge;
use iinspect::grpc::{health, verification};
use iinspect::keys;
use iinspect::number::Iin;
use iinspect::pb::health::health_server::HealthServer;
use iinspect::pb::v1::Verdict;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::verification_service_server::VerificationServiceServer;
use iinspect::person::Person;
use iinspect::register::{Changeset, Expect, Ledger, Origin, Record, Register, Status, Write, memory};
use iinspect::reload::Current;
use iinspect::server::health::{Board, Component};
use iinspect::signature::certificate::Certificate;
use iinspect::signature::ocsp::Nonce;
use iinspect::trust::lists::Known;
use iinspect::trust::online::{Online, Settings};
use iinspect::trust::pool::{Pool, Refused};
use iinspect::trust::revocation::{Mode, Responder, Revocation};
use iinspect::trust::{Judge, Trusted};
use iinspect::verification::possession::{Possession, Presence, Rules as OfPossession};
use iinspect::verification::stream::Streams;
use iinspect::verification::watch::Watches;
use iinspect::verification::{Completeness, Rules, Verification, claims};
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Server};

use super::flood::{is_refused, is_serving};
use super::pki::issuer::now;
use super::pki::{self, Holder, Pki};
use super::scene::{plain, signed};

const THREADS: usize = 2;
const QUEUE: usize = 3;
const LONG: Duration = Duration::from_secs(300);

/// A register that holds the number in force.
async fn register() -> Register {
    let register = Register::Memory(memory::Store::new(1, 1000));
    let record = Record::in_force(Person::default());
    let write = Write::record(Iin::parse(pki::IIN).unwrap(), record, Expect::Any);
    let set = Changeset::new(now(), Origin::of("test"), "", vec![write]);
    register.commit(set, Instant::now() + LONG).await.unwrap();
    register
}

fn possession(pki: &Pki, pool: &Pool) -> Possession {
    let parsed = |holder: &Holder| Certificate::parse(&holder.certificate).unwrap();
    let trusted = Trusted::of_certificates(vec![parsed(&pki.root), parsed(&pki.nca)]).unwrap();
    let asked = Settings {
        time: LONG,
        at_once: 1,
        kept: 1,
        reuse: SignedDuration::ZERO,
        pause: SignedDuration::ZERO,
        nonce: Nonce::Required,
    };
    let revocation = Revocation {
        responder: Responder::Nowhere,
        online: Arc::new(Online::new(asked, pool.clone())),
        lists: Known::default(),
    };
    let trusted = Current::fixed(Arc::new(trusted));
    Possession {
        judge: Judge { trusted, pool: pool.clone(), revocation, mode: Mode::None },
        keys: keys::Source::File(Current::fixed(Arc::new(keys::Keys::new([7; 32])))),
        rules: OfPossession { ttl: LONG, presence: Presence::Person },
    }
}

/// Verification and health as they are served, with these threads for signatures.
async fn served(pki: &Pki, pool: &Pool) -> Channel {
    let rules = Rules {
        register_name: "test".into(),
        completeness: Completeness::Complete,
        strict_structure: false,
        claims: claims::Policy::default(),
        read_timeout: LONG,
        max_age: Duration::ZERO,
    };
    let verification = Verification::new(register().await, rules);
    let verification = verification.with_possession(Some(possession(pki, pool)));
    let board = Board::new();
    board.set(Component::Register, Status::Up);
    board.started();
    let watches = Watches::new(&verification, 1, LONG);
    let edge = Edge::new(Clock::fixed(now()), LONG);
    let service =
        verification::Service::new(verification, edge, Streams::new(1, 1, 1), watches, board.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder()
        .add_service(VerificationServiceServer::new(service))
        .add_service(HealthServer::new(health::Service::new(board)));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// Keeps every thread at work and the queue full until what is given back is dropped.
async fn fill(pool: &Pool) -> Vec<mpsc::Sender<()>> {
    let mut held = Vec::new();
    for n in 1..=THREADS + QUEUE {
        let (go, wait) = mpsc::channel();
        held.push(go);
        let pool_of_job = pool.clone();
        tokio::spawn(async move { pool_of_job.run(move || wait.recv().is_err()).await });
        // One after the other: else a job could come before a thread has taken the one before, and find
        // the queue full.
        while pool.load().busy != n.min(THREADS) || pool.load().waiting != n.saturating_sub(THREADS) {
            tokio::task::yield_now().await;
        }
    }
    held
}

#[tokio::test]
async fn while_every_thread_is_taken_plain_calls_are_answered_and_signatures_refused() {
    let (pki, pool) = (Pki::gost(), Pool::start(THREADS, QUEUE).unwrap());
    let channel = served(&pki, &pool).await;
    let mut client = VerificationServiceClient::new(channel.clone());
    let asked = signed(&pki.gost_person(), &mut client).await;
    let held = fill(&pool).await;
    assert_eq!(pool.run(|| ()).await, Err(Refused::Full));
    for _ in 0..3 {
        let answer = client.verify(plain()).await.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
        assert!(answer.verdict() == Verdict::Verified);
        assert!(is_serving(channel.clone()).await);
        let answer = client.verify(asked.clone()).await.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
        assert!(is_refused(&answer));
    }
    let load = pool.load();
    assert_eq!((load.busy, load.waiting, load.refused), (THREADS, QUEUE, 4), "nothing has moved meanwhile");
    // Threads that are free again judge, and the challenge was not spent by what was refused.
    drop(held);
    while pool.load().waiting > 0 {
        tokio::task::yield_now().await;
    }
    let answer = client.verify(asked).await.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
    assert!(answer.verdict() == Verdict::Verified && answer.signer.is_some());
}
