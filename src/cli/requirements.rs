//! `requirements`: what somebody needs to get a number, asked of a server.

use clap::Args;

use super::client::{Server, failure};
use super::output::{Form, Output, json, say, table, word};
use super::verify::purpose;
use super::{Exit, Failure, runtime};
use crate::pb::v1::issuance_service_client::IssuanceServiceClient;
use crate::pb::v1::{self, GetRequirementsRequest};
use crate::rulebook::codes::{Category, Channel, Code, Ground, Presence, Script, StayKind, VisaOrPermit};

/// What somebody needs to get a number: ways to apply, papers, steps, term and cost
///
/// What is left out is answered for every case. Exit status: 0 answered, 1 no way to apply is open.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iinspect requirements --channel psc --presence in-person --needed-by 2026-12-18\n  \
    iinspect requirements --citizenship UZB --birth-date 1999-01-31 --visa-or-permit temporary-residence \\\n      \
    --ground business --purpose business --purpose bank-account"
)]
pub(super) struct Requirements {
    /// What the number is asked for on, such as residence-permit or bank-account
    #[arg(long, value_parser = number::<Ground>)]
    ground: Option<i32>,
    /// Where the application is to be made: psc, consulate or online
    #[arg(long, value_parser = number::<Channel>)]
    channel: Option<i32>,
    /// Who comes with it: in-person, trusted-person or guardian
    #[arg(long, value_parser = number::<Presence>)]
    presence: Option<i32>,
    /// Where the applicant is, three letters such as KAZ
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Place of registration in Kazakhstan
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Stay in Kazakhstan: abroad, temporary, temporary-residence or permanent-residence
    #[arg(long, value_parser = number::<StayKind>)]
    stay: Option<i32>,
    /// First day of the stay, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    stay_since: Option<String>,
    /// Last day of the stay, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    stay_until: Option<String>,
    /// Citizenship, three letters such as UZB
    #[arg(long, value_name = "CODE")]
    citizenship: Option<String>,
    /// Birth date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    birth_date: Option<String>,
    /// Script of the name in the passport: latin, cyrillic or other
    #[arg(long, value_name = "SCRIPT", value_parser = number::<Script>)]
    passport_script: Option<i32>,
    /// Script of the place of birth in the passport
    #[arg(long, value_name = "SCRIPT", value_parser = number::<Script>)]
    birthplace_script: Option<i32>,
    /// A group the applicant belongs to, such as investor or spouse-of-citizen; may be repeated
    #[arg(long = "category", value_name = "GROUP", value_parser = number::<Category>)]
    categories: Vec<i32>,
    /// What is applied for as well, such as none, visa or permanent-residence
    #[arg(long, value_name = "PAPER", value_parser = number::<VisaOrPermit>)]
    visa_or_permit: Option<i32>,
    /// What the number is for, such as bank-account; may be repeated
    #[arg(long = "purpose", value_name = "PURPOSE", value_parser = purpose)]
    purposes: Vec<i32>,
    /// An expedited procedure is wished
    #[arg(long)]
    expedited: bool,
    /// The day of submission, YYYY-MM-DD; today unless set
    #[arg(long, value_name = "DATE")]
    on_date: Option<String>,
    /// The day the number is needed by, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    needed_by: Option<String>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

/// A value of a closed set, in small letters and with dashes.
fn number<T: Code>(text: &str) -> Result<i32, String> {
    let wanted = text.to_uppercase().replace('-', "_");
    let found = (1..).zip(T::all()).find(|(_, value)| value.name() == wanted);
    found.map(|(number, _)| number).ok_or_else(|| {
        let names: Vec<_> = T::all().iter().map(|v| v.name().to_lowercase().replace('_', "-")).collect();
        format!("one of {}", names.join(", "))
    })
}

impl Requirements {
    fn message(&self) -> GetRequirementsRequest {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let code = |value: Option<i32>| value.unwrap_or_default();
        GetRequirementsRequest {
            ground: code(self.ground),
            channel: code(self.channel),
            presence: code(self.presence),
            location: Some(v1::Location {
                country: text(&self.country),
                place_of_registration: text(&self.place),
            }),
            stay: Some(v1::Stay {
                kind: code(self.stay),
                since: text(&self.stay_since),
                until: text(&self.stay_until),
            }),
            citizenship: text(&self.citizenship),
            birth_date: text(&self.birth_date),
            passport_script: code(self.passport_script),
            birthplace_script: code(self.birthplace_script),
            categories: self.categories.clone(),
            visa_or_permit: code(self.visa_or_permit),
            purposes: self.purposes.clone(),
            expedited: self.expedited,
            on_date: text(&self.on_date),
            needed_by: text(&self.needed_by),
        }
    }

