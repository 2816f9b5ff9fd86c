//! What is to be forgotten by a cache.

use serde::{Deserialize, Serialize};

/// One request's worth: a provider takes exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purge {
    /// Everything that these hosts serve.
    Hosts(Vec<String>),
    /// `www.example.com/blog/`, without scheme, query or fragment.
    Prefixes(Vec<String>),
    /// Full URLs, as the cache knows them: scheme, host and query count.
    Files(Vec<String>),
    /// Everything of the zone.
    Everything,
}

impl Purge {
    /// How many things it names.
    pub fn len(&self) -> usize {
        match self {
            Self::Hosts(items) | Self::Prefixes(items) | Self::Files(items) => items.len(),
            Self::Everything => 1,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same in pieces of at most `most`.
    pub fn in_pieces(&self, most: usize) -> Vec<Self> {
        let pieces = |items: &[String], of: fn(Vec<String>) -> Self| {
            items.chunks(most.max(1)).map(|piece| of(piece.to_vec())).collect::<Vec<_>>()
        };
        match self {
            Self::Hosts(items) => pieces(items, Self::Hosts),
            Self::Prefixes(items) => pieces(items, Self::Prefixes),
            Self::Files(items) => pieces(items, Self::Files),
            Self::Everything => vec![Self::Everything],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_no_more_than_a_request_may_and_lose_nothing() {
        let hosts: Vec<String> = (0..61).map(|number| format!("h{number}.example.com")).collect();
        let pieces = Purge::Hosts(hosts.clone()).in_pieces(30);
        assert_eq!(pieces.iter().map(Purge::len).collect::<Vec<_>>(), [30, 30, 1]);
        let again: Vec<String> = pieces
            .into_iter()
            .flat_map(|piece| match piece {
                Purge::Hosts(hosts) => hosts,
                _ => Vec::new(),
            })
            .collect();
        assert_eq!(again, hosts);
        assert_eq!(Purge::Everything.in_pieces(30), [Purge::Everything]);
    }
}
