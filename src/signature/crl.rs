//! Lists of revoked certificates (RFC 5280, chapter 5), judged from bytes.
//!
//! The list of the National Certification Authority has some 450,000 entries in 22 MB and is new every
//! day. It is signed over its bytes as they came, read once from front to back into a sorted index of
//! 25 bytes an entry, and let go of.

mod delta;
mod entry;
mod index;
mod plain;

pub use delta::Lists;
pub use index::List;

use der::asn1::BitStringRef;
use der::{Decode, Header, Reader, SliceReader, Tag};
use jiff::Timestamp;

use super::Fault;
use super::certificate::Certificate;
use super::name::Name;
use super::revocation::Serial;

/// The longest list, in bytes.
pub const LONGEST: usize = 64 * 1024 * 1024;

const LIST: Fault = Fault::Malformed("the list of revoked certificates");

/// A list as it came, its head read. Nobody has said yet that it is what it says.
pub struct Unverified<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    issuer: Name,
    this_update: Timestamp,
    next_update: Timestamp,
    revoked: &'a [u8],
    extensions: entry::OfList,
}

impl<'a> Unverified<'a> {
    /// Reads a list in DER, of at most [`LONGEST`] bytes; its entries are not looked at.
    ///
    /// # Errors
    /// It is no list of version 2 in DER, says no time of the next one, covers some certificates or
    /// some causes only, or has a critical extension that is not understood.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        if bytes.len() > LONGEST {
            return Err(Fault::TooLarge("the list of revoked certificates has more than 64 MiB"));
        }
        let mut outer = SliceReader::new(bytes).map_err(|_| LIST)?;
        let whole = value(&mut outer, Tag::Sequence)?;
        if !outer.is_finished() {
            return Err(LIST);
        }
        let mut parts = SliceReader::new(whole).map_err(|_| LIST)?;
        let tbs = parts.tlv_bytes().map_err(|_| LIST)?;
        let algorithm = parts.tlv_bytes().map_err(|_| LIST)?;
        let signature = BitStringRef::decode(&mut parts).map_err(|_| LIST)?.as_bytes().ok_or(LIST)?;
        if !parts.is_finished() {
            return Err(LIST);
        }
        let mut reader = SliceReader::new(tbs).map_err(|_| LIST)?;
        let body = value(&mut reader, Tag::Sequence)?;
        Self::head(body, tbs, algorithm, signature)
    }

    fn head(body: &'a [u8], tbs: &'a [u8], algorithm: &'a [u8], signature: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = SliceReader::new(body).map_err(|_| LIST)?;
        if value(&mut reader, Tag::Integer)? != [1] {
            return Err(Fault::Profile("a list of revoked certificates that is not of version 2"));
        }
        if reader.tlv_bytes().map_err(|_| LIST)? != algorithm {
            return Err(Fault::Malformed("an algorithm that is named twice and not the same"));
        }
        let issuer = x509_cert::name::Name::decode(&mut reader).map_err(|_| LIST)?;
        let this_update = entry::time(&mut reader)?;
        if !matches!(reader.peek_tag(), Ok(Tag::UtcTime | Tag::GeneralizedTime)) {
            return Err(Fault::Profile(
                "a list of revoked certificates that does not say when the next one comes",
            ));
        }
        let next_update = entry::time(&mut reader)?;
        let mut revoked: &[u8] = &[];
        if matches!(reader.peek_tag(), Ok(Tag::Sequence)) {
            revoked = value(&mut reader, Tag::Sequence)?;
            if revoked.is_empty() {
                return Err(LIST);
            }
        }
        let extensions = entry::of_list(&mut reader)?;
        if !reader.is_finished() {
            return Err(LIST);
        }
        let issuer = Name::new(&issuer)?;
        Ok(Unverified { tbs, algorithm, signature, issuer, this_update, next_update, revoked, extensions })
    }

    /// Whether the list names this authority as its own, which proves nothing yet.
    #[must_use]
    pub fn names(&self, issuer: &Certificate) -> bool {
        self.issuer == *issuer.subject()
    }

    /// Checks that the list is this authority's.
    ///
    /// # Errors
    /// It names another issuer or another key, the authority may not sign lists, or the signature does
    /// not hold.
    pub fn verify(&self, issuer: &Certificate) -> Result<(), Fault> {
        let of_issuer = issuer.extensions();
        let key_id = &self.extensions.issuer_key_id;
        if !self.names(issuer)
            || !(key_id.is_empty() || of_issuer.key_id.is_empty() || *key_id == of_issuer.key_id)
        {
            return Err(Fault::Profile("a list of revoked certificates by another authority"));
        }
        if issuer.unknown_critical() {
            return Err(Fault::Profile("an extension of the authority's certificate that is not understood"));
        }
        if !of_issuer.usage.is_some_and(|usage| usage.crl_sign()) {
            return Err(Fault::Usage("an authority that may not sign lists of revoked certificates"));
        }
        issuer.key().verify(self.algorithm, self.tbs, self.signature)
    }

    /// Reads all entries into an index.
    ///
    /// # Errors
    /// An entry is malformed, or has a critical extension that is not understood: the list cannot be
    /// relied on then (RFC 5280, 5.3).
    pub fn index(&self) -> Result<List, Fault> {
        List::read(self)
    }
}

/// Judges a list whole: read, signed by this authority, indexed. Whether it is still in force is asked
/// of the index, at the time it is used.
///
/// # Errors
/// As [`Unverified::read`], [`Unverified::verify`] and [`Unverified::index`] say.
pub fn judge(bytes: &[u8], issuer: &Certificate) -> Result<List, Fault> {
    let list = Unverified::read(bytes)?;
    list.verify(issuer)?;
    list.index()
}

/// The content of the next element, which has this tag.
fn value<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> Result<&'a [u8], Fault> {
    let header = Header::decode(reader).map_err(|_| LIST)?;
    if header.tag != tag {
        return Err(LIST);
    }
    reader.read_slice(header.length).map_err(|_| LIST)
}

fn number(integer: &[u8]) -> Result<Serial, Fault> {
    Serial::new(integer).ok_or(Fault::Malformed("a number of a list of revoked certificates"))
}

#[cfg(test)]
mod tests;
