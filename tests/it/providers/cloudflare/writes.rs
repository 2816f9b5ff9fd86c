//! What is written, by the batch rules of the API, and what is known of a write that did not end well.

use std::collections::BTreeSet;

use quarterdeck::providers::dns::{WriteError, WriteRecords};
use quarterdeck::wire::ErrorKind;
use quarterdeck::wire::dns::{RecordSet, RecordValue, SetChange, SetName, ZoneAt};
use serde_json::json;

use super::*;
use crate::support::cloudflare::{Effect, Fault, Quota};

const NAME: &str = "www.example.com";

fn of(record_type: &str) -> SetName {
    SetName { name: NAME.into(), record_type: record_type.into() }
}

fn set(of: &SetName, contents: &[&str]) -> RecordSet {
    let value = |content: &&str| RecordValue { content: (*content).to_owned(), ttl: 300, ..RecordValue::default() };
    RecordSet { of: of.clone(), values: contents.iter().map(value).collect(), comments: Vec::new() }
}

fn created(of: &SetName, contents: &[&str]) -> SetChange {
    SetChange { of: of.clone(), before: None, after: Some(set(of, contents)) }
}

/// A fake with one zone.
async fn with_zone() -> (FakeCloudflare, ZoneAt) {
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone("example.com");
    (fake, ZoneAt { id, name: "example.com".into() })
}

async fn fresh(source: &Cloudflare, zone: &ZoneAt, of: &SetName) -> Option<RecordSet> {
    let names = BTreeSet::from([of.name.clone()]);
    let read = source.read(zone, Some(&names)).await.unwrap();
    read.sets.into_iter().find(|set| set.of == *of)
}

#[tokio::test]
async fn f03_a_change_and_its_way_back_leave_ids_comments_tags_and_settings() {
    let (fake, zone) = with_zone().await;
    for content in ["192.0.2.1", "192.0.2.2"] {
        let id = fake.world().add_record(&zone.id, "A", NAME, content);
        let mut world = fake.world();
        let record = world.record(&zone.id, &id);
        record.comment = Some(format!("front {content}"));
        record.tags = vec!["team:web".into(), "b".into()];
        record.settings = json!({"ipv4_only": true});
    }
    let was = fake.world().named(&zone.id, NAME, "A");
    let (source, of) = (source(&fake), of("A"));
    let before = fresh(&source, &zone, &of).await.unwrap();
    let change = SetChange { of: of.clone(), after: Some(set(&of, &["192.0.2.8", "192.0.2.9"])), before: Some(before) };
    let written = source.write(&zone, std::slice::from_ref(&change)).await.unwrap();
    assert_eq!(written.sets.len(), 1);
    assert!(written.sets[0].says_the_same_as(change.after.as_ref().unwrap()), "{:?}", written.sets);
    assert!(written.request_id.is_some() && written.request.ends_with("0 deletes, 0 patches, 2 puts, 0 posts"));

    let now = fresh(&source, &zone, &of).await.unwrap();
    assert!(now.is_still(&written.sets[0]), "what the answer held is what is read");
    let back = SetChange { before: Some(now), after: change.before.clone(), of: of.clone() };
    source.write(&zone, &[back]).await.unwrap();
    let timeless = |records: Vec<crate::support::cloudflare::Record>| {
        records.into_iter().map(|mut record| {
            record.modified_on.clear();
            record.json()
        })
    };
    assert!(timeless(fake.world().named(&zone.id, NAME, "A")).eq(timeless(was)), "but for the times nothing is left");
}

#[tokio::test]
async fn an_alias_gives_way_to_addresses_in_one_batch() {
    let (fake, zone) = with_zone().await;
    fake.world().add_record(&zone.id, "CNAME", NAME, "lb.example.net");
    let (source, a, cname) = (source(&fake), of("A"), of("CNAME"));
    let before = fresh(&source, &zone, &cname).await;
    let changes = [created(&a, &["192.0.2.1", "192.0.2.2"]), SetChange { of: cname.clone(), before, after: None }];
    source.write(&zone, &changes).await.unwrap();
    assert_eq!(fake.batches().len(), 1);
    assert_eq!(fake.world().named(&zone.id, NAME, "A").len(), 2);
    assert!(fake.world().named(&zone.id, NAME, "CNAME").is_empty());
}

