//! `issue-status`: where a number or an application stands, asked of a server.

use clap::Args;

use super::client::{Server, failure};
use super::output::{Form, Output, json, say, table, word};
use super::{Exit, Failure, runtime};
use crate::pb::v1::issue_status_request::Key;
use crate::pb::v1::verification_service_client::VerificationServiceClient;
use crate::pb::v1::{self, Document, IssueStatusRequest};

/// Where a number, or the application for one, stands
///
/// The newest application is told step by step, with what is still to be done.
///
/// Exit status: 0 answered, 1 nothing found.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iinspect issue-status --iin 009900000008\n  \
    iinspect issue-status --document T01000000 --document-type FOREIGN_PASSPORT \\\n      \
    --document-country UZB --birth-date 1999-01-31")]
pub(super) struct IssueStatus {
    #[command(flatten)]
    key: KeyArgs,
    /// Document's kind, such as FOREIGN_PASSPORT
    #[arg(long, value_name = "KIND", requires = "document")]
    document_type: Option<String>,
    /// Document's issuing country
    #[arg(long, value_name = "CODE", requires = "document")]
    document_country: Option<String>,
    /// Birth date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "document")]
    birth_date: Option<String>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct KeyArgs {
    /// A number
    #[arg(long, value_name = "NUMBER")]
    iin: Option<String>,
    /// An application's id
    #[arg(long, value_name = "ID")]
    application: Option<String>,
    /// Number of the applicant's document; needs its kind, its country and the birth date
    #[arg(long, value_name = "NUMBER", requires_all = ["document_type", "document_country", "birth_date"])]
    document: Option<String>,
}

impl IssueStatus {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let KeyArgs { iin, application, document } = self.key;
        let document = document.map(|number| Document {
            r#type: self.document_type.unwrap_or_default(),
            number,
            issuing_country: self.document_country.unwrap_or_default(),
            valid_until: String::new(),
        });
        let key = iin.map(Key::Iin).or(application.map(Key::ApplicationId)).or(document.map(Key::Document));
        let request =
            IssueStatusRequest { key, birth_date: self.birth_date.unwrap_or_default(), max_age: None };
        let answer = runtime()?.block_on(async {
            let mut client = VerificationServiceClient::new(self.server.connect().await?);
            let answer = client.issue_status(request).await.map_err(|s| failure(&s))?;
            Ok(answer.into_inner())
        })?;
        match self.output.form() {
            Form::Json => say(&json("iinspect.v1.IssueStatusResponse", &answer)?),
            Form::Table => print(&answer),
        }
        let absent = answer.number.as_ref().is_some_and(|n| n.state() == v1::NumberState::NotInRegister);
        Ok(if absent && answer.application.is_none() { Exit::Wanting } else { Exit::Fine })
    }
}

fn print(answer: &v1::IssueStatusResponse) {
    if let Some(number) = &answer.number {
        let mut line = format!("number: {}", word(number.state().as_str_name(), "NUMBER_STATE_"));
        for (what, value) in
            [("since", &number.since), ("because", &number.reason), ("now", &number.superseded_by)]
        {
            if !value.is_empty() {
                line.push_str(&format!("  {what}: {value}"));
            }
        }
        say(&line);
    }
    if let Some(application) = &answer.application {
        plan(application);
    }
    if answer.other_applications.is_empty() {
        return;
    }
    heading("Other applications");
    let mut rows = table(&["application", "for", "state", "last change"]);
    for other in &answer.other_applications {
        let last = other.history.last().and_then(|h| h.at.as_ref());
        rows.add_row([
            other.id.clone(),
            word(other.kind().as_str_name(), "APPLICATION_KIND_"),
            word(other.state().as_str_name(), "APPLICATION_STATE_"),
            moment(last),
        ]);
    }
    say(&rows.to_string());
}

/// The newest application: how far it is, and what is to be done, in the order a person follows it.
fn plan(application: &v1::Application) {
    let kind = word(application.kind().as_str_name(), "APPLICATION_KIND_");
    let state = word(application.state().as_str_name(), "APPLICATION_STATE_");
    say(&format!("application: {} ({kind}): {state}", application.id));
    if let Some(due) = &application.due {
        let overdue = if due.overdue { ", which has passed" } else { "" };
        let days = format!("{} to {} working days", due.working_days_min, due.working_days_max);
        say(&format!("due: from {} to {}{overdue} ({days})", due.earliest, due.latest));
    }
    heading("Steps");
    for (i, step) in application.steps.iter().enumerate() {
        let stage = word(step.stage().as_str_name(), "STAGE_");
        let at = if step.stage() == application.stage() { "  <- here" } else { "" };
        say(&format!("{}. {stage}: {}{at}", i + 1, word(step.state().as_str_name(), "STEP_STATE_")));
    }
    if let Some(refusal) = &application.refusal {
        heading("To mend");
        let reason = word(refusal.reason().as_str_name(), "REFUSAL_REASON_");
        say(&format!("- {} ({reason}, {})", refusal.mend, moment(refusal.at.as_ref())));
    }
    if !application.outstanding.is_empty() {
        heading("To hand in");
        for owed in &application.outstanding {
            say(&format!("- {}: {}", owed.document, owed.note));
        }
    }
    heading("History");
    for entry in &application.history {
        let state = word(entry.state().as_str_name(), "APPLICATION_STATE_");
        say(&format!("{} {state}", moment(entry.at.as_ref())));
    }
    for delay in &application.delays {
        let cause = word(delay.cause().as_str_name(), "DELAY_CAUSE_");
        let at = moment(delay.at.as_ref());
        say(&format!("{at} delayed by {} working days: {cause}", delay.working_days));
    }
}

fn heading(text: &str) {
    say(&format!("\n{text}"));
}

fn moment(at: Option<&prost_types::Timestamp>) -> String {
    at.and_then(|t| jiff::Timestamp::new(t.seconds, t.nanos).ok())
        .map(|t| crate::clock::civil_date(t).to_string())
        .unwrap_or_default()
}
