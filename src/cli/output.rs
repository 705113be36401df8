//! What commands print: tables for people, JSON for scripts.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, TableComponent, presets};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};

use super::Failure;

/// In what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A table for people
    Table,
    /// JSON as protobuf defines it, one object a line
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Output {
    /// Form of the answer: a table on a terminal, JSON elsewhere, unless set
    #[arg(long, value_name = "FORM")]
    output: Option<Form>,
}

impl Output {
    pub(super) fn form(&self) -> Form {
        let default = if io::stdout().is_terminal() { Form::Table } else { Form::Json };
        self.output.unwrap_or(default)
    }
}

/// Prints a line of the answer. A reader that went away is no fault of ours.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints a complaint.
pub(super) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "iinspect: {line}");
}

/// A table with these columns.
pub(super) fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for line in [TableComponent::HeaderLines, TableComponent::MiddleHeaderIntersections] {
        table.set_style(line, '─');
    }
    table.set_header(columns);
    table
}

/// A message as protobuf's JSON, by its full name; enum values by name.
pub(super) fn json(name: &str, message: &impl Message) -> Result<String, Failure> {
    // Read once: a file of numbers asks for a line each.
    static POOL: OnceLock<Result<DescriptorPool, prost_reflect::DescriptorError>> = OnceLock::new();
    let pool = POOL.get_or_init(|| DescriptorPool::decode(crate::pb::DESCRIPTORS)).as_ref();
    let descriptor =
        pool.map_err(Failure::bug)?.get_message_by_name(name).ok_or_else(|| Failure::bug(name))?;
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message).map_err(Failure::bug)?;
    // A script that asks for a field finds it, also when it is false or empty.
    let options = SerializeOptions::new().skip_default_fields(false);
    let mut out = Vec::new();
    dynamic
        .serialize_with_options(&mut serde_json::Serializer::new(&mut out), &options)
        .map_err(Failure::bug)?;
    String::from_utf8(out).map_err(Failure::bug)
}

/// A value of an enum without its prefix, in small letters: `in force`.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', " ")
}
