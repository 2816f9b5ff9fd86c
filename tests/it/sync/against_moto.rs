//! A whole sync of AWS: what moto shows, stored, joined and remembered.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use quarterdeck::clock::Instant;
use quarterdeck::config::Environment;
use quarterdeck::kinds::Kind;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::providers::Provider;
use quarterdeck::relations::neighbours;
use quarterdeck::store::rows::ResourceRow;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Scope, resources};

use crate::support::collected;
use crate::support::database::on_each_database;
use crate::support::house::{House, line};
use crate::support::moto::Moto;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_account_is_stored_joined_and_remembered() {
    let (moto, many) = Moto::of_several_pages();
    moto.fleet("eu-west-1", many);
    moto.fleet("us-east-1", 7);
    // One moto for all databases, since filling it takes longest; each lives through its story in a region that is
    // still untouched.
    let regions = RefCell::new(vec!["us-east-1", "eu-west-1"]);
    on_each_database(async |db| {
        let region = regions.borrow_mut().pop().expect("a region for each database");
        let scope = format!("123456789012/{region}");
        let made = moto.special(region);
        let mut house = House::over(db);
        house.join("cloud", Arc::from(provider(&moto))).await;

        let report = house.sync("cloud").await;
        assert_eq!(
            (report.state.as_str(), report.scopes.len()),
            ("succeeded", 6),
            "three kinds in two regions: {report:?}"
        );
        let fleet = "SELECT COUNT(*) AS n FROM resources WHERE gone_at IS NULL AND name LIKE 'fleet-%'";
        assert_eq!(house.count(fleet).await, many as i64 + 7);
        let shown = "SELECT CAST(SUM(present) AS BIGINT) AS n FROM counts WHERE kind = 'instance' AND facet = '' AND cluster = '*'";
        assert_eq!(house.count(shown).await, house.present("instance").await.len() as i64);

        let web = id_of::<Instance>(&house, &made.web).await;
        let alb = id_of::<LoadBalancer>(&house, &made.alb).await;
        let met = around(&house, web).await;
        assert!(met.contains("load_balancer web-alb") && met.contains("load_balancer web-classic"), "{met:?}");
        assert!(around(&house, alb).await.contains("instance web-1"), "and back");
        let gone = id_of::<Instance>(&house, &made.gone).await;
        assert_eq!(then(&house, gone, None).await.expect("still listed").state, "terminated");
        let six = id_of::<Instance>(&house, &made.ipv6).await;
        assert!(addresses(&house, six, None).await.iter().any(|address| address.contains(':')));

        let idle = house.sync("cloud").await;
        assert!(
            idle.scopes.iter().all(|scope| scope.tally.added + scope.tally.changed + scope.tally.gone == 0),
            "{idle:?}"
        );

        let before = house.clock.now();
        let address = moto.change_address(region, &made.web);
        let moved = line_of(&house.sync("cloud").await, &scope);
        assert!(moved.starts_with("complete +0 ~1 -0 "), "{moved}");
        assert!(addresses(&house, web, None).await.contains(&address));
        let held = addresses(&house, web, Some(before)).await;
        assert!(held.contains(&made.elastic) && !held.contains(&address), "{held:?}");

        let listed = house.clock.now();
        moto.hide(region, &made.stopped);
        let vanished = line_of(&house.sync("cloud").await, &scope);
        assert!(vanished.starts_with("complete +0 ~0 -1 "), "{vanished}");
        let absent = house.clock.now();
        moto.show(region, &made.stopped);
        let returned = line_of(&house.sync("cloud").await, &scope);
        assert!(returned.starts_with("complete +1 ~0 -0 "), "{returned}");
        let back = house.clock.now();

        let stopped = id_of::<Instance>(&house, &made.stopped).await;
        let states = [listed, absent, back].map(|at| then(&house, stopped, Some(at)));
        let states: Vec<_> = futures_util::future::join_all(states).await;
        let states: Vec<_> = states.iter().map(|row| row.as_ref().map(|row| row.state.as_str())).collect();
        assert_eq!(states, [Some("stopped"), None, Some("stopped")]);
    })
    .await;
}

fn provider(moto: &Moto) -> Box<dyn Provider> {
    let environment = Environment::default()
        .with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-test, canary-9c41")
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("AWS_ENDPOINT_URL", &moto.url());
    collected::provider("aws", r#"aws_regions = ["eu-west-1", "us-east-1"]"#, &environment)
}

/// The line of the scope's instances: the scopes of events and balancers have the same name.
fn line_of(report: &quarterdeck::sync::Report, scope: &str) -> String {
    let mut instances = report.clone();
    instances.scopes.retain(|one| one.scope.kind == Instance::SPEC.id());
    line(&instances, scope)
}

/// The id of the one resource of that external id; a second one fails the test.
async fn id_of<K: Kind>(house: &House, external_id: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Id {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        id: i64,
    }
    let (kind, external_id) = (K::SPEC.name, external_id.to_owned());
    let ids: Vec<Id> = house
        .read(move |connection| {
            let mut sql = Sql::new("SELECT id FROM resources WHERE kind = ");
            sql.bind(kind).push(" AND external_id = ").bind(&external_id);
            sql.load(connection)
        })
        .await;
    assert_eq!(ids.len(), 1);
    ids[0].id
}

async fn row(house: &House, id: i64, at: Option<Instant>) -> Option<ResourceRow> {
    let mut rows = house.read(move |connection| resources::of_ids(connection, &Scope::unrestricted(), &[id], at)).await;
    rows.pop()
}

async fn then(house: &House, id: i64, at: Option<Instant>) -> Option<Instance> {
    row(house, id, at).await.map(|row| serde_json::from_str(&row.attrs).unwrap())
}

async fn addresses(house: &House, id: i64, at: Option<Instant>) -> Vec<String> {
    let instance = then(house, id, at).await.expect("it was there");
    instance.addresses.iter().map(|held| held.address.to_string()).collect()
}

/// `kind name` of what it has to do with.
async fn around(house: &House, id: i64) -> BTreeSet<String> {
    let row = row(house, id, None).await.expect("it is there");
    let met = house.read(move |connection| neighbours(connection, &Scope::unrestricted(), &row, None)).await;
    let items = met.by_kind.into_iter().flat_map(|group| group.items);
    items.map(|met| format!("{} {}", met.row.kind, met.row.name)).collect()
}
