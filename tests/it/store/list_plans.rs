//! What a list costs is decided by the index it walks: none reads a large table, and a page of the past merges keys in
//! their order.

use quarterdeck::kinds::dns_record;
use quarterdeck::store::listing::{Filter, ListQuery, Sort, statement};
use quarterdeck::store::rows::Wanted;
use quarterdeck::store::{Backend, Db};

use crate::support::database::on_each_database;
use crate::support::plans::{explained, whole};
use crate::support::seed::{self, Seed, minute};

const KIND: &str = "dns_record";
const TABLES: [&str; 8] = ["r", "v", "t", "m", "resources", "resource_versions", "resource_terms", "terms"];

/// Five hundred records; every other one has had two states before.
async fn sown(db: &Db) {
    db.write(|connection| {
        seed::scope(connection, 1, KIND, "example", "complete", Some(minute(500)));
        let record = |id: i64| {
            let name = format!("r-{id:03}.example");
            let mut record = Seed::new(id, KIND, 1, &name);
            (record.first_seen, record.changed) = (minute(10), minute(10));
            if id % 2 == 0 {
                record = record.version(minute(10), minute(20), &name, "first").version(
                    minute(20),
                    minute(30),
                    &name,
                    "second",
                );
                record.changed = minute(30);
            }
            if id % 9 == 0 { record.gone(minute(40)) } else { record }
        };
        seed::sow(connection, &(1..=500).map(record).collect::<Vec<_>>());
        Ok(())
    })
    .await
    .unwrap();
}

async fn plan_of(db: &Db, query: ListQuery) -> Vec<String> {
    let backend = db.backend();
    db.write(move |connection| {
        let statement = statement(connection, &query)?;
        Ok(explained(connection, backend, statement))
    })
    .await
    .unwrap()
}

fn listed(sort: &str) -> ListQuery {
    let spec = &dns_record::SPEC;
    let wanted = Wanted::only(["status", "facet_a", "attrs"]);
    ListQuery { sort: Sort::parse(spec, sort).unwrap(), limit: 50, wanted, ..ListQuery::of(spec) }
}

#[tokio::test]
async fn no_list_of_now_or_then_reads_a_table_from_end_to_end() {
    on_each_database(async |db| {
        sown(&db).await;
        for at in [None, Some(minute(15)), Some(minute(35))] {
            for sort in ["name", "-changed_at", "due_at", "type", "app"] {
                for filters in [vec![], vec![("type", "A")], vec![("app", "shop"), ("status", "x")]] {
                    let mut query = ListQuery { at, ..listed(sort) };
                    let spec = &dns_record::SPEC;
                    query
                        .filters
                        .extend(filters.iter().map(|(name, value)| Filter::named(spec, name, [*value]).unwrap()));
                    let plan = plan_of(&db, query).await;
                    assert!(whole(&plan, &TABLES).is_empty(), "{sort} {filters:?} at {at:?}: {plan:#?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_of_the_past_is_merged_by_name_and_sorts_no_more_than_the_page() {
    on_each_database(async |db| {
        sown(&db).await;
        let plan = plan_of(&db, ListQuery { at: Some(minute(15)), ..listed("name") }).await;
        // What was gone later is fetched by when it went; the rest comes out of its index in order.
        let merged = |step: &&String| step.contains("MERGE (UNION ALL)") || step.contains("Merge Append");
        assert!(plan.iter().any(|step| merged(&step)), "{plan:#?}");
        // Which index PostgreSQL takes for three hundred rows follows from their number alone.
        if db.backend() == Backend::Sqlite {
            let walks = |plan: &[String], index: &str| plan.iter().any(|step| step.contains(index));
            assert!(walks(&plan, "resources_by_name") && walks(&plan, "resource_versions_by_name"), "{plan:#?}");
            let few = plan_of(&db, ListQuery { at: Some(minute(35)), ..listed("name") }).await;
            assert!(walks(&few, "resource_versions_by_time"), "none has ended since: {few:#?}");
        }
    })
    .await;
}
