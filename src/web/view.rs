//! Pieces that several pages are made of; `templates/partials` has a macro or a file for each.

use crate::clock::Instant;
use crate::kinds::Tone;

/// How old a page's facts are, and whether they are all there.
#[derive(Clone, Debug, Default)]
pub struct Age {
    /// The oldest confirmation over the scopes that the page can reach; `None` if one was never complete.
    pub confirmed_at: Option<Instant>,
    /// Older than two intervals.
    pub stale: bool,
    /// Every scope was listed to its end.
    pub complete: bool,
    /// Which scopes are not, and why: `aws-eu eu-west-1: refused`. Empty when all is well.
    pub reasons: Vec<String>,
}

impl Age {
    /// Whether the facts can be trusted as they are shown.
    pub fn tone(&self) -> Tone {
        match () {
            () if self.stale || self.confirmed_at.is_none() => Tone::Bad,
            () if !self.complete => Tone::Warn,
            () => Tone::Good,
        }
    }
}

/// A value of a filter that can be clicked.
#[derive(Clone, Debug)]
pub struct Chip {
    pub label: String,
    /// How many there are, if that is known without counting.
    pub count: Option<i64>,
    /// The list with this value toggled.
    pub href: String,
    pub on: bool,
    pub tone: Tone,
}

/// A filter and its values.
#[derive(Clone, Debug)]
pub struct FilterGroup {
    /// Its name in the query: `status`.
    pub name: String,
    pub title: String,
    /// The chosen ones first, then the most frequent.
    pub chips: Vec<Chip>,
    /// Those behind "more"; a list of 40 clusters is no row of chips.
    pub more: Vec<Chip>,
}

impl FilterGroup {
    /// Whether any of its values is chosen.
    pub fn is_on(&self) -> bool {
        self.chips.iter().chain(&self.more).any(|chip| chip.on)
    }
}

/// Where one is within a list too long for one page.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// Rows on this page.
    pub shown: usize,
    pub first_href: Option<String>,
    pub next_href: Option<String>,
}

/// A hidden field that keeps a part of the query in a form.
#[derive(Clone, Debug)]
pub struct Kept {
    pub name: String,
    pub value: String,
}

/// For pages whose query has nothing to keep.
pub const NOTHING_KEPT: &[Kept] = &[];

/// A step on the way from the start to this page.
#[derive(Clone, Debug)]
pub struct Crumb {
    pub title: String,
    pub href: String,
}

/// A field that differs between two versions, both as plain text; empty for "none".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// The house in one sentence.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub tone: Tone,
    pub title: String,
    pub detail: String,
}
