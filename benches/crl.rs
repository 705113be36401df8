//! The list of revoked certificates: 450,000 entries read into the index, its signature checked, a
//! certificate looked up; beside x509-cert, which keeps the list as it parses it. One run, one core:
//! `cargo bench --bench crl`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/pki/pki.rs"]
mod pki;

use std::hint::black_box;
use std::time::{Duration, Instant};

use iinspect::signature::certificate::Certificate;
use iinspect::signature::crl::Unverified;
use iinspect::signature::revocation::Serial;
use pki::issuer::Issuer;
use pki::list::List;
use pki::signer::Signer;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;

/// About as many as NCA's list had in July 2026.
const ENTRIES: u64 = 450_000;
const RUNS: usize = 7;

fn main() {
    let issuer = Issuer::new(Signer::gost("ca"), "CA");
    let certificate = Certificate::parse(&issuer.certificate).unwrap();
    let bytes = made(&issuer);
    println!("{ENTRIES} entries, {:.1} MB; best of {RUNS}", mega(bytes.len()));

    let before = resident();
    let read = Unverified::read(&bytes).unwrap();
    let index = timed("read and indexed", || read.index().unwrap());
    let list = read.index().unwrap();
    println!("  index: {:.1} MB; resident {:+.1} MB", mega(list.bytes()), mega(resident()) - mega(before));
    assert_eq!(list.len() as u64, ENTRIES);
    timed("signature checked (GOST)", || read.verify(&certificate).unwrap());

    let serials: Vec<Serial> = (0..100_000).map(|n| Serial::new(&serial(n * 7)).unwrap()).collect();
    let found = timed("100,000 certificates looked up", || {
        serials.iter().filter(|serial| list.find(**serial).is_some()).count()
    });
    assert_eq!(serials.iter().filter(|s| list.find(**s).is_some()).count(), 64_286);
    println!("  {:.2} us each", found.as_secs_f64() * 10.0);

    let peer = timed("x509-cert: parsed", || CertificateList::from_der(&bytes).unwrap());
    let before = resident();
    let parsed = CertificateList::from_der(&bytes).unwrap();
    println!("  resident {:+.1} MB", mega(resident()) - mega(before));
    black_box(parsed);
    println!("the index takes {:.2} of the time of x509-cert", index.as_secs_f64() / peer.as_secs_f64());
}

/// Twenty bytes that follow from a number, each as likely as any.
fn serial(n: u64) -> Vec<u8> {
    let mut bytes =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &n.to_be_bytes()).as_ref()[..20].to_vec();
    // Positive, and no shorter than 20 bytes.
    bytes[0] = bytes[0] & 0x3f | 0x40;
    bytes
}

/// A list in which every third entry says its cause.
fn made(issuer: &Issuer) -> Vec<u8> {
    let mut list = List::new(14);
    for n in 0..ENTRIES {
        list = list.revoke(&serial(n), n.is_multiple_of(3).then_some(4));
    }
    list.signed(issuer)
}

fn timed<T>(what: &str, run: impl Fn() -> T) -> Duration {
    let once = |_| {
        let started = Instant::now();
        black_box(run());
        started.elapsed()
    };
    let best = (0..RUNS).map(once).min().unwrap();
    println!("{what}: {:.1} ms", best.as_secs_f64() * 1000.0);
    best
}

/// Bytes of memory that the process has, as the system counts them.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

fn mega(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
