//! What somebody typed as a record's content, in its canonical words; or what is wrong with it.
//!
//! Contents are typed as in a zone file: `10 mail.example.com`, `10 5 5060 sip.example.com`, `0 issue
//! "ca.example.net"`; text as it is, without quotes. Whether a provider keeps such words in parts is its own affair.
//! **One more type that can be edited**: its name in [`EDITABLE`] and an arm in [`content`].

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::kinds::key::normal_host;

/// The types that can be made and changed here; all others are shown, and deleted at most.
pub const EDITABLE: [&str; 9] = ["A", "AAAA", "CNAME", "TXT", "MX", "SRV", "CAA", "NS", "PTR"];

/// The longest text that a record is given (RFC 1035 §3.3.14 allows more, and no resolver likes it).
const LONGEST_TEXT: usize = 4_096;

/// A content of this type.
///
/// # Errors
/// What is wrong with it, as a sentence without its subject.
pub fn content(record_type: &str, typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    match record_type {
        "A" => {
            typed.parse::<Ipv4Addr>().map(|address| address.to_string()).map_err(|_| "is no IPv4 address".to_owned())
        }
        "AAAA" => {
            typed.parse::<Ipv6Addr>().map(|address| address.to_string()).map_err(|_| "is no IPv6 address".to_owned())
        }
        "CNAME" | "NS" | "PTR" => host(typed),
        "TXT" => text(typed),
        "MX" => mx(typed),
        "SRV" => srv(typed),
        "CAA" => caa(typed),
        other => Err(format!("is of the type {other}, which is only shown here")),
    }
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

fn mx(typed: &str) -> Result<String, String> {
    let form = || "is not of the form “10 mail.example.com”".to_owned();
    let (priority, target) = typed.split_once(char::is_whitespace).ok_or_else(form)?;
    let priority: u16 = priority.parse().map_err(|_| form())?;
    Ok(format!("{priority} {}", host_or_none(target.trim())?))
}

fn srv(typed: &str) -> Result<String, String> {
    let form = || "is not of the form “10 5 5060 sip.example.com”".to_owned();
    let parts: Vec<&str> = typed.split_whitespace().collect();
    let &[priority, weight, port, target] = parts.as_slice() else { return Err(form()) };
    let number = |text: &str| text.parse::<u16>().map_err(|_| form());
    Ok(format!("{} {} {} {}", number(priority)?, number(weight)?, number(port)?, host_or_none(target)?))
}

/// A lone dot says that there is no such service (RFC 7505 for MX, RFC 2782 for SRV).
fn host_or_none(typed: &str) -> Result<String, String> {
    if typed == "." { Ok(".".to_owned()) } else { host(typed) }
}

fn caa(typed: &str) -> Result<String, String> {
    let form = || "is not of the form “0 issue \"ca.example.net\"”".to_owned();
    let mut parts = typed.splitn(3, char::is_whitespace);
    let (Some(flags), Some(tag), Some(value)) = (parts.next(), parts.next(), parts.next()) else { return Err(form()) };
    let flags: u8 = flags.parse().map_err(|_| form())?;
    let value = value.trim().trim_matches('"');
    let plausible = tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !value.contains(['"', '\\']);
    if tag.is_empty() || !plausible || value.chars().any(char::is_control) {
        return Err(form());
    }
    Ok(format!("{flags} {tag} \"{value}\""))
}
