//! What can be said of what a server sends, in the words of pages, alerts and the API.

use serde::{Deserialize, Serialize};

/// A judgement. Stored and in the API by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    Expired,
    NotYetValid,
    WrongName,
    SelfSigned,
    IncompleteChain,
    /// Another certificate than the one that is attached to the host here.
    DiffersFromStored,
    EndsSoon,
    /// Not every target of the host sends the same.
    TargetsDiffer,
    PrivateIssuer,
    /// Nobody could look: which is neither good nor bad.
    Unknown,
    /// Another one than those that are stored here and would cover the host, none of which is attached to it.
    OtherThanStored,
    ChainOrder,
    /// No certificate that is stored here covers the host.
    OwnerUnknown,
    /// Not looked at on purpose.
    NotProbed,
    Good,
}

/// A judgement about one target, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub judgement: Judgement,
    /// In one sentence.
    pub words: String,
    /// Of [`Judgement::EndsSoon`]: within how many days, as a threshold that has been crossed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Clients refuse it, or will within days.
    Critical,
    /// Some clients refuse it, or it is not what it should be.
    Warning,
    /// It will have to be done.
    Info,
    /// Only good to know.
    Remark,
    /// Nobody could look.
    Unknown,
    /// Nobody is to look.
    NotProbed,
    Good,
}

/// How [`Judgement::Unknown`] begins for a host without one; why, follows.
pub const NO_ADDRESS: &str = "It has no address to look at";
/// Whoever renews by hand has to begin; before that it is only good to know.
const DAYS_THAT_PRESS: i64 = 14;

impl Judgement {
    pub const ALL: [Self; 15] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::SelfSigned,
        Self::IncompleteChain,
        Self::DiffersFromStored,
        Self::EndsSoon,
        Self::TargetsDiffer,
        Self::PrivateIssuer,
        Self::Unknown,
        Self::OtherThanStored,
        Self::ChainOrder,
        Self::OwnerUnknown,
        Self::NotProbed,
        Self::Good,
    ];

    /// As it is stored and asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongName => "wrong_name",
            Self::SelfSigned => "self_signed",
            Self::IncompleteChain => "incomplete_chain",
            Self::DiffersFromStored => "differs_from_stored",
            Self::EndsSoon => "ends_soon",
            Self::TargetsDiffer => "targets_differ",
            Self::PrivateIssuer => "private_issuer",
            Self::Unknown => "unknown",
            Self::OtherThanStored => "other_than_stored",
            Self::ChainOrder => "chain_order",
            Self::OwnerUnknown => "owner_unknown",
            Self::NotProbed => "not_probed",
            Self::Good => "good",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|judgement| judgement.as_str() == text)
    }

    /// What to do about it; empty where there is nothing to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Expired => "Renew it, and reload whatever sends it: every client refuses it now.",
            Self::NotYetValid => "Send the one before it until then, or set this server's clock.",
            Self::WrongName => "Attach a certificate with this name to the host: clients refuse this one.",
            Self::SelfSigned => {
                "Attach a certificate that a certification authority has signed: clients refuse this one."
            }
            Self::IncompleteChain => {
                "Upload the certificate together with the one that signed it. Browsers may fetch what is missing; programs refuse."
            }
            Self::DiffersFromStored => {
                "Find out who else sends for this host, or reload what should: it has not taken over the attached one."
            }
            Self::EndsSoon => "Renew it, and see here that the new one is sent.",
            Self::TargetsDiffer => {
                "Reload the targets that still send the older one: each client meets another of them."
            }
            Self::PrivateIssuer => {
                "All is well if every client of this host has that root; else send what is missing between."
            }
            Self::Unknown => {
                "See that the host leads to a server that answers on this port, and that the panel may reach it."
            }
            Self::OtherThanStored => "Attach the right one to the host here, or leave it to whoever renews this one.",
            Self::ChainOrder => {
                "Put them in order, each followed by the one that signed it: old clients look at no other place."
            }
            Self::OwnerUnknown => "Find out who renews it: no controller lists it to an account of the panel's.",
            Self::NotProbed => "",
            Self::Good => "",
        }
    }
}

impl Finding {
    pub fn new(judgement: Judgement, words: impl Into<String>) -> Self {
        Self { judgement, words: words.into(), days: None }
    }

    /// The same without the names of whatever else is stored, sends or is led to, for readers to whom those may not be
    /// known.
    pub fn in_general(self) -> Self {
        let words = match self.judgement {
            Judgement::DiffersFromStored => "It is not the one that is attached to the host here.",
            Judgement::OtherThanStored => "One that is stored here covers the host, and this is another.",
            Judgement::TargetsDiffer => "Another target sends another certificate for the same host.",
            Judgement::Unknown if self.words.starts_with(NO_ADDRESS) => "It has no address to look at.",
            _ => return self,
        };
        Self { words: words.to_owned(), ..self }
    }

    /// The smaller the worse; the same for equally bad ones. Stored beside each target, so that lists begin with the
    /// worst.
    pub fn rank(&self) -> i32 {
        match self.judgement {
            Judgement::Expired => 0,
            Judgement::NotYetValid => 1,
            Judgement::WrongName => 2,
            Judgement::SelfSigned => 3,
            Judgement::IncompleteChain => 4,
            Judgement::DiffersFromStored => 5,
            Judgement::EndsSoon if self.days.is_none_or(|days| days <= DAYS_THAT_PRESS) => 6,
            Judgement::TargetsDiffer => 7,
            Judgement::EndsSoon => Self::WORST_THAT_IS_NOT_BAD,
            Judgement::PrivateIssuer => 11,
            Judgement::Unknown => 12,
            Judgement::OtherThanStored => 13,
            Judgement::ChainOrder => 14,
            Judgement::OwnerUnknown => 15,
            Judgement::NotProbed => 16,
            Judgement::Good => 17,
        }
    }

    /// How bad it is, as one word for colours and alerts.
    pub fn grade(&self) -> Grade {
        match (self.judgement, self.days) {
            (Judgement::Expired | Judgement::NotYetValid | Judgement::WrongName | Judgement::SelfSigned, _)
            | (Judgement::EndsSoon, Some(..=3)) => Grade::Critical,
            (Judgement::EndsSoon, Some(15..)) => Grade::Info,
            (
                Judgement::IncompleteChain
                | Judgement::DiffersFromStored
                | Judgement::TargetsDiffer
                | Judgement::EndsSoon,
                _,
            ) => Grade::Warning,
            (Judgement::Unknown, _) => Grade::Unknown,
            (Judgement::NotProbed, _) => Grade::NotProbed,
            (Judgement::Good, _) => Grade::Good,
            (
                Judgement::PrivateIssuer | Judgement::OtherThanStored | Judgement::ChainOrder | Judgement::OwnerUnknown,
                _,
            ) => Grade::Remark,
        }
    }

    /// Everything below is served badly: somebody has to do something about it soon.
    pub const WORST_THAT_IS_NOT_BAD: i32 = 10;
}
