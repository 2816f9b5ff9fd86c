//! Against what the real Cloudflare once answered ([`answers`]), and what its documentation asks for.
//!
//! No recording of a batch was to be found. [`DOCUMENTED`] is what Cloudflare's documentation ("Batch record changes") says of
//! each of its four lists, and the answer to a batch is put together from recorded answers to single changes: it holds the
//! same objects.

mod answers;

use std::collections::BTreeSet;

use quarterdeck::providers::dns::WriteRecords;
use quarterdeck::wire::ErrorKind;
use quarterdeck::wire::dns::{RecordSet, RecordValue, SetChange, SetName, ZoneAt};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use answers::*;

const ZONE: &str = "4f282fede870f505f531b56a761ec000";
const RECORD: &str = "025c68da1654c1307eea60b70638c000";

/// What may be in each list, and what has to be: the documentation's example, and its words on each of the four.
const DOCUMENTED: [(&str, &[&str], &[&str]); 4] = [
    ("deletes", &["id"], &["id"]),
    (
        "patches",
        &["id"],
        &["id", "content", "name", "proxied", "ttl", "comment", "tags", "settings", "data", "priority"],
    ),
    (
        "puts",
        &["id", "content", "name", "type"],
        &["id", "content", "name", "type", "ttl", "proxied", "comment", "tags", "settings", "data", "priority"],
    ),
    (
        "posts",
        &["content", "name", "type"],
        &["content", "name", "type", "ttl", "proxied", "comment", "tags", "settings", "data", "priority"],
    ),
];

fn at() -> ZoneAt {
    ZoneAt { id: ZONE.to_owned(), name: "example.com".to_owned() }
}

/// A recording is played: it is asked as the recorded client asked, and says what was said.
async fn playing(listed: &str) -> (MockServer, Cloudflare) {
    let server = MockServer::start().await;
    let says = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "application/json");
    let asked = |target: &str| Mock::given(method("GET")).and(path(format!("/client/v4{target}")));
    let asked = |target: &str| asked(target).and(header("authorization", format!("Bearer {TOKEN}").as_str()));
    asked("/zones").respond_with(says(ZONES)).mount(&server).await;
    let mut zone: Value = serde_json::from_str(ZONES).unwrap();
    zone["result"] = zone["result"][0].take();
    asked(&format!("/zones/{ZONE}")).respond_with(says(&zone.to_string())).mount(&server).await;
    let records = asked(&format!("/zones/{ZONE}/dns_records")).and(query_param("order", "name"));
    records.respond_with(says(listed)).mount(&server).await;
    let settings = Settings::new(TOKEN.to_owned().into(), format!("{}/client/v4", server.uri()).parse().unwrap());
    (server, with(settings))
}

/// The next batch is answered so.
async fn answers(server: &MockServer, status: u16, text: &str) {
    let batch = Mock::given(method("POST")).and(path(format!("/client/v4/zones/{ZONE}/dns_records/batch")));
    let answer = ResponseTemplate::new(status).set_body_raw(text.to_owned(), "application/json; charset=UTF-8");
    batch.respond_with(answer.insert_header("cf-ray", "58ed91222e5c08a3-CDG")).up_to_n_times(1).mount(server).await;
}

/// What the panel has sent in its last batch.
async fn sent(server: &MockServer) -> Value {
    let requests = server.received_requests().await.unwrap();
    let batch = requests.iter().rfind(|request| request.method.as_str() == "POST").expect("a batch was sent");
    assert_eq!(batch.headers["content-type"], "application/json");
    serde_json::from_slice(&batch.body).unwrap()
}

fn of(name: &str, record_type: &str) -> SetName {
    SetName { name: format!("{name}.example.com"), record_type: record_type.to_owned() }
}

fn created(of: SetName, content: &str) -> SetChange {
    let value = RecordValue { content: content.to_owned(), ttl: 3_600, ..RecordValue::default() };
    let after = RecordSet { of: of.clone(), values: vec![value], comments: Vec::new() };
    SetChange { of, before: None, after: Some(after) }
}

