//! Persons as JSON Lines: an object for a person, with every spelling of the name and every
//! document. Nothing of a record is lost in it.

mod node;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Failure, MAX_ROW, Place, Read, bom, cannot, is_column_name};
use crate::number::{Iin, Sex};
use crate::person::document::Status;
use crate::person::{Document, Name};
use crate::register::{Record, Scheduled};
use crate::registrar::entry::{DocumentEntry, Entry, Fault, NameEntry, ScheduledEntry};
use node::Node;

/// Reads a file.
pub(super) struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    place: Place,
    line: Vec<u8>,
}

impl Reader {
    pub(super) fn open(path: &Path, from: Option<Place>) -> Result<Self, Failure> {
        let io = |e: io::Error| cannot(path, &e);
        let mut file = File::open(path).map_err(io)?;
        let start = bom(&mut file).map_err(io)?;
        let place = from.unwrap_or(Place { byte: start, line: 1 });
        file.seek(SeekFrom::Start(place.byte)).map_err(io)?;
        let file = BufReader::with_capacity(64 * 1024, file);
        Ok(Reader { path: path.to_path_buf(), file, place, line: Vec::new() })
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    pub(super) fn next(&mut self) -> Result<Option<Read>, Failure> {
        loop {
            let line = self.place.line;
            self.line.clear();
            let whole = self.read_line().map_err(|e| cannot(&self.path, &e))?;
            if self.line.is_empty() {
                return Ok(None);
            }
            self.place.line += 1;
            if !whole {
                let what = format!("more than {MAX_ROW} bytes");
                return Ok(Some(Read { line, entry: Err(vec![Fault::new("line", what)]) }));
            }
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            return Ok(Some(Read { line, entry: entry(&self.line) }));
        }
    }

    /// Reads a line, or of one that is too long the beginning: the rest is passed over.
    fn read_line(&mut self) -> io::Result<bool> {
        let read = self.file.by_ref().take(MAX_ROW).read_until(b'\n', &mut self.line)?;
        self.place.byte += read as u64;
        if (read as u64) < MAX_ROW || self.line.ends_with(b"\n") {
            return Ok(true);
        }
        loop {
            let buffer = self.file.fill_buf()?;
            let end = buffer.iter().position(|b| *b == b'\n');
            let passed = end.map_or(buffer.len(), |at| at + 1);
            let ended = end.is_some() || buffer.is_empty();
            self.file.consume(passed);
            self.place.byte += passed as u64;
            if ended {
                return Ok(false);
            }
        }
    }
}

/// What a line states.
fn entry(line: &[u8]) -> Result<Entry, Vec<Fault>> {
    let node: Node = serde_json::from_slice(line).map_err(|e| {
        // The library's own text could show what it read.
        vec![Fault::new("line", format!("no JSON: see its character {}", e.column()))]
    })?;
    let mut walk = Walk { faults: Vec::new() };
    let Some(mut object) = walk.object(node, "") else { return Err(walk.faults) };
    let entry = Entry {
        iin: walk.text(&mut object, "iin"),
        state: walk.text(&mut object, "state"),
        names: walk.list(&mut object, "names").into_iter().map(|o| walk.name(o)).collect(),
        birth_date: walk.text(&mut object, "birth_date"),
        sex: walk.text(&mut object, "sex"),
        citizenship: walk.text(&mut object, "citizenship"),
        documents: walk.list(&mut object, "documents").into_iter().map(|o| walk.document(o)).collect(),
        state_since: walk.text(&mut object, "state_since"),
        state_reason: walk.text(&mut object, "state_reason"),
        superseded_by: walk.text(&mut object, "superseded_by"),
        scheduled: walk.scheduled(&mut object),
    };
    walk.end(object);
    if walk.faults.is_empty() { Ok(entry) } else { Err(walk.faults) }
}

/// An object whose fields are taken out one by one.
struct Object {
    /// What stands before a field's name when it is told: `documents[0].`.
    path: String,
    fields: Vec<(String, Node)>,
}

/// Takes objects apart and gathers what is wrong with them.
struct Walk {
    faults: Vec<Fault>,
}

impl Walk {
    fn fault(&mut self, column: impl Into<Cow<'static, str>>, what: &'static str) {
        self.faults.push(Fault::new(column, what));
    }

    fn object(&mut self, node: Node, path: &str) -> Option<Object> {
        if let Node::Object(fields) = node {
            return Some(Object { path: path.to_string(), fields });
        }
        let column = path.trim_end_matches('.');
        self.fault(
            if column.is_empty() { "line".to_string() } else { column.to_string() },
            "must be an object",
        );
        None
    }

    fn take(&mut self, object: &mut Object, name: &str) -> Node {
        let Some(at) = object.fields.iter().position(|(n, _)| n == name) else { return Node::Null };
        let (_, node) = object.fields.swap_remove(at);
        if object.fields.iter().any(|(n, _)| n == name) {
            object.fields.retain(|(n, _)| n != name);
            self.fault(format!("{}{name}", object.path), "stands there twice");
        }
        node
    }

