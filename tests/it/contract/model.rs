//! Random changesets against a model so simple that it is plainly right.

use std::collections::{BTreeMap, BTreeSet};

use iinspect::register::hotlist::MAX_PER_NUMBER;
use iinspect::register::{ApplicationKey, Expect, Facts, Write};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::support::{Stage, application, entry, iin, put_application, put_if, seen, soon};

const CHANGESETS: usize = 150;

#[derive(Clone, Debug)]
enum Op {
    Record(u64, String, Expect),
    List(u64, u128),
    Unlist(u128),
    Apply(u128, Option<u64>, Expect),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    records: BTreeMap<u64, (u64, String)>,
    listed: BTreeSet<(u64, u128)>,
    applications: BTreeMap<u128, (u64, Option<u64>)>,
}

#[derive(Debug, PartialEq)]
enum No {
    Conflict,
    Invalid,
}

impl Model {
    fn apply(&mut self, op: &Op) -> Result<(), No> {
        let next = |there: Option<u64>, expect: &Expect| match (expect, there) {
            (Expect::Any, _) | (Expect::Absent, None) => Ok(there.unwrap_or(0) + 1),
            (Expect::Version(v), Some(there)) if *v == there => Ok(there + 1),
            _ => Err(No::Conflict),
        };
        match op {
            Op::Record(n, tag, expect) => {
                let version = next(self.records.get(n).map(|r| r.0), expect)?;
                self.records.insert(*n, (version, tag.clone()));
            }
            Op::List(n, id) => {
                if self.listed.iter().any(|(m, listed)| listed == id && m != n) {
                    return Err(No::Conflict);
                }
                self.listed.insert((*n, *id));
                if self.listed.iter().filter(|(m, _)| m == n).count() > MAX_PER_NUMBER {
                    return Err(No::Invalid);
                }
            }
            Op::Unlist(id) => self.listed.retain(|(_, listed)| listed != id),
            Op::Apply(id, n, expect) => {
                let version = next(self.applications.get(id).map(|a| a.0), expect)?;
                self.applications.insert(*id, (version, *n));
            }
        }
        Ok(())
    }
}

fn write(op: &Op) -> Write {
    match op {
        Op::Record(n, tag, expect) => put_if(iin(*n), tag, *expect),
        Op::List(n, id) => Write::hotlist(iin(*n), entry(*id, "")),
        Op::Unlist(id) => Write::HotlistRemoval { id: Uuid::from_u128(*id), expect: Expect::Any },
        Op::Apply(id, n, expect) => put_application(application(*id, n.map(iin), 0), *expect),
    }
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let expect = prop_oneof![
        4 => Just(Expect::Any),
        1 => Just(Expect::Absent),
        2 => (0u64..6).prop_map(Expect::Version),
    ];
    let op = prop_oneof![
        (0u64..3, "[a-zә]{0,4}", expect.clone()).prop_map(|(n, tag, e)| Op::Record(n, tag, e)),
        (0u64..2, 0u128..40).prop_map(|(n, id)| Op::List(n, id)),
        (0u128..40).prop_map(Op::Unlist),
        (0u128..3, proptest::option::of(0u64..3), expect).prop_map(|(id, n, e)| Op::Apply(id, n, e)),
    ];
    prop_oneof![6 => proptest::collection::vec(op.clone(), 1..6), 1 => proptest::collection::vec(op, 60..70)]
}

pub(super) async fn any_changesets_do_what_the_model_does(stage: Stage) {
    let mut runner = TestRunner::new(Config::default());
    let mut model = Model::default();
    for _ in 0..CHANGESETS {
        let ops = ops().new_tree(&mut runner).unwrap().current();
        let mut next = model.clone();
        let want = ops.iter().try_for_each(|op| next.apply(op));
        let got = stage.try_commit(ops.iter().map(write).collect()).await.map(|_| ());
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
    }
}

async fn held(stage: &Stage) -> Model {
    let mut model = Model::default();
    for n in 0..3 {
        let fact = stage.one(iin(n)).await.value;
        if fact.record.is_some() {
            let (version, tag) = seen(&fact);
            model.records.insert(n, (version, tag.to_string()));
        }
        model.listed.extend(fact.hotlist.iter().map(|e| (n, e.id.as_u128())));
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
