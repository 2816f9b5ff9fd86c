//! The one source of "now".
//!
//! Everything that asks for the time is handed a [`Clock`], so that tests can hold it still and move it by hand, and so
//! that every stored instant has the same resolution: milliseconds, the coarsest that both databases keep exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};

/// An instant in UTC, cut to whole milliseconds when it comes from a [`Clock`].
pub type Instant = DateTime<Utc>;

/// Appends a part of a date in `width` decimal digits. Lists write hundreds of dates, and a format string for each
/// would take longer than finding the rows.
pub fn push_digits(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        text.push(char::from_digit(number / 10_u32.pow(place) % 10, 10).unwrap_or('0'));
    }
}

/// Appends `2026-11-21T03:10:22`, with milliseconds where there are any, for years of four digits and whole milliseconds;
/// appends nothing and gives `false` for another.
pub fn push_instant(text: &mut String, at: NaiveDateTime, between: char) -> bool {
    let millis = at.nanosecond() / 1_000_000;
    let Some(year) = u32::try_from(at.year()).ok().filter(|year| (1_000..10_000).contains(year)) else { return false };
    if !at.nanosecond().is_multiple_of(1_000_000) || at.nanosecond() >= 1_000_000_000 {
        return false;
    }
    push_digits(text, year, 4);
    let parts = [('-', at.month()), ('-', at.day()), (between, at.hour()), (':', at.minute()), (':', at.second())];
    for (mark, part) in parts {
        text.push(mark);
        push_digits(text, part, 2);
    }
    if millis > 0 {
        text.push('.');
        push_digits(text, millis, 3);
    }
    true
}

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