    fn text(&mut self, object: &mut Object, name: &str) -> Option<String> {
        match self.take(object, name) {
            Node::Null => None,
            Node::Text(text) => Some(text),
            _ => {
                self.fault(format!("{}{name}", object.path), "must be a text, in quotes");
                None
            }
        }
    }

    fn scheduled(&mut self, object: &mut Object) -> Option<ScheduledEntry> {
        let node = match self.take(object, "scheduled") {
            Node::Null => return None,
            node => node,
        };
        let mut next = self.object(node, "scheduled.")?;
        let entry = ScheduledEntry {
            state: self.text(&mut next, "state"),
            on: self.text(&mut next, "on"),
            reason: self.text(&mut next, "reason"),
        };
        self.end(next);
        Some(entry)
    }

    fn list(&mut self, object: &mut Object, name: &str) -> Vec<Object> {
        match self.take(object, name) {
            Node::Null => Vec::new(),
            Node::List(nodes) => (0..)
                .zip(nodes)
                .filter_map(|(i, node): (usize, _)| self.object(node, &format!("{name}[{i}].")))
                .collect(),
            _ => {
                self.fault(format!("{}{name}", object.path), "must be a list of objects");
                Vec::new()
            }
        }
    }

    fn name_of(&mut self, object: &mut Object) -> NameEntry {
        NameEntry {
            family: self.text(object, "family_name"),
            given: self.text(object, "given_name"),
            patronymic: self.text(object, "patronymic"),
            before: object.path.clone().into(),
            after: "",
        }
    }

    fn name(&mut self, mut object: Object) -> NameEntry {
        let name = self.name_of(&mut object);
        self.end(object);
        name
    }

    fn document(&mut self, mut object: Object) -> DocumentEntry {
        let name = self.name_of(&mut object);
        let stated = name.family.is_some() || name.given.is_some() || name.patronymic.is_some();
        let document = DocumentEntry {
            kind: self.text(&mut object, "type"),
            number: self.text(&mut object, "number"),
            country: self.text(&mut object, "country"),
            valid_until: self.text(&mut object, "valid_until"),
            status: self.text(&mut object, "status"),
            name: stated.then_some(name),
            before: object.path.clone().into(),
        };
        self.end(object);
        document
    }

    /// What is left of an object is unknown.
    fn end(&mut self, object: Object) {
        for (name, _) in object.fields {
            if is_column_name(&name) {
                self.fault(format!("{}{name}", object.path), "is no column");
            } else {
                let column = if object.path.is_empty() { "line" } else { object.path.trim_end_matches('.') };
                self.fault(column.to_string(), "holds a field whose name is no column's");
            }
        }
    }
}

/// A person as a line.
#[derive(Serialize)]
struct Line<'a> {
    iin: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<NameLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sex: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citizenship: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<DocumentLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_since: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    state_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled: Option<ScheduledLine<'a>>,
}

#[derive(Serialize)]
struct ScheduledLine<'a> {
    state: &'static str,
    on: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

#[derive(Serialize)]
struct NameLine<'a> {
    family_name: &'a str,
    given_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    patronymic: Option<&'a str>,
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    r#type: &'a str,
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(flatten)]
    name: Option<NameLine<'a>>,
}

impl<'a> NameLine<'a> {
    fn of(name: &'a Name) -> Self {
        NameLine {
            family_name: &name.family,
            given_name: &name.given,
            patronymic: name.patronymic.as_deref(),
        }
    }
}

impl<'a> ScheduledLine<'a> {
    fn of(next: &'a Scheduled) -> Self {
        ScheduledLine { state: next.state.name(), on: next.on.to_string(), reason: &next.reason }
    }
}

impl<'a> DocumentLine<'a> {
    fn of(document: &'a Document) -> Self {
        DocumentLine {
            r#type: &document.kind,
            number: &document.number,
            country: document.country.as_ref().map(|c| c.as_str()),
            valid_until: document.valid_until.map(|d| d.to_string()),
            status: document.status.as_ref().map(Status::as_str),
            name: document.name.as_ref().map(NameLine::of),
        }
    }
}

/// Writes a person.
pub(super) fn put(to: &mut impl Write, iin: Iin, record: &Record) -> io::Result<()> {
    let person = &record.person;
    let line = Line {
        iin: iin.to_text(),
        state: record.state.name(),
        names: person.names.iter().map(NameLine::of).collect(),
        birth_date: person.birth_date.map(|d| d.to_string()),
        sex: person.sex.map(|s| match s {
            Sex::Male => "MALE",
            Sex::Female => "FEMALE",
        }),
        citizenship: person.citizenship.as_ref().map(|c| c.as_str()),
        documents: person.documents.iter().map(DocumentLine::of).collect(),
        state_since: record.since.map(|d| d.to_string()),
        state_reason: &record.state_reason,
        superseded_by: record.superseded_by.map(Iin::to_text),
        scheduled: record.scheduled.as_ref().map(ScheduledLine::of),
    };
    serde_json::to_writer(&mut *to, &line)?;
    to.write_all(b"\n")
}

#[cfg(test)]
mod tests;
