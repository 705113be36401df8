//! The names that algorithms have in XML.

use super::c14n::Comments;
use crate::signature::Fault;
use crate::signature::algorithm::Scheme;

const SCHEMES: [(Scheme, &str, &str); 2] = [
    (
        Scheme::Gost512,
        "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-512",
        "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512",
    ),
    (
        Scheme::RsaSha256,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmlenc#sha256",
    ),
];

pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

/// The algorithms of these names, if they belong together.
pub(super) fn scheme(signature: &str, digest: &str) -> Result<Scheme, Fault> {
    let (scheme, _, expected) = SCHEMES
        .iter()
        .find(|(_, name, _)| *name == signature)
        .ok_or(Fault::Algorithm("the signature method of the XML signature"))?;
    if digest == *expected {
        Ok(*scheme)
    } else {
        Err(Fault::Algorithm("a digest that does not belong to the signature method"))
    }
}

/// The canonical form of this name: whether comments stay.
pub(super) fn canonical(name: &str) -> Result<Comments, Fault> {
    match name.strip_prefix(C14N) {
        Some("") => Ok(Comments::LeftOut),
        Some("#WithComments") => Ok(Comments::Kept),
        _ => Err(Fault::Algorithm("a canonical form other than Canonical XML 1.0")),
    }
}
