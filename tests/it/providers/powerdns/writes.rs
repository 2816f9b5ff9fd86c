//! What is written to a real server, and read back.

use quarterdeck::wire::ErrorKind;
use quarterdeck::wire::dns::SetComment;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_set_is_replaced_as_a_whole_and_put_back_exactly() {
    let server = PowerDns::shared();
    let zone = server
        .zone(
            "exact",
            json!([
                {"name": "www.{zone}", "type": "A", "ttl": 300,
                 "records": [{"content": "192.0.2.10", "disabled": false}, {"content": "192.0.2.11", "disabled": true}],
                 "comments": [{"content": "web frontends", "account": "ops", "modified_at": 1_700_000_000}]},
                {"name": "t.{zone}", "type": "TXT", "ttl": 9, "records": [
                    {"content": "\"a\" \"b\"", "disabled": false}, {"content": "\"\\195\\169 \\\\195 \\\"\"", "disabled": false}]},
                {"name": "{zone}", "type": "MX", "ttl": 60, "records": [{"content": "10 mail.{zone}", "disabled": false}]},
            ]),
        )
        .await;
    let source = source(&server.url());
    let raw = server.get(&zone).await["rrsets"].clone();
    let read = source.read(&zone, None).await.unwrap();
    let changes: Vec<SetChange> = [of(&zone, "www", "A"), of(&zone, "t", "TXT")]
        .into_iter()
        .map(|of| {
            let before = found(&read, &of);
            let content = if of.record_type == "A" { "192.0.2.99" } else { "other" };
            SetChange { after: Some(set(&of, 60, &[content])), before, of }
        })
        .chain([SetChange {
            of: SetName { name: zone.name.clone(), record_type: "MX".into() },
            before: found(&read, &SetName { name: zone.name.clone(), record_type: "MX".into() }),
            after: None,
        }])
        .collect();
    source.write(&zone, &changes).await.unwrap();
    let www = fresh(&source, &zone, &changes[0].of).await.unwrap();
    assert!(www.says_the_same_as(changes[0].after.as_ref().unwrap()), "{www:?}");
    assert_eq!(fresh(&source, &zone, &changes[2].of).await, None);

    let back: Vec<SetChange> = changes.iter().map(SetChange::inverse).collect();
    source.write(&zone, &back).await.unwrap();
    let without_soa = |sets: &serde_json::Value| {
        let mut sets: Vec<_> = sets.as_array().unwrap().iter().filter(|set| set["type"] != "SOA").cloned().collect();
        sets.sort_by_key(|set| format!("{}{}", set["name"], set["type"]));
        sets
    };
    assert_eq!(without_soa(&server.get(&zone).await["rrsets"]), without_soa(&raw));
}

#[tokio::test]
async fn comments_that_are_not_changed_keep_their_times_and_others_are_replaced() {
    let server = PowerDns::shared();
    let sets = json!([{"name": "www.{zone}", "type": "A", "ttl": 300, "records": [{"content": "192.0.2.10", "disabled": false}],
        "comments": [{"content": "web", "account": "ops", "modified_at": 1_700_000_000}]}]);
    let zone = server.zone("comments", sets).await;
    let (source, of) = (source(&server.url()), of(&zone, "www", "A"));
    let before = fresh(&source, &zone, &of).await.unwrap();
    let mut after = before.clone();
    after.values[0].content = "192.0.2.12".into();
    let change = SetChange { of: of.clone(), before: Some(before), after: Some(after.clone()) };
    source.write(&zone, &[change]).await.unwrap();
    let kept = fresh(&source, &zone, &of).await.unwrap();
    assert_eq!(
        kept.comments,
        [SetComment { content: "web".into(), account: "ops".into(), modified_at: 1_700_000_000 }]
    );

    after.comments.clear();
    source.write(&zone, &[SetChange { of: of.clone(), before: Some(kept), after: Some(after) }]).await.unwrap();
    assert_eq!(fresh(&source, &zone, &of).await.unwrap().comments, []);
}

#[tokio::test]
async fn a_cname_makes_way_for_addresses_in_one_write_in_whatever_order_it_is_asked() {
    let server = PowerDns::shared();
    let sets = json!([{"name": "app.{zone}", "type": "CNAME", "ttl": 60, "records": [{"content": "lb.example.net.", "disabled": false}]}]);
    let zone = server.zone("order", sets).await;
    let source = source(&server.url());
    let (a, cname) = (of(&zone, "app", "A"), of(&zone, "app", "CNAME"));
    let was = fresh(&source, &zone, &cname).await;
    let changes = [
        SetChange { of: a.clone(), before: None, after: Some(set(&a, 60, &["192.0.2.1"])) },
        SetChange { of: cname.clone(), before: was, after: None },
    ];
    source.write(&zone, &changes).await.unwrap();
    assert!(fresh(&source, &zone, &a).await.is_some());
    let back: Vec<_> = changes.iter().map(SetChange::inverse).collect();
    source.write(&zone, &back).await.unwrap();
    assert!(fresh(&source, &zone, &a).await.is_none());
    assert!(fresh(&source, &zone, &cname).await.is_some());
}

#[tokio::test]
async fn one_bad_set_and_nothing_is_written() {
    let server = PowerDns::shared();
    let zone = server.zone("atomic", json!([])).await;
    let source = source(&server.url());
    let (good, bad) = (of(&zone, "good", "A"), of(&zone, "bad", "A"));
    let changes = [
        SetChange { of: good.clone(), before: None, after: Some(set(&good, 60, &["192.0.2.1"])) },
        SetChange { of: bad.clone(), before: None, after: Some(set(&bad, 60, &["not-an-ip"])) },
    ];
    let error = source.write(&zone, &changes).await.unwrap_err();
    assert_eq!((error.error.kind, error.may_have_been_applied), (ErrorKind::Rejected, false));
    assert!(error.error.message.starts_with("422: Record bad."), "{error}");
    assert_eq!(fresh(&source, &zone, &good).await, None);
}

