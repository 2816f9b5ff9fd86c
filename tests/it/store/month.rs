//! A month of random changes, by a seed: what differs between two moments is what two pictures of them differ by.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use quarterdeck::clock::Instant;
use quarterdeck::kinds::diff::{State, between};
use quarterdeck::kinds::instance::{self, Instance};
use quarterdeck::store::changes::{self, Asked, Differs};
use quarterdeck::store::listing::{Filter, ListQuery, list};
use quarterdeck::store::rows::ResourceRow;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::versions::columns;
use quarterdeck::store::{Db, Scope};

use crate::support::database::on_each_database;
use crate::support::house::{House, instances};

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn happens(&mut self, one_in: u64) -> bool {
        self.roll(one_in) == 0
    }
}

/// Forty instances, of which each day some change, flicker, vanish or return; gives the moment of each sync.
async fn a_month(db: &Db, seed: u64) -> Vec<Instant> {
    let mut house = House::over(db.clone());
    let script = house.source("cloud").await;
    let mut dice = Dice(seed);
    let mut all: Vec<(Instance, bool)> = instances(0..40).into_iter().map(|one| (one, true)).collect();
    let mut moments = vec![house.clock.now()];
    for _ in 0..30 {
        for (one, present) in &mut all {
            if dice.happens(6) {
                one.instance_type =
                    ["t3.small", "m6i.large", "m6i.xlarge"][usize::try_from(dice.roll(3)).unwrap()].to_owned();
            }
            if dice.happens(9) {
                one.state = ["running", "stopped"][usize::try_from(dice.roll(2)).unwrap()].to_owned();
            }
            if dice.happens(5) {
                one.system_status = ["ok", "impaired"][usize::try_from(dice.roll(2)).unwrap()].to_owned();
            }
            if dice.happens(20) {
                *present = !*present;
            }
        }
        script.holds("eu", all.iter().filter(|(_, present)| *present).map(|(one, _)| one.clone()));
        house.clock.advance(TimeDelta::hours(23));
        house.sync("cloud").await;
        moments.push(house.clock.now());
    }
    assert!(house.held().await.is_empty(), "no day is so wild that the guard holds anything back");
    moments
}

/// Everything that a list shows of a moment, by id.
async fn picture(db: &Db, at: Instant, cluster: Option<&'static str>) -> BTreeMap<i64, ResourceRow> {
    let filters =
        cluster.and_then(|cluster| Filter::named(&instance::SPEC, "cluster", [cluster])).into_iter().collect();
    let query = ListQuery { at: Some(at), limit: 1_000, filters, ..ListQuery::of(&instance::SPEC) };
    let page = db.read(move |connection| list(connection, &Scope::unrestricted(), &query)).await.unwrap();
    page.rows.into_iter().map(|row| (row.id, row)).collect()
}

/// What two pictures differ by, in the words of the tape.
fn compared(mut earlier: BTreeMap<i64, ResourceRow>, later: BTreeMap<i64, ResourceRow>) -> BTreeMap<i64, &'static str> {
    let mut differing = BTreeMap::new();
    for (id, after) in later {
        match earlier.remove(&id) {
            None => drop(differing.insert(id, "added")),
            Some(before) => {
                let (older, newer) = (columns(&before), columns(&after));
                let older = State { columns: &older, attrs: &before.attrs };
                let newer = State { columns: &newer, attrs: &after.attrs };
                if !between(&instance::SPEC, older, newer).is_empty() {
                    differing.insert(id, "changed");
                }
            }
        }
    }
    differing.extend(earlier.into_keys().map(|id| (id, "gone")));
    differing
}

/// The same as the store tells it, page by page.
async fn told(db: &Db, asked: Asked) -> BTreeMap<i64, &'static str> {
    let mut differing = BTreeMap::new();
    let mut cursor = None;
    loop {
        let asked = Asked { cursor, limit: 7, ..asked.clone() };
        let page = db.read(move |connection| changes::net(connection, &Scope::unrestricted(), &asked)).await.unwrap();
        for one in page.rows {
            let id = one.row().expect("one of both states").id;
            assert_eq!(one.before.is_some(), one.how != Differs::Added);
            assert_eq!(one.after.is_some(), one.how != Differs::Gone);
            assert!(differing.insert(id, one.how.as_str()).is_none(), "{id} is told of twice");
        }
        cursor = page.next;
        if cursor.is_none() {
            return differing;
        }
    }
}

#[tokio::test]
async fn the_net_difference_of_any_two_moments_is_what_their_pictures_differ_by() {
    on_each_database(|db: Db| async move {
        let moments = a_month(&db, 20_261_121).await;
        let mut kinds = BTreeMap::new();
        for (from, earlier) in moments.iter().enumerate() {
            for later in moments.iter().skip(from + 1).step_by(3) {
                let expected = compared(picture(&db, *earlier, None).await, picture(&db, *later, None).await);
                assert_eq!(told(&db, Asked::between(*earlier, *later)).await, expected, "{earlier} to {later}");
                expected.values().for_each(|how| *kinds.entry(*how).or_insert(0) += 1);
            }
        }
        assert!(kinds.len() == 3 && kinds.values().all(|n| *n > 20), "the month had some of each: {kinds:?}");
    })
    .await;
}

#[tokio::test]
async fn within_one_cluster_what_moved_in_was_added_and_what_moved_out_is_gone() {
    on_each_database(|db: Db| async move {
        let moments = a_month(&db, 7).await;
        // Each state lies in a cluster by its type, as if it had been placed so.
        db.write(|connection| {
            for table in ["UPDATE resources SET cluster = ", "UPDATE resource_versions SET cluster = "] {
                let mut sql = Sql::new(table);
                sql.push("CASE WHEN facet_a = 'm6i.large' THEN 'here' ELSE 'there' END");
                sql.execute(connection)?;
            }
            Ok(())
        })
        .await
        .unwrap();
        for (from, earlier) in moments.iter().enumerate().step_by(4) {
            for later in moments.iter().skip(from + 1).step_by(5) {
                let expected =
                    compared(picture(&db, *earlier, Some("here")).await, picture(&db, *later, Some("here")).await);
                let asked = Asked { clusters: vec!["here".to_owned()], ..Asked::between(*earlier, *later) };
                assert_eq!(told(&db, asked).await, expected, "{earlier} to {later}");
            }
        }
    })
    .await;
}
