//! The stored form of what applicants state: plain texts, in JSON. Every name here is kept for as long
//! as a register lives; a new one must mean "not known" when it is absent.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::form;
use crate::number::{Iin, Sex};
use crate::person::{self, Country};
use crate::reason::Reason;
use crate::rulebook::codes::Code;

/// A text is not what was written: says nothing of it on purpose.
#[derive(Debug, thiserror::Error)]
#[error("not in the stored form")]
pub(super) struct Unreadable;

type Read<T> = Result<T, Unreadable>;

fn named<T: Code>(name: Option<String>) -> Read<Option<T>> {
    name.map(|name| T::named(&name).ok_or(Unreadable)).transpose()
}

fn all_named<T: Code>(names: Vec<String>) -> Read<Vec<T>> {
    names.iter().map(|name| T::named(name).ok_or(Unreadable)).collect()
}

fn names<T: Code>(values: &[T]) -> Vec<String> {
    values.iter().map(|value| value.name().to_string()).collect()
}

fn name<T: Code>(value: Option<T>) -> Option<String> {
    value.map(|value| value.name().to_string())
}

fn country(code: Option<String>) -> Read<Option<Country>> {
    code.map(|code| code.parse().map_err(|_| Unreadable)).transpose()
}

fn code(country: Option<Country>) -> Option<String> {
    country.map(|country| country.as_str().to_string())
}

#[derive(Serialize, Deserialize)]
pub(super) struct Name {
    #[serde(default)]
    family: String,
    #[serde(default)]
    given: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patronymic: Option<String>,
}

impl From<person::Name> for Name {
    fn from(person::Name { family, given, patronymic }: person::Name) -> Self {
        Name { family, given, patronymic }
    }
}

