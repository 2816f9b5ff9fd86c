//! Sets read fresh: before a write, and after it.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::client::Client;
use super::listing::{self, Sink};
use super::wire::{WireSet, WireZone, host};
use super::zones;
use crate::providers::dns::ZoneRead;
use crate::wire::ProviderError;
use crate::wire::dns::{RecordSet, ZoneAt};

/// Sets in one PATCH: 5,000 of them took the server 0.15 s.
pub const MOST_PER_WRITE: usize = 5_000;
/// From so many names on the whole zone is asked for: each answer for one name holds the comments of all others, too.
const FEW: usize = 32;
/// Names that are asked for at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Keeps the sets that were asked for.
struct Kept<'a> {
    names: Option<&'a BTreeSet<String>>,
    zone: String,
    sets: Vec<RecordSet>,
    servers: Vec<WireSet>,
}

impl Sink for Kept<'_> {
    async fn take(&mut self, set: WireSet) -> Result<(), ProviderError> {
        let name = host(&set.name);
        if set.record_type == "NS" && name == self.zone {
            self.servers.push(set.clone());
        }
        if self.names.is_none_or(|names| names.contains(&name)) {
            self.sets.extend(set.into_set());
        }
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), ProviderError> {
        self.sets.clear();
        self.servers.clear();
        Ok(())
    }
}

/// The zone, or of it the sets of `names`.
pub async fn read(client: &Client, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError> {
    let (mut head, sets) = match names {
        Some(names) if names.len() <= FEW => read_few(client, zone, names).await?,
        names => {
            let mut kept = Kept { names, zone: zone.name.clone(), sets: Vec::new(), servers: Vec::new() };
            let mut head = listing::read(client, &zone.id, &mut kept).await?;
            head.rrsets = kept.servers;
            (head, kept.sets)
        }
    };
    head.rrsets.retain(|set| set.record_type == "NS");
    Ok(ZoneRead {
        sets,
        serial: head.serial,
        read_only: head.read_only(),
        most_per_write: MOST_PER_WRITE,
        name_servers: zones::servers_of(&head),
    })
}

/// The sets of a few names, one request each. The answer to such a question also holds comments of other names, as sets
/// without values.
async fn read_few(
    client: &Client,
    zone: &ZoneAt,
    names: &BTreeSet<String>,
) -> Result<(WireZone, Vec<RecordSet>), ProviderError> {
    let call = client.call("GET /zones/{id}?rrset_name");
    let path = format!("/zones/{}", zone.id);
    let apex = format!("{}.", zone.name);
    let head: WireZone = client.get(call, &path, &[("rrset_name", &apex), ("rrset_type", "NS")]).await?;
    let path = path.as_str();
    let sets: Vec<Vec<RecordSet>> = stream::iter(names.clone())
        .map(|name| async move {
            let read: WireZone = client.get(call, path, &[("rrset_name", &format!("{name}."))]).await?;
            let asked = read.rrsets.into_iter().filter(|set| host(&set.name) == name);
            Ok::<_, ProviderError>(asked.filter_map(WireSet::into_set).collect())
        })
        .buffered(SIDE_BY_SIDE)
        .try_collect()
        .await?;
    Ok((head, sets.concat()))
}
