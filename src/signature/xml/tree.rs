//! The document as a tree, and where its signature may stand in it.

use std::collections::HashSet;

use roxmltree::{Document, Node, ParsingOptions};

use super::limits;
use crate::signature::Fault;

/// The namespace of XML Signature.
pub(super) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Parses a text whose line ends are line feeds. No document type, and so no entities but the five of
/// XML: nothing is ever fetched.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Fault> {
    limits::check(text)?;
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|_| Fault::Malformed("no XML"))?;
    well_formed(&document)?;
    Ok(document)
}

/// What the parser lets pass, and others refuse: they could read another document than we.
fn well_formed(document: &Document<'_>) -> Result<(), Fault> {
    for node in document.descendants() {
        if node.pi().is_some_and(|pi| pi.target.eq_ignore_ascii_case("xml")) {
            return Err(Fault::Malformed("an XML declaration that is not the first thing"));
        }
        if !node.is_element() || node.parent_element().is_some_and(|parent| alike(node, parent)) {
            continue;
        }
        let mut prefixes = HashSet::new();
        for namespace in node.namespaces() {
            if !prefixes.insert(namespace.name()) {
                return Err(Fault::Malformed("a namespace that is declared twice"));
            }
            if namespace.name().is_some() && namespace.uri().is_empty() {
                return Err(Fault::Malformed("a prefix for no namespace"));
            }
        }
    }
    Ok(())
}

/// Whether the same namespaces are in scope: an element that declares none has its parent's very list.
pub(super) fn alike(node: Node<'_, '_>, parent: Node<'_, '_>) -> bool {
    let (mut here, mut above) = (node.namespaces(), parent.namespaces());
    here.len() == above.len() && here.all(|ns| above.next().is_some_and(|other| std::ptr::eq(ns, other)))
}

/// The one signature, a child of the root element.
pub(super) fn signature<'a, 'input>(document: &'a Document<'input>) -> Result<Node<'a, 'input>, Fault> {
    let ours = |node: &Node<'_, '_>| node.is_element() && node.tag_name().namespace() == Some(DS);
    let mut signatures =
        document.descendants().filter(|node| ours(node) && node.tag_name().name() == "Signature");
    let signature = signatures.next().ok_or(Fault::NoSigner)?;
    if signatures.next().is_some() {
        return Err(Fault::ManySigners);
    }
    if signature.parent() != Some(document.root_element()) {
        return Err(Fault::Profile("a signature that is no child of the root element"));
    }
    let inside = signature.descendants().filter(ours).count();
    if document.descendants().filter(ours).count() != inside {
        return Err(Fault::Profile("parts of a signature outside the signature"));
    }
    identifiers(document)?;
    Ok(signature)
}

/// No two elements have one identifier. Nothing is looked up by it here; whoever reads the document
/// after us may.
fn identifiers(document: &Document<'_>) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for attribute in document.descendants().flat_map(|node| node.attributes()) {
        if attribute.name().eq_ignore_ascii_case("id") && !seen.insert(attribute.value()) {
            return Err(Fault::Profile("two elements with one identifier"));
        }
    }
    Ok(())
}