    pub(super) fn run(self) -> Result<Exit, Failure> {
        let request = self.message();
        let answer = runtime()?.block_on(async {
            let mut client = IssuanceServiceClient::new(self.server.connect().await?);
            let answer = client.get_requirements(request).await.map_err(|s| failure(&s))?;
            Ok(answer.into_inner())
        })?;
        match self.output.form() {
            Form::Json => say(&json("iinspect.v1.GetRequirementsResponse", &answer)?),
            Form::Table => print(&answer),
        }
        let open = answer.channels.iter().any(|way| way.allowed);
        Ok(if open { Exit::Fine } else { Exit::Wanting })
    }
}

/// The plan in the order a person follows it.
fn print(answer: &v1::GetRequirementsResponse) {
    if let Some(iin) = &answer.iin_required {
        say(&format!("A number is {}. {}", word(iin.need().as_str_name(), "NEED_"), iin.note));
    }
    heading("Ways to apply");
    let mut rows = table(&["channel", "presence", "open", "until", "why", "rule"]);
    for way in &answer.channels {
        let open = if way.allowed { "yes" } else { "no" };
        let why = if way.allowed { String::new() } else { word(way.reason().as_str_name(), "REASON_") };
        let groups: Vec<_> = way.categories().map(|c| word(c.as_str_name(), "CATEGORY_")).collect();
        let only = if groups.is_empty() { String::new() } else { format!("only: {}", groups.join(", ")) };
        rows.add_row([
            word(way.channel().as_str_name(), "CHANNEL_"),
            word(way.presence().as_str_name(), "PRESENCE_"),
            open.to_string(),
            way.valid_to.clone(),
            lines([why, only, way.note.clone()]),
            cite(&way.rule_id, way.disputed),
        ]);
    }
    say(&rows.to_string());
    heading("Papers");
    let mut rows = table(&["paper", "needed", "forms", "what", "rule"]);
    for paper in &answer.documents {
        let forms: Vec<_> = paper.forms().map(|f| word(f.as_str_name(), "DOCUMENT_FORM_")).collect();
        rows.add_row([
            paper.document_code.clone(),
            word(paper.need().as_str_name(), "NEED_"),
            forms.join(" or "),
            lines([paper.description.clone(), paper.note.clone()]),
            cite(&paper.rule_id, paper.disputed),
        ]);
    }
    say(&rows.to_string());
    if let Some(prints) = &answer.fingerprints {
        heading("Fingerprints");
        let from = labelled("from ", &prints.due_from);
        let told =
            [word(prints.need().as_str_name(), "NEED_"), from, prints.place.clone(), prints.note.clone()];
        say(&told.iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>().join("; "));
    }
    heading("Steps");
    for (i, step) in answer.steps.iter().enumerate() {
        let skipped = if step.state() == v1::StepState::NotNeeded { " (not needed)" } else { "" };
        say(&format!("{}. {}{skipped} {}", i + 1, step.action, step.note));
    }
    heading("Term and cost");
    match &answer.term {
        Some(due) => say(&format!("due from {} to {}", due.earliest, due.latest)),
        None => say("no date can be told"),
    }
    if let Some(cost) = &answer.cost {
        say(&price(cost));
    }
    if !answer.latest_submission.is_empty() {
        say(&format!("submit by {} to have it in time", answer.latest_submission));
    }
    heading("Take heed");
    for warning in &answer.warnings {
        say(&format!("- {} {}", warning.message, warning.note));
    }
    if !answer.disputes.is_empty() {
        heading("Disputed: stated elsewhere, and not followed here");
        for d in &answer.disputes {
            say(&format!("- {} ({}; {} decides) {}", d.statement, d.source, d.decided_by, d.note));
        }
    }
    say(&format!("\nrulebook {}", answer.rulebook_version));
}

fn heading(text: &str) {
    say(&format!("\n{text}"));
}

fn lines<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn labelled(label: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{label}{text}") }
}

fn cite(rule: &str, disputed: bool) -> String {
    if disputed { format!("{rule} (disputed)") } else { rule.into() }
}

fn price(cost: &v1::Cost) -> String {
    let amount = cost.amount.clone().unwrap_or_default();
    let kind = word(cost.kind().as_str_name(), "COST_KIND_");
    let payable = labelled(", payable in ", &cost.payable_in.join(", "));
    if cost.kind() == v1::CostKind::Free {
        return format!("{kind} (seen on {})", cost.observed_on);
    }
    format!("{kind}: {} {}{payable} (seen on {})", amount.units, amount.currency, cost.observed_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_in_small_letters_and_counted_as_the_contract_does() {
        assert_eq!(number::<Presence>("trusted-person"), Ok(v1::Presence::TrustedPerson.into()));
        assert_eq!(number::<Category>("aged-65"), Ok(v1::Category::Aged65.into()));
        assert_eq!(number::<Channel>("post"), Err("one of psc, consulate, online".into()));
    }
}
