use super::*;

const POLICY: Policy = Policy {
    window: Duration::from_secs(2),
    calls: 4,
    percent: 50,
    streak: 6,
    probes: 2,
    shortest: Duration::from_millis(100),
    longest: Duration::from_millis(300),
    hopeless: Duration::from_secs(60),
};

struct Bench {
    breaker: Breaker,
    now: Instant,
}

impl Bench {
    fn closed() -> Self {
        let now = Instant::now();
        let mut bench = Bench { breaker: Breaker::new(POLICY, now), now };
        bench.heal();
        bench
    }

    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
    }

    fn fail(&mut self) -> bool {
        self.breaker.failed(self.now, Hope::Passing, 1.0)
    }

    fn good(&mut self) {
        self.breaker.succeeded(self.now);
    }

    /// Waits for the probe and lets all that it takes go well.
    fn heal(&mut self) {
        self.now = self.breaker.due().unwrap();
        for _ in 0..POLICY.probes {
            assert!(self.breaker.try_probe(self.now));
            self.breaker.probed(self.now);
        }
        assert_eq!(self.breaker.stand(), Stand::Closed);
    }

    /// Opens, and says how long it is until the next probe.
    fn opened(&mut self) -> u128 {
        while !self.fail() {}
        (self.breaker.due().unwrap() - self.now).as_millis()
    }
}

#[test]
fn half_of_enough_calls_open_it() {
    let mut bench = Bench::closed();
    assert!(!bench.fail() && !bench.fail() && !bench.fail(), "too few to say anything");
    assert!(bench.fail());
    assert_eq!(bench.breaker.stand(), Stand::Open);
    assert!(!bench.fail(), "it is open already");

    bench.heal();
    for _ in 0..5 {
        bench.good();
    }
    for _ in 0..4 {
        assert!(!bench.fail());
    }
    assert!(bench.fail(), "5 of 10");
}

#[test]
fn some_in_a_row_open_it_however_slowly_they_come() {
    let mut bench = Bench::closed();
    for _ in 1..POLICY.streak {
        assert!(!bench.fail());
        bench.pass(10_000);
    }
    bench.good();
    for _ in 1..POLICY.streak {
        bench.pass(10_000);
        assert!(!bench.fail());
    }
    bench.pass(10_000);
    assert!(bench.fail());
}

#[test]
fn what_is_long_ago_does_not_count() {
    let mut bench = Bench::closed();
    for _ in 0..3 {
        bench.fail();
    }
    bench.pass(1000);
    bench.good();
    assert_eq!(bench.breaker.stand(), Stand::Closed, "3 of 4, and what opens it is a failure");
    bench.pass(1000);
    assert!(!bench.fail(), "1 of 2 in the window: the three are gone");
    bench.good();
    bench.pass(5000);
    assert!(!bench.fail() && !bench.fail() && !bench.fail());
}

#[test]
fn probes_close_it_and_a_bad_one_opens_it_again() {
    let mut bench = Bench::closed();
    bench.opened();
    assert!(!bench.breaker.try_probe(bench.now), "it is too soon");
    bench.pass(100);
    assert!(bench.breaker.try_probe(bench.now));
    assert_eq!(bench.breaker.stand(), Stand::HalfOpen);
    bench.breaker.probed(bench.now);
    assert_eq!(bench.breaker.stand(), Stand::HalfOpen, "one of two");
    assert!(!bench.fail(), "a call of before");
    assert_eq!(bench.breaker.stand(), Stand::HalfOpen);
    bench.breaker.probe_failed(bench.now, Hope::Passing, 1.0);
    assert_eq!(bench.breaker.stand(), Stand::Open);
    bench.heal();
}

#[test]
fn it_waits_longer_each_time_and_is_patient_only_with_who_stays_ill() {
    let mut bench = Bench::closed();
    let waits: Vec<u128> = (0..4)
        .map(|_| {
            let wait = bench.opened();
            bench.heal();
            wait
        })
        .collect();
    assert_eq!(waits, [100, 200, 300, 300]);
    for _ in 0..POLICY.calls {
        bench.good();
    }
    bench.pass(5000);
    assert_eq!(bench.opened(), 100, "it was well in between");
}

#[test]
fn jitter_spreads_the_probes_and_nobody_hurries_what_only_a_person_can_mend() {
    let wait = |hope, jitter| {
        let mut bench = Bench::closed();
        assert!(bench.breaker.lost(bench.now, hope, jitter));
        assert!(!bench.breaker.lost(bench.now, hope, jitter), "it is open already");
        (bench.breaker.due().unwrap() - bench.now).as_millis()
    };
    assert_eq!([0.0, 0.5, 1.0, 7.0].map(|jitter| wait(Hope::Passing, jitter)), [50, 75, 100, 100]);
    assert_eq!(wait(Hope::Hopeless, 1.0), 60_000);
}

#[test]
fn answers_that_come_when_it_is_no_longer_closed_change_nothing() {
    let mut bench = Bench::closed();
    bench.opened();
    let due = bench.breaker.due();
    bench.good();
    bench.breaker.probed(bench.now);
    bench.breaker.probe_failed(bench.now, Hope::Hopeless, 1.0);
    assert_eq!((bench.breaker.stand(), bench.breaker.due()), (Stand::Open, due));
}
