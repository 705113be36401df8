//! A register of an older schema becomes one of this program's, with everything in it.

use std::path::{Path, PathBuf};

use iinspect::person::Document;
use iinspect::register::sqlite::{Migrated, Options, Store};
use iinspect::register::{
    ApplicationKey, Changeset, Expect, Facts, Feed, Ledger, Origin, Register, Replayed, Write, hotlist,
};
use jiff::civil::date;
use rusqlite::Connection;
use uuid::Uuid;

use crate::contract::support::{
    Stage, application, at, bounded, entry, iin, options, put, put_if, request, seen, set, soon,
};

const FIRST: &str = include_str!("../../../../src/register/sqlite/migrations/0001_register.sql");

/// Copies a register into a file of the first schema, which is what that schema would hold of it.
/// Stored bodies are the same in both: a field that came later is absent.
fn as_of_the_first_schema(from: &Path) -> PathBuf {
    let path = from.with_file_name("first.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(FIRST).unwrap();
    old.execute("ATTACH ?1 AS new", (from.to_str().unwrap(),)).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 0x49494e72;
         PRAGMA user_version = 1;
         INSERT INTO meta SELECT * FROM new.meta;
         INSERT INTO head SELECT * FROM new.head;
         INSERT INTO commit_log SELECT id, at, actor, why, request FROM new.commit_log;
         INSERT INTO change SELECT * FROM new.change;
         INSERT INTO record SELECT iin, state, version, recorded_at, body FROM new.record;
         INSERT INTO hotlist SELECT subject, id, body FROM new.hotlist;
         INSERT INTO application SELECT * FROM new.application;
         INSERT INTO request SELECT id, digest, token, at FROM new.request;
         DETACH new;
         PRAGMA journal_mode = WAL;",
    )
    .unwrap();
    path
}

#[tokio::test]
async fn a_register_of_the_first_schema_opens_with_everything_in_it() {
    bounded(async {
        let stage = Stage::sqlite();
        let passport = || Document { kind: "PASSPORT".into(), number: "N 7".into(), ..Document::default() };
        let by_passport = ApplicationKey::Applicant(passport(), date(1990, 1, 2));
        stage.commit(vec![put(iin(1), "replaced"), put(iin(2), "other")]).await;
        let applied = Write::Application {
            application: application(5, Some(iin(1)), 3),
            applicant: Some((passport(), date(1990, 1, 2))),
            expect: Expect::Absent,
        };
        let writes = vec![put(iin(1), "held"), Write::hotlist(iin(1), entry(1, "listed")), applied];
        let asked = Changeset { at: at(7), request: request(1, 9), ..set(writes) };
        let token = stage.apply(asked.clone()).await.token;
        let facts = stage.register.many(&[iin(1), iin(2), iin(3)], soon()).await.unwrap();
        let applications = stage.register.applications(&by_passport, soon()).await.unwrap();
        let told = stage.all_after(&stage.start(), 100).await;
        stage.register.close().unwrap();

        let path = as_of_the_first_schema(&stage.path);
        let store = Store::open(&path, &options()).unwrap();
        assert_eq!(store.migrated(), Migrated { before: Some(1), after: 3 });
        let register = Register::Sqlite(store);
        assert_eq!(register.many(&[iin(1), iin(2), iin(3)], soon()).await.unwrap(), facts);
        assert_eq!(register.applications(&by_passport, soon()).await.unwrap(), applications);
        assert_eq!(register.heads(soon()).await.unwrap(), token);
        assert_eq!(register.after(&stage.start(), 100, soon()).await.unwrap().changes, told);
        // The first schema kept no answers: a request of then is known, and answered with nothing.
        let kept = register.replay(Uuid::from_u128(1), [9; 32], at(8), soon()).await.unwrap();
        assert_eq!(kept, Some(Replayed { token: token.clone(), answer: Vec::new() }));
        assert!(register.commit(asked, soon()).await.unwrap().is_replayed());
        register.close().unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_the_first_schema_held_becomes_history() {
    bounded(async {
        let stage = Stage::sqlite();
        stage.commit(vec![put(iin(1), "first"), Write::hotlist(iin(1), entry(1, "listed"))]).await;
        stage.commit_at(at(10), vec![put(iin(1), "held")]).await;
        stage.register.close().unwrap();
        let store = Store::open(as_of_the_first_schema(&stage.path), &options()).unwrap();
        let register = Register::Sqlite(store);

        let versions = register.versions(iin(1), None, 10, soon()).await.unwrap();
        assert_eq!(versions.len(), 1, "what was replaced before there was a history is not there");
        assert_eq!((versions[0].record.version, versions[0].record.recorded_at), (2, at(10)));
        assert_eq!((&versions[0].by, versions[0].why.as_str()), (&Origin::default(), ""));
        let place = register.entry(Uuid::from_u128(1), soon()).await.unwrap();
        assert_eq!(place, Some(hotlist::Place { subject: stage.key.number(iin(1)), version: 1 }));
        let early = register.as_of(iin(1), at(9), soon()).await.unwrap();
        assert_eq!(early.value.record, None, "nobody knows any more what was held then");

        let relisted = Write::Hotlist { iin: iin(1), entry: entry(1, "anew"), expect: Expect::Version(1) };
        let writes = vec![put_if(iin(1), "new", Expect::Version(2)), relisted];
        register.commit(Changeset { at: at(20), ..set(writes) }, soon()).await.unwrap();
        let versions = register.versions(iin(1), None, 10, soon()).await.unwrap();
        let said: Vec<_> = versions
            .iter()
            .map(|v| (v.record.version, v.record.value.state_reason.as_str(), v.by.actor.as_str()))
            .collect();
        assert_eq!(said, [(3, "new", "test"), (2, "held", "")]);
        let then = register.as_of(iin(1), at(19), soon()).await.unwrap();
        assert_eq!(seen(&then.value), (2, "held"));
        assert_eq!(then.value.hotlist, [entry(1, "anew")]);
        register.close().unwrap();
    })
    .await;
}

/// A migration that fails leaves the register as it was: the program before still serves it.
#[test]
fn a_migration_is_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    Store::migrate(&path, &Options::default()).unwrap();
    let path = as_of_the_first_schema(&path);
    let old = Connection::open(&path).unwrap();
    // In the way of the second step's last statements.
    old.execute_batch("CREATE TABLE batch (x)").unwrap();
    let e = Store::open(&path, &Options::default()).unwrap_err();
    assert!(e.is_unavailable(), "{e}");
    let version: i64 = old.query_row("PRAGMA user_version", (), |r| r.get(0)).unwrap();
    let past: i64 = old
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'record_past'", (), |r| r.get(0))
        .unwrap();
    assert_eq!((version, past), (1, 0));
    old.execute_batch("DROP TABLE batch").unwrap();
    Store::open(&path, &Options::default()).unwrap().close().unwrap();
}
