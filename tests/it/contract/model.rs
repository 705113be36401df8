//! Random changesets against a model so simple that it is plainly right.

use std::collections::BTreeMap;

use iinspect::register::hotlist::MAX_PER_NUMBER;
use iinspect::register::{ApplicationKey, Changeset, Expect, Facts, Ledger, MAX_MANY, Origin, Write};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::support::{Stage, application, at, entry, iin, put_application, put_if, seen, set, soon};

const CHANGESETS: usize = 150;
/// The moments of changesets are seconds below this, in no order.
const MOMENTS: i64 = 8;

#[derive(Clone, Debug)]
enum Op {
    Record(u64, String, Expect),
    List(u64, u128, Expect),
    Unlist(u128, Expect),
    Apply(u128, Option<u64>, Expect),
}

/// A version of a record: what it says, when it was recorded and by which changeset.
#[derive(Clone, Debug, PartialEq)]
struct Version {
    version: u64,
    tag: String,
    at: i64,
    by: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    /// The oldest version first.
    records: BTreeMap<u64, Vec<Version>>,
    /// Whose an entry is, and its version.
    listed: BTreeMap<u128, (u64, u64)>,
    applications: BTreeMap<u128, (u64, Option<u64>)>,
}

#[derive(Debug, PartialEq)]
enum No {
    Conflict,
    Invalid,
}

fn check(there: Option<u64>, expect: &Expect) -> Result<(), No> {
    match (expect, there) {
        (Expect::Any, _) | (Expect::Absent, None) => Ok(()),
        (Expect::Version(v), Some(there)) if *v == there => Ok(()),
        _ => Err(No::Conflict),
    }
}

fn next(there: Option<u64>, expect: &Expect) -> Result<u64, No> {
    check(there, expect).map(|()| there.unwrap_or(0) + 1)
}

impl Model {
    fn apply(&mut self, op: &Op, at: i64, by: &str) -> Result<(), No> {
        match op {
            Op::Record(n, tag, expect) => {
                let versions = self.records.entry(*n).or_default();
                let version = next(versions.last().map(|v| v.version), expect)?;
                versions.push(Version { version, tag: tag.clone(), at, by: by.into() });
            }
            Op::List(n, id, expect) => {
                let there = self.listed.get(id);
                if there.is_some_and(|(m, _)| m != n) {
                    return Err(No::Conflict);
                }
                let version = next(there.map(|t| t.1), expect)?;
                self.listed.insert(*id, (*n, version));
                if self.listed.values().filter(|(m, _)| m == n).count() > MAX_PER_NUMBER {
                    return Err(No::Invalid);
                }
            }
            Op::Unlist(id, expect) => {
                check(self.listed.get(id).map(|t| t.1), expect)?;
                self.listed.remove(id);
            }
            Op::Apply(id, n, expect) => {
                let version = next(self.applications.get(id).map(|a| a.0), expect)?;
                self.applications.insert(*id, (version, *n));
            }
        }
        Ok(())
    }

    /// The version that was the latest of those recorded by a moment.
    fn as_of(&self, n: u64, at: i64) -> (u64, &str) {
        let known = self.records.get(&n).and_then(|versions| versions.iter().rfind(|v| v.at <= at));
        known.map_or((0, ""), |v| (v.version, v.tag.as_str()))
    }
}

fn write(op: &Op) -> Write {
    match op {
        Op::Record(n, tag, expect) => put_if(iin(*n), tag, *expect),
        Op::List(n, id, expect) => Write::Hotlist { iin: iin(*n), entry: entry(*id, ""), expect: *expect },
        Op::Unlist(id, expect) => Write::HotlistRemoval { id: Uuid::from_u128(*id), expect: *expect },
        Op::Apply(id, n, expect) => put_application(application(*id, n.map(iin), 0), *expect),
    }
}

