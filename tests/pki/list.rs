//! Lists of revoked certificates.

use jiff::Timestamp;

use super::der::{explicit, extension, int, seq, tlv};
use super::issuer::{Issuer, later, signed, time};

/// What a list says.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
    pub(crate) number: Option<u8>,
    pub(crate) base: Option<u8>,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl List {
    pub(crate) fn new(number: u8) -> Self {
        List {
            this_update: later(-3600),
            next_update: Some(later(86400)),
            number: Some(number),
            base: None,
            entries: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// Changes of the list with another number.
    pub(crate) fn changes(number: u8, base: u8) -> Self {
        List { base: Some(base), ..List::new(number) }
    }

    /// An entry, with its cause where one is said.
    pub(crate) fn revoke(mut self, serial: &[u8], cause: Option<u8>) -> Self {
        let extensions = cause.map(|cause| seq(&[extension("2.5.29.21", false, &tlv(10, &[cause]))]));
        let parts = [Some(int(serial)), Some(time(later(-7200))), extensions];
        self.entries.push(seq(&parts.into_iter().flatten().collect::<Vec<_>>()));
        self
    }

    pub(crate) fn signed(&self, by: &Issuer) -> Vec<u8> {
        let mut extensions = self.extensions.clone();
        extensions.push(by.key_id());
        extensions.extend(self.number.map(|number| extension("2.5.29.20", false, &int(&[number]))));
        extensions.extend(self.base.map(|number| extension("2.5.29.27", true, &int(&[number]))));
        let entries = if self.entries.is_empty() { Vec::new() } else { seq(&self.entries) };
        let body = seq(&[
            int(&[1]),
            by.signer.algorithm(),
            by.name.clone(),
            time(self.this_update),
            self.next_update.map(time).unwrap_or_default(),
            entries,
            explicit(0, &seq(&extensions)),
        ]);
        signed(body, &by.signer)
    }
}
