//! What the rules of a day say of an application.

use jiff::civil::Date;

use crate::error::Error;
use crate::issuance::Form;
use crate::issuance::application::Kind;
use crate::issuance::form::{Asked, Ruling, Term};
use crate::rulebook::codes::{Code, Need, Presence};
use crate::rulebook::{Applicant, Profile, Rulebook, requirements};

/// The ruling, or the rule that closes this way to apply.
///
/// A correction can be made by a trusted person even where the formation cannot: what the law asks of
/// the person is to come for the formation (Law 223-III art. 9 p. 6).
///
/// # Errors
/// The way is not open to this applicant on that day: why, and by which rule.
pub fn of(book: &Rulebook, profile: Profile, kind: Kind, form: &Form, on: Date) -> Result<Ruling, Error> {
    let applicant = applicant(form, on);
    let presence = match (kind, form.presence) {
        (Kind::Correction, Presence::TrustedPerson) => Presence::InPerson,
        (_, presence) => presence,
    };
    let way = requirements::admits(book, profile, &applicant, (form.channel, presence));
    let way = way.map_err(|refusal| {
        let error = Error::precondition(refusal.reason);
        match refusal.basis {
            None => error,
            Some(basis) => {
                let error = error.with("rule_id", basis.id.as_str());
                if basis.legal_basis.is_empty() {
                    error
                } else {
                    error.with("legal_basis", basis.legal_basis.as_str())
                }
            }
        }
    })?;
    let term = way.term.map(|rule| Term { min: rule.says.min, max: rule.says.max });
    let plan = requirements::plan(book, profile, &applicant);
    let papers = plan.papers.iter().map(|paper| Asked {
        code: paper.code.to_string(),
        owed: paper.need == Need::Required,
        forms: paper.forms.iter().map(|form| form.name().to_string()).collect(),
        valid_on: paper.valid_on,
        note: paper.cited.basis.map(|basis| basis.statement.clone()).unwrap_or_default(),
    });
    let due = plan.prints.need == Need::Required;
    Ok(Ruling {
        papers: papers.collect(),
        term,
        prints_due: due,
        prints_block: due && plan.prints.blocks_iin,
        rulebook: plan.version.to_string(),
    })
}

fn applicant(form: &Form, on: Date) -> Applicant {
    Applicant {
        ground: form.ground,
        channel: Some(form.channel),
        presence: Some(form.presence),
        country: form.country,
        place_of_registration: form.place_of_registration.clone(),
        stay: form.stay,
        stay_since: form.stay_since,
        stay_until: form.stay_until,
        citizenship: form.applicant.citizenship,
        birth_date: Some(form.applicant.birth_date),
        passport_script: form.applicant.passport_script,
        birthplace_script: form.applicant.birthplace_script,
        categories: form.categories.clone(),
        visa_or_permit: form.visa_or_permit,
        purposes: form.purposes.clone(),
        expedited: form.expedited,
        on,
        needed_by: None,
    }
}