#[tokio::test]
async fn what_is_not_ours_to_write_is_refused_before_it_is_sent() {
    let server = PowerDns::shared();
    let zone = server.zone("refused", json!([])).await;
    let source = source(&server.url());
    let (before, lua, soa) = (server.get(&zone).await["serial"].clone(), of(&zone, "l", "LUA"), of(&zone, "s", "SOA"));
    let mixed = of(&zone, "mixed", "A");
    let mut two_ttls = set(&mixed, 60, &["192.0.2.1", "192.0.2.2"]);
    two_ttls.values[1].ttl = 61;
    let mut proxied = set(&mixed, 60, &["192.0.2.1"]);
    proxied.values[0].proxied = true;
    for (after, words) in [
        (set(&lua, 60, &["A \"now\""]), "never written"),
        (set(&soa, 60, &["x"]), "never written"),
        (two_ttls, "one TTL"),
        (proxied, "has no proxy"),
    ] {
        assert!(source.shaped(&zone, after.clone()).is_err_and(|said| said.contains(words)), "{words}");
        let change = SetChange { of: after.of.clone(), before: None, after: Some(after) };
        let error = source.write(&zone, &[change]).await.unwrap_err();
        assert!(!error.may_have_been_applied && error.error.message.contains(words), "{error}");
    }
    assert_eq!(server.get(&zone).await["serial"], before, "nothing was sent");
}

#[tokio::test]
async fn a_secondary_is_read_only() {
    let server = PowerDns::shared();
    let zone = server.zone_of("Slave", "secondary", json!([])).await;
    let source = source(&server.url());
    assert!(source.read(&zone, None).await.unwrap().read_only.is_some_and(|why| why.contains("a secondary")));
    let www = of(&zone, "www", "A");
    let change = SetChange { of: www.clone(), before: None, after: Some(set(&www, 60, &["192.0.2.1"])) };
    let error = source.write(&zone, &[change]).await.unwrap_err();
    assert!(!error.may_have_been_applied && error.error.message.contains("a secondary"), "{error}");
}

#[tokio::test]
async fn names_that_were_not_asked_for_are_not_read() {
    let server = PowerDns::shared();
    let zone = server
        .zone(
            "foreign",
            json!([
                {"name": "a.{zone}", "type": "A", "ttl": 60, "records": [{"content": "192.0.2.1", "disabled": false}]},
                {"name": "b.{zone}", "type": "A", "ttl": 60, "records": [{"content": "192.0.2.2", "disabled": false}],
                 "comments": [{"content": "of another name", "account": ""}]},
            ]),
        )
        .await;
    let names = BTreeSet::from([format!("a.{}", zone.name)]);
    let read = source(&server.url()).read(&zone, Some(&names)).await.unwrap();
    assert_eq!(read.sets.len(), 1, "{read:?}");
    assert_eq!(read.sets[0].of, of(&zone, "a", "A"));
    assert_eq!(read.name_servers.len(), 2);
    assert!(read.serial.is_some() && read.read_only.is_none());
}

#[tokio::test]
async fn a_foreign_write_shows_in_the_serial() {
    let server = PowerDns::shared();
    let zone = server.zone("serial", json!([])).await;
    let (source, www) = (source(&server.url()), of(&zone, "www", "A"));
    let change = SetChange { of: www.clone(), before: None, after: Some(set(&www, 60, &["192.0.2.1"])) };
    let written = source.write(&zone, std::slice::from_ref(&change)).await.unwrap();
    assert!(
        written.answer.starts_with("204; serial ") && !written.answer.contains("somebody else"),
        "{}",
        written.answer
    );
    // A proxy in between that writes too, after our PATCH.
    let meddler =
        faults::Between::start(server, |request| request.starts_with("PATCH").then_some(faults::Trick::ForeignWrite));
    let back = change.inverse();
    let written = super::source(&meddler.url()).write(&zone, &[back]).await.unwrap();
    assert!(written.answer.contains("somebody else wrote to the zone too"), "{}", written.answer);
}

#[tokio::test]
async fn a_signed_zone_is_put_in_order_after_a_write() {
    let server = PowerDns::shared();
    let zone = server.zone("signed", json!([])).await;
    server.call("PUT", &format!("/zones/{}", zone.id), Some(json!({"dnssec": true, "api_rectify": false}))).await;
    let (source, www) = (source(&server.url()), of(&zone, "www", "A"));
    let change = SetChange { of: www.clone(), before: None, after: Some(set(&www, 60, &["192.0.2.1"])) };
    let written = source.write(&zone, &[change]).await.unwrap();
    assert!(written.answer.ends_with("; rectified"), "{}", written.answer);
}

#[tokio::test]
async fn a_form_is_shaped_to_what_is_read_back() {
    let server = PowerDns::shared();
    let zone = server.zone("shaped", json!([])).await;
    let source = source(&server.url());
    let mx = of(&zone, "m", "MX");
    let mut form = set(&mx, 1, &["Mail.example.net."]);
    form.values[0].priority = Some(10);
    form.values[0].comment = "from a form".into();
    let shaped = source.shaped(&zone, form).unwrap();
    assert_eq!((shaped.values[0].content.as_str(), shaped.values[0].ttl), ("10 mail.example.net", 300));
    let change = SetChange { of: mx.clone(), before: None, after: Some(shaped.clone()) };
    source.write(&zone, &[change]).await.unwrap();
    let read = fresh(&source, &zone, &mx).await.unwrap();
    assert!(read.says_the_same_as(&shaped), "{read:?} is not {shaped:?}");
}
