//! The documents that are generated say what the code says, and links lead somewhere.
//!
//! `UPDATE_DOCS=1` writes the generated files instead of comparing them; `make docs` sets it.

mod metrics;
mod rulebook;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use iinspect::config::DEFAULTS;
use iinspect::demo;
use iinspect::error::Error;
use iinspect::grpc::status::from_error;
use iinspect::reason::{Reason, Severity};
use iinspect::register::{Register, memory};
use tonic_types::StatusExt;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn generated_files_are_current() {
    let update = std::env::var_os("UPDATE_DOCS").is_some_and(|v| v == "1");
    let mut stale = Vec::new();
    let generated = [
        ("docs/CONFIGURATION.md", configuration(DEFAULTS)),
        ("docs/ERRORS.md", errors()),
        ("docs/METRICS.md", metrics::document()),
        ("docs/RULEBOOK.md", rulebook::document(&iinspect::rulebook::built_in())),
    ];
    for (name, text) in generated {
        let path = root().join(name);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if update {
            fs::write(&path, text).unwrap();
        } else {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "{} differs from the code: run make docs", stale.join(", "));
}

/// Every setting of the defaults file: section, the comment above it, key and value.
fn configuration(defaults: &str) -> String {
    let mut text = String::from(
        "<!-- Generated from config.default.toml by tests/it/docs.rs: run `make docs`. -->

# Configuration

Settings come from four places, each over the one before: the defaults below, which are built into
the binary; the TOML file given with `--config`; environment variables; flags of the command.

An environment variable for a setting is `IINSPECT_`, the section, two underscores and the key, in
capitals. Names without the two underscores are no settings: `IINSPECT_SERVER` is the address that
the client commands call.

All faults are told at once, each with its key, the place it came from and what is allowed; the
value itself is never repeated. `iinspect check-config --config FILE` tells them without starting
anything, and `iinspect check-config --defaults` prints the defaults file. A key that is not listed
here is a fault. Flags are listed by `iinspect serve --help`.
",
    );
    let (mut section, mut about) = (String::new(), Vec::new());
    for line in defaults.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            about.push(comment.trim());
        } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name.to_string();
            let _ = writeln!(text, "\n## `[{name}]`");
        } else if let Some((key, value)) = line.split_once(" = ") {
            let variable = format!("IINSPECT_{section}__{key}").to_uppercase();
            let _ = write!(text, "\n### `{section}.{key}`\n\n{}\n\n", about.join("\n"));
            let _ = write!(text, "- Default: `{value}`\n- Environment: `{variable}`\n");
            about.clear();
        } else {
            // A comment that no setting follows, such as the head of the file.
            assert!(line.is_empty(), "a line of the defaults file that this cannot read: {line}");
            about.clear();
        }
    }
    text
}

