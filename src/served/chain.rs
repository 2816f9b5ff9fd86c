//! What was sent, put in order: from the server's own certificate up to where the way ends.

use serde::{Deserialize, Serialize};

use super::read::{Sent, Unreadable};

/// More certificates than this are not kept; what is on the way up is always among the first few.
const KEPT: usize = 20;

/// The certificates that a server sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chain {
    /// In the server's order, its own first.
    pub sent: Vec<Sent>,
    /// The way up, as positions in [`Chain::sent`].
    pub path: Vec<usize>,
    pub end: End,
}

/// Where the way up ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// At a root that browsers trust; the root itself need not be sent.
    WebRoot,
    /// At somebody else's root, or below one that was not sent: a certification authority of one's own.
    Private,
    /// The server's own certificate signed itself.
    SelfSigned,
    /// At the server's own certificate: who signed it was not sent, and is no root.
    #[default]
    Hole,
}

impl Chain {
    /// Reads what was sent. What cannot be read among the others is left out: only the server's own has to be readable.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(ders: &[Vec<u8>]) -> Result<Self, Unreadable> {
        let (own, others) = ders.split_first().ok_or(Unreadable)?;
        let mut sent = vec![Sent::read(own)?];
        sent.extend(others.iter().take(KEPT - 1).filter_map(|der| Sent::read(der).ok()));
        Ok(Self::of(sent))
    }

    /// Finds the way up.
    pub fn of(sent: Vec<Sent>) -> Self {
        let mut path = vec![0];
        while let Some(top) = path.last().and_then(|last| sent.get(*last)) {
            if top.is_web_root || top.is_self_issued {
                break;
            }
            let issuers = || (0..sent.len()).filter(|at| !path.contains(at) && signed(&sent[*at], top));
            // An authority may be there twice, signed by an old root and by a trusted one: clients take the way that
            // ends well.
            let next = issuers().find(|at| sent[*at].leads_to_web_root()).or_else(|| issuers().next());
            match next {
                Some(next) => path.push(next),
                None => break,
            }
        }
        let end = end(&sent, &path);
        Self { sent, path, end }
    }

    /// The server's own certificate.
    pub fn own(&self) -> Option<&Sent> {
        self.sent.first()
    }

    /// The certificates on the way up that a client has to look at: a root that it trusts already is not one of them.
    pub fn looked_at(&self) -> impl Iterator<Item = &Sent> {
        let certificates =
            self.path.iter().enumerate().filter_map(|(place, position)| Some((place, self.sent.get(*position)?)));
        certificates.filter(|(place, one)| *place == 0 || !(one.is_web_root || one.is_self_issued)).map(|(_, one)| one)
    }

    /// The last certificate on the way up.
    pub fn top(&self) -> Option<&Sent> {
        self.path.last().and_then(|last| self.sent.get(*last))
    }

    /// Whether the way up is in the order in which it was sent.
    pub fn is_in_order(&self) -> bool {
        self.path.iter().copied().eq(0..self.path.len())
    }
}

/// Whether `issuer` signed `below`, as far as names and ids of keys say.
fn signed(issuer: &Sent, below: &Sent) -> bool {
    let same_key = issuer.key_id.is_empty() || below.issuer_key_id.is_empty() || issuer.key_id == below.issuer_key_id;
    issuer.subject == below.issuer && same_key
}

fn end(sent: &[Sent], path: &[usize]) -> End {
    let on_the_way = || path.iter().filter_map(|position| sent.get(*position));
    let Some(top) = on_the_way().next_back() else { return End::Hole };
    match path.len() {
        _ if on_the_way().any(|one| one.is_web_root) => End::WebRoot,
        1 if top.is_self_issued => End::SelfSigned,
        _ if top.leads_to_web_root() => End::WebRoot,
        1 => End::Hole,
        _ => End::Private,
    }
}
