//! What every page asks of the listings does not become dearer with their number: an estate has one for each of its zones.

use quarterdeck::kinds::dns_record;
use quarterdeck::store::listing::{ListQuery, freshness};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Db, Scope, doubt, held};

use crate::support::database::on_each_database;
use crate::support::plans::explained;
use crate::support::seed::{self, minute};

async fn plan_of(db: &Db, statement: Sql) -> Vec<String> {
    let backend = db.backend();
    db.write(move |connection| Ok(explained(connection, backend, statement))).await.unwrap()
}

/// The plan goes by this index, and reads the scopes by no other than those named.
fn goes_by(plan: &[String], index: &str) {
    assert!(plan.iter().any(|step| step.contains(index)), "{index}: {plan:#?}");
    let whole = |step: &String| ["Seq Scan on scopes", "SCAN s", "SCAN scopes"].iter().any(|way| step.contains(way));
    assert!(!plan.iter().any(whole), "{plan:#?}");
}

#[tokio::test]
async fn listings_are_asked_by_an_index_however_many_there_are() {
    on_each_database(async |db| {
        db.write(|connection| {
            for id in 1..=300 {
                let state = if id == 7 { "partial" } else { "complete" };
                seed::scope(connection, id, "dns_record", &format!("zone-{id:03}.example"), state, Some(minute(id)));
            }
            Ok(())
        })
        .await
        .unwrap();

        let everything = Scope::unrestricted();
        let fresh = plan_of(&db, freshness::statement(&everything, &ListQuery::of(&dns_record::SPEC))).await;
        goes_by(&fresh, "scopes_troubled");
        let confirmations = plan_of(&db, doubt::confirmations(&["dns_record", "zone"])).await;
        goes_by(&confirmations, "scopes_by_kind_and_source");
        assert!(!confirmations.iter().any(|step| step.contains("GROUP BY") || step.contains("Aggregate  (")));
        let waiting = plan_of(&db, held::waiting(None)).await;
        goes_by(&waiting, "held_losses_waiting");

        // And they are answered as before.
        let answers = db
            .read(|connection| {
                let mut doubts = doubt::Doubts::at(minute(400), &Scope::unrestricted());
                Ok((
                    doubts.about(connection, ["dns_record"])?,
                    quarterdeck::store::listing::list(
                        connection,
                        &Scope::unrestricted(),
                        &ListQuery::of(&dns_record::SPEC),
                    )?,
                    held::open(connection, &Scope::unrestricted(), None)?.len(),
                ))
            })
            .await
            .unwrap();
        let (doubt, page, held) = answers;
        assert!(doubt.is_some_and(|doubt| doubt.ends_with("zone-007.example: the last listing is partial")));
        assert_eq!((page.complete, page.confirmed_at, held), (false, Some(minute(1)), 0));
    })
    .await;
}
