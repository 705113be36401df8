//! The element `Signature`: each part in its place, and none besides.

use base64ct::{Base64, Encoding};
use roxmltree::Node;

use super::c14n::Comments;
use super::names::{self, ENVELOPED, canonical};
use super::tree::DS;
use crate::signature::Fault;
use crate::signature::algorithm::Scheme;

/// What stands in the element.
pub(super) struct Parts<'a, 'input> {
    pub(super) signed_info: Node<'a, 'input>,
    /// How the signed part is brought to its canonical form.
    pub(super) comments: Comments,
    pub(super) scheme: Scheme,
    pub(super) digest: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) certificate: Vec<u8>,
}

pub(super) fn read<'a, 'input>(signature: Node<'a, 'input>) -> Result<Parts<'a, 'input>, Fault> {
    // Comments need not be signed, and they cut texts in two.
    if signature.descendants().any(|node| node.is_comment() || node.is_pi()) {
        return Err(Fault::Profile("a comment or an instruction inside the signature"));
    }
    attributes(signature, &["Id"])?;
    let [signed_info, value, key_info] = children(signature, ["SignedInfo", "SignatureValue", "KeyInfo"])?;

    attributes(signed_info, &["Id"])?;
    let [form, method, reference] =
        children(signed_info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
    attributes(reference, &["Id", "URI"])?;
    if reference.attribute("URI") != Some("") {
        return Err(Fault::Profile("a reference to something else than the whole document"));
    }
    let [transforms, digest_method, digest] =
        children(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
    attributes(transforms, &[])?;
    let [enveloped, canonical_form] = children(transforms, ["Transform", "Transform"])?;
    if named(enveloped)? != ENVELOPED {
        return Err(Fault::Profile("a first transform other than enveloped-signature"));
    }
    canonical(named(canonical_form)?)?;

    attributes(key_info, &["Id"])?;
    let [data] = children(key_info, ["X509Data"])?;
    attributes(data, &[])?;
    let [certificate] = children(data, ["X509Certificate"])?;
    attributes(value, &["Id"])?;
    Ok(Parts {
        signed_info,
        comments: canonical(named(form)?)?,
        scheme: names::scheme(named(method)?, named(digest_method)?)?,
        digest: binary(digest, "the digest")?,
        value: binary(value, "the signature's value")?,
        certificate: binary(certificate, "the certificate")?,
    })
}

/// Exactly these children, in this order, with nothing but space between them.
fn children<'a, 'input, const N: usize>(
    parent: Node<'a, 'input>,
    names: [&str; N],
) -> Result<[Node<'a, 'input>; N], Fault> {
    let mut found = Vec::with_capacity(N);
    for child in parent.children() {
        if child.is_element() {
            found.push(child);
        } else if !child.text().unwrap_or_default().chars().all(is_space) {
            return Err(Fault::Profile("text between the parts of the signature"));
        }
    }
    let found: [Node<'a, 'input>; N] = found
        .try_into()
        .map_err(|_| Fault::Profile("parts of the signature that are missing or not taken"))?;
    if found.iter().zip(names).all(|(node, name)| node.tag_name().name() == name && is_ours(*node)) {
        Ok(found)
    } else {
        Err(Fault::Profile("parts of the signature that are missing or not taken"))
    }
}

fn is_ours(node: Node<'_, '_>) -> bool {
    node.tag_name().namespace() == Some(DS)
}

/// No attributes but these.
fn attributes(node: Node<'_, '_>, known: &[&str]) -> Result<(), Fault> {
    if node.attributes().all(|a| a.namespace().is_none() && known.contains(&a.name())) {
        Ok(())
    } else {
        Err(Fault::Profile("an attribute of the signature that is not taken"))
    }
}

/// The algorithm that an element names, without parameters.
fn named<'a>(node: Node<'a, '_>) -> Result<&'a str, Fault> {
    attributes(node, &["Algorithm"])?;
    let [] = children(node, [])?;
    node.attribute("Algorithm").ok_or(Fault::Malformed("an algorithm without a name"))
}

/// Base64 with space in it, carriage returns included: Java writes them as references.
fn binary(node: Node<'_, '_>, what: &'static str) -> Result<Vec<u8>, Fault> {
    if node.children().any(|child| child.is_element()) || node.attributes().any(|a| a.name() != "Id") {
        return Err(Fault::Malformed(what));
    }
    let text: String = node.text().unwrap_or_default().chars().filter(|c| !is_space(*c)).collect();
    Base64::decode_vec(&text).map_err(|_| Fault::Malformed(what))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}
