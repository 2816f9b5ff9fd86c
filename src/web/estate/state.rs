//! The worst of what is the case in a place, as one word, one colour and one shape.

use super::Standing;
use crate::kinds::Tone;
use crate::web::pages::sources::SourceLine;

/// How a place stands; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Good,
    /// Nothing is known of it: no source that can be asked reports anything there.
    Unknown,
    /// Something does not fit together, or is worth knowing.
    Notice,
    Warning,
    Critical,
}

impl State {
    /// The worst first, as they are offered.
    pub const ALL: [Self; 5] = [Self::Critical, Self::Warning, Self::Notice, Self::Unknown, Self::Good];

    /// In queries, answers and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn tone(self) -> Tone {
        match self {
            Self::Good => Tone::Good,
            Self::Unknown => Tone::Muted,
            Self::Notice => Tone::Plain,
            Self::Warning => Tone::Warn,
            Self::Critical => Tone::Bad,
        }
    }
}

/// What a source's own state means for the places that it reports.
pub fn of_source(source: &SourceLine) -> State {
    match source.state.as_str() {
        "failing" | "auth" => State::Critical,
        "not_configured" => State::Unknown,
        "ok" if source.complete_scopes == source.scopes && source.scopes > 0 => State::Good,
        _ => State::Warning,
    }
}

impl Standing {
    /// The worst of alerts, sources, held losses and findings. Without a source that can be asked there is nothing to
    /// call good.
    pub fn state(&self) -> State {
        let alerts = match (self.critical, self.warnings, self.infos) {
            (1.., _, _) => State::Critical,
            (_, 1.., _) => State::Warning,
            (_, _, 1..) => State::Notice,
            _ => State::Good,
        };
        let asked = self.sources.iter().map(of_source).filter(|state| *state != State::Unknown).max();
        let held = if self.held.is_empty() { State::Good } else { State::Warning };
        let found = if self.findings.is_empty() { State::Good } else { State::Notice };
        [alerts, asked.unwrap_or(State::Unknown), held, found].into_iter().max().unwrap_or(State::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(state: &str) -> SourceLine {
        SourceLine {
            name: "aws-eu".to_owned(),
            provider: "aws".to_owned(),
            state: state.to_owned(),
            tone: Tone::Plain,
            reason: String::new(),
            region: String::new(),
            cluster: String::new(),
            every_seconds: 300,
            held: 0,
            scopes: 2,
            complete_scopes: 2,
            present: 1,
            confirmed_at: None,
            attempted_at: None,
        }
    }

    fn with(sources: &[&str]) -> Standing {
        Standing { sources: sources.iter().map(|state| source(state)).collect(), ..Standing::default() }
    }

    #[test]
    fn the_worst_of_everything_counts() {
        assert_eq!(with(&["ok"]).state(), State::Good);
        assert_eq!(with(&["ok", "stale"]).state(), State::Warning);
        assert_eq!(with(&["stale", "auth"]).state(), State::Critical);
        assert_eq!(
            Standing { findings: [("dangling-record".to_owned(), 1)].into(), ..with(&["ok"]) }.state(),
            State::Notice
        );
        assert_eq!(Standing { held: [(1, "aws-eu".to_owned())].into(), ..with(&["ok"]) }.state(), State::Warning);
        assert_eq!(Standing { critical: 1, ..with(&["ok"]) }.state(), State::Critical);
    }

    #[test]
    fn what_nobody_reports_is_unknown_and_not_good() {
        assert_eq!(with(&[]).state(), State::Unknown);
        assert_eq!(with(&["not_configured"]).state(), State::Unknown);
        assert_eq!(Standing { infos: 1, ..with(&[]) }.state(), State::Notice);
        let mut half_listed = with(&["ok"]);
        half_listed.sources[0].complete_scopes = 1;
        assert_eq!(half_listed.state(), State::Warning);
    }

    #[test]
    fn each_state_is_known_by_its_word() {
        assert!(State::ALL.into_iter().all(|state| State::parse(state.as_str()) == Some(state)));
        assert_eq!(State::parse("fine"), None);
    }
}