impl From<Name> for person::Name {
    fn from(Name { family, given, patronymic }: Name) -> Self {
        person::Name { family, given, patronymic }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
}

impl From<person::Document> for Document {
    fn from(d: person::Document) -> Self {
        Document {
            kind: d.kind,
            number: d.number,
            country: code(d.country),
            valid_until: d.valid_until,
            name: d.name.map(Name::from),
        }
    }
}

impl Document {
    fn read(self) -> Read<person::Document> {
        Ok(person::Document {
            kind: self.kind,
            number: self.number,
            country: country(self.country)?,
            valid_until: self.valid_until,
            // Whether it counts is the register's to say, not the applicant's.
            status: None,
            name: self.name.map(person::Name::from),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Applicant {
    names: Vec<Name>,
    birth_date: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sex: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    citizenship: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passport_script: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    birthplace_script: Option<String>,
}

impl From<form::Applicant> for Applicant {
    fn from(a: form::Applicant) -> Self {
        let sex = |sex| match sex {
            Sex::Male => "MALE".to_string(),
            Sex::Female => "FEMALE".to_string(),
        };
        Applicant {
            names: a.names.into_iter().map(Name::from).collect(),
            birth_date: a.birth_date,
            sex: a.sex.map(sex),
            citizenship: code(a.citizenship),
            document: a.document.map(Document::from),
            passport_script: name(a.passport_script),
            birthplace_script: name(a.birthplace_script),
        }
    }
}

impl Applicant {
    fn read(self) -> Read<form::Applicant> {
        Ok(form::Applicant {
            names: self.names.into_iter().map(person::Name::from).collect(),
            birth_date: self.birth_date,
            sex: match self.sex.as_deref() {
                None => None,
                Some("MALE") => Some(Sex::Male),
                Some("FEMALE") => Some(Sex::Female),
                Some(_) => return Err(Unreadable),
            },
            citizenship: country(self.citizenship)?,
            document: self.document.map(Document::read).transpose()?,
            passport_script: named(self.passport_script)?,
            birthplace_script: named(self.birthplace_script)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Representative {
    name: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
    #[serde(default)]
    authority: String,
}

impl From<form::Representative> for Representative {
    fn from(r: form::Representative) -> Self {
        Representative {
            name: r.name.into(),
            document: r.document.map(Document::from),
            authority: r.authority,
        }
    }
}

impl Representative {
    fn read(self) -> Read<form::Representative> {
        Ok(form::Representative {
            name: self.name.into(),
            document: self.document.map(Document::read).transpose()?,
            authority: self.authority,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ground: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    purposes: Vec<String>,
    channel: String,
    presence: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    place_of_registration: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stay: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stay_since: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stay_until: Option<Date>,
    applicant: Applicant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    representative: Option<Representative>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    visa_or_permit: Option<String>,
    #[serde(default)]
    expedited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iin: Option<String>,
}

impl From<form::Form> for Form {
    fn from(f: form::Form) -> Self {
        Form {
            ground: name(f.ground),
            purposes: names(&f.purposes),
            channel: f.channel.name().into(),
            presence: f.presence.name().into(),
            country: code(f.country),
            place_of_registration: f.place_of_registration,
            stay: name(f.stay),
            stay_since: f.stay_since,
            stay_until: f.stay_until,
            applicant: f.applicant.into(),
            representative: f.representative.map(Representative::from),
            categories: names(&f.categories),
            visa_or_permit: name(f.visa_or_permit),
            expedited: f.expedited,
            iin: f.iin.map(Iin::to_text),
        }
    }
}

impl TryFrom<Form> for form::Form {
    type Error = Unreadable;

    fn try_from(f: Form) -> Read<Self> {
        Ok(form::Form {
            ground: named(f.ground)?,
            purposes: all_named(f.purposes)?,
            channel: Code::named(&f.channel).ok_or(Unreadable)?,
            presence: Code::named(&f.presence).ok_or(Unreadable)?,
            country: country(f.country)?,
            place_of_registration: f.place_of_registration,
            stay: named(f.stay)?,
            stay_since: f.stay_since,
            stay_until: f.stay_until,
            applicant: f.applicant.read()?,
            representative: f.representative.map(Representative::read).transpose()?,
            categories: all_named(f.categories)?,
            visa_or_permit: named(f.visa_or_permit)?,
            expedited: f.expedited,
            iin: f.iin.map(|text| Iin::parse(&text).map_err(|_| Unreadable)).transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Paper {
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// In hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certified: Option<form::Certified>,
}

impl From<form::Paper> for Paper {
    fn from(p: form::Paper) -> Self {
        Paper {
            code: p.code,
            form: name(p.form),
            document: p.document.map(Document::from),
            name: p.name.map(Name::from),
            sha256: p.sha256.map(hex::encode),
            certified: p.certified,
        }
    }
}

impl TryFrom<Paper> for form::Paper {
    type Error = Unreadable;

    fn try_from(p: Paper) -> Read<Self> {
        Ok(form::Paper {
            code: p.code,
            form: named(p.form)?,
            document: p.document.map(Document::read).transpose()?,
            name: p.name.map(person::Name::from),
            sha256: p.sha256.map(|hex| sha256(&hex)).transpose()?,
            certified: p.certified,
        })
    }
}

fn sha256(text: &str) -> Read<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| Unreadable)?;
    Ok(bytes)
}

#[derive(Serialize, Deserialize)]
pub(super) struct Certified {
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<form::Certified> for Certified {
    fn from(certified: form::Certified) -> Self {
        let (outcome, reason) = match certified {
            form::Certified::Holds => ("PASS", None),
            form::Certified::HoldsBut(why) => ("WARN", Some(why)),
            form::Certified::Fails(why) => ("FAIL", Some(why)),
            form::Certified::Unknown(why) => ("UNAVAILABLE", Some(why)),
        };
        Certified { outcome: outcome.into(), reason: reason.map(|why| why.name().into()) }
    }
}

impl TryFrom<Certified> for form::Certified {
    type Error = Unreadable;

    fn try_from(Certified { outcome, reason }: Certified) -> Read<Self> {
        let named = |name: &String| Reason::ALL.iter().copied().find(|why| why.name() == name);
        match (outcome.as_str(), reason.as_ref().and_then(named)) {
            ("PASS", None) => Ok(form::Certified::Holds),
            ("WARN", Some(why)) => Ok(form::Certified::HoldsBut(why)),
            ("FAIL", Some(why)) => Ok(form::Certified::Fails(why)),
            ("UNAVAILABLE", Some(why)) => Ok(form::Certified::Unknown(why)),
            _ => Err(Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_signature_is_read_as_it_was_written() {
        let why = Reason::SignerRevoked;
        for certified in [
            form::Certified::Holds,
            form::Certified::HoldsBut(why),
            form::Certified::Fails(why),
            form::Certified::Unknown(why),
        ] {
            let text = serde_json::to_string(&certified).unwrap();
            assert_eq!(serde_json::from_str::<form::Certified>(&text).unwrap(), certified, "{text}");
        }
        for nonsense in [r#"{"outcome":"FAIL"}"#, r#"{"outcome":"WARN","reason":"NOBODY_KNOWS"}"#] {
            assert!(serde_json::from_str::<form::Certified>(nonsense).is_err(), "{nonsense}");
        }
        // Papers that were kept before signatures were.
        let old: form::Paper = serde_json::from_str(r#"{"code":"PASSPORT"}"#).unwrap();
        assert_eq!(old.certified, None);
    }
}
