//! Applications and the keys they are found by.

use iinspect::issuance::application::{DelayCause, RefusalReason};
use iinspect::issuance::{Application, Event, EventKind};
use iinspect::person::Document;
use iinspect::register::feed::Kind;
use iinspect::register::{ApplicationKey, Expect, Facts, MAX_APPLICATIONS, Write};
use jiff::civil::date;
use uuid::Uuid;

use super::support::{Stage, application, at, iin, put_application, soon};

fn passport() -> Document {
    Document { kind: "PASSPORT".into(), number: "N 77".into(), ..Document::default() }
}

fn by_passport() -> ApplicationKey {
    ApplicationKey::Applicant(passport(), date(1990, 1, 2))
}

fn with_applicant(application: Application) -> Write {
    Write::Application { application, applicant: Some((passport(), date(1990, 1, 2))), expect: Expect::Any }
}

async fn found(stage: &Stage, key: &ApplicationKey) -> Vec<u128> {
    let read = stage.register.applications(key, soon()).await.unwrap();
    read.value.into_iter().map(|a| a.value.id.as_u128()).collect()
}

pub(super) async fn they_are_found_by_every_key(stage: Stage) {
    let mut full = application(5, Some(iin(1)), 3);
    let kinds = [
        EventKind::Delayed { cause: DelayCause::Holiday, working_days: 3 },
        EventKind::Refused { reason: RefusalReason::InvalidPaper, mend: "жаңа".into() },
    ];
    full.events.extend(kinds.into_iter().map(|kind| Event { at: at(9), kind }));
    let committed = stage.commit(vec![with_applicant(full.clone())]).await;
    for key in [ApplicationKey::Id(full.id), ApplicationKey::Number(iin(1)), by_passport()] {
        let read = stage.register.applications(&key, soon()).await.unwrap();
        assert_eq!(read.value.len(), 1);
        assert_eq!((&read.value[0].value, read.value[0].version), (&full, 1));
        assert_eq!(read.value[0].recorded_at, at(0));
        assert_eq!(read.position, stage.position(&committed.token, subject(&stage, &key)));
    }
    let others = [
        ApplicationKey::Id(Uuid::from_u128(6)),
        ApplicationKey::Number(iin(2)),
        ApplicationKey::Applicant(passport(), date(1990, 1, 3)),
        ApplicationKey::Applicant(Document { kind: "ID".into(), ..passport() }, date(1990, 1, 2)),
    ];
    for key in others {
        assert!(found(&stage, &key).await.is_empty());
    }
}

fn subject(stage: &Stage, key: &ApplicationKey) -> iinspect::register::Subject {
    match key {
        ApplicationKey::Id(id) => stage.key.application(*id),
        ApplicationKey::Number(iin) => stage.key.number(*iin),
        ApplicationKey::Applicant(document, born) => stage.key.applicant(document, *born),
    }
}

pub(super) async fn newest_first_and_not_without_end(stage: Stage) {
    // Submitted in no order of the ids, two at the same moment.
    let times = [5, 1, 9, 9, 3];
    for (id, submitted) in (1..).zip(times) {
        stage.commit(vec![with_applicant(application(id, Some(iin(1)), submitted))]).await;
    }
    for key in [ApplicationKey::Number(iin(1)), by_passport()] {
        assert_eq!(found(&stage, &key).await, [4, 3, 1, 5, 2]);
    }
    let more = (100..130).map(|id| put_application(application(id, Some(iin(1)), id as i64), Expect::Absent));
    stage.commit(more.collect()).await;
    let newest: Vec<u128> = (100..130).rev().take(MAX_APPLICATIONS).collect();
    assert_eq!(found(&stage, &ApplicationKey::Number(iin(1))).await, newest);
}

pub(super) async fn the_applicant_stays_and_the_old_number_is_told(stage: Stage) {
    let token = stage.commit(vec![with_applicant(application(1, Some(iin(1)), 0))]).await.token;
    // The next writer knows the application but not the applicant's document.
    stage.commit(vec![put_application(application(1, Some(iin(2)), 0), Expect::Version(1))]).await;
    assert_eq!(found(&stage, &by_passport()).await, [1]);
    assert_eq!(found(&stage, &ApplicationKey::Number(iin(2))).await, [1]);
    assert!(found(&stage, &ApplicationKey::Number(iin(1))).await.is_empty());
    let mut told: Vec<_> =
        stage.all_after(&token, 10).await.into_iter().map(|c| (c.subject.unwrap(), c.kind)).collect();
    let mut want: Vec<_> = [
        stage.key.application(Uuid::from_u128(1)),
        stage.key.number(iin(1)),
        stage.key.number(iin(2)),
        subject(&stage, &by_passport()),
    ]
    .map(|s| (s, Kind::Application))
    .into();
    told.sort_by_key(|t| t.0);
    want.sort_by_key(|t| t.0);
    assert_eq!(told, want);
}

pub(super) async fn a_list_leads_through_all_of_them(stage: Stage) {
    assert!(stage.register.submitted(None, 10, soon()).await.unwrap().is_empty());
    // Submitted in no order of the ids, some at the same moment, found by a number or by nothing.
    let times = [5, 1, 9, 9, 3, 9, 1];
    for (id, submitted) in (1..).zip(times) {
        let number = (id % 2 == 0).then(|| iin(1));
        stage.commit(vec![put_application(application(id, number, submitted), Expect::Absent)]).await;
    }
    // A later version keeps its place.
    let mut later = application(5, None, 3);
    later.events.push(Event { at: at(30), kind: EventKind::Withdrawn });
    stage.commit(vec![put_application(later.clone(), Expect::Version(1))]).await;
    for limit in [1, 2, 3, 7, 100] {
        let (mut before, mut all) = (None, Vec::new());
        loop {
            let page = stage.register.submitted(before, limit, soon()).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            before = Some((last.value.submitted_at(), last.value.id));
            all.extend(page);
        }
        let ids: Vec<_> = all.iter().map(|a| a.value.id.as_u128()).collect();
        assert_eq!(ids, [6, 4, 3, 1, 5, 7, 2], "by {limit}");
        assert_eq!((&all[4].value, all[4].version), (&later, 2));
    }
    // A place that nothing has any more is a place all the same.
    let between = Some((at(4), Uuid::nil()));
    let page = stage.register.submitted(between, 1, soon()).await.unwrap();
    assert_eq!(page[0].value.id, Uuid::from_u128(5));
    for limit in [0, 1_001] {
        let refused = stage.register.submitted(None, limit, soon()).await.unwrap_err();
        assert!(refused.is_invalid(), "{refused:?}");
    }
}