#[tokio::test]
async fn the_first_error_is_told_and_nothing_has_happened() {
    let (fake, zone) = with_zone().await;
    fake.world().add_record(&zone.id, "A", NAME, "192.0.2.1");
    let source = source(&fake);
    let other = SetName { name: "new.example.com".into(), record_type: "A".into() };
    // The record that is there already was not read: a blind repetition.
    let error =
        source.write(&zone, &[created(&other, &["192.0.2.7"]), created(&of("A"), &["192.0.2.1"])]).await.unwrap_err();
    assert_eq!((error.error.kind, error.may_have_been_applied), (ErrorKind::Rejected, false));
    assert!(error.error.message.contains("An identical record already exists. (81058) at /content"), "{error}");
    assert!(fake.world().named(&zone.id, "new.example.com", "A").is_empty());
    let conflict = source.write(&zone, &[created(&of("CNAME"), &["x.example.net"])]).await.unwrap_err();
    assert!(conflict.error.message.contains("(81053)"), "{conflict}");
    let bad = source.write(&zone, &[created(&of("A"), &["not-an-ip"])]).await.unwrap_err();
    assert!(bad.error.message.contains("(9005) at /content"), "{bad}");
}

#[tokio::test]
async fn structured_values_go_in_parts_and_come_back_in_words() {
    let (fake, zone) = with_zone().await;
    let source = source(&fake);
    let cases = [
        ("SRV", "10 5 5060 sip.example.com"),
        ("CAA", "0 issue \"ca.example.net\""),
        ("URI", "10 1 \"https://example.com/\""),
        ("TXT", "say \"hi\" \\ é"),
    ];
    let changes: Vec<SetChange> = cases
        .iter()
        .map(|(kind, content)| {
            let of = SetName { name: format!("{}.example.com", kind.to_lowercase()), record_type: (*kind).into() };
            let shaped = source.shaped(&zone, set(&of, &[content])).unwrap();
            SetChange { of, before: None, after: Some(shaped) }
        })
        .chain([SetChange {
            of: of("MX"),
            before: None,
            after: Some(source.shaped(&zone, set(&of("MX"), &["10 mail.example.com"])).unwrap()),
        }])
        .collect();
    source.write(&zone, &changes).await.unwrap();
    let read = source.read(&zone, None).await.unwrap();
    for change in &changes {
        let after = change.after.as_ref().unwrap();
        let found = read.sets.iter().find(|set| set.of == change.of).unwrap();
        assert!(found.says_the_same_as(after), "{found:?} is not {after:?}");
        let back = SetChange { of: change.of.clone(), before: Some(found.clone()), after: Some(found.clone()) };
        assert_eq!(source.write(&zone, &[back]).await.unwrap().answer, "nothing had to be sent");
    }
}

#[tokio::test]
async fn a_batch_holds_what_the_plan_allows() {
    let (fake, zone) = with_zone().await;
    let source = source(&fake);
    let many = |count: usize| -> Vec<SetChange> {
        let name = |at: usize| SetName { name: format!("n{at}.example.com"), record_type: "A".into() };
        (0..count).map(|at| created(&name(at), &["192.0.2.1"])).collect()
    };
    assert_eq!(source.read(&zone, None).await.unwrap().most_per_write, 200);
    let error = source.write(&zone, &many(201)).await.unwrap_err();
    assert_eq!((error.error.kind, error.may_have_been_applied), (ErrorKind::Rejected, false));
    source.write(&zone, &many(200)).await.unwrap();
    fake.world().zone(&zone.id).plan = "business".into();
    assert_eq!(source.read(&zone, None).await.unwrap().most_per_write, 3_500);
}

#[tokio::test]
async fn f03_throttled_means_not_applied_and_says_when_to_come_back() {
    let (fake, zone) = with_zone().await;
    fake.script(Fault::on("/batch", Effect::Throttle(Some(7))));
    let source = source(&fake);
    let change = [created(&of("A"), &["192.0.2.1"])];
    let error = source.write(&zone, &change).await.unwrap_err();
    assert_eq!((error.error.kind, error.may_have_been_applied), (ErrorKind::RateLimited, false));
    assert_eq!(error.error.retry_after, Some(Duration::from_secs(7)));
    // Before that nothing is sent, by nobody.
    let error = source.write(&zone, &change).await.unwrap_err();
    assert_eq!((error.error.kind, fake.batches().len()), (ErrorKind::RateLimited, 1));
    assert!(error.error.retry_after.is_some_and(|wait| wait <= Duration::from_secs(7)));
}

