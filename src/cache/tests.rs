mod shared;
mod world;

use std::time::Duration;

use proptest::prelude::*;

pub(super) use shared::Shared;

use super::metrics::Passed;
use super::{Cache, Options, Source};
use crate::clock::Clock;
use crate::register::{Expect, Register, Write};
use world::World;
pub(super) use world::number;

const SECOND: Duration = Duration::from_secs(1);

fn options() -> Options {
    Options { journal: 30, ..Options::default() }
}

#[derive(Clone, Debug)]
enum Step {
    Write { number: usize, import: bool },
    Look { node: usize },
    Wait { ms: u64 },
    Read { node: usize, number: usize, max_age_ms: u64 },
    Away(bool),
    Deaf(bool),
    Copy,
    Restore,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0usize..5, prop::bool::weighted(0.1)).prop_map(|(number, import)| Step::Write { number, import }),
        8 => (0usize..2).prop_map(|node| Step::Look { node }),
        4 => (0u64..3_000).prop_map(|ms| Step::Wait { ms }),
        20 => (0usize..2, 0usize..5, prop_oneof![Just(1u64), Just(1_000), Just(10_000), Just(100_000)])
            .prop_map(|(node, number, max_age_ms)| Step::Read { node, number, max_age_ms }),
        1 => any::<bool>().prop_map(Step::Away),
        1 => any::<bool>().prop_map(Step::Deaf),
        1 => Just(Step::Copy),
        1 => Just(Step::Restore),
    ];
    prop::collection::vec(step, 1..80)
}

/// Runs steps; how many answers were not true, and how many came from memory.
async fn run(steps: &[Step], options: &Options) -> (usize, usize) {
    let mut world = World::new(2, options);
    let (mut untrue, mut remembered) = (0, 0);
    for step in steps {
        match step {
            Step::Write { number: n, import } => world.write(number(*n), *import).await,
            Step::Look { node } => world.nodes[*node].follower.step().await,
            Step::Wait { ms } => tokio::time::advance(Duration::from_millis(*ms)).await,
            Step::Read { node, number: n, max_age_ms } => {
                let max_age = Duration::from_millis(*max_age_ms);
                let found = world.read(*node, number(*n), max_age).await.unwrap();
                untrue += usize::from(!world.is_true(number(*n), &found) || found.age > max_age);
                remembered += usize::from(found.source != Source::Register);
            }
            Step::Away(away) => world.shared.is_away(*away),
            Step::Deaf(deaf) => world.shared.is_deaf(*deaf),
            Step::Copy => world.copy(),
            Step::Restore => world.restore(),
        }
    }
    (untrue, remembered)
}

fn paused<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever is written, restored, lost on the way or late: every answer is true within its age, and
    /// no older than was asked for.
    #[test]
    fn every_answer_is_true_within_its_age(steps in steps()) {
        prop_assert_eq!(paused(run(&steps, &options())).0, 0);
    }
}

/// The same trial finds a cache that does not judge what it remembers, and one that does answers from
/// memory: it does not pass by never remembering.
#[test]
fn the_trial_catches_a_cache_that_does_not_judge() {
    let mut steps = Vec::new();
    for n in 0..5 {
        steps.push(Step::Write { number: n, import: false });
        steps.extend([0, 1].map(|node| Step::Look { node }));
        let read = |node| Step::Read { node, number: n, max_age_ms: 1_000 };
        steps.extend([read(0), read(1), read(0)]);
        steps.push(Step::Write { number: n, import: false });
        steps.extend([read(0), Step::Wait { ms: 2_000 }, Step::Look { node: 0 }, read(0), read(1)]);
    }
    let (untrue, remembered) = paused(run(&steps, &options()));
    assert_eq!(untrue, 0);
    assert!(remembered >= 15, "{remembered}");
    let unjudged = Options { unjudged: true, ..options() };
    assert!(paused(run(&steps, &unjudged)).0 > 0);
}

