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
    let mut rows = table(&["application", "state", "history", "to do"]);
    for application in answer.application.iter().chain(&answer.other_applications) {
        let history: Vec<_> = application
            .history
            .iter()
            .map(|h| {
                format!("{} {}", moment(h.at.as_ref()), word(h.state().as_str_name(), "APPLICATION_STATE_"))
            })
            .collect();
        let owed = application.outstanding.iter().map(|o| o.note.clone());
        let mend = application.refusal.iter().map(|r| r.mend.clone());
        rows.add_row([
            application.id.clone(),
            word(application.state().as_str_name(), "APPLICATION_STATE_"),
            history.join("\n"),
            owed.chain(mend).collect::<Vec<_>>().join("\n"),
        ]);
    }
    if answer.application.is_some() {
        say(&rows.to_string());
    }
}

fn moment(at: Option<&prost_types::Timestamp>) -> String {
    at.and_then(|t| jiff::Timestamp::new(t.seconds, t.nanos).ok())
        .map(|t| crate::clock::civil_date(t).to_string())
        .unwrap_or_default()
}
