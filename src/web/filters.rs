//! The template filters: how times, durations and counts are written, once for all pages.
//!
//! A page file that derives a template says `use crate::web::filters;`. Relative times are counted from the `now` of
//! the page's shell, never from the machine's clock, so that a page is the same however long it takes to write.

use std::borrow::Cow;
use std::fmt;

use askama::filters::HtmlSafe;
use askama::{FastWritable, Result, Values, filter_fn};
use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};

use crate::clock::{Instant, put_digits};
use crate::kinds::Tone;

/// A value behind any number of references: which it is depends on whether a template got it from a field, a loop or a
/// macro.
pub trait Behind<T> {
    fn it(&self) -> &T;
}

impl<T, U: Behind<T>> Behind<T> for &U {
    fn it(&self) -> &T {
        (*self).it()
    }
}

impl Behind<Self> for Instant {
    fn it(&self) -> &Self {
        self
    }
}

impl Behind<Self> for i64 {
    fn it(&self) -> &Self {
        self
    }
}

impl Behind<Self> for Tone {
    fn it(&self) -> &Self {
        self
    }
}

/// The path of a static file, with the hash of its content.
#[filter_fn]
pub fn asset(name: &str, _: &dyn Values) -> Result<String> {
    Ok(super::assets::path(name))
}

/// RFC 3339 to the second, for `datetime` attributes.
#[filter_fn]
pub fn iso(at: impl Behind<Instant>, _: &dyn Values) -> Result<Stamp> {
    Ok(Stamp { at: at.it().naive_utc(), style: Style::Iso })
}

/// `21 Nov 2026, 03:10:22 UTC`.
#[filter_fn]
pub fn utc(at: impl Behind<Instant>, _: &dyn Values) -> Result<Stamp> {
    Ok(Stamp { at: at.it().naive_utc(), style: Style::Utc })
}

/// `21 Nov 2026, 03:10`, where UTC is said beside it.
#[filter_fn]
pub fn short(at: impl Behind<Instant>, _: &dyn Values) -> Result<Stamp> {
    Ok(Stamp { at: at.it().naive_utc(), style: Style::Short })
}

/// `2 min ago`, `in 3 days`, seen from `now`.
#[filter_fn]
pub fn ago(at: impl Behind<Instant>, _: &dyn Values, now: &Instant) -> Result<String> {
    Ok(relative(*at.it(), *now))
}

/// Seconds in words: `5 min`, `1 h 30 min`.
#[filter_fn]
pub fn duration(seconds: impl Behind<i64>, _: &dyn Values) -> Result<String> {
    Ok(span(*seconds.it()))
}

/// From one instant to another, in words.
#[filter_fn]
pub fn until(from: impl Behind<Instant>, _: &dyn Values, to: &Instant) -> Result<String> {
    Ok(took(*to - *from.it()))
}

/// `1,234,567`.
#[filter_fn]
pub fn count(number: impl Behind<i64>, _: &dyn Values) -> Result<String> {
    Ok(grouped(*number.it()))
}

/// `s` unless the number is one.
#[filter_fn]
pub fn s(number: impl Behind<i64>, _: &dyn Values) -> Result<&'static str> {
    Ok(if *number.it() == 1 { "" } else { "s" })
}

/// The class of a tone: `tone-warn`.
#[filter_fn]
pub fn tone(tone: impl Behind<Tone>, _: &dyn Values) -> Result<&'static str> {
    Ok(match tone.it() {
        Tone::Muted => "tone-muted",
        Tone::Plain => "tone-plain",
        Tone::Good => "tone-good",
        Tone::Warn => "tone-warn",
        Tone::Bad => "tone-bad",
    })
}

/// A title within a sentence: `DNS records` stays, `Load balancers` becomes `load balancers`.
#[filter_fn]
pub fn mid(title: &str, _: &dyn Values) -> Result<String> {
    Ok(within_sentence(title))
}

/// The same for whoever composes a sentence.
pub fn within_sentence(title: &str) -> String {
    let is_abbreviation = |word: &str| word.chars().filter(|letter| letter.is_uppercase()).count() > 1;
    let word = |word: &str| if is_abbreviation(word) { word.to_owned() } else { word.to_lowercase() };
    title.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A text that machines read too, where Markdown's code spans mark what is typed: on a page, quotes do.
#[filter_fn]
pub fn quoted(text: &str, _: &dyn Values) -> Result<String> {
    Ok(without_spans(text))
}

/// The same for whoever composes a page.
pub fn without_spans(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for (at, span) in text.split('`').enumerate() {
        quoted.push_str(match at {
            0 => "",
            odd if odd % 2 == 1 => "“",
            _ => "”",
        });
        quoted.push_str(span);
    }
    quoted
}

/// A stored word for people: `not_configured` becomes `not configured`.
#[filter_fn]
pub fn words<'t>(text: &'t str, _: &dyn Values) -> Result<Cow<'t, str>> {
    Ok(if text.contains('_') { text.replace('_', " ").into() } else { text.into() })
}

/// A moment as it is written. By hand: a list has hundreds, and reading a format string for each takes longer than
/// finding its row.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    at: NaiveDateTime,
    style: Style,
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Iso,
    Utc,
    Short,
}

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Past `fmt` and its arguments, for the same reason.
impl FastWritable for Stamp {
    fn write_into(&self, out: &mut dyn fmt::Write, _: &dyn Values) -> Result<()> {
        Ok(self.write(out)?)
    }
}

