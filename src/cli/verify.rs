//! `verify`: one number and what its holder says, asked of a server.

use clap::Args;

use super::client::{Server, failure};
use super::output::{Form, Output, json, say, table, word};
use super::{Exit, Failure, runtime};
use crate::pb::v1::verification_service_client::VerificationServiceClient;
use crate::pb::v1::{self, Claims, Document, PersonName, VerifyRequest};
use crate::rulebook::Purpose;

/// Verifies a number, and what its holder says, with a server
///
/// Exit status: 0 verified, 1 rejected, 2 inconclusive.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  iinspect verify 009900000008 --family Тестова --given Айша \\\n      \
    --birth-date 1999-01-31 --purpose bank-account")]
pub(super) struct Verify {
    /// The number
    iin: String,
    #[command(flatten)]
    claims: ClaimArgs,
    /// What it is asked for, such as bank-account or employment
    #[arg(long, value_parser = purpose)]
    purpose: Option<i32>,
    /// Assurance below which the verdict is inconclusive
    #[arg(long, value_parser = assurance, value_name = "RUNG")]
    require: Option<i32>,
    /// Say why for checks that passed or were skipped too
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct ClaimArgs {
    /// Surname; left out beside --given, it claims to have none
    #[arg(long)]
    family: Option<String>,
    /// Given name; left out beside --family, it claims to have none
    #[arg(long)]
    given: Option<String>,
    /// Patronymic; "" claims to have none
    #[arg(long)]
    patronymic: Option<String>,
    /// Birth date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    birth_date: Option<String>,
    /// Sex: male or female
    #[arg(long, value_parser = sex)]
    sex: Option<i32>,
    /// Citizenship, three letters such as KAZ
    #[arg(long, value_name = "CODE")]
    citizenship: Option<String>,
    /// Document's number
    #[arg(long, value_name = "NUMBER")]
    document: Option<String>,
    /// Document's kind, such as IDENTITY_CARD
    #[arg(long, value_name = "KIND", requires = "document")]
    document_type: Option<String>,
    /// Document's issuing country
    #[arg(long, value_name = "CODE", requires = "document")]
    document_country: Option<String>,
    /// Document's last day, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "document")]
    document_valid_until: Option<String>,
}

fn sex(text: &str) -> Result<i32, String> {
    v1::Sex::from_str_name(&format!("SEX_{}", text.to_uppercase()))
        .filter(|s| *s != v1::Sex::Unspecified)
        .map(i32::from)
        .ok_or_else(|| "male or female".into())
}

pub(super) fn purpose(text: &str) -> Result<i32, String> {
    let wanted = text.to_uppercase().replace('-', "_");
    Purpose::ALL.into_iter().find(|p| p.name() == wanted).map(|p| p as i32).ok_or_else(|| {
        let names: Vec<_> = Purpose::ALL.iter().map(|p| p.name().to_lowercase().replace('_', "-")).collect();
        format!("one of {}", names.join(", "))
    })
}

fn assurance(text: &str) -> Result<i32, String> {
    v1::Assurance::from_str_name(&format!("ASSURANCE_{}", text.to_uppercase()))
        .filter(|a| *a != v1::Assurance::Unspecified)
        .map(i32::from)
        .ok_or_else(|| "one of none, structure, register, claims, possession".into())
}

impl ClaimArgs {
    fn message(self) -> Claims {
        let named = self.family.is_some() || self.given.is_some() || self.patronymic.is_some();
        Claims {
            name: named.then(|| PersonName {
                family: self.family.unwrap_or_default(),
                given: self.given.unwrap_or_default(),
                patronymic: self.patronymic,
            }),
            birth_date: self.birth_date.unwrap_or_default(),
            sex: self.sex.unwrap_or_default(),
            citizenship: self.citizenship.unwrap_or_default(),
            document: self.document.map(|number| Document {
                r#type: self.document_type.unwrap_or_default(),
                number,
                issuing_country: self.document_country.unwrap_or_default(),
                valid_until: self.document_valid_until.unwrap_or_default(),
            }),
        }
    }
}

impl Verify {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let request = VerifyRequest {
            iin: self.iin,
            claims: Some(self.claims.message()),
            purpose: self.purpose.unwrap_or_default(),
            required_assurance: self.require.unwrap_or_default(),
            explain: self.explain,
            ..VerifyRequest::default()
        };
        let answer = runtime()?.block_on(async {
            let mut client = VerificationServiceClient::new(self.server.connect().await?);
            let answer = client.verify(request).await.map_err(|s| failure(&s))?;
            Ok(answer.into_inner())
        })?;
        match self.output.form() {
            Form::Json => say(&json("iinspect.v1.VerifyResponse", &answer)?),
            Form::Table => print(&answer, self.explain),
        }
        Ok(match answer.verdict() {
            v1::Verdict::Verified => Exit::Fine,
            v1::Verdict::Rejected => Exit::Wanting,
            v1::Verdict::Inconclusive | v1::Verdict::Unspecified => Exit::Inconclusive,
        })
    }
}

fn print(answer: &v1::VerifyResponse, explain: bool) {
    let mut rows = table(&["check", "outcome", "why"]);
    for check in &answer.checks {
        if check.outcome() == v1::Outcome::Skipped && !explain {
            continue;
        }
        rows.add_row([
            word(check.kind().as_str_name(), "CHECK_KIND_"),
            word(check.outcome().as_str_name(), "OUTCOME_"),
            check.message.clone(),
        ]);
    }
    say(&rows.to_string());
    say(&format!(
        "{}  assurance: {}  required: {}",
        word(answer.verdict().as_str_name(), "VERDICT_").to_uppercase(),
        word(answer.assurance().as_str_name(), "ASSURANCE_"),
        word(answer.required_assurance().as_str_name(), "ASSURANCE_"),
    ));
    let reasons: Vec<_> = answer.reasons().map(|r| r.as_str_name().trim_start_matches("REASON_")).collect();
    if !reasons.is_empty() {
        say(&format!("because: {}", reasons.join(", ")));
    }
}
