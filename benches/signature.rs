//! Electronic signatures: a GOST and an RSA verification, and a whole CMS message judged with its chain,
//! on one core; beside openssl's, measured in the same run; and on several threads of the service's pool:
//! `cargo bench --bench signature`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "signature/others.rs"]
mod others;
#[path = "../tests/pki/pki.rs"]
mod pki;
#[path = "signature/threads.rs"]
mod threads;

use std::hint::black_box;
use std::time::{Duration, Instant};

use iinspect::signature::algorithm::{Key, Scheme};
use iinspect::signature::certificate::Certificate;
use iinspect::signature::chain::Store;
use iinspect::signature::cms::Message;
use iinspect::signature::{Use, judge};
use jiff::Timestamp;
use pki::signer::Signer;
use pki::{Holder, Pki, cms};

const RUNS: usize = 5;
const EACH: u32 = 200;

fn main() {
    for (name, signer, scheme) in [
        ("GOST 34.10-2015, 512 bits", Signer::gost("bench"), Scheme::Gost512),
        ("RSA, 2,048 bits, SHA-256", Signer::rsa(0), Scheme::RsaSha256),
    ] {
        let (spki, signature) = (signer.spki(), signer.sign(b"message"));
        let key = Key::parse(&spki).unwrap();
        timed(&format!("{name}: verified"), || key.verify_by(scheme, b"message", &signature).unwrap());
        timed(&format!("{name}: key read and verified"), || {
            Key::parse(&spki).unwrap().verify_by(scheme, b"message", &signature).unwrap();
        });
    }
    others::gost();
    let (signer, message) = (Signer::rsa(0), b"message");
    let (key, signature) = (Key::parse(&signer.spki()).unwrap(), signer.sign(message));
    others::rsa(|| key.verify_by(Scheme::RsaSha256, message, &signature).unwrap());
    let now = Timestamp::from_second(pki::NOW).unwrap();
    for (name, pki, holder) in
        [("GOST", Pki::gost(), Pki::gost().gost_person()), ("RSA", Pki::rsa(), Pki::rsa().rsa_person())]
    {
        let parsed = |holder: &Holder| Certificate::parse(&holder.certificate).unwrap();
        let store = Store::new(vec![parsed(&pki.root)], vec![parsed(&pki.nca)]).unwrap();
        let message = cms::signed(&holder, b"message", true);
        timed(&format!("a CMS message with its chain, {name}"), || {
            let opened = Message::parse(&message).and_then(|message| message.envelope(Some(b"message")));
            assert!(judge(opened, &store, Use::Presence, now).faults().is_empty());
        });
    }
    threads::curve();
}

/// Seconds of this thread's processor time that each of so many calls takes.
fn processor_time(times: u32, mut call: impl FnMut()) -> f64 {
    let now = || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
    };
    let began = now();
    for _ in 0..times {
        black_box(&mut call)();
    }
    (now() - began) / f64::from(times)
}

/// The best of some runs, each of many calls.
fn timed(what: &str, mut call: impl FnMut()) {
    let best = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..EACH {
                black_box(&mut call)();
            }
            begun.elapsed() / EACH
        })
        .min()
        .unwrap_or(Duration::ZERO);
    println!("{what}: {:.1} us, {:.0} a second", best.as_secs_f64() * 1e6, 1.0 / best.as_secs_f64());
}
