//! Cuts a long JSON answer into the elements of one of its lists while it arrives.
//!
//! `{"success":true,"result":[{…},{…}],"result_info":{…}}` is handed over element by element, and what remains is the
//! *skeleton*, the same object with an empty list. So the memory needed is that of one element, for a million of them
//! too. Which list it is, a provider says by its key: `result`, `rrsets`. The splitter knows only strings and brackets;
//! elements and skeleton are parsed by serde, which finds what is malformed.

/// The longest element and the longest skeleton that are kept; a record is a few hundred bytes.
const LONGEST: usize = 1024 * 1024;

/// Where in the answer the splitter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the outer brace.
    Outside,
    /// In the envelope, outside the result list; with the depth of open brackets.
    Envelope(usize),
    /// In the result list, with the depth within the current element.
    List(usize),
    /// After the outer brace.
    Done,
}

/// Takes an answer in pieces of any size.
#[derive(Debug)]
pub struct Splitter {
    /// Of the list, with its quotes.
    key: &'static str,
    place: Place,
    in_string: bool,
    escaped: bool,
    skeleton: Vec<u8>,
    element: Vec<u8>,
    /// The list has had a comma, so that an element has to follow.
    awaiting: bool,
}

/// Why an answer cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uncut {
    #[error("the answer is not a JSON object")]
    NoObject,
    #[error("the answer ends in the middle")]
    Truncated,
    #[error("a part of the answer is longer than 1 MiB")]
    TooLong,
    #[error("the list has a comma too many")]
    Comma,
}

impl Splitter {
    /// Cuts the list whose key in the outer object is `key`, written with its quotes: `"\"result\""`.
    pub fn at(key: &'static str) -> Self {
        Self {
            key,
            place: Place::Outside,
            in_string: false,
            escaped: false,
            skeleton: Vec::new(),
            element: Vec::new(),
            awaiting: false,
        }
    }

    /// Takes the next piece and calls `found` with each element that it completes.
    ///
    /// # Errors
    /// When the answer is no JSON object, or too long in a part; the splitter is of no use after that.
    pub fn feed(&mut self, piece: &[u8], mut found: impl FnMut(&[u8])) -> Result<(), Uncut> {
        for &byte in piece {
            match self.place {
                Place::Outside => match byte {
                    b'{' => self.keep(byte, Place::Envelope(1)),
                    byte if byte.is_ascii_whitespace() => {}
                    _ => return Err(Uncut::NoObject),
                },
                Place::Envelope(depth) => self.in_envelope(byte, depth),
                Place::List(depth) => self.in_list(byte, depth, &mut found)?,
                Place::Done => {
                    if !byte.is_ascii_whitespace() {
                        return Err(Uncut::NoObject);
                    }
                }
            }
            if self.skeleton.len() > LONGEST || self.element.len() > LONGEST {
                return Err(Uncut::TooLong);
            }
        }
        Ok(())
    }

    /// The skeleton, once the whole answer has been fed.
    ///
    /// # Errors
    /// When the answer is not over.
    pub fn finish(self) -> Result<Vec<u8>, Uncut> {
        match self.place {
            Place::Done => Ok(self.skeleton),
            Place::Outside => Err(Uncut::NoObject),
            Place::Envelope(_) | Place::List(_) => Err(Uncut::Truncated),
        }
    }

    fn keep(&mut self, byte: u8, place: Place) {
        self.skeleton.push(byte);
        self.place = place;
    }

    fn in_envelope(&mut self, byte: u8, depth: usize) {
        if self.string_goes_on(byte) {
            return self.keep(byte, Place::Envelope(depth));
        }
        match byte {
            b'[' if depth == 1 && self.list_is_next() => self.keep(byte, Place::List(0)),
            b'{' | b'[' => self.keep(byte, Place::Envelope(depth + 1)),
            b'}' | b']' if depth == 1 => self.keep(byte, Place::Done),
            b'}' | b']' => self.keep(byte, Place::Envelope(depth - 1)),
            _ => self.keep(byte, Place::Envelope(depth)),
        }
    }

    fn in_list(&mut self, byte: u8, depth: usize, found: &mut impl FnMut(&[u8])) -> Result<(), Uncut> {
        let within_string = self.string_goes_on(byte);
        match byte {
            b',' if depth == 0 && !within_string => {
                self.hand_over(found)?;
                self.awaiting = true;
            }
            b']' if depth == 0 && !within_string => {
                if self.awaiting || !self.element.is_empty() {
                    self.hand_over(found)?;
                }
                self.awaiting = false;
                self.keep(byte, Place::Envelope(1));
            }
            b'{' | b'[' if !within_string => {
                self.element.push(byte);
                self.place = Place::List(depth + 1);
            }
            b'}' | b']' if !within_string => {
                self.element.push(byte);
                self.place = Place::List(depth.saturating_sub(1));
            }
            byte if self.element.is_empty() && byte.is_ascii_whitespace() => {}
            byte => self.element.push(byte),
        }
        Ok(())
    }

