//! The text of a zone file: pure.

use crate::clock::Instant;
use crate::kinds::dns_record::DnsRecord;
use crate::rdata;
use crate::wire::dns::RecordValue;

/// What a zone file says before its records.
#[derive(Clone, Debug)]
pub struct Head {
    pub zone: String,
    pub source: String,
    /// When a complete listing last confirmed the records.
    pub confirmed_at: Option<Instant>,
    /// Whether the last listing was complete; otherwise something may be missing, or be there no more.
    pub complete: bool,
    pub name_servers: Vec<String>,
    /// Where the provider shows none, one is made up.
    pub soa: Option<DnsRecord>,
    /// Whether the records name the zone's own servers; otherwise `name_servers` does.
    pub has_servers: bool,
    /// A TTL of 1 means "as you like".
    pub automatic_ttl: bool,
}

/// Begins the line by which a program knows of when a file is.
const CONFIRMED: &str = "; confirmed: ";
/// The TTL of what has none of its own.
const USUAL_TTL: i64 = 300;
/// The types that a zone file can say by name.
const SAID: &[&str] = &[
    "A",
    "AAAA",
    "AFSDB",
    "CAA",
    "CDNSKEY",
    "CDS",
    "CERT",
    "CNAME",
    "CSYNC",
    "DHCID",
    "DNAME",
    "DNSKEY",
    "DS",
    "EUI48",
    "EUI64",
    "HINFO",
    "HTTPS",
    "IPSECKEY",
    "KEY",
    "KX",
    "L32",
    "L64",
    "LOC",
    "LP",
    "MINFO",
    "MX",
    "NAPTR",
    "NID",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "RP",
    "SMIMEA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
    "ZONEMD",
];

/// The head, with SOA and servers.
pub fn head(head: &Head) -> String {
    let confirmed = head.confirmed_at.map_or_else(|| "never".to_owned(), stamp);
    let complete = match head.complete {
        true => "every record of the last listing is here",
        false => "INCOMPLETE: the last listing broke off; records may be missing here, or be gone by now",
    };
    let mut text = format!(
        "; {}, as {} had it\n{CONFIRMED}{confirmed}\n; {complete}\n$ORIGIN {}.\n$TTL {USUAL_TTL}\n",
        plain(&head.zone),
        plain(&head.source),
        owner(&head.zone),
    );
    text.push_str(&soa(head));
    if !head.has_servers {
        for server in &head.name_servers {
            text.push_str(&format!("{}. 86400 IN NS {}.\n", owner(&head.zone), owner(server)));
        }
    }
    text
}

/// The moment that a file's head tells, as it stands there.
pub fn told(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix(CONFIRMED))
}

/// A moment as a head tells it.
pub fn stamp(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A record's line; empty for an SOA, which the head has.
pub fn line(head: &Head, record: &DnsRecord) -> String {
    let kind = record.record_type.as_str();
    if kind == "SOA" {
        return String::new();
    }
    let automatic = record.ttl == 1 && head.automatic_ttl;
    let ttl = if automatic { USUAL_TTL } else { record.ttl.max(0) };
    let said = format!("{}. {ttl} IN {} {}", owner(&record.name), plain(kind), form(record));
    let remarks = [
        record.proxied.then(|| "proxied".to_owned()),
        automatic.then(|| "automatic TTL".to_owned()),
        (!record.comment.is_empty()).then(|| record.comment.clone()),
        (!record.tags.is_empty()).then(|| format!("tags: {}", record.tags.join(", "))),
    ];
    let remarks: Vec<String> = remarks.into_iter().flatten().collect();
    let remarks = if remarks.is_empty() { String::new() } else { format!(" ; {}", plain(&remarks.join("; "))) };
    let silent = unsaid(head, record, &said).map_or_else(String::new, |why| format!("; {why}: "));
    format!("{silent}{}{remarks}\n", plain(&said))
}

/// Why the record can only be a comment.
fn unsaid(head: &Head, record: &DnsRecord, said: &str) -> Option<&'static str> {
    let kind = record.record_type.as_str();
    let unknown = kind.strip_prefix("TYPE").is_some_and(|number| number.parse::<u16>().is_ok());
    if record.disabled {
        Some("disabled")
    } else if !unknown && !SAID.contains(&kind) || unknown && !record.content.starts_with("\\#") {
        Some("not of a standard type")
    } else if kind == "CNAME" && record.name == head.zone {
        Some("flattened by the provider")
    } else if said.contains(char::is_control) || record.content.is_empty() && kind != "TXT" {
        Some("not to be written in a line")
    } else {
        None
    }
}

fn form(record: &DnsRecord) -> String {
    let value = RecordValue {
        content: record.content.clone(),
        priority: record.priority,
        data: record.data.clone(),
        ..RecordValue::default()
    };
    rdata::zone_file_form(&record.record_type, &value)
}

