//! The lists of revoked certificates that are known now, by the authority that signed them.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use thiserror::Error;

use crate::reload::Current;
use crate::signature::Fault;
use crate::signature::certificate::Certificate;
use crate::signature::chain::Store;
use crate::signature::crl::{List, Lists, Unverified};
use crate::signature::revocation::{Serial, Status};

/// SHA-256 of an authority's certificate.
type Authority = [u8; 32];

/// Whose lists are believed: the authorities that are trusted now.
pub trait Authorities: Send + Sync + 'static {
    /// Their certificates.
    fn all(&self) -> Vec<Arc<Certificate>>;
}

impl Authorities for Vec<Arc<Certificate>> {
    fn all(&self) -> Vec<Arc<Certificate>> {
        self.clone()
    }
}

impl Authorities for Current<Store> {
    fn all(&self) -> Vec<Arc<Certificate>> {
        self.get().authorities().map(|authority| Arc::new(authority.certificate.clone())).collect()
    }
}

/// Why a list was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// It cannot be believed.
    #[error(transparent)]
    Untrusted(#[from] Fault),
    /// There is a newer one already.
    #[error("it is older than the one that is known")]
    Older,
}

/// A list that one of the authorities signed.
#[derive(Clone, Debug)]
pub struct Judged {
    authority: Authority,
    list: Arc<List>,
}

impl Judged {
    /// The list.
    #[must_use]
    pub fn list(&self) -> &List {
        &self.list
    }
}

/// Judges the bytes of a list by the authorities that are trusted, and indexes it: 0.3 s for 22 MB.
///
/// # Errors
/// None of them signed it, or it is malformed.
pub fn judge(bytes: &[u8], authorities: &[Arc<Certificate>]) -> Result<Judged, Fault> {
    let read = Unverified::read(bytes)?;
    let mut fault = Fault::Untrusted;
    for authority in authorities.iter().filter(|authority| read.names(authority)) {
        match read.verify(authority) {
            Ok(()) => {
                return Ok(Judged { authority: *authority.sha256(), list: read.index()?.into() });
            }
            Err(why) => fault = why,
        }
    }
    Err(fault)
}

/// What is known of one authority.
#[derive(Clone, Debug, Default)]
struct Of {
    whole: Option<Arc<List>>,
    delta: Option<Arc<List>>,
    lists: Option<Lists>,
}

impl Of {
    fn with(mut self, list: Arc<List>) -> Result<Self, Refused> {
        let place = if list.base.is_some() { &mut self.delta } else { &mut self.whole };
        if place
            .as_ref()
            .is_some_and(|known| list.this_update < known.this_update || list.number < known.number)
        {
            return Err(Refused::Older);
        }
        *place = Some(list);
        if let Some(whole) = &self.whole {
            let whole = Lists::new(whole.clone())?;
            // Changes that do not fit wait for the list that they belong to.
            let both = self.delta.clone().map(|delta| whole.clone().with(delta));
            self.lists = Some(both.and_then(Result::ok).unwrap_or(whole));
        }
        Ok(self)
    }
}

/// All of them. Readers see one moment's lists; a new one is swapped in.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<ArcSwap<HashMap<Authority, Of>>>);

impl Known {
    /// Takes a list.
    ///
    /// # Errors
    /// [`Refused::Older`]: somebody serves what was replaced.
    pub fn put(&self, judged: Judged) -> Result<(), Refused> {
        let mut outcome = Ok(());
        self.0.rcu(|known| {
            let of = known.get(&judged.authority).cloned().unwrap_or_default();
            let mut known = HashMap::clone(known);
            outcome = of.with(judged.list.clone()).map(|of| {
                known.insert(judged.authority, of);
            });
            known
        });
        outcome
    }

