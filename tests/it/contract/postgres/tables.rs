//! The tables: those of SQLite, and none of them ever read from end to end.

use std::collections::BTreeMap;
use std::time::Duration;

use iinspect::register::{Expect, Facts, Register};

use crate::contract::support::{Stage, bounded, iin, put_if, soon};
use crate::postgres::{self, shared, skipped};

/// Type and whether NULL can be, by table and column.
type Columns = BTreeMap<(String, String), (String, bool)>;

fn of_sqlite() -> Columns {
    let stage = Stage::sqlite();
    let connection = rusqlite::Connection::open(&stage.path).unwrap();
    let sql = "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0
                 FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
                WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map((), |r| Ok(((r.get(0)?, r.get(1)?), (r.get(2)?, r.get(3)?)))).unwrap();
    rows.map(Result::unwrap).collect()
}

async fn of_postgres() -> Columns {
    let name = postgres::new_register();
    let sql = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
                 FROM information_schema.columns
                WHERE table_schema = 'public' AND table_name <> 'register_schema'";
    let rows = shared().server.client(&name).await.query(sql, &[]).await.unwrap();
    rows.iter().map(|r| ((r.get(0), r.get(1)), (r.get(2), r.get(3)))).collect()
}

/// SQLite's types as PostgreSQL's. A commit has a number there, given by the one writer, and an id
/// made by its writer here.
fn fits(column: &(String, String), sqlite: &str, postgres: &str) -> bool {
    let is_commit = matches!(column.1.as_str(), "commit_id" | "ended_by")
        || (column.0.as_str(), column.1.as_str()) == ("commit_log", "id");
    match sqlite {
        "INTEGER" if is_commit => postgres == "uuid",
        "INTEGER" => matches!(postgres, "bigint" | "integer" | "smallint"),
        "BLOB" => matches!(postgres, "bytea" | "uuid"),
        "TEXT" => postgres == "text",
        _ => false,
    }
}

#[tokio::test]
async fn both_stores_have_the_same_tables() {
    if skipped() {
        return;
    }
    let (mut sqlite, postgres) = (of_sqlite(), of_postgres().await);
    // SQLite's own key of a table whose rows are found by others.
    sqlite.remove(&("application".to_string(), "row".to_string())).unwrap();
    assert!(sqlite.len() > 50, "{sqlite:?}");
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (column, (kind, nullable)) in &sqlite {
        let (other, other_nullable) = &postgres[column];
        assert!(fits(column, kind, other), "{column:?}: {kind}, {other}");
        // What was written before there was a history has no commit; here nothing was.
        assert!(nullable == other_nullable || column.1 == "commit_id", "{column:?}");
    }
}

/// With 20 million rows a scan would be an outage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_scans_the_records() {
    if skipped() {
        return;
    }
    bounded(async {
        let server = &shared().server;
        let name = postgres::new_register();
        let store = super::support::open(&server.url(&name));
        let register = Register::Postgres(store.clone());
        for chunk in 0..4 {
            let writes = (0..2_500).map(|n| put_if(iin(chunk * 2_500 + n), "x", Expect::Absent)).collect();
            iinspect::register::Ledger::commit(&register, crate::contract::support::set(writes), soon())
                .await
                .unwrap();
        }
        let client = server.client(&name).await;
        client.batch_execute("ANALYZE").await.unwrap();
        let sql = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'record'";
        let scans = || async {
            let row = client.query_one(sql, &[]).await.unwrap();
            (row.get::<_, i64>(0), row.get::<_, i64>(1))
        };
        // What the loading did is told within a second.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let before = scans().await;
        let some: Vec<_> = (0..40).map(|n| iin(n * 7)).collect();
        for n in 0..12 {
            register.one(iin(n), soon()).await.unwrap();
            register.many(&some, soon()).await.unwrap();
            register.as_of(iin(n), crate::contract::support::at(0), soon()).await.unwrap();
            register.versions(iin(n), None, 5, soon()).await.unwrap();
            register.page(Some(iin(n)), 50, soon()).await.unwrap();
        }
        // Sessions tell what they did at the latest when they end.
        tokio::task::spawn_blocking(move || register.close()).await.unwrap().unwrap();
        let after = loop {
            let after = scans().await;
            if after.1 >= before.1 + 12 * 5 {
                break after;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(after.0, before.0, "a scan of the whole table");
    })
    .await;
}

/// A database that is set to acknowledge first and write later does not so for a register.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_on_the_disk_whatever_the_database_is_set_to() {
    if skipped() {
        return;
    }
    bounded(async {
        let server = &shared().server;
        let name = postgres::new_register();
        let sql = format!(
            "ALTER DATABASE {name} SET synchronous_commit = off;
             CREATE FUNCTION hasty() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF current_setting('synchronous_commit') = 'off' THEN RAISE EXCEPTION 'hasty'; END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER hasty BEFORE INSERT ON commit_log FOR EACH ROW EXECUTE FUNCTION hasty()"
        );
        server.run(&name, &sql).await;
        let store = super::support::open(&server.url(&name));
        let set = crate::contract::support::set(vec![put_if(iin(1), "x", Expect::Any)]);
        iinspect::register::Ledger::commit(&store, set, soon()).await.unwrap();
    })
    .await;
}
