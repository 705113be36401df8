//! The drivers alone.

use std::path::Path;
use std::rc::Rc;

use iinspect::number::Iin;
use iinspect::register::Subject;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Statement};
use tokio_postgres::types::ToSql;

use super::measure::Direct;

/// rusqlite, with the page cache that one connection of the store has.
pub(crate) fn sqlite(path: &Path) -> Connection {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the file");
    connection.execute_batch("PRAGMA cache_size = -32768; PRAGMA mmap_size = 0").expect("settings");
    rusqlite::vtab::array::load_module(&connection).expect("arrays");
    connection
}

/// Two prepared statements of one connection.
pub(crate) struct Sqlite<'a> {
    one: Statement<'a>,
    same: Statement<'a>,
    many: Statement<'a>,
}

impl<'a> Sqlite<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        let one = "SELECT state, version, recorded_at, body FROM record WHERE iin = ?1";
        let many = "SELECT iin, state, version, recorded_at, body
                      FROM rarray(?1) AS wanted CROSS JOIN record ON record.iin = wanted.value";
        let same = "SELECT 0, shard, seq, at, NULL, NULL FROM head
                    UNION ALL
                    SELECT 1, iin, state, version, recorded_at, body FROM record WHERE iin = ?1
                    UNION ALL
                    SELECT 2, subject, id, NULL, NULL, body FROM hotlist WHERE subject = ?2";
        let prepare = |sql| connection.prepare(sql).expect("a statement");
        Sqlite { one: prepare(one), same: prepare(same), many: prepare(many) }
    }
}

impl Direct for Sqlite<'_> {
    async fn same(&mut self, iin: Iin, subject: Subject) {
        let mut rows = self.same.query((iin.as_u64(), subject.0)).expect("rows");
        let mut bytes = 0;
        while let Some(row) = rows.next().expect("a row") {
            bytes += row.get::<_, Option<Vec<u8>>>(5).expect("a body").map_or(0, |body| body.len());
        }
        assert!(bytes > 0);
    }

    async fn bare(&mut self, iin: Iin) {
        let row = self.one.query_row((iin.as_u64(),), |r| {
            Ok((r.get::<_, u8>(0)?, r.get::<_, u64>(1)?, r.get::<_, i64>(2)?, r.get::<_, Vec<u8>>(3)?))
        });
        assert!(!row.expect("a row").3.is_empty());
    }

    async fn many(&mut self, iins: &[Iin]) {
        let wanted: Vec<_> = iins.iter().map(|iin| Value::Integer(iin.as_u64() as i64)).collect();
        let mut rows = self.many.query((Rc::new(wanted),)).expect("rows");
        let mut bytes = 0;
        while let Some(row) = rows.next().expect("a row") {
            bytes += row.get::<_, Vec<u8>>(4).expect("a body").len();
        }
        assert!(bytes > iins.len());
    }
}

/// tokio-postgres, over the same socket as the store.
pub(crate) struct Postgres {
    client: tokio_postgres::Client,
    one: tokio_postgres::Statement,
    same: tokio_postgres::Statement,
    shards: u16,
    many: tokio_postgres::Statement,
}

impl Postgres {
    pub(crate) async fn connect(url: &str) -> Self {
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
        tokio::spawn(connection);
        let one = client.prepare("SELECT state, version, recorded_at, body FROM record WHERE iin = $1").await;
        let same = client
            .prepare(
                "SELECT 0, shard::bigint, seq, at, NULL::bytea, NULL::uuid, NULL::bytea
                   FROM head WHERE shard = $3
                 UNION ALL
                 SELECT state::int, iin, version, recorded_at, NULL, NULL, body FROM record WHERE iin = $1
                 UNION ALL
                 SELECT 2, NULL, NULL, NULL, subject, id, body FROM hotlist WHERE subject = $2",
            )
            .await;
        let shards: i32 = client.query_one("SELECT shards FROM meta", &[]).await.expect("a register").get(0);
        let shards = u16::try_from(shards).expect("shards");
        let many = client
            .prepare("SELECT iin, state, version, recorded_at, body FROM record WHERE iin = ANY($1)")
            .await;
        Postgres {
            one: one.expect("a statement"),
            same: same.expect("a statement"),
            many: many.expect("a statement"),
            shards,
            client,
        }
    }
}

impl Direct for Postgres {
    async fn same(&mut self, iin: Iin, subject: Subject) {
        let (number, shard) = (iin.as_u64() as i64, i32::from(subject.shard(self.shards)));
        let values: [&(dyn ToSql + Sync); 3] = [&number, &&subject.0[..], &shard];
        let rows = self.client.query(&self.same, &values).await.expect("rows");
        assert!(rows.iter().any(|row| row.get::<_, Option<&[u8]>>(6).is_some()));
    }

    async fn bare(&mut self, iin: Iin) {
        let row = self.client.query_one(&self.one, &[&(iin.as_u64() as i64)]).await.expect("a row");
        assert!(!row.get::<_, &[u8]>(3).is_empty());
    }

    async fn many(&mut self, iins: &[Iin]) {
        let wanted: Vec<i64> = iins.iter().map(|iin| iin.as_u64() as i64).collect();
        let rows = self.client.query(&self.many, &[&wanted]).await.expect("rows");
        assert!(rows.iter().map(|row| row.get::<_, &[u8]>(4).len()).sum::<usize>() > iins.len());
    }
}
