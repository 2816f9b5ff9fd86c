//! Name servers asked themselves: a real one, one that is behind, one that is dead, one that is silent, and one that
//! lies.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record};
use quarterdeck::net::dns::{self, Question, Rcode, Way, ask};
use quarterdeck::rdata::{Verdict, served};
use quarterdeck::wire::dns::{RecordSet, RecordValue, SetChange, SetName, ZoneAt};
use serde_json::{Value, json};

use crate::support::powerdns::PowerDns;

const PATIENCE: Duration = Duration::from_secs(2);

fn set(zone: &ZoneAt, ttl: i64, contents: &[&str]) -> RecordSet {
    let value = |content: &&str| RecordValue { content: (*content).to_owned(), ttl, ..RecordValue::default() };
    let of = SetName { name: format!("www.{}", zone.name), record_type: "A".into() };
    RecordSet { of, values: contents.iter().map(value).collect(), comments: Vec::new() }
}

fn wire(ttl: i64, contents: &[&str]) -> Value {
    let records: Vec<_> = contents.iter().map(|content| json!({"content": content, "disabled": false})).collect();
    json!([{"name": "www.{zone}", "type": "A", "ttl": ttl, "changetype": "REPLACE", "records": records}])
}

fn question(zone: &ZoneAt) -> Question {
    Question { name: format!("www.{}", zone.name), record_type: "A".into() }
}

fn change(before: Option<RecordSet>, after: Option<RecordSet>) -> SetChange {
    let of = after.as_ref().or(before.as_ref()).unwrap().of.clone();
    SetChange { of, before, after }
}

/// What a server's answer over both ways amounts to.
async fn judged(server: SocketAddr, zone: &ZoneAt, change: &SetChange) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for way in [Way::Udp, Way::Tcp] {
        let answer = ask(server, &question(zone), way, PATIENCE).await.unwrap();
        assert_eq!(answer.way, way);
        verdicts.push(served(change, &zone.name, &answer));
    }
    verdicts.dedup();
    verdicts
}

#[tokio::test]
async fn each_server_is_asked_for_itself() {
    let (one, other) = (PowerDns::shared(), PowerDns::start());
    let zone = one.zone("both", wire(300, &["192.0.2.1"])).await;
    let body = json!({"name": zone.id, "kind": "Native", "nameservers": []});
    other.call("POST", "/zones", Some(body)).await;
    other.patch(&zone, wire(300, &["192.0.2.1"])).await;
    let change = change(Some(set(&zone, 300, &["192.0.2.1"])), Some(set(&zone, 60, &["192.0.2.7", "192.0.2.8"])));
    one.patch(&zone, wire(60, &["192.0.2.8", "192.0.2.7"])).await;
    assert_eq!(judged(one.dns, &zone, &change).await, [Verdict::Served]);
    assert_eq!(judged(other.dns, &zone, &change).await, [Verdict::NotYet], "one server is behind");
    other.patch(&zone, wire(60, &["192.0.2.7"])).await;
    assert_eq!(judged(other.dns, &zone, &change).await, [Verdict::Other("192.0.2.7 (TTL 60)".into())]);
}

#[tokio::test]
async fn a_deleted_set_is_proven_by_its_absence() {
    let server = PowerDns::shared();
    let zone = server.zone("gone", wire(300, &["192.0.2.1"])).await;
    let gone = change(Some(set(&zone, 300, &["192.0.2.1"])), None);
    assert_eq!(judged(server.dns, &zone, &gone).await, [Verdict::NotYet]);
    server.patch(&zone, json!([{"name": "www.{zone}", "type": "A", "changetype": "DELETE"}])).await;
    let answer = ask(server.dns, &question(&zone), Way::Udp, PATIENCE).await.unwrap();
    assert_eq!((answer.rcode.clone(), answer.authoritative), (Rcode::NxDomain, true));
    assert_eq!(served(&gone, &zone.name, &answer), Verdict::Served);
}

#[tokio::test]
async fn what_does_not_fit_a_datagram_is_read_over_tcp() {
    let server = PowerDns::shared();
    let contents: Vec<String> = (0..250).map(|at| format!("198.51.100.{at}")).collect();
    let contents: Vec<&str> = contents.iter().map(String::as_str).collect();
    let zone = server.zone("large", wire(60, &contents)).await;
    let answer = ask(server.dns, &question(&zone), Way::Udp, PATIENCE).await.unwrap();
    assert_eq!((answer.way, answer.values.len()), (Way::Tcp, 250));
    assert_eq!(served(&change(None, Some(set(&zone, 60, &contents))), &zone.name, &answer), Verdict::Served);
}

