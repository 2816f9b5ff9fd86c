//! A collection: what one pass over a provider has seen, as a stream of events.
//!
//! Per kind and scope (a zone, an account's region) it is `Begin`, any number of `Records`, and `End`. Scopes may
//! interleave. A scope that begins and never ends counts as partial: a stream that was cut proves no absence.

use serde::{Deserialize, Serialize};

use super::ProviderError;
use crate::kinds::{KindName, Record};

/// A part of a source that is listed as a whole: one kind within an account's region, or a zone's records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeRef {
    pub kind: KindName,
    /// Chosen by the provider and shown to people: `123456789012/eu-west-1`, `example.com`.
    pub name: String,
}

/// The resource whose own listing proves that a scope exists: a zone, for its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    pub kind: KindName,
    pub external_id: String,
}

/// How the listing of a scope ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Outcome {
    /// Everything there is has been reported: what is missing is not there.
    Complete,
    /// Some of it has been reported: what is missing may be there.
    Partial { error: ProviderError },
    /// Nothing was asked, on purpose.
    Skipped { reason: String },
}

/// One step of a collection.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    Begin {
        scope: ScopeRef,
        parent: Option<Parent>,
    },
    /// What is there. A field that a record leaves out is not known this time; what is stored of it stays.
    Records {
        scope: ScopeRef,
        records: Vec<Record>,
    },
    /// The listing shifted under its reader and begins again: what it reported so far no longer counts.
    Restart {
        scope: ScopeRef,
    },
    End {
        scope: ScopeRef,
        outcome: Outcome,
    },
    /// Something worth a line in the sync's log that is no failure: an unknown field or value that was kept as it came.
    Note {
        text: String,
    },
}