#[tokio::test(start_paused = true)]
async fn one_read_serves_both_nodes_for_as_long_as_the_feed_is_followed() {
    let mut world = World::new(2, &options());
    let iin = number(0);
    world.write(iin, false).await;
    let source = async |world: &World, node: usize, max_age: Duration| {
        let found = world.read(node, iin, max_age).await.unwrap();
        assert!(world.is_true(iin, &found) && found.age <= max_age);
        found.source
    };
    assert_eq!(source(&world, 0, SECOND).await, Source::Register);
    // A node that has not followed yet cannot judge what others have read.
    assert_eq!(source(&world, 1, SECOND).await, Source::Register);
    world.nodes[0].follower.step().await;
    assert_eq!(source(&world, 0, SECOND).await, Source::Local);
    for _ in 0..60 {
        tokio::time::advance(SECOND).await;
        for node in 0..2 {
            world.nodes[node].follower.step().await;
            assert_eq!(source(&world, node, SECOND).await, Source::Local);
        }
    }
    // One that remembers nothing takes what the other has left.
    world.nodes[1].local.clear();
    assert_eq!(source(&world, 1, SECOND).await, Source::Shared);
    // Nobody looks: what was seen becomes older, and then the register is asked.
    tokio::time::advance(SECOND * 2).await;
    assert_eq!(source(&world, 0, SECOND * 10).await, Source::Local);
    assert_eq!(source(&world, 0, SECOND).await, Source::Register);
    assert_eq!(world.nodes[0].stats.passed(Passed::TooOld), 2, "in both tiers");
}

#[tokio::test(start_paused = true)]
async fn no_caller_gets_past_the_bound_of_staleness() {
    let mut world = World::new(1, &options());
    let iin = number(0);
    world.write(iin, false).await;
    world.write(iin, false).await;
    let hour = SECOND * 3600;
    assert_eq!(world.read(0, iin, hour).await.unwrap().source, Source::Register);
    tokio::time::advance(SECOND * 30).await;
    assert_eq!(world.read(0, iin, hour).await.unwrap().source, Source::Local);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(world.read(0, iin, hour).await.unwrap().source, Source::Register);
}

#[tokio::test(start_paused = true)]
async fn what_will_soon_be_over_is_read_again_once_while_it_is_told() {
    let mut world = World::new(1, &options());
    let iin = number(0);
    world.write(iin, false).await;
    world.nodes[0].follower.step().await;
    world.read(0, iin, SECOND).await.unwrap();
    let read = world.nodes[0].stats.register.get();
    // Eight tenths of ten minutes, less up to a tenth of that.
    tokio::time::advance(SECOND * 490).await;
    world.nodes[0].follower.step().await;
    for _ in 0..10 {
        assert_eq!(world.read(0, iin, SECOND).await.unwrap().source, Source::Local);
        tokio::task::yield_now().await;
    }
    let stats = &world.nodes[0].stats;
    assert_eq!((stats.refreshes.get(), stats.register.get()), (1, read));
    // And goes on as a new one.
    tokio::time::advance(SECOND * 300).await;
    world.nodes[0].follower.step().await;
    assert_eq!(world.read(0, iin, SECOND).await.unwrap().source, Source::Local);
}

#[tokio::test(start_paused = true)]
async fn a_restored_register_is_noticed_and_everything_read_anew() {
    let mut world = World::new(1, &options());
    let iin = number(0);
    world.write(iin, false).await;
    world.copy();
    world.write(iin, false).await;
    world.nodes[0].follower.step().await;
    world.read(0, iin, SECOND).await.unwrap();
    world.restore();
    // It goes on to the same position with something else.
    world.write(iin, false).await;
    world.nodes[0].follower.step().await;
    assert_eq!(world.nodes[0].stats.restarts.get(), 1);
    world.nodes[0].follower.step().await;
    let found = world.read(0, iin, SECOND).await.unwrap();
    assert!(found.source == Source::Register && world.is_true(iin, &found));
}

