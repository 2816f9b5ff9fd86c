//! What somebody typed as a record's content, in the one form that providers compare; or what is wrong with it.
//!
//! Contents are typed as in a zone file: `10 mail.example.com`, `10 5 5060 sip.example.com`, `0 issue "ca.example.net"`; text as it is,
//! without quotes. **One more type that can be edited**: its name in [`EDITABLE`] and an arm in [`value`].

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::json;

use crate::kinds::key::normal_host;
use crate::wire::dns::{RecordValue, WriteTerms};

/// The types that can be made and changed here; all others are shown, and deleted at most.
pub const EDITABLE: [&str; 9] = ["A", "AAAA", "CNAME", "TXT", "MX", "SRV", "CAA", "NS", "PTR"];

/// The longest text that a record is given (RFC 1035 §3.3.14 allows more, and no resolver likes it).
const LONGEST_TEXT: usize = 4_096;

/// A value of this type.
///
/// # Errors
/// What is wrong with the content, as a sentence without its subject.
pub fn value(record_type: &str, typed: &str, terms: &WriteTerms) -> Result<RecordValue, String> {
    let typed = typed.trim();
    match record_type {
        "A" => typed
            .parse::<Ipv4Addr>()
            .map(|address| plain(address.to_string()))
            .map_err(|_| "is no IPv4 address".to_owned()),
        "AAAA" => typed
            .parse::<Ipv6Addr>()
            .map(|address| plain(address.to_string()))
            .map_err(|_| "is no IPv6 address".to_owned()),
        "CNAME" | "NS" | "PTR" => host(typed).map(plain),
        "TXT" => text(typed).map(plain),
        "MX" => mx(typed, terms),
        "SRV" => srv(typed, terms),
        "CAA" => caa(typed, terms),
        other => Err(format!("is of the type {other}, which is only shown here")),
    }
}

fn plain(content: String) -> RecordValue {
    RecordValue { content, ..RecordValue::default() }
}

fn host(typed: &str) -> Result<String, String> {
    match normal_host(typed) {
        Some(host) if host.parse::<Ipv4Addr>().is_err() => Ok(host),
        _ => Err("is no host name".to_owned()),
    }
}

fn text(typed: &str) -> Result<String, String> {
    let bare = typed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(typed);
    match bare {
        "" => Err("is empty".to_owned()),
        bare if bare.len() > LONGEST_TEXT => Err(format!("is longer than {LONGEST_TEXT} bytes")),
        bare if bare.chars().any(char::is_control) => Err("has control characters".to_owned()),
        bare => Ok(bare.to_owned()),
    }
}

fn mx(typed: &str, terms: &WriteTerms) -> Result<RecordValue, String> {
    let form = || "is not of the form “10 mail.example.com”".to_owned();
    let (priority, target) = typed.split_once(char::is_whitespace).ok_or_else(form)?;
    let priority: u16 = priority.parse().map_err(|_| form())?;
    // RFC 7505: a lone dot says that the domain takes no mail.
    let target = if target.trim() == "." { ".".to_owned() } else { host(target.trim())? };
    Ok(if terms.structured {
        RecordValue { priority: Some(priority.into()), ..plain(target) }
    } else {
        plain(format!("{priority} {target}"))
    })
}

fn srv(typed: &str, terms: &WriteTerms) -> Result<RecordValue, String> {
    let form = || "is not of the form “10 5 5060 sip.example.com”".to_owned();
    let parts: Vec<&str> = typed.split_whitespace().collect();
    let &[priority, weight, port, target] = parts.as_slice() else { return Err(form()) };
    let number = |text: &str| text.parse::<u16>().map_err(|_| form());
    let (priority, weight, port) = (number(priority)?, number(weight)?, number(port)?);
    let target = if target == "." { ".".to_owned() } else { host(target)? };
    Ok(if terms.structured {
        let data = json!({"priority": priority, "weight": weight, "port": port, "target": target});
        let content = format!("{weight} {port} {target}");
        RecordValue { priority: Some(priority.into()), data: Some(data), ..plain(content) }
    } else {
        plain(format!("{priority} {weight} {port} {target}"))
    })
}

fn caa(typed: &str, terms: &WriteTerms) -> Result<RecordValue, String> {
    let form = || "is not of the form “0 issue \"ca.example.net\"”".to_owned();
    let mut parts = typed.splitn(3, char::is_whitespace);
    let (Some(flags), Some(tag), Some(value)) = (parts.next(), parts.next(), parts.next()) else { return Err(form()) };
    let flags: u8 = flags.parse().map_err(|_| form())?;
    let value = value.trim().trim_matches('"');
    let plausible = tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !value.contains(['"', '\\']);
    if tag.is_empty() || !plausible || value.chars().any(char::is_control) {
        return Err(form());
    }
    let data = terms.structured.then(|| json!({"flags": flags, "tag": tag, "value": value}));
    Ok(RecordValue { data, ..plain(format!("{flags} {tag} \"{value}\"")) })
}
