//! Which column is what, and a row's claims.

use csv::StringRecord;

use crate::cli::Failure;
use crate::pb::v1::{Claims, Document, PersonName, Sex};

/// The columns that can hold claims, as `register import` names them.
const CLAIMS: [&str; 10] = [
    "family_name",
    "given_name",
    "patronymic",
    "birth_date",
    "sex",
    "citizenship",
    "document_type",
    "document_number",
    "document_country",
    "document_valid_until",
];
/// The columns that the answer adds.
pub(super) const ADDED: [&str; 3] = ["verdict", "reasons", "assurance"];

/// Where the known columns are.
pub(super) struct Columns {
    iin: usize,
    claims: [Option<usize>; CLAIMS.len()],
}

impl Columns {
    /// Finds them in a header. Names are compared without case and surrounding spaces.
    pub(super) fn of(header: &StringRecord) -> Result<Self, Failure> {
        let names: Vec<String> = header.iter().map(|n| n.trim().to_lowercase()).collect();
        let find = |name: &str| names.iter().position(|n| n == name);
        let twice: Vec<_> = names
            .iter()
            .enumerate()
            .filter(|(i, n)| names[..*i].contains(n) && (*n == "iin" || CLAIMS.contains(&n.as_str())))
            .map(|(_, n)| n.as_str())
            .collect();
        if !twice.is_empty() {
            return Err(Failure::usage(format!("columns that are there twice: {}", twice.join(", "))));
        }
        let taken: Vec<_> = ADDED.into_iter().filter(|name| find(name).is_some()).collect();
        if !taken.is_empty() {
            return Err(Failure::usage(format!(
                "columns that the answer adds are there already: {}",
                taken.join(", ")
            )));
        }
        let iin = find("iin").ok_or_else(|| Failure::usage("there is no column iin in the header row"))?;
        Ok(Columns { iin, claims: CLAIMS.map(find) })
    }

    /// Whether there is any column with claims.
    pub(super) fn claims(&self) -> bool {
        self.claims.iter().any(Option::is_some)
    }

    /// A row's number as it is written.
    pub(super) fn number<'a>(&self, row: &'a StringRecord) -> &'a str {
        row.get(self.iin).unwrap_or_default()
    }

    /// A row's claims; an empty field claims nothing.
    pub(super) fn claims_of(&self, row: &StringRecord) -> Claims {
        let field =
            |i: usize| self.claims[i].and_then(|at| row.get(at)).unwrap_or_default().trim().to_string();
        let [family, given, patronymic] = [field(0), field(1), field(2)];
        let named = !family.is_empty() || !given.is_empty() || !patronymic.is_empty();
        let document =
            Document { r#type: field(6), number: field(7), issuing_country: field(8), valid_until: field(9) };
        let documented =
            [&document.r#type, &document.number, &document.issuing_country, &document.valid_until]
                .iter()
                .any(|f| !f.is_empty());
        Claims {
            name: named.then(|| PersonName {
                family,
                given,
                patronymic: (!patronymic.is_empty()).then_some(patronymic),
            }),
            birth_date: field(3),
            // A text that is no sex must not become silence: it is sent as a value nobody knows.
            sex: match field(4).to_uppercase().as_str() {
                "" => 0,
                text => Sex::from_str_name(&format!("SEX_{text}")).map_or(-1, i32::from),
            },
            citizenship: field(5),
            document: documented.then_some(document),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Result<Columns, Failure> {
        Columns::of(&StringRecord::from(names.to_vec()))
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let found = columns(&["nr", " Family_Name ", "IIN", "birth_date", "sex"]).unwrap();
        let row = StringRecord::from(vec!["1", "Тест", "009900000008", "", "unknown"]);
        assert_eq!(found.number(&row), "009900000008");
        let claims = found.claims_of(&row);
        assert_eq!(claims.name.unwrap().family, "Тест");
        assert!(claims.birth_date.is_empty() && claims.document.is_none());
        assert_eq!(claims.sex, -1);
        assert!(!columns(&["iin", "balance"]).unwrap().claims());
    }

    #[test]
    fn a_header_without_iin_or_with_our_columns_is_refused() {
        for (names, told) in [
            (vec!["number"], "no column iin"),
            (vec!["iin", "verdict"], "verdict"),
            (vec!["iin", "sex", "Sex"], "twice: sex"),
        ] {
            let Err(Failure(_, text)) = columns(&names) else { panic!("{names:?}") };
            assert!(text.contains(told), "{text}");
        }
    }
}
