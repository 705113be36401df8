//! Whose certificate it is: the numbers and the role, read by attribute and never by position.
//!
//! NCA writes a person's IIN into serialNumber as "IIN" and twelve digits, a company's BIN into the
//! organisational unit as "BIN" and twelve digits, and roles into the extended key usage. The order of
//! attributes differs between its profiles. An information system has no IIN: that is a state, not a
//! fault. Whether a number obeys the rule of numbers is for the caller to check.

use std::fmt;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{ORGANIZATIONAL_UNIT_NAME, SERIAL_NUMBER};

use super::certificate::Certificate;
use super::fault::Fault;

/// Who holds the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A natural person for themselves.
    Person,
    /// The head of a company.
    Head,
    /// Somebody with the right to sign for a company.
    Signatory,
    /// An employee of a company.
    Employee,
    /// An information system, of a company or a person.
    System,
    /// Somebody else.
    Other,
}

/// A role, from the registry of object identifiers of the root authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Natural person, 1.2.398.3.3.4.1.1.
    Person,
    /// A natural person's information system, .1.1.1.
    PersonSystem,
    /// Legal entity, .1.2.
    Legal,
    /// Its first head, .1.2.1.
    Head,
    /// With the right to sign, .1.2.2.
    Signatory,
    /// With the right to sign financial documents, .1.2.3.
    FinancialSignatory,
    /// Of the personnel department, .1.2.4.
    Personnel,
    /// Employee, .1.2.5.
    Employee,
    /// A legal entity's information system, .1.2.6 and below.
    LegalSystem,
    /// Client of the treasury, 1.2.398.5.19.1.2.2.1.
    Treasury,
}

const ROLES: [(&str, Role); 10] = [
    ("1.2.398.3.3.4.1.1", Role::Person),
    ("1.2.398.3.3.4.1.1.1", Role::PersonSystem),
    ("1.2.398.3.3.4.1.2", Role::Legal),
    ("1.2.398.3.3.4.1.2.1", Role::Head),
    ("1.2.398.3.3.4.1.2.2", Role::Signatory),
    ("1.2.398.3.3.4.1.2.3", Role::FinancialSignatory),
    ("1.2.398.3.3.4.1.2.4", Role::Personnel),
    ("1.2.398.3.3.4.1.2.5", Role::Employee),
    ("1.2.398.3.3.4.1.2.6", Role::LegalSystem),
    ("1.2.398.5.19.1.2.2.1", Role::Treasury),
];

impl Role {
    /// The role of an extended key usage; `None`: it is none.
    #[must_use]
    pub fn of(usage: &ObjectIdentifier) -> Option<Self> {
        let dotted = usage.to_string();
        // Kinds of information system stand below theirs.
        if dotted.starts_with("1.2.398.3.3.4.1.2.6.") {
            return Some(Role::LegalSystem);
        }
        ROLES.iter().find(|(known, _)| *known == dotted).map(|(_, role)| *role)
    }
}

/// Whose certificate it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// The twelve digits after "IIN"; `None`: there is no IIN.
    pub iin: Option<String>,
    /// The twelve digits after "BIN"; `None`: there is no BIN.
    pub bin: Option<String>,
    /// Who.
    pub kind: Kind,
    /// Roles, each once, in their order.
    pub roles: Vec<Role>,
}

/// Numbers are personal data.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (iin, bin) = (self.iin.is_some(), self.bin.is_some());
        write!(f, "Subject({:?}, iin: {iin}, bin: {bin})", self.kind)
    }
}

impl Subject {
    /// Reads a certificate's subject.
    ///
    /// # Errors
    /// A number comes twice, or what follows "IIN" or "BIN" is not twelve digits.
    pub fn of(certificate: &Certificate) -> Result<Self, Fault> {
        let iin = number(certificate, SERIAL_NUMBER, "IIN")?;
        let bin = number(certificate, ORGANIZATIONAL_UNIT_NAME, "BIN")?;
        let mut roles: Vec<Role> = certificate.extensions().extended.iter().filter_map(Role::of).collect();
        roles.sort_unstable();
        roles.dedup();
        let kind = kind(&roles, bin.is_some());
        Ok(Subject { iin, bin, kind, roles })
    }
}

/// The highest of what the roles say; a person is one only when nothing says a company.
fn kind(roles: &[Role], bin: bool) -> Kind {
    let has = |role| roles.contains(&role);
    if has(Role::LegalSystem) || has(Role::PersonSystem) {
        Kind::System
    } else if has(Role::Head) {
        Kind::Head
    } else if has(Role::Signatory) || has(Role::FinancialSignatory) {
        Kind::Signatory
    } else if has(Role::Employee) || has(Role::Personnel) {
        Kind::Employee
    } else if has(Role::Person) && !has(Role::Legal) && !has(Role::Treasury) && !bin {
        Kind::Person
    } else {
        Kind::Other
    }
}

