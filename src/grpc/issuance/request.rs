//! GetRequirements: the message as an applicant, or every field at fault.

use crate::context::CallContext;
use crate::error::Error;
use crate::grpc::validate::Checker;
use crate::pb::v1;
use crate::reason::Reason;
use crate::rulebook::codes::Code;
use crate::rulebook::{Applicant, Purpose};

/// The longest place of registration, in Unicode scalars.
const MAX_PLACE: usize = 128;
/// The most groups or purposes of one request.
const MAX_LIST: usize = 64;

pub(super) fn applicant(call: &CallContext, m: v1::GetRequirementsRequest) -> Result<Applicant, Error> {
    let mut c = Checker::default();
    let location = m.location.unwrap_or_default();
    let stay = m.stay.unwrap_or_default();
    c.at_most("location.place_of_registration", &location.place_of_registration, MAX_PLACE);
    let applicant = Applicant {
        ground: code(&mut c, "ground", m.ground),
        channel: code(&mut c, "channel", m.channel),
        presence: code(&mut c, "presence", m.presence),
        country: c.country("location.country", &location.country),
        place_of_registration: location.place_of_registration,
        stay: code(&mut c, "stay.kind", stay.kind),
        stay_since: c.date("stay.since", &stay.since),
        stay_until: c.date("stay.until", &stay.until),
        citizenship: c.country("citizenship", &m.citizenship),
        birth_date: c.date("birth_date", &m.birth_date),
        passport_script: code(&mut c, "passport_script", m.passport_script),
        birthplace_script: code(&mut c, "birthplace_script", m.birthplace_script),
        categories: codes(&mut c, "categories", &m.categories),
        visa_or_permit: code(&mut c, "visa_or_permit", m.visa_or_permit),
        purposes: codes::<Purpose>(&mut c, "purposes", &m.purposes),
        expedited: m.expedited,
        on: c.date("on_date", &m.on_date).unwrap_or(call.today),
        needed_by: c.date("needed_by", &m.needed_by),
    };
    if let (Some(since), Some(until)) = (applicant.stay_since, applicant.stay_until)
        && until < since
    {
        c.violation("stay.until", Reason::InvalidRequest, "must not be before stay.since");
    }
    if applicant.birth_date.is_some_and(|born| born > applicant.on) {
        c.violation("birth_date", Reason::InvalidRequest, "must not be after on_date");
    }
    c.finish()?;
    Ok(applicant)
}

/// A value of a closed set, which has the contract's numbers.
pub(super) fn code<T: Code>(c: &mut Checker, field: &str, value: i32) -> Option<T> {
    if value == 0 {
        return None;
    }
    // The sets count from 1 without a gap, as a test of the contract says.
    let known = usize::try_from(value).ok().and_then(|n| T::all().get(n - 1).copied());
    if known.is_none() {
        c.violation(field, Reason::InvalidRequest, "must be a value of its enum that this server knows");
    }
    known
}

/// A list of such values, each once; UNSPECIFIED says nothing and is at fault.
pub(super) fn codes<T: Code>(c: &mut Checker, field: &str, values: &[i32]) -> Vec<T> {
    if values.len() > MAX_LIST {
        c.violation(field, Reason::InvalidRequest, format!("must have at most {MAX_LIST} values"));
        return Vec::new();
    }
    let mut all = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let field = format!("{field}[{i}]");
        match code(c, &field, *value) {
            Some(known) if all.contains(&known) => {}
            Some(known) => all.push(known),
            None if *value == 0 => c.violation(&field, Reason::InvalidRequest, "must not be UNSPECIFIED"),
            None => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::codes::{
        Category, Channel, Form, Ground, Need, Presence, Price, Script, Stage, StayKind, VisaOrPermit,
    };

    /// Numbers and names of the domain's sets are those of the contract.
    #[test]
    fn the_contract_and_the_rulebook_count_alike() {
        fn same<T: Code, E: TryFrom<i32>>(prefix: &str, name: fn(&E) -> &'static str) {
            for (i, value) in T::all().iter().enumerate() {
                let Ok(proto) = E::try_from(i as i32 + 1) else { panic!("{prefix}{}", value.name()) };
                assert_eq!(name(&proto), format!("{prefix}{}", value.name()));
            }
            assert!(E::try_from(T::all().len() as i32 + 1).is_err(), "{prefix}");
        }
        same::<Ground, v1::Ground>("GROUND_", v1::Ground::as_str_name);
        same::<Channel, v1::Channel>("CHANNEL_", v1::Channel::as_str_name);
        same::<Presence, v1::Presence>("PRESENCE_", v1::Presence::as_str_name);
        same::<Script, v1::Script>("SCRIPT_", v1::Script::as_str_name);
        same::<Category, v1::Category>("CATEGORY_", v1::Category::as_str_name);
        same::<StayKind, v1::StayKind>("STAY_KIND_", v1::StayKind::as_str_name);
        same::<VisaOrPermit, v1::VisaOrPermit>("VISA_OR_PERMIT_", v1::VisaOrPermit::as_str_name);
        same::<Need, v1::Need>("NEED_", v1::Need::as_str_name);
        same::<Form, v1::DocumentForm>("DOCUMENT_FORM_", v1::DocumentForm::as_str_name);
        same::<Price, v1::CostKind>("COST_KIND_", v1::CostKind::as_str_name);
        same::<Stage, v1::Stage>("STAGE_", v1::Stage::as_str_name);
        same::<Purpose, v1::Purpose>("PURPOSE_", v1::Purpose::as_str_name);
    }
}