#[tokio::test]
async fn every_type_that_is_compared_is_proven_by_a_real_server() {
    let server = PowerDns::shared();
    let cases = [
        ("AAAA", "2001:db8::1"),
        ("CAA", "0 issue \"ca.example.net\""),
        ("CNAME", "lb.example.net"),
        ("MX", "10 mail.example.net"),
        ("NS", "ns.example.net"),
        ("PTR", "host.example.net"),
        ("SRV", "10 5 5060 sip.example.net"),
        ("SSHFP", "4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789"),
        ("TLSA", "3 1 1 0c72ac70b745ac19998811b131d662c9ac69dbdbe7cb23e5b514b56664c5d3d6"),
        ("TXT", "é; say \"hi\" \\ and \\255"),
    ];
    let sets: Vec<Value> = cases
        .iter()
        .map(|(kind, content)| {
            let content = quarterdeck::rdata::presented(kind, content);
            json!({"name": format!("{}.{{zone}}", kind.to_lowercase()), "type": kind, "ttl": 60,
                "records": [{"content": content, "disabled": false}]})
        })
        .collect();
    let zone = server.zone("types", sets.into()).await;
    for (kind, content) in cases {
        let of = SetName { name: format!("{}.{}", kind.to_lowercase(), zone.name), record_type: kind.into() };
        let value = RecordValue { content: content.into(), ttl: 60, ..RecordValue::default() };
        let after = RecordSet { of: of.clone(), values: vec![value], comments: Vec::new() };
        let question = Question { name: of.name.clone(), record_type: kind.into() };
        let answer = ask(server.dns, &question, Way::Udp, PATIENCE).await.unwrap();
        let change = SetChange { of, before: None, after: Some(after) };
        // A delegation is not answered with authority.
        let lame = Verdict::Other("the server does not speak for the zone".into());
        let expected = if kind == "NS" { lame } else { Verdict::Served };
        assert_eq!(served(&change, &zone.name, &answer), expected, "{kind}: {answer:?}");
    }
}

#[tokio::test]
async fn a_dead_and_a_silent_server_are_given_up_in_time() {
    let zone = ZoneAt { id: "x.test.".into(), name: "x.test".into() };
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    for (server, words) in [(dead, "refused"), (silent.local_addr().unwrap(), "no answer within 0.4 s")] {
        let began = Instant::now();
        let error = ask(server, &question(&zone), Way::Udp, Duration::from_millis(400)).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_liar_and_a_server_without_authority_prove_nothing() {
    let zone = ZoneAt { id: "x.test.".into(), name: "x.test".into() };
    let change = change(None, Some(set(&zone, 60, &["192.0.2.1"])));
    let judge = |answer: &dns::Answer| served(&change, &zone.name, answer);
    let liar = lying(|message| {
        message.metadata.authoritative = true;
        let name = message.queries[0].name.clone();
        message.add_answer(Record::from_rdata(name, 60, RData::A(A::new(203, 0, 113, 66))));
    });
    let answer = ask(liar, &question(&zone), Way::Udp, PATIENCE).await.unwrap();
    assert_eq!(judge(&answer), Verdict::Other("203.0.113.66 (TTL 60)".into()));
    let lame = lying(|message| {
        let name = message.queries[0].name.clone();
        message.add_answer(Record::from_rdata(name, 60, RData::A(A::new(192, 0, 2, 1))));
    });
    let answer = ask(lame, &question(&zone), Way::Udp, PATIENCE).await.unwrap();
    assert_eq!(judge(&answer), Verdict::Other("the server does not speak for the zone".into()));
    let refusing = lying(|message| message.metadata.response_code = ResponseCode::Refused);
    let answer = ask(refusing, &question(&zone), Way::Udp, PATIENCE).await.unwrap();
    assert_eq!(judge(&answer), Verdict::Other("Query Refused".into()));
    let other_id = lying(|message| message.metadata.id = message.metadata.id.wrapping_add(1));
    assert!(ask(other_id, &question(&zone), Way::Udp, Duration::from_millis(300)).await.is_err());
}

#[tokio::test]
async fn the_configured_servers_stand_in_for_the_zones_own() {
    let instead = ["127.0.0.1:5353".to_owned(), "[::1]:53".to_owned(), "localhost:54".to_owned()];
    let (servers, unresolved) = dns::servers(&["ns1.example.net".to_owned()], &instead, PATIENCE).await;
    assert!(unresolved.is_empty(), "{unresolved:?}");
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    assert!(addresses.contains(&"127.0.0.1:5353".parse().unwrap()) && addresses.contains(&"[::1]:53".parse().unwrap()));
    assert!(addresses.contains(&"127.0.0.1:54".parse().unwrap()));
    let (servers, unresolved) = dns::servers(&["localhost".to_owned(), "no such host".to_owned()], &[], PATIENCE).await;
    assert!(servers.iter().all(|server| server.name == "localhost" && server.address.port() == 53));
    assert_eq!((unresolved.len(), unresolved[0].0.as_str()), (1, "no such host"));
}

/// A server that answers each question with what `lie` makes of an empty answer.
fn lying(lie: impl Fn(&mut Message) + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let Ok(mut message) = Message::from_vec(&buffer[..length]) else { continue };
            message.metadata.message_type = MessageType::Response;
            lie(&mut message);
            let _ = socket.send_to(&message.to_vec().unwrap(), from);
        }
    });
    address
}
