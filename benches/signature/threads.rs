//! The curve: the same verification on the service's threads for signatures, one and more of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use iinspect::signature::algorithm::{Key, Scheme};
use iinspect::trust::pool::Pool;

use crate::pki::signer::Signer;

const LASTS: Duration = Duration::from_secs(3);

pub(crate) fn curve() {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut counts = vec![1, 2, processors];
    counts.sort_unstable();
    counts.dedup();
    let rates: Vec<f64> = counts.iter().map(|threads| rate(*threads)).collect();
    for (threads, rate) in counts.iter().zip(&rates) {
        let times = rate / rates[0];
        println!(
            "GOST on {threads} threads of {processors} processors: {rate:.0} a second, {times:.2} times"
        );
    }
}

/// Verifications a second, as many waiting as threads work.
fn rate(threads: usize) -> f64 {
    let signer = Signer::gost("bench");
    let signed = Arc::new((Key::parse(&signer.spki()).unwrap(), signer.sign(b"message")));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let pool = Pool::start(threads, 2 * threads).unwrap();
        let end = Instant::now() + LASTS;
        let callers: Vec<_> = (0..2 * threads)
            .map(|_| {
                let (pool, signed) = (pool.clone(), signed.clone());
                tokio::spawn(async move {
                    let mut done = 0u32;
                    while Instant::now() < end {
                        let signed = signed.clone();
                        let work = move || signed.0.verify_by(Scheme::Gost512, b"message", &signed.1);
                        pool.run(work).await.unwrap().unwrap();
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let mut all = 0;
        for caller in callers {
            all += caller.await.unwrap();
        }
        f64::from(all) / LASTS.as_secs_f64()
    })
}
