//! Digits five and six: a person's number or a company's, and of what kind.

use super::digits::Digits;

/// Whose number digits five and six say it is.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A person's: digit five was the tens of a day.
    Person,
    /// A company's.
    Company(Entity, Unit),
    /// Digit five is a company's, and digit six no kind of unit.
    UnitUnassigned,
    /// Digit five is reserved for neither.
    Reserved,
}

impl Shape {
    pub(super) fn of(digits: &Digits) -> Self {
        let [_, _, _, _, fifth, sixth, ..] = digits.0;
        let entity = match fifth {
            0..=3 => return Self::Person,
            4 => Entity::Resident,
            5 => Entity::NonResident,
            6 => Entity::JointEntrepreneurship,
            7.. => return Self::Reserved,
        };
        let unit = match sixth {
            0 => Unit::Head,
            1 => Unit::Branch,
            2 => Unit::RepresentativeOffice,
            3 => Unit::OtherUnit,
            4 => Unit::FarmHousehold,
            5.. => return Self::UnitUnassigned,
        };
        Self::Company(entity, unit)
    }
}

/// What kind of entity a BIN's fifth digit names.
///
/// ```
/// use iinspect::number::{Details, bin::Entity, inspect};
/// use jiff::civil::date;
///
/// let Some(Details::Bin(details)) = inspect("940140000385", date(2026, 1, 1)).details else {
///     panic!("digits five and six are a company's");
/// };
/// assert_eq!(details.entity, Entity::Resident);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entity {
    /// 4: a legal entity resident in Kazakhstan.
    Resident,
    /// 5: a non-resident legal entity.
    NonResident,
    /// 6: joint entrepreneurship of several people.
    JointEntrepreneurship,
}

/// What kind of unit a BIN's sixth digit names.
///
/// The rules disagree on 3 and 4: the label follows the order in force, and numbers given under the
/// rules of 2007 keep theirs. Take 3 and 4 together as "other unit or farm" unless the register
/// says more.
///
/// ```
/// use iinspect::number::{Details, bin::Unit, inspect};
/// use jiff::civil::date;
///
/// let Some(Details::Bin(details)) = inspect("961141000023", date(2026, 1, 1)).details else {
///     panic!("digits five and six are a company's");
/// };
/// assert_eq!(details.unit, Unit::Branch);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// 0: the head unit.
    Head,
    /// 1: a branch.
    Branch,
    /// 2: a representative office.
    RepresentativeOffice,
    /// 3: another separate unit (order of 2023, programme of 2003); a farm household by the rules
    /// of 2007.
    OtherUnit,
    /// 4: a peasant or farm household (order of 2023, programme of 2003); not in the rules of 2007.
    FarmHousehold,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::number::bin::Registered;
    use crate::number::tests::{TODAY, bin, complete, reasons};
    use crate::number::{Bin, Control, Details, Finding, Iin, Kind, inspect};
    use crate::reason::{Reason::*, Severity};

    #[test]
    fn companies_are_told_by_digits_five_and_six() {
        let details = bin("940140000385");
        assert_eq!(details.registered, Some(Registered { year: 1994, month: 1 }));
        assert_eq!((details.entity, details.unit), (Entity::Resident, Unit::Head));
        assert_eq!((details.serial, details.control), (38, Control::First(5)));
        assert_eq!(bin("961141000023").unit, Unit::Branch);
        assert_eq!(bin("961141000023").control, Control::Second(3));
        let entities = [(4, Entity::Resident), (5, Entity::NonResident), (6, Entity::JointEntrepreneurship)];
        let units =
            [Unit::Head, Unit::Branch, Unit::RepresentativeOffice, Unit::OtherUnit, Unit::FarmHousehold];
        for (fifth, entity) in entities {
            for (sixth, unit) in units.into_iter().enumerate() {
                let text = format!("8599{fifth}{sixth}654321");
                assert_eq!((bin(&text).entity, bin(&text).unit, bin(&text).serial), (entity, unit, 65432));
            }
        }
    }

    #[test]
    fn a_company_is_registered_in_the_latest_century_that_is_not_ahead() {
        let year = |text: &str, today| match inspect(text, today).details {
            Some(Details::Bin(details)) => details.registered.map(|registered| registered.year),
            other => panic!("{other:?}"),
        };
        assert_eq!(year("940140000385", date(2026, 1, 1)), Some(1994));
        assert_eq!(year("210840900029", date(2026, 1, 1)), Some(2021));
        assert_eq!(year("210840900029", date(2021, 1, 1)), Some(2021));
        assert_eq!(year("210840900029", date(2020, 12, 31)), Some(1921));
        assert_eq!(year("990340000553", date(2100, 1, 1)), Some(2099));
    }

    #[test]
    fn a_company_needs_a_month_and_test_companies_have_none() {
        let zero = complete("94004000001");
        let inspection = inspect(&zero, TODAY);
        assert_eq!((inspection.kind, inspection.valid), (Kind::Bin, false));
        assert_eq!(inspection.findings, [Finding { reason: BinMonthImpossible, severity: Severity::Error }]);
        assert_eq!(bin(&zero).registered, None);
        assert_eq!(Bin::parse(&zero).unwrap_err().reasons(), [BinMonthImpossible]);
        for month in [13, 99] {
            let text = complete(&format!("94{month}4000001"));
            assert_eq!(reasons(&text), [TestNumber]);
            assert_eq!(bin(&text).registered, None);
            assert!(Bin::parse(&text).is_ok_and(Bin::is_test));
        }
    }

    #[test]
    fn a_bin_has_a_structure_and_an_iin_needs_none() {
        for (text, expected) in [
            ("009900000008", LooksLikeIin),
            (&complete("94014500001"), BinUnitUnassigned),
            (&complete("94017000001"), FifthDigitReserved),
        ] {
            assert!(Iin::parse(text).is_ok());
            assert_eq!(Bin::parse(text).unwrap_err().reasons(), [expected]);
        }
        assert!(Iin::parse("940140000385").is_ok(), "the rule in force does not look at digit five");
    }
}
