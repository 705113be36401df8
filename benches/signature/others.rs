//! The same by others: openssl's GOST engine and openssl's RSA, where they are installed.

use std::path::Path;
use std::process::Command;

use iinspect::signature::algorithm::{Key, Scheme};

use crate::RUNS;
use crate::pki::engine::Engine;

const MESSAGE: &[u8] = b"message";
const EACH: u32 = 300;

/// Verifies one signature that the engine made here and there in turn, by processor time: another's work
/// on the machine takes from both.
pub(crate) fn gost() {
    let Some(folder) = tempfile::tempdir().ok() else { return };
    let Some(engine) = Engine::new(folder.path()) else {
        println!("openssl or its GOST engine is not installed: nothing is beside GOST");
        return;
    };
    let (key, signature) = (Key::parse(&engine.key()).unwrap(), engine.sign(MESSAGE));
    let here =
        || crate::processor_time(EACH, || key.verify_by(Scheme::Gost512, MESSAGE, &signature).unwrap());
    let Some((ours, theirs)) = in_turn(here, || by_engine(folder.path())) else {
        println!(
            "openssl's GOST engine could not be timed (python3, libcrypto.so.3): nothing is beside GOST"
        );
        return;
    };
    tell("GOST 34.10-2015, 512 bits", "openssl's engine", ours, theirs);
    println!("  goal: 1.00 times or more");
}

/// RSA beside `openssl speed`.
pub(crate) fn rsa(verify: impl Fn()) {
    match in_turn(|| crate::processor_time(EACH * 20, &verify), by_speed) {
        Some((ours, theirs)) => tell("RSA, 2,048 bits", "openssl speed", ours, theirs),
        None => println!("openssl is not installed: nothing is beside RSA"),
    }
}

fn tell(what: &str, who: &str, ours: f64, theirs: f64) {
    let (a, b) = (1.0 / ours, 1.0 / theirs);
    println!("{what}: {a:.0} a second and core, {who} {b:.0}: {:.2} times", theirs / ours);
}

/// The best of some runs of each.
fn in_turn(ours: impl Fn() -> f64, theirs: impl Fn() -> Option<f64>) -> Option<(f64, f64)> {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..RUNS {
        best = (best.0.min(ours()), best.1.min(theirs()?));
    }
    Some(best)
}

fn by_engine(folder: &Path) -> Option<f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/signature/engine.py");
    let done = Command::new("python3").arg(script).arg(folder).arg(EACH.to_string()).output().ok()?;
    if !done.status.success() {
        println!("{}", String::from_utf8_lossy(&done.stderr));
    }
    String::from_utf8_lossy(&done.stdout).trim().parse().ok()
}

/// Of `+F2:2:2048:SIGNED:VERIFIED`, how long one takes.
fn by_speed() -> Option<f64> {
    let done = Command::new("openssl").args(["speed", "-seconds", "1", "-mr", "rsa2048"]).output().ok()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let line = said.lines().find(|line| line.starts_with("+F2:"))?;
    let verified: f64 = line.split(':').nth(4)?.parse().ok()?;
    Some(1.0 / verified)
}
