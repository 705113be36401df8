//! Hotlist entries as requests state them.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::body;
use super::request::{checked, common, version};
use crate::context::CallContext;
use crate::error::Error;
use crate::grpc::validate::Checker;
use crate::pb::v1;
use crate::register::change::MAX_TEXT;
use crate::register::hotlist::Clients;
use crate::registrar::hotlist::Listing;
use crate::registrar::request::Asked;

/// The most clients that one list of an entry names.
const MAX_CLIENTS: usize = 1_000;
/// The longest name of a client, in characters.
const MAX_CLIENT: usize = 64;

pub(super) fn put(call: &CallContext, m: &v1::PutHotlistEntryRequest) -> Result<(Asked, Listing), Error> {
    let mut c = Checker::default();
    let listing = match &m.entry {
        None => {
            c.fault("entry", "must be given");
            None
        }
        Some(entry) => listing(&mut c, call, entry, m.expected_version),
    };
    let asked = common!(m).check(&mut c, "PutHotlistEntry", body(m));
    checked(c, asked.zip(listing))
}

fn listing(c: &mut Checker, call: &CallContext, m: &v1::HotlistEntry, expected: u64) -> Option<Listing> {
    let there = match m.id.as_str() {
        "" => {
            if expected != 0 {
                c.fault("expected_version", "must be 0 for a new entry");
            }
            None
        }
        id => {
            version(c, expected);
            c.required_uuid("entry.id", id).map(|id| (id, expected))
        }
    };
    let iin = c.iin("entry.iin", &m.iin);
    let all = m.scope() == v1::HotlistScope::AllClients;
    let clients = clients(c, "entry.clients", &m.clients, m.scope() == v1::HotlistScope::NamedClients);
    let scope = if all { Clients::All } else { Clients::Only(clients) };
    if m.scope() == v1::HotlistScope::Unspecified {
        c.fault("entry.scope", "must be ALL_CLIENTS or NAMED_CLIENTS");
    }
    let named = m.visibility() == v1::HotlistVisibility::NamedClients;
    let visible_to = self::clients(c, "entry.visible_to", &m.visible_to, named);
    let visibility = match m.visibility() {
        v1::HotlistVisibility::Scope => scope.clone(),
        v1::HotlistVisibility::NamedClients | v1::HotlistVisibility::Hidden => Clients::Only(visible_to),
        v1::HotlistVisibility::Unspecified => {
            c.fault("entry.visibility", "must be SCOPE, NAMED_CLIENTS or HIDDEN");
            Clients::Only(BTreeSet::new())
        }
    };
    let expires_at = m.expires_at.as_ref().and_then(|at| c.moment("entry.expires_at", at));
    if expires_at.is_some_and(|at| at <= call.now) {
        c.fault("entry.expires_at", "must be a moment to come");
    }
    c.kept_text("entry.reason", &m.reason, MAX_TEXT);
    Some(Listing { there, iin: iin?, scope, visibility, expires_at, reason: m.reason.clone() })
}

/// Names of clients: some when the entry goes by names, else none.
fn clients(c: &mut Checker, field: &str, names: &[String], goes_by_names: bool) -> BTreeSet<String> {
    if !goes_by_names {
        if !names.is_empty() {
            c.fault(field, "goes with NAMED_CLIENTS only");
        }
        return BTreeSet::new();
    }
    if !(1..=MAX_CLIENTS).contains(&names.len()) {
        c.fault(field, format!("must be 1 to {MAX_CLIENTS} names"));
        return BTreeSet::new();
    }
    for (i, name) in names.iter().enumerate() {
        let field = format!("{field}[{i}]");
        if name.is_empty() {
            c.fault(&field, "must not be empty");
        }
        c.kept_text(&field, name, MAX_CLIENT);
    }
    names.iter().cloned().collect()
}

pub(super) fn delete(m: &v1::DeleteHotlistEntryRequest) -> Result<(Asked, Uuid), Error> {
    let mut c = Checker::default();
    let id = c.required_uuid("id", &m.id);
    version(&mut c, m.expected_version);
    let asked = common!(m).check(&mut c, "DeleteHotlistEntry", body(m));
    checked(c, asked.zip(id))
}