    fn hand_over(&mut self, found: &mut impl FnMut(&[u8])) -> Result<(), Uncut> {
        if self.element.is_empty() {
            return Err(Uncut::Comma);
        }
        found(&self.element);
        self.element.clear();
        Ok(())
    }

    /// Whether `byte` belongs to a string, quotes included; brackets and commas there mean nothing.
    fn string_goes_on(&mut self, byte: u8) -> bool {
        if !self.in_string {
            self.in_string = byte == b'"';
            return self.in_string;
        }
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
        }
        true
    }

    /// Whether the skeleton ends with the list's key and its colon.
    fn list_is_next(&self) -> bool {
        let Some(key) = self.skeleton.trim_ascii_end().strip_suffix(b":") else { return false };
        let Some(before) = key.trim_ascii_end().strip_suffix(self.key.as_bytes()) else { return false };
        // A key follows a brace or a comma; a string that merely ends so, like `"\"result"`, does not.
        matches!(before.trim_ascii_end().last(), Some(b'{' | b','))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn cut(answer: &[u8], piece: usize) -> Result<(Vec<Value>, Value), Uncut> {
        let mut splitter = Splitter::at("\"result\"");
        let mut elements = Vec::new();
        for piece in answer.chunks(piece.max(1)) {
            splitter.feed(piece, |element| elements.push(serde_json::from_slice(element).unwrap_or(Value::Null)))?;
        }
        let skeleton = serde_json::from_slice(&splitter.finish()?).unwrap_or(Value::Null);
        Ok((elements, skeleton))
    }

    #[test]
    fn elements_come_out_and_the_envelope_stays() {
        let answer =
            br#" {"result" : [ {"a":[1,{"b":"]}"}]} , 7, "x,y" ] , "success": true, "result_info":{"result":[1]}}
        "#;
        for piece in 1..answer.len() {
            let (elements, skeleton) = cut(answer, piece).unwrap();
            assert_eq!(elements, [json!({"a": [1, {"b": "]}"}]}), json!(7), json!("x,y")]);
            assert_eq!(skeleton, json!({"result": [], "success": true, "result_info": {"result": [1]}}));
        }
    }

    #[test]
    fn an_answer_without_a_list_is_all_skeleton() {
        let answer = br#"{"success":false,"errors":[{"code":1,"message":"\"result\":["}],"result":null}"#;
        let (elements, skeleton) = cut(answer, 3).unwrap();
        assert!(elements.is_empty());
        assert_eq!(skeleton["errors"][0]["message"], "\"result\":[");
    }

    #[test]
    fn what_is_cut_short_or_no_json_is_told_apart() {
        let whole = br#"{"result":[{"a":"\"}"},{}],"success":true}"#;
        for length in 1..whole.len() {
            assert_eq!(cut(&whole[..length], 5), Err(Uncut::Truncated), "{length}");
        }
        assert_eq!(cut(b"", 5), Err(Uncut::NoObject));
        assert_eq!(cut(b"<html>", 5), Err(Uncut::NoObject));
        assert_eq!(cut(b"{} {}", 5), Err(Uncut::NoObject));
        assert_eq!(cut(br#"{"result":[{},]}"#, 5), Err(Uncut::Comma));
        assert_eq!(cut(br#"{"result":[,{}]}"#, 5), Err(Uncut::Comma));
        assert_eq!(cut(format!(r#"{{"result":["{}"]}}"#, "x".repeat(LONGEST)).as_bytes(), 4_096), Err(Uncut::TooLong));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
            Just(json!("\"result\":[")),
            Just(json!("\\")),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((prop_oneof![Just("result".to_owned()), ".{0,4}"], inner), 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_answer_in_any_pieces_is_what_serde_reads(
            elements in prop::collection::vec(any_json(), 0..6),
            before in any_json(),
            after in any_json(),
            pretty: bool,
            piece in 1_usize..64,
        ) {
            let info = serde_json::to_string(&after).unwrap();
            let list = if pretty { serde_json::to_string_pretty(&elements) } else { serde_json::to_string(&elements) }.unwrap();
            let answer = format!(r#"{{"errors":{before},"result":{list},"result_info":{info}}}"#);
            let (found, skeleton) = cut(answer.as_bytes(), piece).unwrap();
            prop_assert_eq!(found, elements);
            prop_assert_eq!(skeleton, json!({"errors": before, "result": [], "result_info": after}));
        }

        #[test]
        fn no_bytes_whatever_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), json in "[\\[\\]{}\",:\\\\a ]{0,80}") {
            let _ = cut(&bytes, 7);
            let _ = cut(format!(r#"{{"result":{json}"#).as_bytes(), 7);
        }
    }
}
