//! A value of any provider in zone-file form. Some keep all of it in the content; Cloudflare has the preference of an
//! MX apart, and the parts of SRV, CAA and their like by name.

use serde_json::{Value, json};

use super::content::presented;
use crate::wire::dns::RecordValue;

/// The value as a zone file says it.
pub fn zone_file_form(record_type: &str, value: &RecordValue) -> String {
    if let Some(form) = value.data.as_ref().and_then(|data| from_parts(record_type, data, value.priority)) {
        return presented(record_type, &form);
    }
    match (record_type, value.priority) {
        // A content with both words has the preference already.
        ("MX" | "KX", Some(priority)) if !value.content.trim().contains(char::is_whitespace) => {
            presented(record_type, &format!("{priority} {}", value.content.trim()))
        }
        _ => presented(record_type, &value.content),
    }
}

/// The value with the preference of an MX apart from its host, where both stand in the content.
pub fn preference_apart(record_type: &str, mut value: RecordValue) -> RecordValue {
    if record_type == "MX"
        && value.priority.is_none()
        && let Some((preference, host)) = value.content.split_once(' ')
        && let Ok(preference) = preference.parse()
    {
        (value.priority, value.content) = (Some(preference), host.to_owned());
    }
    value
}

/// The named parts, in the order of the type's zone-file form; `None` where one is missing or the type is not known
/// here.
fn from_parts(record_type: &str, data: &Value, priority: Option<i64>) -> Option<String> {
    let word = |name: &str| match data.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let words = |names: &[&str]| Some(names.iter().map(|name| word(name)).collect::<Option<Vec<_>>>()?.join(" "));
    let string = |name: &str| word(name).map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    let preference = || word("priority").or_else(|| priority.map(|priority| priority.to_string()));
    match record_type {
        "SRV" => Some(format!("{} {}", preference()?, words(&["weight", "port", "target"])?)),
        "CAA" => Some(format!("{} {}", words(&["flags", "tag"])?, string("value")?)),
        "HTTPS" | "SVCB" => {
            let parameters = word("value").unwrap_or_default();
            Some(format!("{} {} {parameters}", preference()?, word("target")?).trim_end().to_owned())
        }
        "URI" => Some(format!("{} {} {}", preference()?, word("weight")?, string("target")?)),
        "TLSA" | "SMIMEA" => words(&["usage", "selector", "matching_type", "certificate"]),
        "SSHFP" => words(&["algorithm", "type", "fingerprint"]),
        "DS" => words(&["key_tag", "algorithm", "digest_type", "digest"]),
        "DNSKEY" => words(&["flags", "protocol", "algorithm", "public_key"]),
        "CERT" => words(&["type", "key_tag", "algorithm", "certificate"]),
        "NAPTR" => Some(format!(
            "{} {} {} {} {}",
            words(&["order", "preference"])?,
            string("flags")?,
            string("service")?,
            string("regex")?,
            word("replacement").filter(|host| !host.is_empty()).unwrap_or_else(|| ".".to_owned()),
        )),
        _ => None,
    }
}

/// The types that Cloudflare wants in parts, and of which it gives the content to read only.
pub const IN_PARTS: &[&str] =
    &["CAA", "CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"];

