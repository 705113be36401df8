//! The drivers alone.

use std::path::Path;
use std::rc::Rc;

use iinspect::number::Iin;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Statement};

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
    many: Statement<'a>,
}

impl<'a> Sqlite<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        let one = "SELECT state, version, recorded_at, body FROM record WHERE iin = ?1";
        let many = "SELECT iin, state, version, recorded_at, body
                      FROM rarray(?1) AS wanted CROSS JOIN record ON record.iin = wanted.value";
        let prepare = |sql| connection.prepare(sql).expect("a statement");
        Sqlite { one: prepare(one), many: prepare(many) }
    }
}

impl Direct for Sqlite<'_> {
    async fn one(&mut self, iin: Iin) {
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
    many: tokio_postgres::Statement,
}

impl Postgres {
    pub(crate) async fn connect(url: &str) -> Self {
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
        tokio::spawn(connection);
        let one = client.prepare("SELECT state, version, recorded_at, body FROM record WHERE iin = $1").await;
        let many = client
            .prepare("SELECT iin, state, version, recorded_at, body FROM record WHERE iin = ANY($1)")
            .await;
        Postgres { one: one.expect("a statement"), many: many.expect("a statement"), client }
    }
}

impl Direct for Postgres {
    async fn one(&mut self, iin: Iin) {
        let row = self.client.query_one(&self.one, &[&(iin.as_u64() as i64)]).await.expect("a row");
        assert!(!row.get::<_, &[u8]>(3).is_empty());
    }

    async fn many(&mut self, iins: &[Iin]) {
        let wanted: Vec<i64> = iins.iter().map(|iin| iin.as_u64() as i64).collect();
        let rows = self.client.query(&self.many, &[&wanted]).await.expect("rows");
        assert!(rows.iter().map(|row| row.get::<_, &[u8]>(4).len()).sum::<usize>() > iins.len());
    }
}
