//! The made-up zones' own name server, on this machine and a free port, so that a change in the demo is proven by
//! asking, like any other.
//!
//! It knows A, AAAA, CNAME, MX and TXT, over UDP and TCP; proxied names are answered with addresses of the made-up
//! provider's edge.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::kinds::dns_record::DnsRecord;
use crate::rdata::text;

/// Of the edge (RFC 2544 keeps them from being anybody's).
const EDGE: [[u8; 4]; 2] = [[198, 18, 0, 80], [198, 19, 0, 80]];

/// Gives all records of all zones as they are now.
pub type Records = Arc<dyn Fn() -> Vec<DnsRecord> + Send + Sync>;

/// Serves the records; the address, or `None` where no port can be had. It ends with the process.
pub fn start(records: Records) -> Option<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    let address = listener.local_addr().ok()?;
    let socket = UdpSocket::bind(address).ok()?;
    let told = Arc::clone(&records);
    std::thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            if let Some(answer) = answer(&buffer[..length], &told()) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // One question each; who dawdles is not waited for.
            let _ = over_tcp(stream, &records);
        }
    });
    Some(address)
}

fn over_tcp(mut stream: TcpStream, records: &Records) -> std::io::Result<()> {
    stream.set_read_timeout(Some(std::time::Duration::from_secs(1)))?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut question)?;
    let Some(answer) = answer(&question, &records()) else { return Ok(()) };
    let length = u16::try_from(answer.len()).map_err(std::io::Error::other)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&answer)
}

fn answer(question: &[u8], records: &[DnsRecord]) -> Option<Vec<u8>> {
    let mut message = Message::from_vec(question).ok()?;
    let asked = message.queries.first()?.clone();
    let name = asked.name().to_ascii().to_lowercase();
    let name = name.trim_end_matches('.');
    let served = || records.iter().filter(|record| record.name == name && !record.disabled);
    message.metadata.message_type = MessageType::Response;
    message.metadata.authoritative = true;
    if served().next().is_none() {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    if served().any(|record| record.proxied) {
        if asked.query_type() == RecordType::A {
            message
                .add_answers(EDGE.map(|edge| Record::from_rdata(asked.name().clone(), 300, RData::A(A(edge.into())))));
        }
        return message.to_vec().ok();
    }
    for record in served().filter(|record| record.record_type == asked.query_type().to_string()) {
        if let Some(data) = data(record) {
            message.add_answer(Record::from_rdata(asked.name().clone(), u32::try_from(record.ttl).ok()?, data));
        }
    }
    message.to_vec().ok()
}

fn data(record: &DnsRecord) -> Option<RData> {
    let host = || Name::from_ascii(format!("{}.", record.content)).ok();
    match record.record_type.as_str() {
        "A" => Some(RData::A(A(record.content.parse().ok()?))),
        "AAAA" => Some(RData::AAAA(AAAA(record.content.parse().ok()?))),
        "CNAME" => Some(RData::CNAME(CNAME(host()?))),
        "MX" => Some(RData::MX(MX::new(u16::try_from(record.priority?).ok()?, host()?))),
        "TXT" => {
            let bytes = text::bytes_of(&record.content);
            Some(RData::TXT(TXT::from_bytes(bytes.chunks(255).collect())))
        }
        _ => None,
    }
}
