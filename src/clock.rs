//! The one source of "now".
//!
//! Everything that asks for the time is handed a [`Clock`], so that tests can hold it still and move it by hand, and so
//! that every stored instant has the same resolution: milliseconds, the coarsest that both databases keep exactly.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// An instant in UTC, cut to whole milliseconds when it comes from a [`Clock`].
pub type Instant = DateTime<Utc>;

/// Appends `2026-11-21T03:10:22`, with milliseconds where there are any, for years of four digits and whole milliseconds;
/// appends nothing and gives `false` for another.
pub fn push_instant(text: &mut String, at: NaiveDateTime, between: char) -> bool {
    let millis = at.nanosecond() / 1_000_000;
    let Some(year) = u32::try_from(at.year()).ok().filter(|year| (1_000..10_000).contains(year)) else { return false };
    if !at.nanosecond().is_multiple_of(1_000_000) || at.nanosecond() >= 1_000_000_000 {
        return false;
    }
    let mut day = *b"0000-00-00";
    put_digits(&mut day[..4], year);
    put_digits(&mut day[5..7], at.month());
    put_digits(&mut day[8..], at.day());
    let mut time = *b"00:00:00.000";
    for (position, part) in [at.hour(), at.minute(), at.second()].into_iter().enumerate() {
        put_digits(&mut time[3 * position..3 * position + 2], part);
    }
    put_digits(&mut time[9..], millis);
    push(text, &day);
    text.push(between);
    push(text, if millis == 0 { &time[..8] } else { &time });
    true
}

/// Writes a number in as many decimal digits as there is room for. Lists write hundreds of dates, and a format string for
/// each would take longer than finding the rows.
pub fn put_digits(digits: &mut [u8], number: u32) {
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
}

fn push(text: &mut String, digits: &[u8]) {
    text.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

/// Reads `2026-11-21T03:10:22` and `2026-11-21T03:10:22.123`, as [`push_instant`] writes them; `None` for anything else,
/// which may be an instant all the same.
pub fn read_instant(text: &[u8], between: u8) -> Option<NaiveDateTime> {
    let (seconds, millis) = match text.len() {
        19 => (text, 0),
        23 if text[19] == b'.' => (&text[..19], number(&text[20..])?),
        _ => return None,
    };
    let marks = [(4, b'-'), (7, b'-'), (10, between), (13, b':'), (16, b':')];
    if marks.iter().any(|(position, mark)| seconds[*position] != *mark) {
        return None;
    }
    let year = i32::try_from(number(&seconds[..4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&seconds[5..7])?, number(&seconds[8..10])?)?;
    date.and_hms_milli_opt(number(&seconds[11..13])?, number(&seconds[14..16])?, number(&seconds[17..])?, millis)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

/// Reads an instant of a resource's stored facts, for serde's `deserialize_with`: a list reads hundreds, and all the ways in
/// which RFC 3339 lets one be written take as long as the rest of a row.
///
/// # Errors
/// What is no instant.
pub fn stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Instant>, D::Error> {
    let Some(Text(text)) = Option::<Text<'de>>::deserialize(deserializer)? else { return Ok(None) };
    match text.strip_suffix('Z').and_then(|text| read_instant(text.as_bytes(), b'T')) {
        Some(at) => Ok(Some(at.and_utc())),
        None => text.parse().map(Some).map_err(D::Error::custom),
    }
}

/// A string that is borrowed where it can be.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// Tells the time; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clock(Hands);

#[derive(Clone, Debug, Default)]
enum Hands {
    #[default]
    System,
    /// Milliseconds since the Unix epoch.
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self(Hands::System)
    }

    /// A clock that stands still at `at` until [`Clock::advance`] moves it; clones move together.
    pub fn held_at(at: Instant) -> Self {
        Self(Hands::Held(Arc::new(AtomicI64::new(at.timestamp_millis()))))
    }

    /// The current instant, in whole milliseconds.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Instant {
        let millis = match &self.0 {
            Hands::System => Utc::now().timestamp_millis(),
            Hands::Held(millis) => millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// Moves a held clock forward (or back, for a negative `by`); the machine's clock is left alone.
    pub fn advance(&self, by: TimeDelta) {
        if let Hands::Held(millis) = &self.0 {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Facts {
        #[serde(deserialize_with = "stored")]
        at: Option<Instant>,
    }

    fn read(at: &str) -> Option<Option<Instant>> {
        serde_json::from_str(&format!(r#"{{"at":{at}}}"#)).ok().map(|Facts { at }| at)
    }

    #[test]
    fn a_stored_instant_is_read_as_chrono_would() {
        let texts = [
            "2026-11-21T03:10:22Z",
            "0001-01-01T00:00:00Z",
            "2024-02-29T23:59:59Z",
            "2016-12-31T23:59:60Z",
            "2026-11-21T03:10:22.5Z",
            "2026-11-21T03:10:22+02:00",
            "2026-11-21 03:10:22Z",
        ];
        for text in texts {
            assert_eq!(read(&format!("{text:?}")), Some(Some(text.parse().unwrap())), "{text}");
        }
        for wrong in
            ["2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-2:T03:10:22Z", ""]
        {
            assert_eq!(read(&format!("{wrong:?}")), None, "{wrong}");
        }
        assert_eq!(read("null"), Some(None));
        assert_eq!(read(r#""2026-11-21T03:10:22\u005a""#), read(r#""2026-11-21T03:10:22Z""#));
    }
}