/// The parts by name of content that has all of them in its words; `None` where it has not, or the type is not told by
/// words.
pub fn parts(record_type: &str, content: &str) -> Option<Value> {
    let words: Vec<&str> = content.split_whitespace().collect();
    let number = |at: usize| words.get(at)?.parse::<u32>().ok();
    let word = |at: usize| words.get(at).copied();
    let exactly = |count: usize| (words.len() == count).then_some(());
    match record_type {
        "SRV" => exactly(4).and_then(|()| {
            Some(json!({"priority": number(0)?, "weight": number(1)?, "port": number(2)?, "target": word(3)?}))
        }),
        "CAA" => {
            let value = string(content.trim().splitn(3, char::is_whitespace).nth(2)?)?;
            Some(json!({"flags": number(0)?, "tag": word(1)?, "value": value}))
        }
        "URI" => {
            let target = string(content.trim().splitn(3, char::is_whitespace).nth(2)?)?;
            Some(json!({"priority": number(0)?, "weight": number(1)?, "target": target}))
        }
        "HTTPS" | "SVCB" => {
            let parameters = content.trim().splitn(3, char::is_whitespace).nth(2).unwrap_or_default();
            Some(json!({"priority": number(0)?, "target": word(1)?, "value": parameters.trim()}))
        }
        "TLSA" | "SMIMEA" => exactly(4).and_then(|()| {
            Some(json!({"usage": number(0)?, "selector": number(1)?, "matching_type": number(2)?, "certificate": word(3)?}))
        }),
        "SSHFP" => exactly(3)
            .and_then(|()| Some(json!({"algorithm": number(0)?, "type": number(1)?, "fingerprint": word(2)?}))),
        "DS" => exactly(4).and_then(|()| {
            Some(json!({"key_tag": number(0)?, "algorithm": number(1)?, "digest_type": number(2)?, "digest": word(3)?}))
        }),
        "DNSKEY" => exactly(4).and_then(|()| {
            Some(json!({"flags": number(0)?, "protocol": number(1)?, "algorithm": number(2)?, "public_key": word(3)?}))
        }),
        _ => None,
    }
}

/// A word that may be quoted.
fn string(word: &str) -> Option<String> {
    let word = word.trim();
    match word.strip_prefix('"') {
        None => (!word.contains(char::is_whitespace)).then(|| word.to_owned()),
        Some(rest) => Some(rest.strip_suffix('"')?.replace("\\\"", "\"").replace("\\\\", "\\")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(content: &str, priority: Option<i64>, data: Option<Value>) -> RecordValue {
        RecordValue { content: content.to_owned(), priority, data, ..RecordValue::default() }
    }

    #[test]
    fn both_ways_to_keep_a_value_have_one_zone_file_form() {
        let sip = json!({"priority": 10, "weight": 5, "port": 5060, "target": "sip.example.com"});
        let caa = json!({"flags": 0, "tag": "issue", "value": "ca.example.net"});
        for (record_type, one, other, form) in [
            (
                "MX",
                value("mail.example.com", Some(10), None),
                value("10 mail.example.com", None, None),
                "10 mail.example.com.",
            ),
            (
                "SRV",
                value("5 5060 sip.example.com", Some(10), Some(sip)),
                value("10 5 5060 sip.example.com", None, None),
                "10 5 5060 sip.example.com.",
            ),
            (
                "CAA",
                value("0 issue ca.example.net", None, Some(caa)),
                value("0 issue \"ca.example.net\"", None, None),
                "0 issue \"ca.example.net\"",
            ),
            (
                "HTTPS",
                value("1 .", None, Some(json!({"priority": 1, "target": ".", "value": "alpn=\"h2\""}))),
                value("1 . alpn=\"h2\"", None, None),
                "1 . alpn=\"h2\"",
            ),
        ] {
            assert_eq!(zone_file_form(record_type, &one), form);
            assert_eq!(zone_file_form(record_type, &other), form);
        }
        assert_eq!(zone_file_form("LOC", &value("51 30 N", None, Some(json!({"lat_degrees": 51})))), "51 30 N");
    }

    #[test]
    fn content_in_words_comes_apart_and_together_again() {
        for (record_type, content) in [
            ("SRV", "10 5 5060 sip.example.com"),
            ("CAA", "0 issue \"ca.example.net; account=7\""),
            ("URI", "10 1 \"https://example.com/a b\""),
            ("HTTPS", "1 . alpn=\"h2,h3\" port=8443"),
            ("SVCB", "0 svc.example.net"),
            ("TLSA", "3 1 1 0d6f"),
            ("SSHFP", "4 2 123abc"),
            ("DS", "370 13 2 be74"),
        ] {
            let data = parts(record_type, content).unwrap_or_else(|| panic!("{record_type} {content}"));
            let together = zone_file_form(record_type, &value("", None, Some(data)));
            assert_eq!(crate::rdata::canonical(record_type, &together), content, "{record_type}");
        }
        assert_eq!(parts("SRV", "10 5 sip.example.com"), None);
        assert_eq!(parts("CAA", "0 issue two words"), None);
        assert_eq!(parts("LOC", "51 30 N"), None);
    }
}
