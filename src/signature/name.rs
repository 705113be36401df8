//! Distinguished names, and when two are the same (RFC 5280, 7.1).

use std::fmt;

use const_oid::ObjectIdentifier;
use der::asn1::{Any, BmpString, Ia5StringRef, PrintableStringRef, TeletexStringRef, Utf8StringRef};
use der::{Encode, Tag, Tagged};
use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

use super::fault::Fault;

/// The most parts of a name, over all its levels.
const MOST: usize = 64;

/// A distinguished name: its levels from the top, each of one or more attributes.
#[derive(Clone)]
pub struct Name {
    der: Vec<u8>,
    levels: Vec<Vec<Attribute>>,
}

/// One attribute of a name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// What it is.
    pub kind: ObjectIdentifier,
    /// The text, as it is written; `None`: it is no text.
    pub text: Option<String>,
    /// What is compared.
    key: Vec<u8>,
}

/// A name holds personal data.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({} levels)", self.levels.len())
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attribute({})", self.kind)
    }
}

/// The same levels in the same order, each of the same attributes in any order; texts are compared
/// without regard to case, to the kind of string and to how many spaces there are.
impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
            || self.levels.len() == other.levels.len()
                && self.levels.iter().zip(&other.levels).all(|(a, b)| {
                    let keys = |level: &[Attribute]| {
                        let mut keys: Vec<_> = level.iter().map(|a| (a.kind, a.key.clone())).collect();
                        keys.sort();
                        keys
                    };
                    keys(a) == keys(b)
                })
    }
}

impl Eq for Name {}

impl Name {
    pub(super) fn new(name: &x509_cert::name::Name) -> Result<Self, Fault> {
        const WHAT: Fault = Fault::Malformed("a name in a certificate");
        if name.0.iter().map(|level| level.0.len()).sum::<usize>() > MOST {
            return Err(Fault::TooLarge("a name in a certificate"));
        }
        let attribute = |part: &x509_cert::attr::AttributeTypeAndValue| {
            let text = text(&part.value);
            let key = match &text {
                Some(text) => prepared(text).into_bytes(),
                None => part.value.to_der().map_err(|_| WHAT)?,
            };
            Ok(Attribute { kind: part.oid, text, key })
        };
        let levels = name.0.iter().map(|level| level.0.iter().map(attribute).collect());
        Ok(Name { der: name.to_der().map_err(|_| WHAT)?, levels: levels.collect::<Result<_, Fault>>()? })
    }

    /// In DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// All attributes, from the top; their order means nothing.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.levels.iter().flatten()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }
}

/// The text of a string type; `None`: another type, or not what its type says.
fn text(value: &Any) -> Option<String> {
    match value.tag() {
        Tag::PrintableString => PrintableStringRef::try_from(value).ok().map(|s| s.as_str().to_owned()),
        Tag::Utf8String => Utf8StringRef::try_from(value).ok().map(|s| s.as_str().to_owned()),
        Tag::Ia5String => Ia5StringRef::try_from(value).ok().map(|s| s.as_str().to_owned()),
        Tag::TeletexString => TeletexStringRef::try_from(value).ok().map(|s| s.as_str().to_owned()),
        Tag::BmpString => value.decode_as::<BmpString>().ok().map(|s| s.to_string()),
        _ => None,
    }
}

/// What of a text is compared: composed, without case, its spaces single and none at the ends.
fn prepared(text: &str) -> String {
    let folded = CaseMapper::new().fold_string(text).into_owned();
    let composed = ComposingNormalizer::new_nfkc().normalize(&folded).into_owned();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}