#[tokio::test]
async fn people_write_with_what_a_collection_leaves_them() {
    let (fake, zone) = with_zone().await;
    fake.world().quota = Quota::of(10, Duration::from_secs(60));
    let source = source(&fake);
    for _ in 0..9 {
        source.probe().await.ok();
        if fake.seen("").len() >= 9 {
            break;
        }
    }
    let before = fake.seen("").len();
    let collected = collect(&source).await;
    assert_eq!(collected.result.map(|error| error.kind), Some(ErrorKind::RateLimited), "a collection has to wait");
    assert_eq!(fake.seen("").len(), before);
    source.write(&zone, &[created(&of("A"), &["192.0.2.1"])]).await.unwrap();
}

#[tokio::test]
async fn f03_a_lost_answer_may_have_been_applied_and_only_a_read_knows() {
    for effect in [Effect::LoseAnswer, Effect::Truncate(20)] {
        let (fake, zone) = with_zone().await;
        fake.script(Fault::on("/batch", effect));
        let source = source(&fake);
        let WriteError { error, may_have_been_applied } =
            source.write(&zone, &[created(&of("A"), &["192.0.2.1"])]).await.unwrap_err();
        assert_eq!((error.kind, may_have_been_applied), (ErrorKind::Unavailable, true), "{error}");
        assert_eq!(fake.batches().len(), 1, "it is never repeated blindly");
        assert!(fresh(&source, &zone, &of("A")).await.is_some());
    }
}

#[tokio::test]
async fn success_false_is_a_refusal_and_a_wrong_token_a_matter_of_credentials() {
    let (fake, zone) = with_zone().await;
    fake.script(Fault::on("/batch", Effect::FalseSuccess));
    let source = source(&fake);
    let change = [created(&of("A"), &["192.0.2.1"])];
    let error = source.write(&zone, &change).await.unwrap_err();
    assert_eq!((error.error.kind, error.may_have_been_applied), (ErrorKind::Rejected, false));
    assert!(error.error.message.contains("half of it failed (1)"), "{error}");
    fake.world().token(TOKEN).read_only = true;
    let error = source.write(&zone, &change).await.unwrap_err();
    assert_eq!((error.error.kind, error.may_have_been_applied), (ErrorKind::Auth, false));
}

#[tokio::test]
async fn somebody_elses_write_shows_even_when_it_changed_nothing() {
    let (fake, zone) = with_zone().await;
    let id = fake.world().add_record(&zone.id, "A", NAME, "192.0.2.1");
    let source = source(&fake);
    let seen = fresh(&source, &zone, &of("A")).await.unwrap();
    assert!(fresh(&source, &zone, &of("A")).await.unwrap().is_still(&seen));
    fake.world().rewrite(&zone.id, &id, "192.0.2.1");
    let now = fresh(&source, &zone, &of("A")).await.unwrap();
    assert!(now.says_the_same_as(&seen) && !now.is_still(&seen));
}

#[tokio::test]
async fn a_list_may_be_one_write_behind() {
    let (fake, zone) = with_zone().await;
    let source = source(&fake);
    fake.world().lists_lag = true;
    let written = source.write(&zone, &[created(&of("A"), &["192.0.2.1"])]).await.unwrap();
    assert_eq!(fresh(&source, &zone, &of("A")).await, None, "which is why the answer's own sets are kept");
    assert_eq!(written.sets[0].values.len(), 1);
    fake.world().lists_lag = false;
    assert!(fresh(&source, &zone, &of("A")).await.unwrap().is_still(&written.sets[0]));
}

#[tokio::test]
async fn zones_that_are_not_ours_to_write_say_why() {
    let (fake, zone) = with_zone().await;
    let source = source(&fake);
    assert_eq!(source.read(&zone, None).await.unwrap().read_only, None);
    fake.world().zone(&zone.id).status = "moved".into();
    assert_eq!(source.read(&zone, None).await.unwrap().read_only.as_deref(), Some("example.com is moved"));
    fake.world().zone(&zone.id).zone_type = "secondary".into();
    assert!(source.read(&zone, None).await.unwrap().read_only.unwrap().contains("a secondary"));
}
