//! A pass of every rule over the whole inventory, slice by slice: read, compare, and write what differs.

use chrono::TimeDelta;
use diesel::QueryResult;

use super::verify::drafts;
use super::{Given, RULES, Rule};
use crate::config::NetworkConfig;
use crate::store::unmet::{self, Walked};
use crate::store::{AnyConnection, Db, Priority, StoreError, findings};

/// Resources of one slice.
const SLICE: usize = 1_000;
/// Though nothing has changed, a pass is made so often: certificates end by themselves, and a program may look for more than the one before.
const AT_LEAST_EVERY: TimeDelta = TimeDelta::hours(1);

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
        .read(|connection| Ok((findings::state_of_inventory(connection)?, findings::passes(connection)?)))
        .await?;
    let state = format!("{state} {}", named(networks));
    let mut swept = Swept::default();
    for rule in RULES {
        let known = passes.get(rule.name).filter(|pass| {
            pass.state_of == state && given.now - pass.began_at.and_utc() < AT_LEAST_EVERY
        });
        if known.is_some() {
            continue;
        }
        over_everything(db, rule, &given, &mut swept).await?;
        let (state, clock) = (state.clone(), db.clock.clone());
        db.write_as(Priority::Background, move |connection| {
            findings::pass_over(connection, rule.name, &state, given.now, clock.now())
        })
        .await?;
        swept.rules += 1;
    }
    Ok(swept)
}

fn named(networks: &[NetworkConfig]) -> String {
    networks.iter().map(|network| format!("{}={}", network.name, network.cidr)).collect::<Vec<_>>().join(",")
}

async fn over_everything(
    db: &Db,
    rule: &'static Rule,
    given: &Given,
    swept: &mut Swept,
) -> Result<(), StoreError> {
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
                findings::write(connection, rule.name, fresh, &over, now)
            })
            .await?;
        }
    }
    swept.mended +=
        db.write_as(Priority::Background, move |connection| findings::forget_gone(connection, rule.name)).await?;
    Ok(())
}

/// What differs within a slice.
#[derive(Default)]
struct Slice {
    fresh: Vec<findings::Draft>,
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
    let (fresh, over) = findings::differences(connection, rule.name, &ids, drafts, given.now)?;
    Ok((Slice { fresh, over }, on))
}