    /// What the lists in force say of a certificate, with the list that says it.
    ///
    /// # Errors
    /// No list of this authority is known, or it is over.
    pub fn status(&self, authority: &Certificate, serial: Serial, now: Timestamp) -> Result<Found, Missing> {
        let known = self.0.load();
        let lists = known.get(authority.sha256()).and_then(|of| of.lists.as_ref()).ok_or(Missing::Never)?;
        let (status, list) = lists.status(serial, now).map_err(|_| Missing::Over)?;
        Ok(Found {
            status,
            delta: list.base.is_some(),
            this_update: list.this_update,
            next_update: list.next_update,
        })
    }
}

/// What a list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Of the certificate.
    pub status: Status,
    /// Whether it is the list of changes that says so.
    pub delta: bool,
    /// When the list was made.
    pub this_update: Timestamp,
    /// When the next one is to come.
    pub next_update: Timestamp,
}

/// Why no list says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Missing {
    /// None came yet.
    #[error("no list of revoked certificates of this authority is known")]
    Never,
    /// The next one is due and did not come.
    #[error("the list of revoked certificates is over, and no newer one came")]
    Over,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::issuer::{Issuer, later, now};
    use crate::pki::list::List;
    use crate::pki::signer::Signer;

    fn serial(byte: u8) -> Serial {
        Serial::new(&[byte]).unwrap()
    }

    struct World {
        authority: Issuer,
        certificates: Vec<Arc<Certificate>>,
        known: Known,
    }

    impl World {
        fn new() -> Self {
            let authority = Issuer::new(Signer::gost("ca"), "CA");
            let other = Issuer::new(Signer::gost("other"), "Other");
            let certificates =
                [&other, &authority].map(|a| Arc::new(Certificate::parse(&a.certificate).unwrap()));
            World { authority, certificates: certificates.into(), known: Known::default() }
        }

        fn put(&self, list: List) -> Result<(), Refused> {
            self.known.put(judge(&list.signed(&self.authority), &self.certificates)?)
        }

        fn status(&self, byte: u8) -> Result<Found, Missing> {
            self.known.status(&self.certificates[1], serial(byte), now())
        }
    }

    #[test]
    fn a_list_counts_for_the_authority_that_signed_it() {
        let world = World::new();
        assert_eq!(world.status(5), Err(Missing::Never));
        world.put(List::new(14).revoke(&[5], None)).unwrap();
        assert!(matches!(world.status(5).unwrap().status, Status::Revoked(_)));
        assert_eq!(world.status(6).unwrap().status, Status::Good);
        assert_eq!(world.known.status(&world.certificates[0], serial(5), now()), Err(Missing::Never));
        assert_eq!(world.known.status(&world.certificates[1], serial(5), later(86400)), Err(Missing::Over));
        let stranger = Issuer::new(Signer::gost("person"), "Stranger");
        let list = List::new(1).signed(&stranger);
        assert_eq!(judge(&list, &world.certificates).unwrap_err(), Fault::Untrusted);
    }

    #[test]
    fn what_was_replaced_does_not_come_back() {
        let world = World::new();
        world.put(List::new(14).revoke(&[5], None)).unwrap();
        assert_eq!(world.put(List::new(13)), Err(Refused::Older));
        assert_eq!(world.put(List { this_update: later(-3601), ..List::new(14) }), Err(Refused::Older));
        assert!(matches!(world.status(5).unwrap().status, Status::Revoked(_)));
        world.put(List::new(14)).unwrap();
        world.put(List { this_update: later(-60), ..List::new(15) }).unwrap();
        assert_eq!(world.status(5).unwrap().status, Status::Good);
    }

    #[test]
    fn changes_wait_for_their_list_and_end_with_it() {
        let world = World::new();
        world.put(List::changes(16, 15).revoke(&[7], None)).unwrap();
        assert_eq!(world.status(7), Err(Missing::Never));
        world.put(List::new(14)).unwrap();
        assert_eq!(world.status(7).map(|f| (f.status, f.delta)), Ok((Status::Good, false)));
        world.put(List::new(15)).unwrap();
        let found = world.status(7).unwrap();
        assert!(found.delta && matches!(found.status, Status::Revoked(_)));
        world.put(List::new(16)).unwrap();
        assert_eq!(world.status(7).map(|f| (f.status, f.delta)), Ok((Status::Good, false)));
    }
}
