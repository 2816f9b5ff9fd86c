//! The fake's own name server: it serves what stands in the zones, and for what is proxied an address of its own, as
//! the real ones do.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NULL, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record as Answer, RecordType};
use serde_json::Value;

use super::world::{Record, World};

/// Where everything that is proxied seems to be.
const EDGE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 200);

/// Serves over UDP until the process ends.
pub fn start(world: Arc<Mutex<World>>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port is found");
    let address = socket.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let answer = answer(&buffer[..length], &world.lock().unwrap_or_else(PoisonError::into_inner));
            let _ = answer.map(|answer| socket.send_to(&answer, from));
        }
    });
    address
}

fn answer(question: &[u8], world: &World) -> Option<Vec<u8>> {
    let mut message = Message::from_vec(question).ok()?;
    let asked = message.queries.first()?.clone();
    let name = asked.name().to_ascii().to_lowercase();
    let name = name.trim_end_matches('.');
    let served: Vec<&Record> =
        world.zones.values().flat_map(|zone| zone.records.values()).filter(|record| record.name == name).collect();
    message.metadata.message_type = MessageType::Response;
    message.metadata.authoritative = true;
    if served.is_empty() {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    let kind = asked.query_type();
    if served.iter().any(|record| record.proxied) {
        if kind == RecordType::A {
            message.add_answer(Answer::from_rdata(asked.name().clone(), 300, RData::A(A(EDGE))));
        }
        return message.to_vec().ok();
    }
    for record in served.into_iter().filter(|record| record.record_type == kind.to_string()) {
        let ttl = if record.ttl == 1 { 300 } else { record.ttl };
        message.add_answer(Answer::from_rdata(asked.name().clone(), ttl, data(record)?));
    }
    message.to_vec().ok()
}

fn data(record: &Record) -> Option<RData> {
    let host = |text: &str| Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).ok();
    let part = |name: &str| record.data.as_ref().and_then(|data| data.get(name));
    let number = |name: &str| part(name).and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok());
    Some(match record.record_type.as_str() {
        "A" => RData::A(A(record.content.parse().ok()?)),
        "AAAA" => RData::AAAA(AAAA(record.content.parse().ok()?)),
        "CNAME" => RData::CNAME(CNAME(host(&record.content)?)),
        "MX" => RData::MX(MX::new(record.priority?, host(&record.content)?)),
        "TXT" => RData::TXT(TXT::new(vec![record.content.trim_matches('"').to_owned()])),
        "SRV" => {
            let target = host(part("target")?.as_str()?)?;
            RData::SRV(SRV::new(number("priority")?, number("weight")?, number("port")?, target))
        }
        // Flags, the tag with its length, and the value (RFC 8659 §4.1).
        "CAA" => {
            let (tag, value) = (part("tag")?.as_str()?, part("value")?.as_str()?);
            let head = [u8::try_from(number("flags")?).ok()?, u8::try_from(tag.len()).ok()?];
            let bytes = [&head[..], tag.as_bytes(), value.as_bytes()].concat();
            RData::Unknown { code: RecordType::CAA, rdata: NULL::with(bytes) }
        }
        _ => return None,
    })
}
