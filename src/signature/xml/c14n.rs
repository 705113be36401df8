//! Canonical XML 1.0 (W3C recommendation of 15 March 2001): the bytes that a signature is over.
//!
//! Inclusive, of a whole document without one of its elements, or of one element as part of its
//! document. The parser has read the text by then: references are replaced, line ends are line feeds.

use std::cmp::Ordering;

use roxmltree::{Attribute, Node, NodeId};

use super::tree::alike;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Whether comments are part of what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    Kept,
    LeftOut,
}

/// The whole document, comments left out, `without` the element that holds the signature.
///
/// Comments are left out by either algorithm: a reference to the document that contains it (`URI=""`)
/// names its nodes without them (XML Signature 1.1, 4.4.3.3).
pub(super) fn document(root: Node<'_, '_>, without: Option<NodeId>) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), comments: Comments::LeftOut, without };
    writer.document(root);
    writer.out
}

/// One element with all it holds, and what it inherits.
pub(super) fn element(apex: Node<'_, '_>, comments: Comments) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), comments, without: None };
    writer.element(apex, true);
    writer.out
}

struct Writer {
    out: Vec<u8>,
    comments: Comments,
    without: Option<NodeId>,
}

impl Writer {
    fn document(&mut self, root: Node<'_, '_>) {
        let mut seen = false;
        for child in root.children() {
            if child.is_element() {
                self.element(child, true);
                seen = true;
            } else if child.is_pi() || (child.is_comment() && self.comments == Comments::Kept) {
                // What stands outside the root element has a line of its own.
                if seen {
                    self.push("\n");
                }
                self.other(child);
                if !seen {
                    self.push("\n");
                }
            }
        }
    }

    /// `apex`: nothing above it is written, so it says itself what it inherits.
    fn element(&mut self, node: Node<'_, '_>, apex: bool) {
        let name = name_at(node, node.range().start + 1);
        self.push("<");
        self.push(name);
        self.namespaces(node, apex);
        self.attributes(node, apex);
        self.push(">");
        for child in node.children() {
            if Some(child.id()) == self.without {
                continue;
            }
            if child.is_element() {
                self.element(child, false);
            } else {
                self.other(child);
            }
        }
        self.push("</");
        self.push(name);
        self.push(">");
    }

    /// The namespaces in scope that the parent does not have alike, by prefix.
    fn namespaces(&mut self, node: Node<'_, '_>, apex: bool) {
        let parent = if apex { None } else { node.parent_element() };
        if parent.is_some_and(|parent| alike(node, parent)) {
            return;
        }
        let mut new: Vec<(&str, &str)> = node
            .namespaces()
            .map(|ns| (ns.name().unwrap_or_default(), ns.uri()))
            .filter(|(prefix, uri)| in_scope(parent, prefix) != *uri)
            .collect();
        new.sort_unstable();
        for (prefix, uri) in new {
            self.push(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.push(prefix);
            self.value(uri);
        }
    }

    /// By namespace and local name. An apex takes over `xml:` attributes from above.
    fn attributes(&mut self, node: Node<'_, '_>, apex: bool) {
        let mut all: Vec<(Node<'_, '_>, Attribute<'_, '_>)> = node.attributes().map(|a| (node, a)).collect();
        if apex {
            for above in node.ancestors().skip(1) {
                for inherited in above.attributes().filter(|a| a.namespace() == Some(XML)) {
                    if !all.iter().any(|(_, a)| order(a, &inherited) == Ordering::Equal) {
                        all.push((above, inherited));
                    }
                }
            }
        }
        all.sort_by(|(_, a), (_, b)| order(a, b));
        for (owner, attribute) in all {
            self.push(" ");
            self.push(name_at(owner, attribute.range().start));
            self.value(attribute.value());
        }
    }

    fn value(&mut self, value: &str) {
        self.push("=\"");
        for c in value.chars() {
            match c {
                '&' => self.push("&amp;"),
                '<' => self.push("&lt;"),
                '"' => self.push("&quot;"),
                '\t' => self.push("&#x9;"),
                '\n' => self.push("&#xA;"),
                '\r' => self.push("&#xD;"),
                c => self.char(c),
            }
        }
        self.push("\"");
    }

    /// Text, an instruction or a comment.
    fn other(&mut self, node: Node<'_, '_>) {
        if let Some(pi) = node.pi() {
            self.push("<?");
            self.push(pi.target);
            if let Some(value) = pi.value {
                self.push(" ");
                self.push(value);
            }
            self.push("?>");
        } else if node.is_comment() {
            if self.comments == Comments::Kept {
                self.push("<!--");
                self.push(node.text().unwrap_or_default());
                self.push("-->");
            }
        } else {
            for c in node.text().unwrap_or_default().chars() {
                match c {
                    '&' => self.push("&amp;"),
                    '<' => self.push("&lt;"),
                    '>' => self.push("&gt;"),
                    '\r' => self.push("&#xD;"),
                    c => self.char(c),
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn char(&mut self, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]));
    }
}

/// What a prefix stands for at a node; empty where it stands for nothing.
fn in_scope<'a>(node: Option<Node<'a, '_>>, prefix: &str) -> &'a str {
    node.and_then(|node| node.namespaces().find(|ns| ns.name().unwrap_or_default() == prefix))
        .map_or("", |ns| ns.uri())
}

fn order(a: &Attribute<'_, '_>, b: &Attribute<'_, '_>) -> Ordering {
    let namespaces = a.namespace().unwrap_or_default().cmp(b.namespace().unwrap_or_default());
    namespaces.then_with(|| a.name().cmp(b.name()))
}

/// A name with its prefix, as it is written: two prefixes can stand for one namespace.
fn name_at<'input>(node: Node<'_, 'input>, start: usize) -> &'input str {
    let rest = node.document().input_text().get(start..).unwrap_or_default();
    let end = rest.find([' ', '\t', '\n', '=', '/', '>']).unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests;
