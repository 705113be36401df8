//! Requests that make no sense: every field at fault at once.

use iinspect::pb::v1::{GetRequirementsRequest, Location, Stay};
use tonic::Code;
use tonic_types::StatusExt;

use super::ask;

async fn fields(request: GetRequirementsRequest) -> Vec<String> {
    let status = ask(request).await.err().expect("refused");
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let bad = details.bad_request().unwrap();
    bad.field_violations.iter().map(|v| v.field.clone()).collect()
}

#[tokio::test]
async fn every_field_at_fault_is_named_at_once() {
    let request = GetRequirementsRequest {
        ground: 6,
        channel: -1,
        presence: 4,
        location: Some(Location { country: "KZ".into(), place_of_registration: "ә".repeat(129) }),
        stay: Some(Stay { kind: 9, since: "2026-13-01".into(), until: "yesterday".into() }),
        citizenship: "Uzbekistan".into(),
        birth_date: "1990-02-30".into(),
        passport_script: 4,
        birthplace_script: i32::MAX,
        categories: vec![1, 0, 14],
        visa_or_permit: 7,
        purposes: vec![12, 1],
        expedited: false,
        on_date: "24.11.2026".into(),
        needed_by: "2026-11-31".into(),
    };
    let mut told = fields(request).await;
    told.sort();
    let mut want = [
        "ground",
        "channel",
        "presence",
        "location.country",
        "location.place_of_registration",
        "stay.kind",
        "stay.since",
        "stay.until",
        "citizenship",
        "birth_date",
        "passport_script",
        "birthplace_script",
        "categories[1]",
        "categories[2]",
        "visa_or_permit",
        "purposes[0]",
        "on_date",
        "needed_by",
    ];
    want.sort_unstable();
    assert_eq!(told, want);
}

#[tokio::test]
async fn dates_that_contradict_each_other_make_no_sense() {
    let stay = Stay { kind: 0, since: "2026-02-01".into(), until: "2026-01-31".into() };
    let request = GetRequirementsRequest {
        stay: Some(stay),
        birth_date: "2026-11-25".into(),
        on_date: "2026-11-24".into(),
        ..GetRequirementsRequest::default()
    };
    assert_eq!(fields(request).await, ["stay.until", "birth_date"]);
    // Without on_date it is today: 22 November.
    let request = GetRequirementsRequest { birth_date: "2026-11-23".into(), ..Default::default() };
    assert_eq!(fields(request).await, ["birth_date"]);
    let request =
        GetRequirementsRequest { categories: vec![1; 65], purposes: vec![0; 65], ..Default::default() };
    assert_eq!(fields(request).await, ["categories", "purposes"]);
}
