//! Lists answer the same on both databases, byte for byte, and the same as sorting everything in memory would.

use std::cmp::Ordering;

use quarterdeck::clock::Instant;
use quarterdeck::kinds::dns_record;
use quarterdeck::placement::Place;
use quarterdeck::store::counts::Deltas;
use quarterdeck::store::listing::{Filter, ListQuery, Page, Sort, facets, list};
use quarterdeck::store::rows::ResourceRow;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::versions::{self, timeline};
use quarterdeck::store::{Db, Scope, resources};

use crate::support::database::on_each_database;
use crate::support::seed::{self, Seed, minute};

const KIND: &str = "dns_record";
const NAMES: [&str; 7] =
    ["a.example", "A.example", "_acme.example", "b-1.example", "b.example", "*.example", "zürich.example"];
const SORTS: [&str; 12] = [
    "name",
    "status",
    "source",
    "region",
    "cluster",
    "app",
    "changed_at",
    "first_seen_at",
    "due_at",
    "type",
    "zone",
    "proxied",
];

/// Two hundred records with few distinct values, so that ties abound, with tombstones and superseded states among them.
fn records() -> Vec<Seed> {
    (1..=200_i64)
        .map(|id| {
            let pick = |of: &[&str], by: i64| of[usize::try_from(id / by).unwrap_or(0) % of.len()].to_owned();
            let mut record = Seed::new(id, KIND, 1 + id % 2, &pick(&NAMES, 1));
            record.status = pick(&["", "active", "Active"], 3);
            record.region = pick(&["eu", "us"], 5);
            record.cluster = pick(&["eu-production", "eu-staging", ""], 7);
            record.app = pick(&["", "shop"], 11);
            record.facets = [pick(&["A", "AAAA", "CNAME"], 2), pick(&["example", "test"], 13), pick(&["yes", "no"], 4)];
            record.due = (id % 3 == 0).then(|| minute(5_000 - id % 17));
            record.first_seen = minute(20 + id % 5);
            record.changed = minute(100 + id % 60);
            record.missing = (id % 50 == 0).then(|| minute(400));
            if id % 4 == 0 {
                record = record.version(minute(20 + id % 5), minute(100 + id % 60), &pick(&NAMES, 9), "was");
            } else {
                record.changed = record.first_seen;
            }
            record = record.term(&format!("tag:env:{}", pick(&["prod", "test"], 6)));
            if id % 7 == 0 { record.gone(minute(300 + id)) } else { record }
        })
        .collect()
}

async fn sown(db: &Db) {
    db.write(|connection| {
        seed::scope(connection, 1, KIND, "example", "complete", Some(minute(500)));
        seed::scope(connection, 2, KIND, "test", "complete", Some(minute(600)));
        seed::sow(connection, &records());
        Ok(())
    })
    .await
    .unwrap();
}

async fn page(db: &Db, query: ListQuery) -> Page {
    db.read(move |connection| list(connection, &Scope::unrestricted(), &query)).await.unwrap()
}

/// Every page of a query, forwards.
async fn pages(db: &Db, query: &ListQuery) -> Vec<ResourceRow> {
    let mut rows = Vec::new();
    let mut next = query.clone();
    loop {
        let page = page(db, next).await;
        assert!(page.rows.len() <= query.limit);
        rows.extend(page.rows);
        let Some(cursor) = page.next else { return rows };
        next = query.clone().starting_at(&cursor.to_string()).unwrap();
    }
}

