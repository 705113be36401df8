//! The schema: created and brought up to date by `iinspect migrate`, and by nothing else.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Row, SqlSafeStr};
use tokio::time::timeout;

use super::fault::{self, Fault};
use super::{Inspection, Migrated};
use crate::register::Error;
use crate::register::codec::micros;

/// One file for each version of the schema.
const STEPS: &[(&str, &str)] = &[
    ("register", include_str!("migrations/0001_register.sql")),
    ("submitted", include_str!("migrations/0002_submitted.sql")),
];

/// The schema's version that this program works with.
pub(super) const LATEST: usize = STEPS.len();

/// How many shards a new register's feed has. Writers of one shard wait for each other's commit, so
/// this many can be on their way to the disk at once.
const SHARDS: u16 = 8;

/// How long connecting and looking may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Creates the register or brings its schema up to date.
pub(super) async fn migrate(options: &PgConnectOptions) -> Result<Migrated, Error> {
    let mut connection = connect(options).await?;
    let before = look(&mut connection).await?;
    let mut migrator = Migrator::with_migrations(
        (1..).zip(STEPS).map(|(version, (name, sql))| step(version, name, sql)).collect(),
    );
    // The lock would be an advisory one, which poolers and other engines lack; two that migrate at
    // once cannot both create the same table, and each step is a transaction.
    migrator.set_locking(false);
    migrator.dangerous_set_table_name("register_schema");
    migrator.run(&mut connection).await.map_err(fault::migrating)?;
    fill(&mut connection).await.map_err(Error::from)?;
    let _ = connection.close().await;
    Ok(Migrated { before, after: LATEST })
}

/// What schema is there.
pub(super) async fn inspect(options: &PgConnectOptions) -> Result<Inspection, Error> {
    let mut connection = connect(options).await?;
    let version = look(&mut connection).await?;
    let _ = connection.close().await;
    Ok(Inspection { version, latest: LATEST })
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    let connected = timeout(PATIENCE, options.connect()).await;
    connected.map_err(|_| Error::unavailable("no answer while connecting"))?.map_err(|e| fault::meaning(&e))
}

/// The version that is there; `None` when there is no register.
async fn look(connection: &mut PgConnection) -> Result<Option<usize>, Error> {
    let sql = "SELECT max(version) FROM register_schema WHERE success";
    let version = match sqlx::query(sql).persistent(false).fetch_one(connection).await {
        Ok(row) => row.try_get::<Option<i64>, _>(0).map_err(|e| fault::meaning(&e))?,
        Err(e) => match fault::meaning(&e) {
            e if e.is_schema() => None,
            e => return Err(e),
        },
    };
    let version = version.map(|version| usize::try_from(version).unwrap_or(usize::MAX));
    match version {
        Some(version) if version > LATEST => {
            Err(Error::schema(format!("version {version} is newer than this program's {LATEST}")))
        }
        version => Ok(version),
    }
}

fn step(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
}

/// What a register has from its first moment; of several that create it at once the first decides.
async fn fill(connection: &mut PgConnection) -> Result<(), Fault> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|_| Fault::Refused(Error::unavailable("the system gives no random bytes")))?;
    let shards: Vec<i32> = (0..i32::from(SHARDS)).collect();
    let mut transaction = connection.begin().await?;
    let sql = "INSERT INTO meta (id, key, shards, created_at) VALUES (1, $1, $2, $3) ON CONFLICT DO NOTHING";
    let created = sqlx::query(sql)
        .persistent(false)
        .bind(key)
        .bind(i32::from(SHARDS))
        .bind(micros(Timestamp::now()))
        .execute(&mut *transaction)
        .await?;
    if created.rows_affected() == 1 {
        let sql = "INSERT INTO head (shard, seq, floor, at) SELECT shard, 0, 0, NULL FROM unnest($1::integer[]) AS s (shard)";
        sqlx::query(sql).persistent(false).bind(shards).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