/// Digits, letters and marks that mean nothing in HTML.
impl HtmlSafe for Stamp {}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Stamp {
    fn write(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let (at, year) = (self.at, self.at.year().unsigned_abs());
        let (mut iso, mut words) = (*b"0000-00-00T00:00:00Z", *b"00 Mon 0000, 00:00:00 UTC");
        let written = if let Style::Iso = self.style {
            let parts = [year, at.month(), at.day(), at.hour(), at.minute(), at.second()];
            for (place, part) in [0..4, 5..7, 8..10, 11..13, 14..16, 17..19].into_iter().zip(parts) {
                put_digits(&mut iso[place], part);
            }
            &iso[..]
        } else {
            words[3..6].copy_from_slice(MONTHS[at.month0() as usize % 12]);
            let parts = [at.day(), year, at.hour(), at.minute(), at.second()];
            for (place, part) in [0..2, 7..11, 13..15, 16..18, 19..21].into_iter().zip(parts) {
                put_digits(&mut words[place], part);
            }
            let end = if let Style::Short = self.style { 18 } else { words.len() };
            &words[usize::from(at.day() < 10)..end]
        };
        out.write_str(std::str::from_utf8(written).unwrap_or_default())
    }
}

/// `2 min ago`, `in 3 days`, `just now`.
pub fn relative(at: Instant, now: Instant) -> String {
    let seconds = (now - at).num_seconds();
    let (number, unit) = coarse(seconds.abs());
    match seconds {
        0..10 => "just now".to_owned(),
        10.. => [&number.to_string(), " ", unit, " ago"].concat(),
        _ => ["in ", &number.to_string(), " ", unit].concat(),
    }
}

/// The largest unit alone: nobody needs the seconds of last week.
fn coarse(seconds: i64) -> (i64, &'static str) {
    match seconds {
        0..60 => (seconds, "s"),
        60..5_400 => ((seconds + 30) / 60, "min"),
        5_400..129_600 => ((seconds + 1_800) / 3_600, "h"),
        129_600..5_184_000 => ((seconds + 43_200) / 86_400, "days"),
        5_184_000..63_072_000 => (seconds / 2_629_800, "months"),
        _ => (seconds / 31_557_600, "years"),
    }
}

/// Two units at most: `1 h 30 min`, `5 min`, `45 s`.
pub fn span(seconds: i64) -> String {
    let (sign, seconds) = if seconds < 0 { ("−", -seconds) } else { ("", seconds) };
    let parts = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (unit, size) in parts {
        if rest >= size && words.len() < 2 {
            words.push(format!("{} {unit}", rest / size));
        }
        rest %= size;
    }
    if words.is_empty() { "0 s".to_owned() } else { format!("{sign}{}", words.join(" ")) }
}

/// How long something took: below a second in milliseconds, which is as finely as times are kept.
pub fn took(time: TimeDelta) -> String {
    match time.num_milliseconds() {
        0 => "under 1 ms".to_owned(),
        milliseconds @ 1..1_000 => format!("{milliseconds} ms"),
        _ => span(time.num_seconds()),
    }
}

/// Thousands apart by commas.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_one_unit_and_both_directions() {
        let now = Instant::UNIX_EPOCH + TimeDelta::days(1_000);
        let told = |seconds| relative(now - TimeDelta::seconds(seconds), now);
        assert_eq!(told(3), "just now");
        assert_eq!(told(45), "45 s ago");
        assert_eq!(told(119), "2 min ago");
        assert_eq!(told(7_200), "2 h ago");
        assert_eq!(told(-259_200), "in 3 days");
        assert_eq!(told(86_400 * 90), "2 months ago");
    }

    #[test]
    fn a_moment_is_written_as_chrono_would() {
        let at = "2026-03-02T04:05:06.789Z".parse::<Instant>().unwrap();
        let written = |style| Stamp { at: at.naive_utc(), style }.to_string();
        assert_eq!(written(Style::Iso), at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        assert_eq!(written(Style::Utc), at.format("%-d %b %Y, %H:%M:%S UTC").to_string());
        assert_eq!(written(Style::Short), at.format("%-d %b %Y, %H:%M").to_string());
    }

    #[test]
    fn durations_have_two_units_at_most() {
        assert_eq!(span(0), "0 s");
        assert_eq!(span(300), "5 min");
        assert_eq!(span(5_425), "1 h 30 min");
        assert_eq!(span(-90), "−1 min 30 s");
    }

    #[test]
    fn what_took_less_than_a_second_is_told_in_milliseconds() {
        assert_eq!(took(TimeDelta::zero()), "under 1 ms");
        assert_eq!(took(TimeDelta::milliseconds(999)), "999 ms");
        assert_eq!(took(TimeDelta::milliseconds(1_400)), "1 s");
        assert_eq!(took(TimeDelta::seconds(90)), "1 min 30 s");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-1_000), "−1,000");
    }

    #[test]
    fn abbreviations_stay_within_a_sentence_and_code_spans_become_quotes() {
        assert_eq!(within_sentence("DNS records"), "DNS records");
        assert_eq!(within_sentence("Load balancers"), "load balancers");
        assert_eq!(without_spans("until `quarterdeck worker` runs, `now`"), "until “quarterdeck worker” runs, “now”");
        assert_eq!(without_spans("nothing to type"), "nothing to type");
    }
}