async fn before(source: &Cloudflare, of: &SetName) -> RecordSet {
    let read = source.read(&at(), None).await.unwrap();
    read.sets.into_iter().find(|set| set.of == *of).unwrap_or_else(|| panic!("{of} was not read"))
}

#[tokio::test]
async fn lists_of_three_ages_of_the_api_are_read_to_the_last_field() {
    for (listed, name, record_type, contents, ttl, comment) in [
        (
            LISTED_EARLIER,
            "_acme-challenge.listrecordset",
            "TXT",
            &["challengetoken1", "challengetoken2"][..],
            3_600,
            "",
        ),
        (LISTED, "orig.test", "TXT", &["challengetoken"][..], 3_600, ""),
        (LISTED_LATER, "dns", "A", &["192.0.2.46"][..], 1, "DNS"),
    ] {
        let (_server, source) = playing(listed).await;
        let seen = collect(&source).await;
        assert!(seen.result.is_none() && seen.notes.is_empty(), "{seen:?}");
        assert!(seen.is_complete("dns_record example.com"), "{seen:?}");
        let records = seen.records("example.com");
        let told: Vec<&str> = records.iter().map(|record| record.content.as_str()).collect();
        assert_eq!(told, contents);
        for record in &records {
            assert_eq!((&record.name, record.record_type.as_str()), (&of(name, "").name, record_type));
            assert_eq!((record.ttl, record.comment.as_str(), record.proxied), (ttl, comment, false));
            assert!(record.tags.is_empty() && record.record_id.len() == 32 && record.modified_on.is_some());
        }
        let set = before(&source, &of(name, record_type)).await;
        assert_eq!(set.values.len(), contents.len());
        let again = SetChange { of: set.of.clone(), before: Some(set.clone()), after: Some(set) };
        let written = source.write(&at(), &[again]).await.unwrap();
        assert_eq!(written.answer, "nothing had to be sent", "what was read is what would be written");
    }
    let (_server, source) = playing(LISTED).await;
    let read = source.read(&at(), None).await.unwrap();
    assert_eq!((read.read_only, read.most_per_write), (None, 200), "it is somebody's free zone, and may be written");
    assert_eq!(read.name_servers, ["christian.ns.cloudflare.com", "dina.ns.cloudflare.com"]);
}

/// The results of recorded single changes, in the lists of one batch.
fn batch_of(deletes: &[&str], patches: &[&str], puts: &[&str], posts: &[&str]) -> String {
    let results = |answers: &[&str]| -> Vec<Value> {
        answers.iter().map(|answer| serde_json::from_str::<Value>(answer).unwrap()["result"].take()).collect()
    };
    let [deletes, patches, puts, posts] = [deletes, patches, puts, posts].map(results);
    let result = json!({"deletes": deletes, "patches": patches, "puts": puts, "posts": posts});
    json!({"result": result, "success": true, "errors": [], "messages": []}).to_string()
}

/// Every request is one that the documentation's rules allow, list by list.
fn obeys_the_documentation(body: &Value) {
    let lists: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(lists, DOCUMENTED.iter().map(|(list, ..)| *list).collect(), "{body}");
    for (list, needed, allowed) in DOCUMENTED {
        for entry in body[list].as_array().unwrap() {
            let entry = entry.as_object().unwrap();
            for needed in needed {
                // Types with parts send these, and no content.
                assert!(entry.contains_key(*needed) || (*needed == "content" && entry.contains_key("data")), "{body}");
            }
            let unknown: Vec<_> = entry.keys().filter(|name| !allowed.contains(&name.as_str())).collect();
            assert!(unknown.is_empty(), "{list}: {unknown:?} in {body}");
        }
    }
}

