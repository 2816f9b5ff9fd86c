//! How changes of sets become one batch.

use super::*;

fn of(record_type: &str) -> SetName {
    SetName { name: "www.example.com".into(), record_type: record_type.into() }
}

fn value(id: &str, content: &str) -> RecordValue {
    RecordValue {
        id: (!id.is_empty()).then(|| id.to_owned()),
        content: content.into(),
        ttl: 300,
        ..RecordValue::default()
    }
}

fn batch(record_type: &str, before: Vec<RecordValue>, after: Vec<RecordValue>) -> Batch {
    let set = |values: Vec<RecordValue>| {
        (!values.is_empty()).then(|| RecordSet { of: of(record_type), values, comments: Vec::new() })
    };
    Batch::of(&[SetChange { of: of(record_type), before: set(before), after: set(after) }]).unwrap()
}

#[test]
fn ids_are_kept_by_patching_and_only_what_differs_is_sent() {
    let batch = batch(
        "A",
        vec![value("1", "192.0.2.1"), value("2", "192.0.2.2"), value("3", "192.0.2.3")],
        vec![value("", "192.0.2.2"), value("", "192.0.2.9")],
    );
    assert_eq!(batch.patches, [json!({"id": "1", "content": "192.0.2.9"})]);
    assert_eq!(batch.deletes, [json!({"id": "3"})]);
    assert_eq!((batch.posts.len(), batch.untouched.len(), batch.len()), (0, 1, 2));
}

#[test]
fn the_way_back_gives_each_id_what_it_had() {
    let was = vec![value("1", "192.0.2.1"), value("2", "192.0.2.2")];
    let now = vec![value("2", "192.0.2.8"), value("1", "192.0.2.9")];
    let batch = batch("A", now, was);
    assert_eq!(batch.patches, [json!({"id": "1", "content": "192.0.2.1"}), json!({"id": "2", "content": "192.0.2.2"})]);
}

#[test]
fn what_goes_back_to_a_default_is_named_or_the_record_overwritten() {
    let mut was = value("1", "192.0.2.1");
    (was.comment, was.tags) = ("web".into(), vec!["team:web".into()]);
    let patch = batch("A", vec![was.clone()], vec![value("", "192.0.2.1")]).patches;
    assert_eq!(patch, [json!({"id": "1", "comment": "", "tags": []})]);
    was.settings = Some(json!({"ipv4_only": true}));
    let put = batch("A", vec![was], vec![value("", "192.0.2.1")]).puts;
    assert_eq!(
        put,
        [
            json!({"id": "1", "type": "A", "name": "www.example.com", "content": "192.0.2.1", "ttl": 300, "proxied": false})
        ]
    );
}

#[test]
fn structured_types_are_sent_in_parts_and_text_in_quotes() {
    let post = batch("SRV", vec![], vec![value("", "10 5 5060 sip.example.com")]).posts;
    assert_eq!(post[0]["data"], json!({"priority": 10, "weight": 5, "port": 5060, "target": "sip.example.com"}));
    assert!(post[0].get("content").is_none());
    let post = batch("TXT", vec![], vec![value("", "say \"hi\"")]).posts;
    assert_eq!(post[0]["content"], r#""say \"hi\"""#);
    let bad = SetChange {
        of: of("SRV"),
        before: None,
        after: Some(RecordSet { of: of("SRV"), values: vec![value("", "nonsense")], comments: Vec::new() }),
    };
    assert!(Batch::of(&[bad]).unwrap_err().contains("is not what a SRV says"));
}

#[test]
fn a_form_is_shaped_as_it_will_be_read_back() {
    let mut form = RecordSet { of: of("MX"), values: vec![value("", "10 Mail.Example.com.")], comments: Vec::new() };
    form.comments.push(crate::wire::dns::SetComment { content: "two\nlines".into(), ..Default::default() });
    let shaped = shaped(form).unwrap();
    let mx = &shaped.values[0];
    assert_eq!((mx.content.as_str(), mx.priority, mx.comment.as_str()), ("mail.example.com", Some(10), "two lines"));
    assert!(shaped.comments.is_empty());
    let disabled = RecordValue { disabled: true, ..value("", "192.0.2.1") };
    let set = RecordSet { of: of("A"), values: vec![disabled], comments: Vec::new() };
    assert!(super::shaped(set).is_err());
}
