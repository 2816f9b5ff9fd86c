//! How the house stands, counted once for the dashboard and for the pulse: what is open, in trouble, held.

use super::filters::{grouped, relative};
use super::pages::dashboard::{COUNTED, Tile, Upcoming};
use super::pages::sources::SourceLine;
use super::view::Verdict;
use crate::clock::Instant;
use crate::kinds::Tone;
use crate::store::alerts::OpenCounts;
use crate::store::tasks::Silence;

/// The counts that a verdict is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub critical: usize,
    pub warnings: usize,
    /// Sources that can be asked.
    pub sources: usize,
    pub troubled: usize,
    pub held: usize,
    /// The oldest confirmation over all sources; `None` if one was never complete.
    pub confirmed_at: Option<Instant>,
    /// No worker is there to find anything wrong.
    pub silence: Option<Silence>,
}

/// The figure of losses that wait for a person.
pub const HELD: &str = "Losses held";

impl Tally {
    /// Counts what was read.
    pub fn of(alerts: OpenCounts, sources: &[SourceLine], held: usize, silence: Option<Silence>) -> Self {
        let asked = || sources.iter().filter(|source| source.state != "not_configured");
        let oldest = asked().map(|source| source.confirmed_at).min().flatten();
        Self {
            critical: alerts.critical,
            warnings: alerts.warnings,
            sources: asked().count(),
            troubled: asked().filter(|source| source.tone != Tone::Good).count(),
            held,
            confirmed_at: oldest,
            silence,
        }
    }

    /// In one sentence. What is unknown is never quiet.
    pub fn verdict(&self) -> Verdict {
        let (tone, title) = match self {
            Self { sources: 0, .. } => (Tone::Warn, "Nothing is watched yet".to_owned()),
            Self { silence: Some(Silence::NoWorker), .. } => (Tone::Bad, "No worker is running".to_owned()),
            Self { silence: Some(Silence::Since(at)), .. } => {
                (Tone::Bad, format!("No worker has been heard of since {} UTC", at.format("%-d %b %Y, %H:%M")))
            }
            Self { critical: 1.., .. } => {
                (Tone::Bad, numbered(self.critical, "thing is critical", "things are critical"))
            }
            Self { troubled: 1.., .. } => {
                (Tone::Bad, numbered(self.troubled, "source cannot be trusted", "sources cannot be trusted"))
            }
            Self { held: 1.., .. } => {
                (Tone::Warn, numbered(self.held, "loss waits for a decision", "losses wait for a decision"))
            }
            Self { warnings: 1.., .. } => {
                (Tone::Warn, numbered(self.warnings, "thing needs a look", "things need a look"))
            }
            Self { confirmed_at: None, .. } => (Tone::Warn, "Some listings were never complete".to_owned()),
            _ => (Tone::Good, "All quiet".to_owned()),
        };
        let detail = match self {
            Self { sources: 0, .. } => {
                "Add a source to the configuration, with its credentials; what it sees appears here."
                    .to_owned()
            }
            Self { silence: Some(_), .. } => {
                "Nothing is synced and no alert is raised until `quarterdeck worker` runs; everything here may be out of date.".to_owned()
            }
            Self { troubled: 0, held: 0, confirmed_at: Some(_), .. } => {
                "Every source answers, and every listing can be trusted.".to_owned()
            }
            Self { troubled: 0, held: 0, .. } => {
                "Every source answers, but some listings are not complete yet.".to_owned()
            }
            _ => "Some of what is shown may be out of date or incomplete; each page says where.".to_owned(),
        };
        Verdict { tone, title, detail }
    }

    /// The figures, each with its way to what it counts. `due` counts by the kind's path, `upcoming` has the first of
    /// each; `served` are the hosts that are served badly, and all targets.
    pub fn tiles(
        &self,
        upcoming: &[Upcoming],
        due: &[(&'static str, i64)],
        (served_badly, targets): (i64, i64),
        now: Instant,
    ) -> Vec<Tile> {
        let many = |path: &str| match due.iter().find(|(kind, _)| *kind == path).map_or(0, |(_, count)| *count) {
            count if count >= COUNTED => format!("{}+", grouped(COUNTED)),
            count => grouped(count),
        };
        let kind = |path: &str| upcoming.iter().filter(|item| item.href.starts_with(path)).collect::<Vec<_>>();
        let (events, certificates) = (kind("/maintenance-events/"), kind("/certificates/"));
        let next = |items: &[&Upcoming]| match items.first() {
            Some(item) if item.at < now => format!("the oldest was due {}", relative(item.at, now)),
            Some(item) => format!("next {}", relative(item.at, now)),
            None => "none in 30 days".to_owned(),
        };
        let worst = |items: &[&Upcoming]| items.iter().map(|item| item.tone).max().unwrap_or(Tone::Good);
        let tile = |label, value: String, note: String, tone, href: &str| Tile {
            label,
            value,
            note,
            tone,
            href: href.to_owned(),
        };
        let alarm = |count: usize, tone| if count > 0 { tone } else { Tone::Good };
        vec![
            tile(
                "Critical alerts",
                self.critical.to_string(),
                format!("and {}", numbered(self.warnings, "warning", "warnings")),
                alarm(self.critical, Tone::Bad),
                "/alerts",
            ),
            tile(
                "Sources in trouble",
                self.troubled.to_string(),
                format!("of {}", self.sources),
                alarm(self.troubled, Tone::Bad),
                "/sources",
            ),
            tile(
                HELD,
                self.held.to_string(),
                "waiting for a decision".to_owned(),
                alarm(self.held, Tone::Warn),
                "/sources",
            ),
            tile(
                "Maintenance ahead",
                many("maintenance-events"),
                next(&events),
                worst(&events),
                "/maintenance-events?sort=due_at",
            ),
            tile(
                "Certificates to renew",
                many("certificates"),
                next(&certificates),
                worst(&certificates),
                "/certificates?sort=due_at",
            ),
            tile(
                "Certificates served badly",
                grouped(served_badly),
                match targets {
                    0 => "nothing is checked".to_owned(),
                    1 => "1 target checked".to_owned(),
                    _ => format!("{} targets checked", grouped(targets)),
                },
                match (served_badly, targets) {
                    (_, 0) => Tone::Muted,
                    (0, _) => Tone::Good,
                    _ => Tone::Bad,
                },
                "/served-certificates",
            ),
        ]
    }
}

fn numbered(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_never_quiet() {
        let quiet = Tally { sources: 2, confirmed_at: Some(Instant::UNIX_EPOCH), ..Tally::default() };
        assert_eq!(quiet.verdict().title, "All quiet");
        assert_eq!(Tally { confirmed_at: None, ..quiet }.verdict().tone, Tone::Warn);
        let unconfirmed = Tally { confirmed_at: None, ..quiet }.verdict().detail;
        assert!(quiet.verdict().detail.contains("can be trusted") && !unconfirmed.contains("can be trusted"));
        assert_eq!(Tally { troubled: 1, ..quiet }.verdict().tone, Tone::Bad);
        assert_eq!(Tally { silence: Some(Silence::NoWorker), ..quiet }.verdict().tone, Tone::Bad);
        let silent = Tally { silence: Some(Silence::Since(Instant::UNIX_EPOCH)), ..quiet }.verdict();
        assert_eq!(silent.title, "No worker has been heard of since 1 Jan 1970, 00:00 UTC");
        assert_eq!(Tally::default().verdict().tone, Tone::Warn);
        assert_eq!(Tally { critical: 2, ..quiet }.verdict().title, "2 things are critical");
    }
}