fn ops() -> impl Strategy<Value = (i64, Vec<Op>)> {
    let expect = prop_oneof![
        6 => Just(Expect::Any),
        1 => Just(Expect::Absent),
        2 => (0u64..6).prop_map(Expect::Version),
    ];
    let op = prop_oneof![
        (0u64..3, "[a-zә]{0,4}", expect.clone()).prop_map(|(n, tag, e)| Op::Record(n, tag, e)),
        (0u64..2, 0u128..40, expect.clone()).prop_map(|(n, id, e)| Op::List(n, id, e)),
        (0u128..40, expect.clone()).prop_map(|(id, e)| Op::Unlist(id, e)),
        (0u128..3, proptest::option::of(0u64..3), expect).prop_map(|(id, n, e)| Op::Apply(id, n, e)),
    ];
    let few = proptest::collection::vec(op.clone(), 1..6);
    // So many that the feed is told of them as a whole; unconditional, or hardly any would fit.
    let record = (0u64..3, "[a-zә]{0,4}").prop_map(|(n, tag)| Op::Record(n, tag, Expect::Any));
    let many = proptest::collection::vec(prop_oneof![9 => record, 1 => op], 60..70);
    (0..MOMENTS, prop_oneof![12 => few, 1 => many])
}

pub(super) async fn any_changesets_do_what_the_model_does(stage: Stage) {
    let mut runner = TestRunner::new(Config::default());
    let mut model = Model::default();
    for i in 0..CHANGESETS {
        let (moment, ops) = ops().new_tree(&mut runner).unwrap().current();
        let by = format!("writer-{i}");
        let mut next = model.clone();
        let want = ops.iter().try_for_each(|op| next.apply(op, moment, &by));
        let writes = ops.iter().map(write).collect();
        let set = Changeset { at: at(moment), by: Origin::of(&by), ..set(writes) };
        let got = stage.register.commit(set, soon()).await.map(|_| ());
        let got = got.map_err(|e| {
            if e.is_conflict() {
                No::Conflict
            } else {
                assert!(e.is_invalid());
                No::Invalid
            }
        });
        assert_eq!(got, want, "{ops:?} on {model:?}");
        if want.is_ok() {
            model = next;
        }
        assert_eq!(held(&stage).await, model, "after {ops:?}");
        check_moments(&stage, &model, i as u64 % 3).await;
    }
}

/// What the register holds, as the model would.
async fn held(stage: &Stage) -> Model {
    let mut model = Model::default();
    for n in 0..3 {
        if let Some(versions) = versions(stage, n).await {
            model.records.insert(n, versions);
        }
        let fact = stage.one(iin(n)).await.value;
        let latest = model.records.get(&n).and_then(|versions| versions.last());
        assert_eq!(seen(&fact), latest.map_or((0, ""), |v| (v.version, v.tag.as_str())));
        for listed in fact.hotlist {
            let place = stage.register.entry(listed.id, soon()).await.unwrap().unwrap();
            assert_eq!(place.subject, stage.key.number(iin(n)));
            model.listed.insert(listed.id.as_u128(), (n, place.version));
        }
        let key = ApplicationKey::Number(iin(n));
        for found in stage.register.applications(&key, soon()).await.unwrap().value {
            model.applications.insert(found.value.id.as_u128(), (found.version, Some(n)));
        }
    }
    for id in 0..3 {
        let key = ApplicationKey::Id(Uuid::from_u128(id));
        for found in stage.register.applications(&key, soon()).await.unwrap().value {
            let n = (0..3).find(|n| found.value.iin == Some(iin(*n)));
            let before = model.applications.insert(id, (found.version, n));
            assert_eq!(before.is_some(), n.is_some(), "found by its number exactly when it has one");
        }
    }
    model
}

/// All versions of a number, by pages.
async fn versions(stage: &Stage, n: u64) -> Option<Vec<Version>> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = stage.register.versions(iin(n), before, MAX_MANY, soon()).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.record.version);
        all.extend(page.into_iter().map(|v| Version {
            version: v.record.version,
            tag: v.record.value.state_reason,
            at: v.record.recorded_at.duration_since(at(0)).as_secs(),
            by: v.by.actor,
        }));
    }
    all.reverse();
    (!all.is_empty()).then_some(all)
}

/// Every moment shows of a number what the model has for it.
async fn check_moments(stage: &Stage, model: &Model, n: u64) {
    for moment in -1..=MOMENTS {
        let read = stage.register.as_of(iin(n), at(moment), soon()).await.unwrap();
        assert_eq!(seen(&read.value), model.as_of(n, moment), "{n} as of {moment}");
    }
}
