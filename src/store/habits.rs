//! Which questions are answered at once, as far as the last ones like them tell; as a processor predicts branches.
//!
//! To wake another thread takes a third of the time of a short page. So SQLite is asked where the caller stands what has
//! been quick each time lately, as long as no more ask at a time than there are cores. Everything else is asked on threads
//! of its own: whom a long read finds where it stands waits for it, and many are served sooner by threads that do nothing
//! else.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

/// What takes longer is not quick. A page for which somebody else waits so long is not noticed.
const QUICK: Duration = Duration::from_millis(5);
/// So many like it have to be quick, one after the other, before one is asked where the caller stands. So of those that
/// are slow once in a while hardly any is.
const STREAK: u8 = 32;
/// More than there are pages and ways to ask for them. Two that fall on the same place share their luck.
const PLACES: usize = 1024;

/// What a question is like, as far as it tells how long the answer takes: which page, by what parameters, and how much
/// of everything is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Likeness(usize);

impl Likeness {
    pub fn of(features: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        features.hash(&mut hasher);
        Self(usize::try_from(hasher.finish() % PLACES as u64).unwrap_or_default())
    }
}

/// What is known of questions, and how many are being asked.
#[derive(Debug)]
pub(super) struct Habits {
    /// For each likeness, how many in a row have been quick.
    streaks: Box<[AtomicU8]>,
    asked: AtomicUsize,
}

/// Somebody who asks, until the answer is there or nobody waits for it any more.
pub(super) struct Asking<'h>(&'h Habits);

impl Default for Habits {
    fn default() -> Self {
        Self { streaks: (0..PLACES).map(|_| AtomicU8::default()).collect(), asked: AtomicUsize::new(0) }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asked.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Habits {
    /// Counts one who asks.
    pub fn ask(&self) -> Asking<'_> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Asking(self)
    }

    /// How many ask at this moment.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether the next one will be quick, as far as one can tell.
    pub fn is_quick(&self, likeness: Likeness) -> bool {
        self.streaks[likeness.0].load(Ordering::Relaxed) >= STREAK
    }

    /// Learns how long one took. Who counts at the same time may lose a count.
    pub fn learn(&self, likeness: Likeness, took: Duration) {
        let (place, quick) = (&self.streaks[likeness.0], took <= QUICK);
        match place.load(Ordering::Relaxed) {
            streak if quick && streak < STREAK => place.store(streak + 1, Ordering::Relaxed),
            _ if quick => {}
            _ => place.store(0, Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_quick_each_time_lately_is_taken_for_quick() {
        let (habits, list, search) = (Habits::default(), Likeness::of("list"), Likeness::of(("list", "q")));
        assert_ne!(list, search);
        for _ in 0..STREAK {
            assert!(!habits.is_quick(list), "nobody knows yet");
            habits.learn(list, QUICK);
        }
        assert!(habits.is_quick(list) && !habits.is_quick(search));
        for _ in 0..1000 {
            habits.learn(list, Duration::ZERO);
        }
        habits.learn(list, 2 * QUICK);
        assert!(!habits.is_quick(list), "one is enough, however many were quick");
        // One in a few is slow.
        for number in 0..1000_u32 {
            habits.learn(search, if number.is_multiple_of(u32::from(STREAK)) { 2 * QUICK } else { Duration::ZERO });
            assert!(!habits.is_quick(search));
        }
    }
}