/// What the query must give, by brute force over every row with its state of then.
fn expected(sort: &str, admits: impl Fn(&ResourceRow) -> bool, all: &[ResourceRow]) -> Vec<i64> {
    let mut rows: Vec<&ResourceRow> = all.iter().filter(|row| admits(row)).collect();
    let (column, descending) = sort.strip_prefix('-').map_or((sort, false), |column| (column, true));
    let text = |row: &ResourceRow| match column {
        "status" => row.status.clone(),
        "source" => row.source.clone(),
        "region" => row.region.clone(),
        "cluster" => row.cluster.clone(),
        "app" => row.app.clone(),
        _ => row.facet(dns_record::SPEC.facet(column).unwrap_or_default()).to_owned(),
    };
    rows.sort_by(|one, other| {
        let by_name = (&one.name, one.id).cmp(&(&other.name, other.id));
        let turned = |order: Ordering| if descending { order.reverse() } else { order };
        match column {
            "name" => turned(by_name),
            "changed_at" => turned((one.changed_at, one.id).cmp(&(other.changed_at, other.id))),
            "first_seen_at" => turned((one.first_seen_at, one.id).cmp(&(other.first_seen_at, other.id))),
            "due_at" => match (one.due_at, other.due_at) {
                (Some(due), Some(other_due)) => turned((due, one.id).cmp(&(other_due, other.id))),
                (None, None) => by_name,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            },
            "source" | "region" | "app" => turned((text(one), one.id).cmp(&(text(other), other.id))),
            _ => turned(text(one).cmp(&text(other)).then(by_name)),
        }
    });
    rows.into_iter().map(|row| row.id).collect()
}

/// Every state that was true at the moment, straight from the tables.
async fn everything(db: &Db, at: Option<Instant>) -> Vec<ResourceRow> {
    let ids: Vec<i64> = (1..=200).collect();
    let rows =
        db.read(move |connection| resources::of_ids(connection, &Scope::unrestricted(), &ids, at)).await.unwrap();
    rows.into_iter().filter(|row| at.is_some() || row.gone_at.is_none()).collect()
}

fn ids(rows: &[ResourceRow]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}

fn query(sort: &str, limit: usize) -> ListQuery {
    let spec = &dns_record::SPEC;
    ListQuery { sort: Sort::parse(spec, sort).unwrap(), limit, ..ListQuery::of(spec) }
}

fn filter(name: &str, values: &[&str]) -> Filter {
    Filter::named(&dns_record::SPEC, name, values.iter().copied()).unwrap()
}

