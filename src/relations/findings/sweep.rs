//! A pass of every rule over the whole inventory, slice by slice: read, compare, and write what differs.

use chrono::TimeDelta;
use diesel::QueryResult;

use super::verify::drafts;
use super::{Given, RULES, Rule};
use crate::clock::Instant;
use crate::config::NetworkConfig;
use crate::store::finding_passes::PassRow;
use crate::store::unmet::{self, Walked};
use crate::store::{AnyConnection, Db, Priority, StoreError, finding_passes};

/// Resources of one slice.
const SLICE: usize = 1_000;
/// Though nothing has changed, a pass is made so often: certificates end by themselves, and a program may look for more
/// than the one before.
const AT_LEAST_EVERY: TimeDelta = TimeDelta::hours(1);

/// A pass is followed by a rest of so many times its own length, so that a house of a million records that never stands
/// still spends a tenth of one core on it and no more.
const REST: i32 = 9;

/// What a sweep came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rules that went over everything; the others had nothing new to look at.
    pub rules: usize,
    pub found: usize,
    pub mended: usize,
}

/// Brings the stored findings up to date, if anything could have changed them.
pub async fn sweep(db: &Db, networks: &[NetworkConfig]) -> Result<Swept, StoreError> {
    let given = Given { now: db.clock.now(), networks: networks.to_vec() };
    let (state, passes) = db
        .read(|connection| Ok((finding_passes::state_of_inventory(connection)?, finding_passes::passes(connection)?)))
        .await?;
    let state = format!("{state} {}", named(networks));
    let mut swept = Swept::default();
    for rule in RULES {
        if passes.get(rule.name).is_some_and(|pass| can_wait(pass, &state, given.now)) {
            continue;
        }
        over_everything(db, rule, &given, &mut swept).await?;
        let (state, clock) = (state.clone(), db.clock.clone());
        let counts = db.read(move |connection| finding_passes::count(connection, rule.name)).await?;
        db.write_as(Priority::Background, move |connection| {
            finding_passes::pass_over(connection, rule.name, counts, &state, given.now, clock.now())
        })
        .await?;
        swept.rules += 1;
    }
    Ok(swept)
}

/// Nothing has changed since the last pass, or that pass took so long that the next one has to wait.
fn can_wait(pass: &PassRow, state: &str, now: Instant) -> bool {
    let (began, ended) = (pass.began_at.and_utc(), pass.ended_at.and_utc());
    let unchanged = pass.state_of == state && now - began < AT_LEAST_EVERY;
    unchanged || now < ended + (ended - began) * REST
}

fn named(networks: &[NetworkConfig]) -> String {
    networks.iter().map(|network| format!("{}={}", network.name, network.cidr)).collect::<Vec<_>>().join(",")
}

async fn over_everything(db: &Db, rule: &'static Rule, given: &Given, swept: &mut Swept) -> Result<(), StoreError> {
    let mut at = Walked::default();
    loop {
        let (from, knowing) = (at.clone(), given.clone());
        let (slice, on) = db.read(move |connection| look(connection, rule, &knowing, &from)).await?;
        let Some(on) = on else { break };
        at = on;
        let Slice { fresh, over } = slice;
        swept.found += fresh.len();
        swept.mended += over.len();
        if !fresh.is_empty() || !over.is_empty() {
            let now = db.clock.now();
            db.write_as(Priority::Background, move |connection| {
                finding_passes::write(connection, rule.name, fresh, &over, now)
            })
            .await?;
        }
    }
    swept.mended +=
        db.write_as(Priority::Background, move |connection| finding_passes::forget_gone(connection, rule.name)).await?;
    Ok(())
}

/// What differs within a slice.
#[derive(Default)]
struct Slice {
    fresh: Vec<finding_passes::Draft>,
    over: Vec<i64>,
}

fn look(
    connection: &mut AnyConnection,
    rule: &Rule,
    given: &Given,
    from: &Walked,
) -> QueryResult<(Slice, Option<Walked>)> {
    let (ids, on) = unmet::walk(connection, rule.walks, from, SLICE)?;
    if ids.is_empty() {
        return Ok((Slice::default(), None));
    }
    let found = (rule.find)(connection, given, &ids)?;
    let drafts = drafts(connection, found)?;
    let (fresh, over) = finding_passes::differences(connection, rule.name, &ids, drafts, given.now)?;
    Ok((Slice { fresh, over }, on))
}
