//! What was read back after a write: kept with the change, from where the way back starts, and taken over into the
//! inventory.

use std::collections::BTreeSet;

use super::carry::Carried;
use super::write::Way;
use crate::dns_plan::{Piece, PlannedChange};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::{Kind, dns_record};
use crate::providers::dns::{WriteRecords, ZoneRead};
use crate::runs::{StepAt, Trouble};
use crate::store::dns_changes::sets;
use crate::store::{Scope, StoreError, resources, scopes};
use crate::sync::{Source, written};

/// Keeps what a piece has come to.
pub async fn keep(at: &StepAt<'_>, carried: &Carried, piece: &Piece, read: &ZoneRead, way: Way) -> Result<(), Trouble> {
    let stored = settle(at, carried.change, piece, read, way).await;
    stored.map_err(|error| {
        Trouble::Unsure(format!("It is written outside, and the panel could not note it: {error}."))
    })?;
    // The inventory learns it from the next listing at the latest.
    if let Err(error) = take_over(at, piece, read).await {
        tracing::warn!(%error, zone = piece.at.name, "what was written could not be taken over at once");
    }
    Ok(())
}

async fn settle(at: &StepAt<'_>, change: i64, piece: &Piece, read: &ZoneRead, way: Way) -> Result<(), StoreError> {
    let now = at.context.clock.now();
    let written_at = (way == Way::Forward).then_some(now);
    let (piece, read) = (piece.clone(), read.sets.clone());
    at.context
        .db
        .write(move |connection| {
            for row in sets::of(connection, change)? {
                let Ok(mut done) = serde_json::from_str::<PlannedChange>(&row.change) else { continue };
                let of = &done.change.of;
                let ours = done.source == piece.source && done.at == piece.at;
                if !ours || !piece.changes.iter().any(|change| change.of == *of) {
                    continue;
                }
                if way == Way::Forward {
                    done.change.after = read.iter().find(|set| set.of == *of).cloned();
                }
                let json = serde_json::to_string(&done).unwrap_or(row.change);
                sets::settle(connection, change, row.position, &json, written_at)?;
            }
            Ok(())
        })
        .await
}

/// What the inventory knows of these names is what was read this moment.
async fn take_over(at: &StepAt<'_>, piece: &Piece, read: &ZoneRead) -> anyhow::Result<()> {
    let context = at.context;
    let connected = context.sources.iter().find(|connected| connected.config.name == piece.source);
    let Some(connected) = connected else { return Ok(()) };
    let provider = at.provider(&piece.source)?;
    let Some(dns) = provider.dns() else { return Ok(()) };
    let names: BTreeSet<String> = piece.changes.iter().map(|change| change.of.name.clone()).collect();
    let (source, zone, asked) = (piece.source.clone(), piece.at.id.clone(), names.iter().cloned().collect::<Vec<_>>());
    let known = context
        .db
        .read(move |connection| {
            let listing = scopes::of_parent(connection, &source, dns_record::SPEC.name, &zone)?;
            let Some(listing) = listing else { return Ok(None) };
            let rows = resources::of_scope(connection, &Scope::unrestricted(), listing.id, &asked)?;
            Ok(Some((listing, rows)))
        })
        .await?;
    // Records that were never listed are listed first.
    let Some((listing, rows)) = known else { return Ok(()) };
    let known: Vec<DnsRecord> = rows.iter().filter_map(|row| serde_json::from_str(&row.attrs).ok()).collect();
    let records = records(dns, piece, read, &names, &known);
    let source = Source::new(&context.config, connected.config.clone(), std::sync::Arc::clone(&provider));
    written::take_over(&context.db, &source, &listing, &names, records).await?;
    Ok(())
}

fn records(
    dns: &dyn WriteRecords,
    piece: &Piece,
    read: &ZoneRead,
    names: &BTreeSet<String>,
    known: &[DnsRecord],
) -> Vec<DnsRecord> {
    let sets = read.sets.iter().filter(|set| names.contains(&set.of.name));
    sets.flat_map(|set| dns.records(&piece.at, set))
        .map(|record| {
            // What only a listing says stays as it was.
            let old = known.iter().find(|old| old.external_id() == record.external_id());
            DnsRecord {
                created_on: record.created_on.or(old.and_then(|old| old.created_on)),
                proxiable: record.proxiable || old.is_some_and(|old| old.proxiable),
                ..record
            }
        })
        .collect()
}