#[tokio::test]
async fn what_is_created_changed_and_deleted_is_asked_as_documented_and_understood_as_recorded() {
    let (server, source) = playing(LISTED).await;
    let old = before(&source, &of("orig.test", "TXT")).await;
    answers(&server, 200, &batch_of(&[DELETED], &[], &[], &[OVERWRITTEN])).await;
    let moved = [
        SetChange { of: old.of.clone(), before: Some(old), after: None },
        created(of("updated.test", "TXT"), "challengetoken"),
    ];
    let written = source.write(&at(), &moved).await.unwrap();
    let body = sent(&server).await;
    obeys_the_documentation(&body);
    assert_eq!(body["deletes"], json!([{"id": RECORD}]));
    // The recorded client sent the content as it is; the API has asked for quotes since.
    let post =
        json!({"type": "TXT", "name": "updated.test.example.com", "content": "\"challengetoken\"", "ttl": 3_600});
    assert_eq!(body["posts"], json!([post]));
    assert_eq!(written.request_id.as_deref(), Some("58ed91222e5c08a3-CDG"));
    let [set] = written.sets.as_slice() else { panic!("what was deleted is not there any more: {:?}", written.sets) };
    assert!(set.says_the_same_as(moved[1].after.as_ref().unwrap()), "{set:?}");
    assert_eq!(set.values[0].id.as_deref(), Some(RECORD));

    answers(&server, 200, &batch_of(&[], &[], &[], &[CREATED])).await;
    let change = created(of("orig.test", "TXT"), "challengetoken");
    let written = source.write(&at(), std::slice::from_ref(&change)).await.unwrap();
    obeys_the_documentation(&sent(&server).await);
    assert!(written.sets[0].is_still(&before(&source, &change.of).await), "as created, so listed");

    let (server, source) = playing(LISTED_LATER).await;
    let old = before(&source, &of("dns", "A")).await;
    let mut new = old.clone();
    new.values[0].content = "192.0.2.47".to_owned();
    answers(&server, 200, &batch_of(&[], &[CHANGED], &[], &[])).await;
    let change = SetChange { of: old.of.clone(), before: Some(old), after: Some(new.clone()) };
    let written = source.write(&at(), &[change]).await.unwrap();
    let body = sent(&server).await;
    obeys_the_documentation(&body);
    assert_eq!(body["patches"], json!([{"id": "372e67954025e0ba6aaa6d586b9e0000", "content": "192.0.2.47"}]));
    assert!(written.sets.len() == 1 && written.sets[0].says_the_same_as(&new), "{:?}", written.sets);
}

#[tokio::test]
async fn every_recorded_refusal_is_told_in_cloudflares_words_and_has_changed_nothing() {
    for (status, text, kind, words) in [
        (400, EXISTS, ErrorKind::Rejected, "The record already exists. (81057)"),
        (404, GONE, ErrorKind::NotFound, "Record does not exist. (81044)"),
        (401, NO_SUCH_TOKEN, ErrorKind::Auth, "Authentication error (10000)"),
        (403, NOT_ALLOWED, ErrorKind::Auth, "Unauthorized to access requested resource (9109)"),
        (
            400,
            BAD_HEADER,
            ErrorKind::Rejected,
            "Invalid request headers (6003), because: Invalid format for X-Auth-Key header (6103)",
        ),
        (
            429,
            THROTTLED,
            ErrorKind::RateLimited,
            "More than 1200 requests per 300 seconds reached. Please wait and consider throttling your request speed (10100)",
        ),
    ] {
        let (server, source) = playing(LISTED).await;
        answers(&server, status, text).await;
        let refused = source.write(&at(), &[created(of("new", "TXT"), "challengetoken")]).await.unwrap_err();
        assert_eq!((refused.error.kind, refused.may_have_been_applied), (kind, false), "{status} {text}");
        assert_eq!(refused.error.message, format!("{status}: {words}"));
        assert_eq!(refused.error.request_id.as_deref(), Some("58ed91222e5c08a3-CDG"));
        assert_eq!(refused.error.retry_after, (status == 429).then_some(Duration::from_secs(60)), "none was said");
    }
}