fn errors() -> String {
    let mut text = String::from(
        "<!-- Generated from src/reason.rs and src/grpc/status.rs by tests/it/docs.rs: run `make docs`. -->

# Reason codes and errors

One list of codes serves answers and errors. In an answer a code is the enum `iinspect.v1.Reason`,
with the prefix `REASON_`. In an error it is `google.rpc.ErrorInfo.reason`, without the prefix, and
the domain is `iinspect`. A code keeps its number and its meaning for good; new ones are added at
the end.

A number that is wrong is an answer, not an error. Errors are for calls that cannot be answered.

## Status codes

| status | when | `ErrorInfo.reason` | other details | what to do |
| --- | --- | --- | --- | --- |
",
    );
    let kinds = [
        ("the request makes no sense", Error::invalid(Vec::new())),
        ("an RPC, or a field that is set, is not served yet", Error::not_implemented(Vec::new())),
        (
            "IssueStatus, WatchIssueStatus, IssuanceService: no such application",
            Error::not_found(Reason::ApplicationNotFound),
        ),
        (
            "RegisterService: no record of this number, or no hotlist entry (`ENTRY_NOT_FOUND`)",
            Error::not_found(Reason::NumberNotFound),
        ),
        (
            "RegisterService, IssuanceService: `request_id` belongs to another request of the last 24 hours",
            Error::already_exists(),
        ),
        (
            "RegisterService: the state does not allow the step (also `CHANGE_SCHEDULED`, `SUCCESSOR_NOT_IN_FORCE`, `HOTLIST_FULL`)",
            Error::precondition(Reason::StateForbids),
        ),
        (
            "IssuanceService: the application's state does not allow the step (metadata: `state`, `allowed`; also `APPLICATION_FULL`, `NO_ALLOCATION`, `NUMBERS_EXHAUSTED`; `number_state` is of the number)",
            Error::precondition(Reason::StateForbids),
        ),
        (
            "FormIin: papers are outstanding (metadata: `outstanding`, their codes)",
            Error::precondition(Reason::PapersOutstanding),
        ),
        (
            "SubmitApplication: the channel or presence is not open that day (metadata: `rule_id`, `legal_basis`; also `IN_PERSON_REQUIRED`, `GROUP_NOT_SERVED`, `AGE_NOT_SERVED`, `NOT_IN_KAZAKHSTAN`, `FOREIGNERS_ONLY`, `RULE_UNKNOWN`)",
            Error::precondition(Reason::ChannelClosed),
        ),
        ("FormIin: another person holds the number", Error::taken(Reason::NumberHeld)),
        ("RegisterService, IssuanceService: `expected_version` is not the version there", Error::aborted()),
        (
            "IssueStatus, RegisterService, IssuanceService: the register could not be asked; WatchIssueStatus: neither at its beginning",
            Error::unavailable(Reason::RegisterUnavailable, ""),
        ),
        (
            "WatchIssueStatus, ListChanges: the token is too old, or of a register since restored",
            Error::token_too_old(),
        ),
        (
            "VerifyStream, ImportPersons: the server is going down and takes no more",
            Error::unavailable(Reason::ShuttingDown, ""),
        ),
        ("the call's deadline or `limits.deadline` passed", Error::deadline()),
        (
            "`limits.concurrency` calls are under way, or `limits.screens` of Screen, or `limits.streams` of VerifyStream, or `limits.watches` of WatchIssueStatus, or 16 of ImportPersons",
            Error::overloaded(),
        ),
        ("a fault in the server", Error::internal("")),
    ];
    for (when, error) in kinds {
        let status = from_error(&error);
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.domain, "iinspect");
        let mut others = Vec::new();
        if details.bad_request().is_some() || status.code() == tonic::Code::InvalidArgument {
            others.push("`BadRequest`: every field at fault, each with its own reason".to_string());
        }
        if info.metadata.contains_key("fields") {
            others.push("`ErrorInfo.metadata`: `fields` or `rpc` names what is meant".to_string());
        }
        if let Some(delay) = details.retry_info().and_then(|r| r.retry_delay) {
            others.push(format!("`RetryInfo`: {delay:?}"));
        }
        let code = capitals(&format!("{:?}", status.code()));
        let others = if others.is_empty() { "none".into() } else { others.join("; ") };
        let action = error.reason().action();
        let _ = writeln!(text, "| `{code}` | {when} | `{}` | {others} | {action} |", info.reason);
    }
    text.push_str(
        "
Statuses that the gRPC library gives before the service sees the call carry no details: a message
larger than `limits.request_bytes` (Screen: `limits.screen_bytes`) is `OUT_OF_RANGE`, a body that is no message of the contract is
`INTERNAL`, an RPC that the contract does not have is `UNIMPLEMENTED`.

Every answer and every error carries the metadata key `x-request-id`; a caller's own is taken over
when it is a UUID. The one exception: headers larger than `limits.header_bytes` are refused below
gRPC, with HTTP status 431, which clients show as `UNKNOWN`.

## Codes

An error breaks the rule in force or fails a check. A warning changes no verdict by being a finding;
a check that ends with it can still leave the verdict `INCONCLUSIVE` ([how](VERDICTS.md)).

| code | name | severity | message | what to do | legal basis |
| --- | --- | --- | --- | --- | --- |
",
    );
    for reason in Reason::ALL {
        let severity = match reason.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (code, message, action) = (reason.code(), reason.message(), reason.action());
        let basis = if reason.legal_basis().is_empty() { "none" } else { reason.legal_basis() };
        let _ = writeln!(text, "| {code} | `{reason}` | {severity} | {message} | {action} | {basis} |");
    }
    text
}

/// `NotFound` as `NOT_FOUND`.
fn capitals(camel: &str) -> String {
    let words = camel.char_indices().flat_map(|(i, c)| {
        let gap = (i > 0 && c.is_uppercase()).then_some('_');
        gap.into_iter().chain([c.to_ascii_uppercase()])
    });
    words.collect()
}

#[test]
fn every_setting_is_in_the_generated_file() {
    let text = configuration("[a]\n# One\n# two.\nb_c = \"x\"\n");
    assert!(
        text.ends_with(
            "\n## `[a]`\n\n### `a.b_c`\n\nOne\ntwo.\n\n- Default: `\"x\"`\n- Environment: `IINSPECT_A__B_C`\n"
        ),
        "{text}"
    );
}

#[test]
fn relative_links_lead_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let here = document.strip_prefix(root()).unwrap().display().to_string();
        for target in links(&text) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => document.clone(),
                path => document.parent().unwrap().join(path),
            };
            let found = match fs::read_to_string(&file) {
                Ok(text) => anchor.is_empty() || anchors(&text).contains(anchor),
                Err(_) => anchor.is_empty() && file.exists(),
            };
            if !found {
                broken.push(format!("{here}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/adr"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut all: Vec<_> = files.map(|f| f.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|e| e == "md"));
    all.sort();
    assert!(all.len() > 10, "the documents are not where they were");
    all
}

/// The calls in README.md are to be answered VERIFIED by the demo.
#[tokio::test]
async fn the_readme_calls_a_person_of_the_demo() {
    let register = Register::Memory(memory::Store::new(1, 1_000));
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    let cast = demo::fill(&register, jiff::Timestamp::now(), deadline).await.unwrap();
    let (iin, person) = cast.in_force;
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let name = &person.names[0];
    for fact in
        [iin.to_text(), name.family.clone(), name.given.clone(), person.birth_date.unwrap().to_string()]
    {
        assert!(readme.contains(&fact), "the demo's first person is now {fact}: mend README.md");
    }
}

/// Targets of inline links outside code blocks that do not lead to another site.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    let targets = prose.flat_map(|part| part.split("](").skip(1).filter_map(|rest| rest.split(')').next()));
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// Headings as the anchors that forges make of them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| -> String {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(slug).collect()
}
