//! TXT content: as zone files have it, in quoted strings of at most 255 bytes, and as the one text that they amount to.
//!
//! The text is UTF-8 where the bytes are. Any other byte is `\DDD` in it, as in a zone file; a backslash that would be
//! taken for the start of one is `\092` itself. So every sequence of bytes has exactly one text, and nothing is lost on
//! the way through a form.

/// The longest string within a TXT (RFC 1035 §3.3).
const LONGEST_STRING: usize = 255;

/// The text of content in quotes, its strings joined; `None` where it is not quoted (RFC 1035 §5.1).
pub fn unquoted(content: &str) -> Option<String> {
    strings(content).map(|strings| text_of(&strings.concat()))
}

/// The bytes of each quoted string.
fn strings(content: &str) -> Option<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    let mut rest = content.trim().as_bytes();
    while !rest.is_empty() {
        let mut bytes = Vec::new();
        rest = rest.strip_prefix(b"\"")?;
        loop {
            let (&byte, after) = rest.split_first()?;
            rest = after;
            match byte {
                b'"' => break,
                b'\\' => match decimal(rest) {
                    Some(escaped) => {
                        bytes.push(escaped);
                        rest = &rest[3..];
                    }
                    None => {
                        let (&escaped, after) = rest.split_first()?;
                        bytes.push(escaped);
                        rest = after;
                    }
                },
                plain => bytes.push(plain),
            }
        }
        strings.push(bytes);
        rest = rest.trim_ascii_start();
    }
    (!strings.is_empty()).then_some(strings)
}

/// The text in quoted strings of 255 bytes, in ASCII.
pub fn quoted(text: &str) -> String {
    let bytes = bytes_of(text);
    if bytes.is_empty() {
        return "\"\"".to_owned();
    }
    let strings: Vec<String> = bytes.chunks(LONGEST_STRING).map(|string| format!("\"{}\"", escaped(string))).collect();
    strings.join(" ")
}

/// The bytes as they stand between quotes.
fn escaped(bytes: &[u8]) -> String {
    let mut escaped = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => escaped.extend(['\\', char::from(byte)]),
            b' '..=b'~' => escaped.push(char::from(byte)),
            other => escaped.push_str(&format!("\\{other:03}")),
        }
    }
    escaped
}

/// The one text of these bytes.
pub fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            rest = &rest[character.len_utf8()..];
            let ambiguous = character == '\\' && decimal(rest).is_some();
            if ambiguous || character.is_ascii_control() {
                text.push_str(&format!("\\{:03}", u32::from(character)));
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\{byte:03}"));
        }
        rest = &rest[chunk.invalid().len()..];
    }
    text
}

/// The bytes that a text stands for.
pub fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match decimal(after).filter(|_| byte == b'\\') {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[3..];
            }
            None => bytes.push(byte),
        }
    }
    bytes
}

/// Three digits at the start that make a byte.
fn decimal(bytes: &[u8]) -> Option<u8> {
    let digits = bytes.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn txt_is_unquoted_and_joined() {
        for (content, expected) in [
            (r#""v=spf1 -all""#, Some("v=spf1 -all")),
            (r#""part one, " "part two""#, Some("part one, part two")),
            (r#""a""b""#, Some("ab")),
            (r#""say \"hi\" \\ \195""#, Some(r#"say "hi" \ \195"#)),
            (r#""\195\169""#, Some("é")),
            (r#""\\195""#, Some(r"\092195")),
            (r#""\;\000""#, Some(r";\000")),
            (r#""""#, Some("")),
            ("\"é\" \"ü\"", Some("éü")),
            ("v=spf1 -all", None),
            (r#""open"#, None),
            (r#""a" b"#, None),
            (r#""a\"#, None),
            ("", None),
        ] {
            assert_eq!(unquoted(content).as_deref(), expected, "{content}");
        }
    }

    #[test]
    fn a_long_text_is_cut_by_bytes() {
        let quoted = quoted(&"é".repeat(200));
        let strings = strings(&quoted).unwrap();
        assert_eq!(strings.iter().map(Vec::len).collect::<Vec<_>>(), [255, 145]);
        assert!(quoted.is_ascii());
        assert_eq!(super::quoted(""), "\"\"");
    }

    proptest! {
        #[test]
        fn every_text_and_all_bytes_come_back(
            text in prop_oneof![".{0,300}", "[\\\\0-9\"é ]{0,40}"],
            bytes in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            prop_assert_eq!(bytes_of(&text_of(&bytes)), bytes.clone());
            let canonical = text_of(&bytes_of(&text));
            prop_assert_eq!(unquoted(&quoted(&canonical)), Some(canonical));
            let strings = strings(&quoted(&text_of(&bytes))).unwrap();
            prop_assert!(strings.iter().all(|string| string.len() <= LONGEST_STRING));
            prop_assert_eq!(strings.concat(), bytes);
        }
    }
}