#[tokio::test(start_paused = true)]
async fn a_register_that_fails_is_not_asked_again_at_once() {
    let mut world = World::new(1, &options());
    let iin = number(0);
    world.write(iin, false).await;
    world.nodes[0].follower.step().await;
    let there = world.read(0, iin, SECOND).await.unwrap();
    world.store.close().unwrap();
    // What is remembered is told for as long as it may be.
    assert_eq!(world.read(0, iin, SECOND).await.unwrap().entry, there.entry);
    for _ in 0..3 {
        assert!(world.read(0, number(1), SECOND).await.unwrap_err().is_unavailable());
    }
    assert_eq!(world.nodes[0].stats.spared.get(), 2);
    tokio::time::advance(Duration::from_millis(250)).await;
    assert!(world.read(0, number(1), SECOND).await.unwrap_err().is_unavailable());
    assert_eq!(world.nodes[0].stats.spared.get(), 2);
}

/// By its writes alone, before the feed can have shown them.
#[tokio::test(start_paused = true)]
async fn a_node_tells_nothing_older_than_what_it_has_acknowledged() {
    let mut world = World::new(0, &options());
    let register = Register::Memory(world.store.clone());
    // It looks at the start and then for an hour no more.
    let options = Options { feed_poll: SECOND * 3600, ..options() };
    let cache = Cache::start(register, None, Clock::system(), options);
    let deadline = tokio::time::Instant::now() + SECOND * 3600;
    let now = jiff::Timestamp::UNIX_EPOCH;
    let iin = number(0);
    world.write(iin, false).await;
    tokio::time::sleep(SECOND).await;
    let read = async || cache.one(now, iin, SECOND * 10, deadline).await.unwrap();
    assert_eq!(read().await.source, Source::Register);
    assert_eq!(read().await.source, Source::Local);
    for _ in 0..20 {
        let record = world.record();
        let writes = [Write::Record {
            iin,
            record: Box::new(record),
            expect: Expect::Any,
            told: crate::register::feed::Kind::Record,
        }];
        let changed = cache.changed_by(&writes);
        let heads = world.commit(iin, writes.into(), false).await;
        cache.committed(&heads, changed).await;
        let found = read().await;
        assert!(found.source == Source::Register && world.is_true(iin, &found));
        let record = found.entry.fact.record.as_ref().unwrap();
        assert_eq!(record.value.state_reason, world.marks().to_string());
    }
    cache.stop().await;
}

/// What is not remembered of a column is asked for in one question, and not remembered.
#[tokio::test(start_paused = true)]
async fn a_column_takes_what_is_remembered_and_leaves_nothing() {
    let mut world = World::new(2, &options());
    for n in 0..3 {
        world.write(number(n), false).await;
    }
    for node in 0..2 {
        world.nodes[node].follower.step().await;
    }
    world.read(0, number(0), SECOND).await.unwrap();
    world.read(1, number(1), SECOND).await.unwrap();
    let column: Vec<_> = (0..5).map(number).collect();
    let ask = async |register: bool| {
        let deadline = tokio::time::Instant::now() + SECOND;
        let now = jiff::Timestamp::UNIX_EPOCH;
        let many = world.nodes[0].many(now, &column, SECOND, deadline, register).await.unwrap();
        many.found.iter().map(|found| found.as_ref().map(|found| found.source)).collect::<Vec<_>>()
    };
    let remembered = [Some(Source::Local), Some(Source::Shared)];
    for _ in 0..2 {
        let rest = [Some(Source::Register); 3];
        assert_eq!(ask(true).await, [&remembered[..], &rest[..]].concat());
    }
    assert_eq!(ask(false).await, [&remembered[..], &[None; 3][..]].concat());
    world.store.close().unwrap();
    assert_eq!(ask(true).await, [&remembered[..], &[None; 3][..]].concat());
}
