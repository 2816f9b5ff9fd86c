//! One question to one name server. Nothing stands in between: no cache, no resolver that would choose another server.
//!
//! Over UDP first, and over TCP when the answer is truncated, or when that is what is asked for: a server may serve the
//! one and not the other. A question over UDP is repeated once, since a datagram may be lost.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Fits the usual path without fragments (DNS flag day 2020).
const LARGEST_DATAGRAM: u16 = 1_232;
/// How often a question is sent over UDP.
const ATTEMPTS: u32 = 2;
/// Types that have a number and no name in the library.
const NUMBERS: &[(&str, u16)] = &[
    ("RP", 17),
    ("AFSDB", 18),
    ("LOC", 29),
    ("KX", 36),
    ("DNAME", 39),
    ("DS", 43),
    ("DNSKEY", 48),
    ("SPF", 99),
    ("URI", 256),
];

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Without the final dot.
    pub name: String,
    /// `A`, `TXT`, …
    pub record_type: String,
}

/// Over what a question travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// And over TCP when the answer is truncated.
    Udp,
    Tcp,
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub rcode: Rcode,
    /// Whether it speaks for the zone itself (the AA flag).
    pub authoritative: bool,
    /// Over which it came in the end.
    pub way: Way,
    /// The values of the name and the type that were asked for.
    pub values: Vec<Answered>,
    /// Where the name is an alias, of what.
    pub alias_of: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rcode {
    NoError,
    /// There is no such name.
    NxDomain,
    /// In the words of the standard: `Server Failure`, `Query Refused`.
    Other(String),
}

/// One value of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub ttl: u32,
    pub content: Content,
}

/// What a value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// As in a zone file: addresses, hosts with their final dot.
    Words(String),
    /// The bytes of a TXT, its strings joined.
    Text(Vec<u8>),
    /// Of a type that is not understood here.
    Unread,
}

/// Why a server gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Silent(String);

/// Asks `server`; it is waited for no longer than `patience` on each way.
///
/// # Errors
/// That it did not answer, or not in DNS.
pub async fn ask(server: SocketAddr, question: &Question, way: Way, patience: Duration) -> Result<Answer, Silent> {
    let query = query(question)?;
    if way == Way::Udp {
        let answer = bounded(patience, "UDP", over_udp(server, &query, patience / ATTEMPTS)).await?;
        if !answer.metadata.truncation {
            return Ok(read(&query, &answer, Way::Udp));
        }
    }
    let answer = bounded(patience, "TCP", over_tcp(server, &query)).await?;
    if answer.metadata.truncation {
        return Err(Silent("the answer is truncated over TCP too".to_owned()));
    }
    Ok(read(&query, &answer, Way::Tcp))
}

fn query(question: &Question) -> Result<Message, Silent> {
    let name = Name::from_ascii(format!("{}.", question.name))
        .map_err(|error| Silent(format!("{:?} is no name to ask for: {error}", question.name)))?;
    let mut message = Message::query();
    message.metadata.recursion_desired = false;
    message.add_query(Query::query(name, type_of(&question.record_type)?));
    let mut edns = Edns::new();
    edns.set_max_payload(LARGEST_DATAGRAM);
    message.set_edns(edns);
    Ok(message)
}

fn type_of(record_type: &str) -> Result<RecordType, Silent> {
    let number = NUMBERS.iter().find(|(name, _)| *name == record_type).map(|(_, number)| *number);
    let number = number.or_else(|| record_type.strip_prefix("TYPE")?.parse().ok());
    match number {
        Some(number) => Ok(RecordType::from(number)),
        None => record_type.parse().map_err(|_| Silent(format!("{record_type} is no type to ask for"))),
    }
}

async fn bounded(
    patience: Duration,
    way: &str,
    asking: impl Future<Output = std::io::Result<Message>>,
) -> Result<Message, Silent> {
    match tokio::time::timeout(patience, asking).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Silent(format!("{way}: {error}"))),
        Err(_) => Err(Silent(format!("{way}: no answer within {:.1} s", patience.as_secs_f64()))),
    }
}

async fn over_udp(server: SocketAddr, query: &Message, each: Duration) -> std::io::Result<Message> {
    let here: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(here).await?;
    // From now on only this server is heard.
    socket.connect(server).await?;
    let bytes = bytes(query)?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        socket.send(&bytes).await?;
        let heard = tokio::time::timeout(each, async {
            loop {
                let length = socket.recv(&mut buffer).await?;
                // Anything else is an answer to somebody else's question, or nobody's.
                if let Some(answer) = message(&buffer[..length]).ok().filter(|answer| answers(query, answer)) {
                    return Ok::<_, std::io::Error>(answer);
                }
            }
        });
        // Otherwise it is asked again, for as long as the caller waits.
        if let Ok(heard) = heard.await {
            return heard;
        }
    }
}

async fn over_tcp(server: SocketAddr, query: &Message) -> std::io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let bytes = bytes(query)?;
    // RFC 1035 §4.2.2: each message behind its length.
    let length = u16::try_from(bytes.len()).map_err(std::io::Error::other)?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(&bytes);
    stream.write_all(&framed).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    let answer = message(&answer)?;
    if answers(query, &answer) { Ok(answer) } else { Err(std::io::Error::other("the answer is to another question")) }
}

fn bytes(query: &Message) -> std::io::Result<Vec<u8>> {
    query.to_vec().map_err(std::io::Error::other)
}

fn message(bytes: &[u8]) -> std::io::Result<Message> {
    Message::from_vec(bytes).map_err(|error| std::io::Error::other(format!("the answer is no DNS: {error}")))
}

/// Whether it is the answer to this question. A server that refuses may leave the question out.
fn answers(query: &Message, answer: &Message) -> bool {
    answer.metadata.id == query.metadata.id
        && answer.metadata.message_type == MessageType::Response
        && (answer.queries == query.queries || answer.queries.is_empty())
}

fn read(query: &Message, answer: &Message, way: Way) -> Answer {
    let asked = &query.queries[0];
    let of_the_name = || answer.answers.iter().filter(|record| record.name.to_lowercase() == asked.name.to_lowercase());
    let values = of_the_name().filter(|record| record.record_type() == asked.query_type()).map(value).collect();
    let alias_of = of_the_name().find_map(|record| match &record.data {
        RData::CNAME(target) => Some(target.to_ascii()),
        _ => None,
    });
    let rcode = match answer.metadata.response_code {
        ResponseCode::NoError => Rcode::NoError,
        ResponseCode::NXDomain => Rcode::NxDomain,
        other => Rcode::Other(other.to_str().to_owned()),
    };
    Answer { rcode, authoritative: answer.metadata.authoritative, way, values, alias_of }
}

fn value(record: &Record) -> Answered {
    let content = match &record.data {
        RData::TXT(text) => Content::Text(text.txt_data.concat()),
        RData::A(_)
        | RData::AAAA(_)
        | RData::CAA(_)
        | RData::CNAME(_)
        | RData::MX(_)
        | RData::NS(_)
        | RData::PTR(_)
        | RData::SRV(_)
        | RData::SSHFP(_)
        | RData::TLSA(_) => Content::Words(record.data.to_string()),
        _ => Content::Unread,
    };
    Answered { ttl: record.ttl, content }
}
