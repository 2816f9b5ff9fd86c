//! What stands between us and a real server: answers cut short, pages instead of answers, writes whose answer never
//! comes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::wire::ErrorKind;
use serde_json::json;

use super::*;

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum Trick {
    /// The server answers, and its answer is lost.
    LoseAnswer,
    /// The answer ends half-way.
    CutAnswer,
    /// Somebody answers with a page instead.
    Page,
    /// Somebody else writes, too: the request is sent twice.
    ForeignWrite,
}

type Choice = dyn Fn(&str) -> Option<Trick> + Send + Sync;

/// A proxy that plays tricks on what `choose` picks by the request's first line.
pub struct Between {
    address: SocketAddr,
    pub seen: Arc<Mutex<Vec<String>>>,
}

impl Between {
    pub fn start(server: &PowerDns, choose: impl Fn(&str) -> Option<Trick> + Send + Sync + 'static) -> Self {
        let target: SocketAddr = server.url().trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (choose, seen) = (Arc::new(choose) as Arc<Choice>, Arc::new(Mutex::new(Vec::new())));
        let heard = seen.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (choose, heard) = (choose.clone(), heard.clone());
                std::thread::spawn(move || pass(client, target, &*choose, &heard));
            }
        });
        Self { address, seen }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Passes one request and its answer; the server closes after each.
fn pass(mut client: TcpStream, target: SocketAddr, choose: &Choice, heard: &Mutex<Vec<String>>) {
    let Some(request) = request_of(&mut client) else { return };
    let first = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let trick = choose(&first);
    heard.lock().unwrap().push(first);
    if matches!(trick, Some(Trick::Page)) {
        let _ = client
            .write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 33\r\n\r\n<html><title>502 Away</title></ht");
        return;
    }
    let mut answer = answer_to(target, &request);
    if matches!(trick, Some(Trick::ForeignWrite)) {
        answer = answer_to(target, &request);
    }
    match trick {
        Some(Trick::LoseAnswer) => {}
        Some(Trick::CutAnswer) => drop(client.write_all(&answer[..answer.len() - answer.len() / 3])),
        _ => drop(client.write_all(&answer)),
    }
    let _ = client.shutdown(Shutdown::Both);
}

fn request_of(client: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut request, mut buffer) = (Vec::new(), [0; 65_536]);
    loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if request.len() >= end + 4 + length.unwrap_or(0) {
                return Some(request);
            }
        }
        match client.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}

fn answer_to(target: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(target).unwrap();
    server.write_all(request).unwrap();
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer);
    answer
}

#[tokio::test]
async fn an_answer_cut_short_is_read_again_and_never_taken_for_all() {
    let server = PowerDns::shared();
    let zone = server.zone("cut", json!([])).await;
    let cuts = Arc::new(Mutex::new(1));
    let zone_line = format!("GET /api/v1/servers/localhost/zones/{} ", zone.id);
    let (line, left) = (zone_line.clone(), cuts.clone());
    let between = Between::start(server, move |request| {
        let mut left = left.lock().unwrap();
        (request.starts_with(&line) && *left > 0).then(|| {
            *left -= 1;
            Trick::CutAnswer
        })
    });
    let mut source = Settings::new(between.url().parse().unwrap(), KEY.to_owned().into());
    source.dns.zones = Some(vec![zone.name.clone()]);
    let parts = Parts { http: Http::new(), clock: quarterdeck::clock::Clock::system() };
    let source = Source::new(source, &parts).with_retry(QUICK);
    let collected = collected::collect(&source).await;
    assert_eq!((collected.restarts, collected.all::<DnsRecord>(&zone.name).len()), (1, 3), "an SOA and two NS");

    *cuts.lock().unwrap() = 100;
    let collected = collected::collect(&source).await;
    assert_eq!(collected.partial::<DnsRecord>(&zone.name).kind, ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_may_have_been_applied_and_is_not_repeated() {
    let server = PowerDns::shared();
    let zone = server.zone("lost", json!([])).await;
    let between = Between::start(server, |request| request.starts_with("PATCH").then_some(Trick::LoseAnswer));
    let (through, www) = (source(&between.url()), of(&zone, "www", "A"));
    let change = SetChange { of: www.clone(), before: None, after: Some(set(&www, 60, &["192.0.2.1"])) };
    let error = through.write(&zone, std::slice::from_ref(&change)).await.unwrap_err();
    assert_eq!((error.error.kind, error.may_have_been_applied), (ErrorKind::Unavailable, true));
    let patches = between.seen.lock().unwrap().iter().filter(|line| line.starts_with("PATCH")).count();
    assert_eq!(patches, 1);
    assert!(fresh(&through, &zone, &www).await.is_some(), "only a fresh read knows");
    // And saying it again is safe.
    source(&server.url()).write(&zone, &[change]).await.unwrap();
}

#[tokio::test]
async fn a_page_in_between_and_a_dead_server_are_told_apart() {
    let server = PowerDns::shared();
    let zone = server.zone("page", json!([])).await;
    let between = Between::start(server, |request| request.starts_with("PATCH").then_some(Trick::Page));
    let www = of(&zone, "www", "A");
    let change = [SetChange { of: www.clone(), before: None, after: Some(set(&www, 60, &["192.0.2.1"])) }];
    let error = source(&between.url()).write(&zone, &change).await.unwrap_err();
    assert!(error.may_have_been_applied, "a gateway's 502 says nothing about what is behind it");
    assert!(error.error.message.contains("not the API but a page answered: 502 Away"), "{error}");
    let error = source("http://127.0.0.1:9").write(&zone, &change).await.unwrap_err();
    assert!(!error.may_have_been_applied, "nothing was sent: {error}");
}

#[tokio::test]
async fn errors_in_plain_text_and_in_json_are_both_words() {
    let server = PowerDns::shared();
    let gone = ZoneAt { id: "gone.test.".into(), name: "gone.test".into() };
    let error = source(&server.url()).read(&gone, None).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::NotFound, "404: Not Found"));
}