fn soa(head: &Head) -> String {
    let zone = owner(&head.zone);
    let known = head.soa.as_ref().and_then(|soa| {
        let form = rdata::presented("SOA", &soa.content);
        let words: Vec<&str> = form.split(' ').collect();
        let [server, mailbox, rest @ ..] = words.as_slice() else { return None };
        (rest.len() == 4).then(|| {
            let serial = soa.serial.unwrap_or(1);
            format!("{zone}. {} IN SOA {server} {mailbox} {serial} {}\n", soa.ttl, rest.join(" "))
        })
    });
    known.unwrap_or_else(|| {
        let server = head.name_servers.first().map_or_else(|| format!("ns.{zone}"), |server| owner(server));
        let serial = head.confirmed_at.map_or(1, |at| u32::try_from(at.timestamp()).unwrap_or(1));
        format!(
            "; The provider shows no SOA; this one is made up.\n{zone}. 3600 IN SOA {server}. hostmaster.{zone}. {serial} 10800 3600 604800 3600\n"
        )
    })
}

/// A name with whatever would end it escaped (RFC 1035 §5.1).
fn owner(name: &str) -> String {
    let mut owner = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.*/\\".contains(&byte) => owner.push(char::from(byte)),
            other => owner.push_str(&format!("\\{other:03}")),
        }
    }
    owner
}

/// In one line, whatever it is: a line break in a comment would make records of the rest.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(zone: &str) -> Head {
        Head {
            zone: zone.into(),
            source: "dns".into(),
            confirmed_at: chrono::DateTime::from_timestamp(1_795_244_400, 0),
            complete: true,
            name_servers: vec!["ns1.example.net".into()],
            soa: None,
            has_servers: false,
            automatic_ttl: true,
        }
    }

    fn record(kind: &str, name: &str, content: &str) -> DnsRecord {
        DnsRecord {
            record_type: kind.into(),
            name: name.into(),
            content: content.into(),
            ttl: 60,
            ..DnsRecord::default()
        }
    }

    #[test]
    fn a_head_tells_its_age_and_what_is_made_up() {
        insta::assert_snapshot!(head(&of("example.com")), @"
        ; example.com, as dns had it
        ; confirmed: 2026-11-21T07:00:00.000Z
        ; every record of the last listing is here
        $ORIGIN example.com.
        $TTL 300
        ; The provider shows no SOA; this one is made up.
        example.com. 3600 IN SOA ns1.example.net. hostmaster.example.com. 1795244400 10800 3600 604800 3600
        example.com. 86400 IN NS ns1.example.net.
        ");
        assert_eq!(told(&head(&of("example.com"))), Some("2026-11-21T07:00:00.000Z"));
    }

    #[test]
    fn each_record_is_a_line_and_what_no_file_can_say_a_comment() {
        let head = of("example.com");
        let mut proxied = record("A", "www.example.com", "192.0.2.1");
        (proxied.proxied, proxied.ttl, proxied.comment) = (true, 1, "line\nbreak 192.0.2.9".into());
        let mut disabled = record("A", "old.example.com", "192.0.2.2");
        disabled.disabled = true;
        let mut srv = record("SRV", "_sip._tcp.example.com", "5 5060 sip.example.com");
        srv.data = Some(json!({"priority": 10, "weight": 5, "port": 5060, "target": "sip.example.com"}));
        let mut mx = record("MX", "example.com", "mail.example.com");
        mx.priority = Some(10);
        let lines: String = [
            proxied,
            disabled,
            srv,
            mx,
            record("TXT", "example.com", "say \"hi\"; \\ é"),
            record("CAA", "example.com", "0 issue \"ca.example.net\""),
            record("CNAME", "example.com", "lb.example.net"),
            record("LUA", "l.example.com", "A \"ifportup(443, {'192.0.2.1'})\""),
            record("TYPE65534", "x.example.com", "\\# 3 abcdef"),
            record("A", "a b.example.com\n$INCLUDE", "192.0.2.3"),
            record("A", "b.example.com", "192.0.2.4\nevil A 192.0.2.5"),
        ]
        .iter()
        .map(|record| line(&head, record))
        .collect();
        insta::assert_snapshot!(lines, @r#"
        www.example.com. 300 IN A 192.0.2.1 ; proxied; automatic TTL; line break 192.0.2.9
        ; disabled: old.example.com. 60 IN A 192.0.2.2
        _sip._tcp.example.com. 60 IN SRV 10 5 5060 sip.example.com.
        example.com. 60 IN MX 10 mail.example.com.
        example.com. 60 IN TXT "say \"hi\"; \\ \195\169"
        example.com. 60 IN CAA 0 issue "ca.example.net"
        ; flattened by the provider: example.com. 60 IN CNAME lb.example.net.
        ; not of a standard type: l.example.com. 60 IN LUA A "ifportup(443, {'192.0.2.1'})"
        x.example.com. 60 IN TYPE65534 \# 3 abcdef
        a\032b.example.com\010\036INCLUDE. 60 IN A 192.0.2.3
        ; not to be written in a line: b.example.com. 60 IN A 192.0.2.4 evil A 192.0.2.5
        "#);
    }
}
