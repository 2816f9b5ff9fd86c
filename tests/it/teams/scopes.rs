//! What a scope makes of a question, on both databases.

use quarterdeck::kinds::{KindSpec, dns_record, instance};
use quarterdeck::placement::Within;
use quarterdeck::store::listing::{self, ListQuery};
use quarterdeck::store::search::{Extent, search};
use quarterdeck::store::{Db, Scope};

use crate::relations::{one, sown};
use crate::support::database::on_each_database;
use crate::support::seed::minute;

fn within(region: &str, cluster: &str, app: &str) -> Within {
    let [region, cluster, app] = [region, cluster, app].map(str::to_owned);
    Within { region, cluster, app }
}

async fn seen(db: &Db, places: Vec<Within>) -> Vec<i64> {
    let scope = Scope::within(places);
    let page = db.read(move |connection| listing::list(connection, &scope, &ListQuery::of(&instance::SPEC))).await;
    page.unwrap().rows.into_iter().map(|row| row.id).collect()
}

/// Instances here and there: `Shop` and `shop_1` are two apps, and 105 is nowhere.
async fn house(db: &Db) {
    let placed = [
        (101, ["eu", "eu-1", "shop"]),
        (102, ["eu", "eu-staging", "shop_1"]),
        (103, ["eu", "eu-staging", "Shop"]),
        (104, ["us", "us-1", "shopx1"]),
        (105, ["", "", ""]),
        (106, ["eu", "eu-staging", ""]),
    ];
    sown(db, placed.map(|(id, place)| one(id, &format!("i-{id}")).placed(place)).to_vec()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_names_must_hold_and_one_rule_is_enough() {
    on_each_database(async |db: Db| {
        house(&db).await;
        for (places, expected) in [
            (vec![within("eu", "", "")], vec![101, 102, 103, 106]),
            (vec![within("", "eu-*", "")], vec![101, 102, 103, 106]),
            (vec![within("", "eu-staging", "shop*")], vec![102]),
            (vec![within("", "", "shop_*")], vec![102]),
            (vec![within("", "", "Shop")], vec![103]),
            (vec![within("", "", "*")], vec![101, 102, 103, 104]),
            (vec![within("*", "*", "")], vec![101, 102, 103, 104, 106]),
            (vec![within("", "us-1", ""), within("", "", "shop")], vec![101, 104]),
            (vec![within("", "", "sh?p"), within("", "", "[s]hop")], vec![]),
            // By columns that differ, and by patterns that meet nothing or something.
            (vec![within("", "", "sh*"), within("", "eu-staging", "")], vec![101, 102, 103, 104, 106]),
            (vec![within("", "", "*1"), within("us*", "", "")], vec![102, 104]),
            (vec![within("", "", "nobody*"), within("", "us-1", "")], vec![104]),
            (vec![within("", "", "nobody*"), within("nowhere", "", "")], vec![]),
            (vec![within("", "*", ""), within("", "", "nobody*")], vec![101, 102, 103, 104, 106]),
            (vec![], vec![]),
        ] {
            assert_eq!(seen(&db, places.clone()).await, expected, "{places:?}");
            let scope = Scope::within(places.clone());
            let total = db.read(move |connection| listing::total(connection, &scope, &instance::SPEC)).await.unwrap();
            assert_eq!((total.present, total.more), (i64::try_from(expected.len()).unwrap(), false), "{places:?}");
        }
    })
    .await;
}

/// The same rules in other words of the same shape are the same statement, or every team would have its own.
#[tokio::test(flavor = "multi_thread")]
async fn counts_are_capped_and_say_so() {
    on_each_database(async |db: Db| {
        let many = listing::facets::COUNTED + 5;
        let seeds = (0..many).map(|n| one(100, "x").placed(["eu", "eu-1", ""]).numbered(10_000 + n)).collect();
        sown(&db, seeds).await;
        let scope = Scope::within(vec![within("eu", "", "")]);
        let everything = Scope::unrestricted();
        let (counts, total) = db
            .read(move |connection| {
                let counts = listing::facets(connection, &scope, &instance::SPEC, [])?;
                Ok((counts, listing::total(connection, &everything, &instance::SPEC)?))
            })
            .await
            .unwrap();
        assert_eq!((counts.total, counts.more), (listing::facets::COUNTED, true));
        assert!(!total.more);
    })
    .await;
}

/// A search weighs so many terms and no more; a team's own must not drown in what it does not see, nor may that tell
/// that there is more.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_not_crowded_out_by_what_is_hidden() {
    on_each_database(async |db: Db| {
        let foreign = (0..700)
            .map(|n| one(500, &format!("aa-{n}.common.example")).numbered(20_000 + n).placed(["", "other", ""]));
        let own = one(501, "zz.common.example").placed(["", "mine", ""]);
        sown(&db, foreign.chain([own]).collect()).await;
        let scope = Scope::within(vec![within("", "mine", "")]);
        let asked = [(None, "common"), (None, "aa-1"), (Some(minute(300)), "common")];
        for ((at, text), extent) in asked.iter().flat_map(|asked| [(*asked, Extent::First), (*asked, Extent::Rest)]) {
            let scope = scope.clone();
            let found = move |connection: &mut _| search(connection, &scope, text, extent, 10, at);
            let groups = db.read(found).await.unwrap().groups;
            let found: Vec<(&KindSpec, i64, bool)> = groups
                .iter()
                .flat_map(|group| group.hits.iter().map(|hit| (group.spec, hit.row.id, group.more)))
                .collect();
            let expected =
                if text == "common" { vec![(&dns_record::SPEC as &KindSpec, 501, false)] } else { Vec::new() };
            assert_eq!(found.len(), expected.len(), "{text}");
            for ((_, id, more), (_, wanted, _)) in found.iter().zip(&expected) {
                assert_eq!((id, more), (wanted, &false), "{text} at {at:?}");
            }
        }
    })
    .await;
}
