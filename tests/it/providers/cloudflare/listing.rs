//! What is reported when all goes well, and which scopes it is reported in.

use std::collections::BTreeSet;

use quarterdeck::kinds::zone::Zone;
use quarterdeck::wire::ErrorKind;
use serde_json::json;

use super::*;
use crate::support::cloudflare::Sight;

const EXAMPLE: &str = "zone bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

#[tokio::test]
async fn zones_and_their_records_are_reported_in_scopes_of_their_own() {
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone("example.com");
    let record = fake.world().add_record(&id, "A", "www.example.com", "192.0.2.10");
    fake.world().record(&id, &record).tags = vec!["team:web".into()];
    fake.world().add_record(&id, "TXT", "example.com", "\"v=spf1 \" \"-all\"");
    fake.world().add_zone("example.org");

    let seen = collect(&source(&fake)).await;

    assert_eq!(seen.result, None);
    assert_eq!(seen.scopes(), ["dns_record example.com", "dns_record example.org", EXAMPLE]);
    assert!(seen.outcomes.values().all(|outcome| *outcome == Outcome::Complete));
    let parent = seen.parents["dns_record example.com"].clone().unwrap();
    assert_eq!((parent.kind.as_str(), parent.external_id), ("zone", id.clone()));
    assert_eq!(seen.parents[EXAMPLE], None);

    let zones: Vec<Zone> = seen.records[EXAMPLE].iter().map(|v| serde_json::from_value(v.clone()).unwrap()).collect();
    assert_eq!(
        (zones[0].name.as_str(), zones[0].plan.as_str(), zones[0].zone_type.as_str()),
        ("example.com", "free", "full")
    );
    let records = seen.records("example.com");
    assert_eq!(records.len(), 2);
    let www = records.iter().find(|record| record.record_type == "A").unwrap();
    assert_eq!((www.zone.as_str(), www.content.as_str(), www.ttl), ("example.com", "192.0.2.10", 300));
    assert_eq!(www.tags, ["team:web"]);
    assert_eq!(www.comment, "", "a null comment is none");
    assert_eq!(www.modified_on.unwrap().timestamp_subsec_micros(), 123_456);
    assert_eq!(records.iter().find(|record| record.record_type == "TXT").unwrap().content, "v=spf1 -all");
}

#[tokio::test]
async fn many_zones_come_on_many_pages_and_an_empty_one_is_complete() {
    let fake = FakeCloudflare::start().await;
    for number in 0..120 {
        fake.world().add_zone(&format!("zone-{number}.example"));
    }
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.records[EXAMPLE].len(), 120);
    assert!(seen.is_complete(EXAMPLE) && seen.is_complete("dns_record zone-119.example"));
    assert_eq!(fake.seen("/zones?").len(), 3);
}

#[tokio::test]
async fn a_large_zone_is_read_page_by_page_to_its_last_record() {
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone("example.com");
    for number in 0..12_001 {
        fake.world().add_record(&id, "A", &format!("h{number}.example.com"), "192.0.2.1");
    }
    let seen = collect(&source(&fake)).await;
    let names: BTreeSet<_> = seen.records("example.com").into_iter().map(|record| record.name).collect();
    assert_eq!(names.len(), 12_001);
    assert!(seen.is_complete("dns_record example.com"));
    assert_eq!((seen.restarts, fake.seen("dns_records").len()), (0, 3));
}

#[tokio::test]
async fn pages_that_hold_less_than_was_asked_for_are_all_read() {
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone("example.com");
    for number in 0..25 {
        fake.world().add_record(&id, "A", &format!("h{number}.example.com"), "192.0.2.1");
    }
    fake.world().fullest_page = 10;
    let seen = collect(&source(&fake)).await;
    assert!(seen.is_complete("dns_record example.com"));
    assert_eq!((seen.records("example.com").len(), seen.restarts, fake.seen("dns_records").len()), (25, 0, 3));
}

#[tokio::test]
async fn a_record_of_an_unknown_type_is_kept_and_noted() {
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone("example.com");
    fake.world().add_record(&id, "NEWTYPE", "new.example.com", "anything");
    let minimal = fake.world().add_record(&id, "A", "", "");
    fake.world().record(&id, &minimal).instead = Some(json!({"id": minimal, "type": "A", "later_field": {"a": [1]}}));
    let seen = collect(&source(&fake)).await;
    assert!(seen.is_complete("dns_record example.com"));
    assert!(seen.records("example.com").iter().any(|record| record.record_type == "NEWTYPE"));
    assert_eq!(seen.notes, ["example.com has records of the unknown type \"NEWTYPE\"; they are shown as they are"]);
}

#[tokio::test]
async fn a_record_that_is_not_understood_proves_no_absence() {
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone("example.com");
    fake.world().add_record(&id, "A", "www.example.com", "192.0.2.1");
    let odd = fake.world().add_record(&id, "A", "odd.example.com", "");
    fake.world().record(&id, &odd).instead = Some(json!({"type": "A", "name": ["no id"]}));
    let seen = collect(&source(&fake)).await;
    let error = seen.error("dns_record example.com");
    assert_eq!(error.kind, ErrorKind::Malformed);
    assert!(error.message.starts_with("1 elements were not understood"), "{error}");
    assert_eq!(seen.records("example.com").len(), 1, "what was understood is reported");
}

#[tokio::test]
async fn an_account_that_the_token_no_longer_sees_is_not_listed_as_empty() {
    let fake = FakeCloudflare::start().await;
    let ours = fake.world().add_zone("example.com");
    fake.world().add_zone_of("example.org", "cccccccccccccccccccccccccccccccc", "Other");
    let source = source(&fake);
    let before = collect(&source).await;
    assert!(before.is_complete("zone cccccccccccccccccccccccccccccccc"));

    fake.world().token(TOKEN).sight = Sight::Only(BTreeSet::from([ours]));
    let after = collect(&source).await;
    assert_eq!(after.scopes(), ["dns_record example.com", EXAMPLE], "nothing is said of the other account");
}

#[tokio::test]
async fn a_token_that_sees_nothing_is_an_error_and_not_an_empty_list() {
    let fake = FakeCloudflare::start().await;
    fake.world().add_zone("example.com");
    fake.world().token(TOKEN).sight = Sight::Only(BTreeSet::new());
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.result.unwrap().kind, ErrorKind::Auth);
    assert!(seen.outcomes.is_empty() && seen.parents.is_empty());
}

#[tokio::test]
async fn only_configured_zones_are_read_and_a_missing_one_keeps_the_list_open() {
    let fake = FakeCloudflare::start().await;
    for name in ["example.com", "example.org", "example.net"] {
        fake.world().add_zone(name);
    }
    let mut settings = Settings::new(TOKEN.to_owned().into(), fake.url().parse().unwrap());
    settings.dns.zones = Some(vec!["example.com".into(), "example.net".into()]);
    let source = with(settings);
    let seen = collect(&source).await;
    assert_eq!(seen.scopes(), ["dns_record example.com", "dns_record example.net", EXAMPLE]);
    assert!(seen.is_complete(EXAMPLE));

    let kept =
        fake.world().zones.values().filter(|zone| zone.name != "example.net").map(|zone| zone.id.clone()).collect();
    fake.world().token(TOKEN).sight = Sight::Only(kept);
    let seen = collect(&source).await;
    assert!(seen.error(EXAMPLE).message.contains("does not list example.net"), "{}", seen.error(EXAMPLE));
    assert!(seen.is_complete("dns_record example.com"));
}