#[tokio::test]
async fn every_sort_in_both_directions_now_and_then_is_what_sorting_by_hand_gives() {
    on_each_database(async |db| {
        sown(&db).await;
        for at in [None, Some(minute(5)), Some(minute(22)), Some(minute(130)), Some(minute(350)), Some(minute(2_000))] {
            let all = everything(&db, at).await;
            for sort in SORTS.iter().flat_map(|sort| [(*sort).to_owned(), format!("-{sort}")]) {
                let rows = pages(&db, &ListQuery { at, ..query(&sort, 23) }).await;
                assert_eq!(ids(&rows), expected(&sort, |_| true, &all), "{sort} at {at:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_filter_admits_what_looking_at_each_row_admits() {
    type Case = (&'static str, &'static [&'static str], fn(&ResourceRow) -> bool);
    let cases: &[Case] = &[
        ("status", &["active"], |row| row.status == "active"),
        ("status", &["active", "was"], |row| row.status == "active" || row.status == "was"),
        ("cluster", &[""], |row| row.cluster.is_empty()),
        ("source", &["seeded"], |_| true),
        ("app", &["shop"], |row| row.app == "shop"),
        ("region", &["us", "nowhere"], |row| row.region == "us"),
        ("type", &["CNAME"], |row| row.facet_a == "CNAME"),
        ("zone", &["example"], |row| row.facet_b == "example"),
        ("proxied", &["no"], |row| row.facet_c == "no"),
        ("scope", &["test"], |row| row.scope_id == 2),
        ("scope", &["nothing of that name"], |_| false),
        ("missing", &["true"], |row| row.missing_since.is_some()),
        ("missing", &["false"], |row| row.missing_since.is_none()),
        ("tag", &["ENV:prod"], |row| row.id / 6 % 2 == 0),
        ("tag", &["no:such"], |_| false),
        ("status", &["'; DROP TABLE resources; --"], |_| false),
    ];
    on_each_database(async |db| {
        sown(&db).await;
        for at in [None, Some(minute(130)), Some(minute(350))] {
            let all = everything(&db, at).await;
            // What was missing at a past moment is not kept, and pages refuse to be asked for it.
            for (name, values, admits) in cases.iter().filter(|(name, ..)| at.is_none() || *name != "missing") {
                for sort in ["name", "-changed_at", "due_at", "type"] {
                    let mut query = ListQuery { at, ..query(sort, 17) };
                    query.filters.push(filter(name, values));
                    let rows = pages(&db, &query).await;
                    assert_eq!(ids(&rows), expected(sort, admits, &all), "{name}={values:?} by {sort} at {at:?}");
                    query.filters.push(filter("region", &["eu"]));
                    let rows = pages(&db, &query).await;
                    let both = |row: &ResourceRow| admits(row) && row.region == "eu";
                    assert_eq!(ids(&rows), expected(sort, both, &all), "{name} in eu by {sort} at {at:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn words_narrow_a_list_and_the_name_of_then_counts_then() {
    on_each_database(async |db| {
        sown(&db).await;
        for at in [None, Some(minute(60)), Some(minute(350))] {
            let all = everything(&db, at).await;
            for text in ["b-1", "ACME", "exam B", "zürich", "*.e", "b", "nowhere", "a.example"] {
                let query = ListQuery { text: Some(text.to_owned()), at, ..query("name", 11) };
                let admits = |row: &ResourceRow| {
                    let name = row.name.to_lowercase();
                    text.to_lowercase()
                        .split(' ')
                        .all(|word| if word.chars().count() < 3 { name.starts_with(word) } else { name.contains(word) })
                };
                let rows = pages(&db, &query).await;
                assert_eq!(ids(&rows), expected("name", admits, &all), "{text} at {at:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn going_back_shows_the_pages_that_were_shown() {
    on_each_database(async |db| {
        sown(&db).await;
        for sort in ["name", "-status", "due_at", "-due_at"] {
            let query = query(sort, 31);
            let mut forwards = vec![page(&db, query.clone()).await];
            while let Some(next) = forwards.last().and_then(|page| page.next.clone()) {
                forwards.push(page(&db, query.clone().starting_at(&next.to_string()).unwrap()).await);
            }
            assert!(forwards[0].previous.is_none() && forwards.len() > 4);
            let mut here = forwards.pop().unwrap();
            while let Some(before) = forwards.pop() {
                let cursor = here.previous.expect("a page before this one").to_string();
                here = page(&db, query.clone().starting_at(&cursor).unwrap()).await;
                assert_eq!(ids(&here.rows), ids(&before.rows), "{sort}");
                assert!(here.next.is_some());
            }
            assert!(here.previous.is_none(), "{sort}: the first page has none before it");
        }
    })
    .await;
}

#[tokio::test]
async fn tombstones_are_a_list_of_their_own() {
    on_each_database(async |db| {
        sown(&db).await;
        let query = ListQuery { gone: true, ..query("-gone_at", 7) };
        let wanted: Vec<i64> = (1..=200).rev().filter(|id| id % 7 == 0).collect();
        assert_eq!(ids(&pages(&db, &query).await), wanted);
        let named = ListQuery { text: Some("a.example".to_owned()), ..query.clone() };
        assert_eq!(ids(&pages(&db, &named).await), wanted, "each seventh has that name");
        let other = ListQuery { text: Some("acme".to_owned()), ..query };
        assert!(pages(&db, &other).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_page_is_as_old_as_its_oldest_scope_and_complete_only_if_all_are() {
    on_each_database(async |db| {
        sown(&db).await;
        let of_scope = |name: &str| {
            let mut query = query("name", 1);
            query.filters.push(filter("scope", &[name]));
            query
        };
        let all = page(&db, query("name", 1)).await;
        assert_eq!((all.confirmed_at, all.complete), (Some(minute(500)), true));
        assert_eq!(page(&db, of_scope("test")).await.confirmed_at, Some(minute(600)));
        for state in ["applying", "partial", "held", "never", "skipped"] {
            db.write(move |connection| {
                let mut sql = Sql::new("UPDATE scopes SET state = ");
                sql.bind(state).push(" WHERE id = 2");
                sql.execute(connection)
            })
            .await
            .unwrap();
            assert!(!page(&db, query("name", 1)).await.complete, "{state}");
            assert!(page(&db, of_scope("example")).await.complete, "{state} elsewhere does not matter");
        }
        let nothing = page(&db, of_scope("never listed")).await;
        assert_eq!(
            (nothing.confirmed_at, nothing.complete),
            (None, false),
            "nobody listed it: nothing proves it empty"
        );
    })
    .await;
}

#[tokio::test]
async fn who_may_see_nothing_sees_nothing() {
    on_each_database(async |db| {
        sown(&db).await;
        let page = db.read(|connection| list(connection, &Scope::nothing(), &query("name", 10))).await.unwrap();
        assert!(page.rows.is_empty() && page.next.is_none() && !page.complete);
        let counts = db.read(|connection| facets(connection, &Scope::nothing(), &dns_record::SPEC, [])).await.unwrap();
        assert_eq!(counts.total, 0);
    })
    .await;
}

#[tokio::test]
async fn counts_are_summed_over_the_clusters() {
    on_each_database(async |db| {
        db.write(|connection| {
            let mut deltas = Deltas::default();
            for (record_type, cluster, by) in [("A", "eu", 3), ("A", "us", 2), ("MX", "us", 2), ("NS", "us", 0)] {
                let place = Place { cluster: cluster.to_owned(), ..Place::default() };
                deltas.add(
                    &dns_record::SPEC,
                    "dns",
                    "",
                    &[record_type.to_owned(), String::new(), String::new()],
                    &place,
                    by,
                );
            }
            deltas.write(connection)
        })
        .await
        .unwrap();
        let told = async |chosen: &'static [(&str, &str)]| {
            let of = move |connection: &mut _| {
                facets(connection, &Scope::unrestricted(), &dns_record::SPEC, chosen.to_vec())
            };
            db.read(of).await.unwrap()
        };
        let counts = told(&[]).await;
        assert_eq!(counts.total, 7);
        assert_eq!(counts.values["type"], [("A".to_owned(), 5), ("MX".to_owned(), 2)]);
        assert_eq!(counts.values["cluster"], [("us".to_owned(), 4), ("eu".to_owned(), 3)]);
        // What somebody chose is told once, whether it is among the most frequent or not.
        assert_eq!(told(&[("type", "MX")]).await.values["type"], counts.values["type"]);
    })
    .await;
}

#[tokio::test]
async fn a_timeline_tells_the_newest_state_first_and_how_it_ended() {
    on_each_database(async |db| {
        sown(&db).await;
        let of = async |id| db.read(move |connection| timeline(connection, &Scope::unrestricted(), id)).await.unwrap();
        let states = of(4).await;
        assert_eq!(states.iter().map(|state| state.row.status.as_str()).collect::<Vec<_>>(), ["active", "was"]);
        assert_eq!((states[0].until, states[1].until), (None, Some(states[0].row.changed_at())));
        let tombstone = of(7).await;
        assert_eq!((tombstone[0].until, tombstone[0].ended_gone), (Some(minute(307)), true));
        assert!(of(999).await.is_empty());
        let (cursor, scope) = (states[0].cursor(), Scope::unrestricted());
        let older = db.read(move |connection| versions::before(connection, &scope, 4, Some(cursor), 9)).await.unwrap();
        assert_eq!(older.iter().map(|state| state.row.status.as_str()).collect::<Vec<_>>(), ["was"]);
    })
    .await;
}

#[tokio::test]
async fn states_that_began_at_one_moment_are_told_in_the_order_in_which_they_came() {
    on_each_database(async |db| {
        db.write(|connection| {
            seed::scope(connection, 1, KIND, "example", "complete", Some(minute(500)));
            let mut record = Seed::new(1, KIND, 1, "a.example")
                .version(minute(10), minute(20), "a.example", "first")
                .version(minute(20), minute(20), "a.example", "second")
                .version(minute(20), minute(20), "a.example", "third");
            (record.changed, record.status) = (minute(20), "now".to_owned());
            seed::sow(connection, &[record]);
            Ok(())
        })
        .await
        .unwrap();
        let states = db.read(|connection| timeline(connection, &Scope::unrestricted(), 1)).await.unwrap();
        let told: Vec<&str> = states.iter().map(|state| state.row.status.as_str()).collect();
        assert_eq!(told, ["now", "third", "second", "first"]);
    })
    .await;
}
