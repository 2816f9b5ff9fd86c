//! Placement by relation: what no rule has placed lies where the thing it leads to lies, and is the app's whose host it
//! serves.
//!
//! After each sync only the touched neighbourhood is looked at again: the rows that `store` has put down as due, and
//! whoever refers to them or serves them; a row that moves is due in turn. A row whose target is gone stays where it
//! was, because a dangling record is still somebody's. Whose app it is follows at once, since the host may be another's
//! by now; where two apps have a claim it is neither's.

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::kinds::{certificate, dns_record};
use crate::placement::Place;
use crate::store::placement_due::{self, Due};
use crate::store::places::apps::{self, Claim, Standing};
use crate::store::places::{self, Candidate, Derived};
use crate::store::{AnyConnection, Db, Priority, StoreError};

/// A chain of CNAMEs longer than this is not followed, and one that leads into itself comes to rest.
const HOPS: i64 = 8;
/// Rows looked at in one read.
const AT_ONCE: usize = 500;

/// Places all that is due and what depends on it; gives how many moved. A crash in between leaves the rest due.
pub async fn derive(db: &Db) -> Result<usize, StoreError> {
    let mut moved = 0;
    loop {
        let due = db.read(|connection| placement_due::next(connection, AT_ONCE)).await?;
        if due.is_empty() {
            return Ok(moved);
        }
        for (hops, leaders) in by_hops(&due) {
            moved += follow(db, leaders, hops).await?;
        }
        let done: Vec<i64> = due.iter().map(|due| due.id).collect();
        db.write_as(Priority::Background, move |connection| placement_due::remove(connection, &done)).await?;
    }
}

fn by_hops(due: &[Due]) -> BTreeMap<i64, Vec<i64>> {
    let mut leaders: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for due in due {
        leaders.entry(due.hops).or_default().push(due.resource_id);
    }
    leaders
}

/// Places what was listed, and whoever refers to the leaders or serves them; those that move lead in turn.
async fn follow(db: &Db, leaders: Vec<i64>, hops: i64) -> Result<usize, StoreError> {
    let mut moved = 0;
    if hops == 0 {
        moved += place(db, leaders.clone(), hops, false).await?;
    }
    let followers = db.read(move |connection| {
        let mut followers = places::dependents(connection, &leaders)?;
        followers.extend(apps::serving(connection, &leaders)?);
        followers.sort_unstable();
        followers.dedup();
        Ok(followers)
    });
    for chunk in followers.await?.chunks(AT_ONCE) {
        moved += place(db, chunk.to_vec(), hops, true).await?;
    }
    Ok(moved)
}

async fn place(db: &Db, ids: Vec<i64>, hops: i64, follows: bool) -> Result<usize, StoreError> {
    let mut derived = db.read(move |connection| look(connection, &ids)).await?;
    let (mut moved, now) = (0, db.clock.now());
    while !derived.is_empty() {
        let house = db.clone();
        let (some, rest) = db
            .write_as(Priority::Background, move |connection| {
                let (mut moved, mut stint) = (0, house.stint());
                loop {
                    let rest = beyond(&mut derived, stint.portion());
                    let leaders = places::relocate(connection, &derived, follows, now)?;
                    if hops < HOPS {
                        placement_due::add(connection, &leaders, hops + 1)?;
                    }
                    moved += leaders.len();
                    if rest.is_empty() || !stint.goes_on() {
                        return Ok((moved, rest));
                    }
                    derived = rest;
                }
            })
            .await?;
        moved += some;
        derived = rest;
    }
    Ok(moved)
}

/// Cuts off what is more than `count`, and gives it.
fn beyond<T>(rows: &mut BTreeMap<i64, T>, count: usize) -> BTreeMap<i64, T> {
    rows.keys().nth(count).copied().map_or_else(BTreeMap::new, |first| rows.split_off(&first))
}

/// Where relations put those of these rows about which they say something, or said something about an app.
fn look(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<BTreeMap<i64, Derived>> {
    let mut derived: BTreeMap<i64, Derived> = BTreeMap::new();
    for (id, place) in targets(places::candidates(connection, ids)?) {
        derived.entry(id).or_default().target = Some(place);
    }
    let standing = apps::standing(connection, ids)?;
    let of_kind =
        |kind: &str| -> Vec<i64> { standing.iter().filter(|row| row.kind == kind).map(|row| row.id).collect() };
    let (records, certificates) = (of_kind(dns_record::SPEC.name), of_kind(certificate::SPEC.name));
    let mut claims = Vec::new();
    let (any_record, any_certificate) = (!records.is_empty(), !certificates.is_empty());
    if (any_record || any_certificate) && apps::are_there(connection)? {
        if any_record {
            claims.extend(apps::of_records(connection, &records)?);
        }
        if any_certificate {
            claims.extend(apps::of_certificates(connection, &certificates)?);
        }
    }
    for (id, claims) in by_row(claims) {
        let row = derived.entry(id).or_default();
        (row.app, row.contested) = agreed(claims);
    }
    for Standing { id, in_app, .. } in standing {
        if in_app {
            derived.entry(id).or_default();
        }
    }
    Ok(derived)
}

/// Several targets in several places: the first in the order of clusters, the same at every look; and no app, unless it
/// is one app's.
fn targets(candidates: Vec<Candidate>) -> BTreeMap<i64, Place> {
    let mut targets: BTreeMap<i64, Place> = BTreeMap::new();
    for candidate in candidates {
        let first = targets.entry(candidate.id).or_insert_with(|| candidate.place());
        if first.app != candidate.app {
            first.app.clear();
        }
    }
    targets
}

fn by_row(claims: Vec<Claim>) -> BTreeMap<i64, Vec<Claim>> {
    let mut rows: BTreeMap<i64, Vec<Claim>> = BTreeMap::new();
    for claim in claims {
        rows.entry(claim.id).or_default().push(claim);
    }
    rows
}

/// The app on which claims agree, with as much of where it lies as they agree on; and whether they do not. Who has a
/// host by its name has it before who has it by a wildcard. An app that runs in two clusters is one app.
fn agreed(mut claims: Vec<Claim>) -> (Place, bool) {
    if claims.iter().any(|claim| !claim.wide) {
        claims.retain(|claim| !claim.wide);
    }
    let mut places = claims.iter().map(Claim::place);
    let Some(mut place) = places.next() else { return (Place::default(), false) };
    for other in places {
        if other.app != place.app {
            return (Place::default(), true);
        }
        for (mine, theirs) in [
            (&mut place.region, other.region),
            (&mut place.cluster, other.cluster),
            (&mut place.environment, other.environment),
        ] {
            if *mine != theirs {
                mine.clear();
            }
        }
    }
    (place, false)
}
