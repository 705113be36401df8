//! Stub, replaced next.
use super::*;
/// Stub.
#[derive(Clone, Debug)]
pub struct Store;
impl Facts for Store {
    async fn one(&self, _: Iin, _: Instant) -> Result<Read<Fact>, Error> {
        Err(Error::unavailable("stub"))
    }
    async fn many(&self, _: &[Iin], _: Instant) -> Result<Vec<Read<Fact>>, Error> {
        Err(Error::unavailable("stub"))
    }
    async fn applications(
        &self,
        _: &ApplicationKey,
        _: Instant,
    ) -> Result<Read<Vec<Versioned<Application>>>, Error> {
        Err(Error::unavailable("stub"))
    }
}
impl Ledger for Store {
    async fn commit(&self, _: Changeset, _: Instant) -> Result<Committed, Error> {
        Err(Error::unavailable("stub"))
    }
}
impl Feed for Store {
    async fn heads(&self, _: Instant) -> Result<Token, Error> {
        Err(Error::unavailable("stub"))
    }
    async fn after(&self, _: &Token, _: usize, _: Instant) -> Result<Page, Error> {
        Err(Error::unavailable("stub"))
    }
}
impl Store {
    /// Stub.
    pub fn status(&self) -> tokio::sync::watch::Receiver<Status> {
        tokio::sync::watch::channel(Status::Up).1
    }
}

/// Stub.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// .
    pub readers: usize,
    /// .
    pub queue: usize,
    /// .
    pub feed_keep: u64,
    /// .
    pub x: u8,
}
/// Stub.
pub struct Migrated {
    /// .
    pub from: u32,
    /// .
    pub to: u32,
}
/// Stub.
pub fn migrate(_: &std::path::Path) -> Result<Migrated, Error> {
    Err(Error::unavailable("stub"))
}
impl Store {
    /// Stub.
    pub fn open(_: &std::path::Path, _: &Options) -> Result<Self, Error> {
        Ok(Store)
    }
    /// Stub.
    pub fn close(&self) {}
}
