//! Who issued a certificate, and whether that is trusted (RFC 5280, 6).
//!
//! Trusted certificates come as data: roots, and the authorities under them. Everything about them that
//! does not change with time is checked once, when the [`Store`] is made; of a holder's certificate
//! there are then one name and one signature to check, and the validity of all of the path.

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::fault::Fault;

/// The most certificates that can be trusted.
pub const MOST: usize = 64;
/// The most authorities above one certificate.
const DEEPEST: usize = 8;

/// An authority whose path to a root is checked.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its certificate.
    pub certificate: Certificate,
    /// Those above it, as places in the store, the nearest first; empty: it is a root.
    above: Vec<usize>,
}

/// Every authority that is trusted.
#[derive(Clone, Debug, Default)]
pub struct Store {
    authorities: Vec<Authority>,
}

impl Store {
    /// Checks certificates against each other. Roots are trusted because they are given as such; the others
    /// are trusted because a root vouches for them.
    ///
    /// # Errors
    /// Every certificate that cannot be used, by its fingerprint, and why.
    pub fn new(roots: Vec<Certificate>, intermediates: Vec<Certificate>) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        if roots.len() + intermediates.len() > MOST {
            return Err(vec![format!("holds more than {MOST} certificates")]);
        }
        let mut store = Store::default();
        for root in roots {
            let fault = if root.names_as_issuer(&root) {
                may_issue(&root, 0).and_then(|()| root.verify_signature(root.key()))
            } else {
                Err(Fault::Profile("a root that does not say to have issued itself"))
            };
            match fault {
                Ok(()) => store.authorities.push(Authority { certificate: root, above: vec![] }),
                Err(fault) => faults.push(told(&root, fault)),
            }
        }
        let mut left = intermediates;
        // Each round takes those whose issuer is there already, so their order in the file means nothing.
        for _ in 0..DEEPEST {
            left.retain(|certificate| match store.path(certificate) {
                Ok(above) => {
                    let authority = Authority { certificate: certificate.clone(), above };
                    store.authorities.push(authority);
                    false
                }
                Err(_) => true,
            });
        }
        for certificate in left {
            let fault = store.path(&certificate).err().unwrap_or(Fault::Untrusted);
            faults.push(told(&certificate, fault));
        }
        if faults.is_empty() { Ok(store) } else { Err(faults) }
    }

    /// The path of an authority that is not in the store yet.
    fn path(&self, certificate: &Certificate) -> Result<Vec<usize>, Fault> {
        may_issue(certificate, 0)?;
        let nearest = self.find(certificate)?;
        let mut above = vec![nearest];
        above.extend(self.authorities.get(nearest).map(|a| a.above.as_slice()).unwrap_or_default());
        if above.len() > DEEPEST {
            return Err(Fault::TooLarge("the path to a root"));
        }
        // Each of those above has as many authorities below it as come before it, this one included.
        for (below, place) in above.iter().enumerate() {
            if let Some(authority) = self.authorities.get(*place) {
                may_issue(&authority.certificate, below + 1)?;
            }
        }
        Ok(above)
    }

    /// The place of the authority that signed a certificate.
    fn find(&self, certificate: &Certificate) -> Result<usize, Fault> {
        let named = self
            .authorities
            .iter()
            .enumerate()
            .filter(|(_, authority)| certificate.names_as_issuer(&authority.certificate));
        let mut fault = Fault::Untrusted;
        // An authority that renewed its key has two certificates of one name: the signature tells which.
        for (place, authority) in named {
            match certificate.verify_signature(authority.certificate.key()) {
                Ok(()) => return Ok(place),
                Err(Fault::Signature) => {}
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    /// The authority that issued a certificate.
    ///
    /// # Errors
    /// None in the store did.
    pub fn issuer(&self, certificate: &Certificate) -> Result<&Authority, Fault> {
        self.authorities.get(self.find(certificate)?).ok_or(Fault::Untrusted)
    }

    /// Whether an authority and all above it are valid at a moment.
    ///
    /// # Errors
    /// One is not.
    pub fn valid_at(&self, authority: &Authority, now: Timestamp) -> Result<(), Fault> {
        authority.certificate.valid_at(now, "the authority's certificate")?;
        for place in &authority.above {
            if let Some(above) = self.authorities.get(*place) {
                above.certificate.valid_at(now, "the certificate of an authority above")?;
            }
        }
        Ok(())
    }

    /// All authorities: the roots, then those under them.
    pub fn authorities(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.iter()
    }

    /// The certificate that vouches for an authority; `None`: it is a root.
    #[must_use]
    pub fn above<'a>(&'a self, authority: &Authority) -> Option<&'a Authority> {
        self.authorities.get(*authority.above.first()?)
    }

    /// An authority and those above it up to the root, the nearest first; empty: it is not in the store.
    #[must_use]
    pub fn line(&self, authority: &Certificate) -> Vec<&Certificate> {
        let found = self.authorities.iter().find(|found| found.certificate == *authority);
        let above = found.iter().flat_map(|found| &found.above).filter_map(|at| self.authorities.get(*at));
        found.into_iter().chain(above).map(|authority| &authority.certificate).collect()
    }

    /// Whether nothing is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.authorities.is_empty()
    }
}

impl Authority {
    /// Whether it is trusted for its own sake.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.above.is_empty()
    }
}

/// Whether a certificate may issue others, with so many authorities between it and the holder.
fn may_issue(certificate: &Certificate, below: usize) -> Result<(), Fault> {
    let extensions = certificate.extensions();
    if certificate.unknown_critical() {
        return Err(Fault::Profile("an extension of an authority's certificate that is not understood"));
    }
    let basic =
        extensions.basic.filter(|basic| basic.ca).ok_or(Fault::Usage("no authority's certificate"))?;
    if basic.path_length.is_some_and(|length| usize::from(length) < below) {
        return Err(Fault::Usage("an authority that may not have others under it"));
    }
    if extensions.usage.is_some_and(|usage| !usage.certificate_sign()) {
        return Err(Fault::Usage("an authority's key that may not sign certificates"));
    }
    Ok(())
}

fn told(certificate: &Certificate, fault: Fault) -> String {
    format!("certificate {}: {fault}", certificate.fingerprint())
}
