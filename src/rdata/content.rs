//! Content of the types that are told by words: canonical as the house keeps it, and in the form of zone files.
//!
//! Canonical: addresses in their one spelling, hosts in lower case without the final dot, TXT as its text, one space
//! between words. In zone-file form hosts are absolute. A type that is not known here is left as it is, both ways.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::text;

/// Which words of a content are hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hosts {
    At(&'static [usize]),
    /// After words that may be quoted and have spaces in them.
    Last,
}

/// The types with hosts in them.
const HOSTS: &[(&str, Hosts)] = &[
    ("CNAME", Hosts::At(&[0])),
    ("DNAME", Hosts::At(&[0])),
    ("ALIAS", Hosts::At(&[0])),
    ("ANAME", Hosts::At(&[0])),
    ("NS", Hosts::At(&[0])),
    ("PTR", Hosts::At(&[0])),
    ("MX", Hosts::At(&[1])),
    ("KX", Hosts::At(&[1])),
    ("AFSDB", Hosts::At(&[1])),
    ("SRV", Hosts::At(&[3])),
    ("HTTPS", Hosts::At(&[1])),
    ("SVCB", Hosts::At(&[1])),
    ("SOA", Hosts::At(&[0, 1])),
    ("NAPTR", Hosts::Last),
];

/// The canonical content of what a zone file says.
pub fn canonical(record_type: &str, content: &str) -> String {
    let content = content.trim();
    match record_type {
        "A" => content.parse::<Ipv4Addr>().map_or_else(|_| content.to_owned(), |address| address.to_string()),
        "AAAA" => content.parse::<Ipv6Addr>().map_or_else(|_| content.to_owned(), |address| address.to_string()),
        "TXT" | "SPF" => text::unquoted(content).unwrap_or_else(|| content.to_owned()),
        other => with_hosts(other, content, |host| match host {
            "." => host.to_owned(),
            _ => host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase(),
        }),
    }
}

/// Canonical content in the form of a zone file.
pub fn presented(record_type: &str, content: &str) -> String {
    match record_type {
        "TXT" | "SPF" => text::quoted(content),
        other => with_hosts(other, content.trim(), |host| match host.ends_with('.') {
            true => host.to_owned(),
            false => format!("{host}."),
        }),
    }
}

fn with_hosts(record_type: &str, content: &str, spell: impl Fn(&str) -> String) -> String {
    let hosts = HOSTS.iter().find(|(known, _)| *known == record_type).map(|(_, hosts)| *hosts);
    match hosts {
        None => content.to_owned(),
        Some(Hosts::Last) => match content.rsplit_once(char::is_whitespace) {
            Some((before, host)) => format!("{before} {}", spell(host)),
            None => content.to_owned(),
        },
        Some(Hosts::At(places)) => {
            let words = content.split_whitespace().enumerate();
            let spelt = words.map(|(at, word)| if places.contains(&at) { spell(word) } else { word.to_owned() });
            spelt.collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_zone_file_says_has_one_canonical_content() {
        for (record_type, said, content) in [
            ("AAAA", "2001:DB8::0001", "2001:db8::1"),
            ("AAAA", "::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("A", "not-an-ip", "not-an-ip"),
            ("CNAME", "Web.Example.Net.", "web.example.net"),
            ("MX", "10  mail.example.com.", "10 mail.example.com"),
            ("MX", "0 .", "0 ."),
            ("SRV", "10 5 5060 sip.example.com.", "10 5 5060 sip.example.com"),
            ("HTTPS", "1 . alpn=h2", "1 . alpn=h2"),
            (
                "NAPTR",
                r#"100 10 "S" "SIP+D2U" "!^.*$!a b!" _sip._udp.example.com."#,
                r#"100 10 "S" "SIP+D2U" "!^.*$!a b!" _sip._udp.example.com"#,
            ),
            ("CAA", r#"0 issue "ca.example.net""#, r#"0 issue "ca.example.net""#),
            ("LUA", r#"A "ifportup(443, {'192.0.2.1'})""#, r#"A "ifportup(443, {'192.0.2.1'})""#),
            ("TXT", r#""a" "b""#, "ab"),
        ] {
            assert_eq!(canonical(record_type, said), content);
            assert_eq!(canonical(record_type, &presented(record_type, content)), content, "{record_type}");
        }
        assert_eq!(presented("MX", "10 mail.example.com"), "10 mail.example.com.");
        assert_eq!(presented("MX", "0 ."), "0 .");
        assert_eq!(presented("CAA", r#"0 issue "ca.example.net""#), r#"0 issue "ca.example.net""#);
    }
}