fn number(certificate: &Certificate, kind: ObjectIdentifier, prefix: &str) -> Result<Option<String>, Fault> {
    let texts = certificate.subject().attributes().filter(|attribute| attribute.kind == kind);
    let mut numbers = texts.filter_map(|attribute| attribute.text.as_deref()?.strip_prefix(prefix));
    let Some(number) = numbers.next() else { return Ok(None) };
    if numbers.next().is_some() {
        return Err(Fault::Malformed("the certificate's subject, which has two numbers of a kind"));
    }
    if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Malformed("the number in the certificate"));
    }
    Ok(Some(number.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{self, Pki, Template, der, signer::Signer};

    fn certificate(template: &Template) -> Certificate {
        let pki = Pki::gost();
        Certificate::parse(&pki.issue(template, Signer::gost("person")).certificate).unwrap()
    }

    fn subject(attributes: &[(&str, Vec<u8>)], roles: &[&str]) -> Result<Subject, Fault> {
        let mut template = Pki::gost().person();
        template.subject = der::name(attributes);
        template.extensions[1] = pki::extended(roles);
        Subject::of(&certificate(&template))
    }

    #[test]
    fn each_kind_of_holder_is_known_by_its_roles() {
        let pki = Pki::gost();
        let read = |template| Subject::of(&certificate(&template)).unwrap();
        let person = read(pki.person());
        assert_eq!((person.iin.as_deref(), person.bin.as_deref()), (Some(pki::IIN), None));
        assert_eq!((person.kind, person.roles), (Kind::Person, vec![Role::Person]));
        for (role, kind) in
            [(pki::HEAD, Kind::Head), (pki::SIGNATORY, Kind::Signatory), (pki::EMPLOYEE, Kind::Employee)]
        {
            let company = read(pki.company(role));
            assert_eq!((company.iin.as_deref(), company.bin.as_deref()), (Some(pki::IIN), Some(pki::BIN)));
            assert_eq!(company.kind, kind);
        }
        let system = read(pki.system());
        assert_eq!((system.iin, system.bin.as_deref(), system.kind), (None, Some(pki::BIN), Kind::System));
    }

    #[test]
    fn the_order_of_attributes_means_nothing() {
        let iin = der::printable(&format!("IIN{}", pki::IIN));
        let bin = der::utf8(&format!("BIN{}", pki::BIN));
        let attributes = [
            (pki::UNIT, der::utf8("Отдел")),
            (pki::SERIAL_NUMBER, iin),
            (pki::COMMON_NAME, der::utf8("IIN000000000000")),
            (pki::UNIT, bin),
            (pki::COUNTRY, der::printable("KZ")),
        ];
        for turn in 0..attributes.len() {
            let mut attributes = attributes.clone();
            attributes.rotate_left(turn);
            let subject = subject(&attributes, &[pki::LEGAL, pki::EMPLOYEE]).unwrap();
            assert_eq!((subject.iin.as_deref(), subject.bin.as_deref()), (Some(pki::IIN), Some(pki::BIN)));
        }
    }

    #[test]
    fn two_numbers_and_numbers_that_are_none_are_refused() {
        let iin = |text: &str| (pki::SERIAL_NUMBER, der::printable(text));
        let twice = [iin("IIN903456300003"), iin("IIN903456300003")];
        assert!(matches!(subject(&twice, &[pki::PERSON]), Err(Fault::Malformed(_))));
        for text in ["IIN", "IIN90345630000", "IIN9034563000031", "IIN90345630000A"] {
            assert!(matches!(subject(&[iin(text)], &[pki::PERSON]), Err(Fault::Malformed(_))), "{text}");
        }
        for text in ["903456300003", "iin903456300003", "BIN903456300003"] {
            assert_eq!(subject(&[iin(text)], &[pki::PERSON]).unwrap().iin, None, "{text}");
        }
    }

    #[test]
    fn a_person_of_a_company_is_no_person_for_themselves() {
        let iin = (pki::SERIAL_NUMBER, der::printable("IIN903456300003"));
        let bin = (pki::UNIT, der::utf8("BIN993456789012"));
        assert_eq!(subject(&[iin.clone(), bin], &[pki::PERSON]).unwrap().kind, Kind::Other);
        assert_eq!(
            subject(std::slice::from_ref(&iin), &[pki::PERSON, pki::LEGAL]).unwrap().kind,
            Kind::Other
        );
        assert_eq!(subject(std::slice::from_ref(&iin), &[pki::EMAIL_PROTECTION]).unwrap().kind, Kind::Other);
        assert_eq!(subject(&[iin], &["1.2.398.3.3.4.1.2.6.1"]).unwrap().kind, Kind::System);
    }

    #[test]
    fn numbers_are_not_shown() {
        let shown = format!("{:?}", Subject::of(&certificate(&Pki::gost().company(pki::HEAD))).unwrap());
        assert!(!shown.contains(pki::IIN) && !shown.contains(pki::BIN), "{shown}");
    }
}
