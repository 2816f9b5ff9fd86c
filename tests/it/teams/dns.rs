//! DNS changes of a team: of its own sets alone, and as if there were no others.

use std::collections::BTreeSet;

use quarterdeck::actions::dns_change::{self, Ask, Refused};
use quarterdeck::dns_plan::{Code, Edit, Op};
use quarterdeck::store::Scope;
use quarterdeck::store::dns_changes::{self, Wanted};
use quarterdeck::store::runs::list;

use super::shared_zone::{Estate, otto, team};
use crate::support::database::on_each_database;

/// What the first team may never read.
const FOREIGN: [&str; 4] = ["zulu", "198.51.100.", "mixed", "secret-of-nobody"];

pub fn edit(op: Op, zone: &str, name: &str, record_type: &str, contents: &[&str]) -> Ask {
    let contents = contents.iter().map(|content| (*content).to_owned()).collect();
    let (zone, name, record_type) = (zone.to_owned(), name.to_owned(), record_type.to_owned());
    let edit = Edit { op, zone, name, record_type, ttl: None, proxied: None, comment: None, contents };
    Ask { records: vec![edit], ..Ask::default() }
}

/// An alias in the place of an address.
fn to_a_name(name: &str) -> Ask {
    let mut ask = edit(Op::Delete, "shared.example", name, "A", &[]);
    ask.records.extend(edit(Op::Create, "shared.example", name, "CNAME", &["x.example.org"]).records);
    ask
}

fn tells_nothing_foreign(text: &str) {
    for word in FOREIGN {
        assert!(!text.contains(word), "it tells of {word}: {text}");
    }
}

#[tokio::test]
async fn a_team_plans_sees_applies_and_takes_back_what_is_its_own() {
    on_each_database(async |db| {
        let estate = Estate::over(db).await;
        let (alfa, zulu, everybody) = (team("alfa"), team("zulu"), Scope::unrestricted());
        let ask = edit(Op::Update, "shared.example", "alfa", "CNAME", &["alfa-blue.balancers.example.net"]);
        let planned = estate.plan(&alfa, &ask).await.unwrap();
        tells_nothing_foreign(&estate.told(&alfa, &planned).await);
        assert_eq!(estate.apply(&alfa, &planned).await, "succeeded");
        let undone = dns_change::undo(&estate.context, &alfa, &otto(), planned.id, "").await.unwrap();
        assert_eq!(estate.work(undone.change).await, "succeeded");

        for (scope, sees) in [(&alfa, true), (&everybody, true), (&zulu, false), (&Scope::nothing(), false)] {
            assert_eq!(estate.seen(scope, planned.id).await.is_some(), sees, "{scope:?}");
            let (reach, run) = (scope.clone(), estate.seen(&everybody, planned.id).await.unwrap().run_id.unwrap());
            let read = estate.context.db.read(move |connection| {
                let page = dns_changes::page(connection, &reach, &Wanted { limit: 9, ..Wanted::default() })?;
                let run = list::find(connection, &reach, run)?;
                let title = run.map(|run| format!("{} {} {}", run.title, run.target, run.plan));
                Ok((page.rows.len(), title, dns_changes::visible(connection, &reach, &[1, 2, 3])?))
            });
            let (listed, run, visible) = read.await.unwrap();
            let expected = if sees { 2 } else { 0 };
            assert_eq!((listed, visible.len(), run.is_some()), (expected, expected, sees), "{scope:?}");
            tells_nothing_foreign(&run.unwrap_or_default());
        }
        let again = dns_change::undo(&estate.context, &zulu, &otto(), planned.id, "").await;
        assert!(matches!(again, Err(Refused::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_switch_moves_the_sets_they_see_and_says_nothing_of_others() {
    on_each_database(async |db| {
        let estate = Estate::over(db).await;
        let (alfa, everybody) = (team("alfa"), Scope::unrestricted());
        let ask = estate.switch("alfa-blue", "alfa-green").await;
        let names = |told: &str| -> BTreeSet<&str> {
            ["www-alfa", "old-alfa", "mixed", "www.alfa.example"]
                .into_iter()
                .filter(|name| told.contains(name))
                .collect()
        };
        let own = estate.plan(&alfa, &ask).await.unwrap();
        let told = estate.told(&alfa, &own).await;
        assert_eq!(names(&told), BTreeSet::from(["www-alfa", "old-alfa", "www.alfa.example"]), "{told}");
        tells_nothing_foreign(&told);
        // Somebody else adds what no listing has shown: nobody knows whose it is.
        estate.somebody_adds("old-alfa", "198.51.100.3");
        let told = estate.told(&alfa, &estate.plan(&alfa, &ask).await.unwrap()).await;
        assert_eq!(names(&told), BTreeSet::from(["www-alfa", "www.alfa.example"]), "{told}");
        let edited = edit(Op::Delete, "shared.example", "old-alfa", "A", &[]);
        let told = estate.told(&alfa, &estate.plan(&alfa, &edited).await.unwrap()).await;
        assert!(told.contains(Code::OutOfSight.as_str()) && told.contains(r#""changes":[]"#), "{told}");
        tells_nothing_foreign(&told);

        let all = estate.plan(&everybody, &ask).await.unwrap();
        assert_eq!(names(&estate.told(&everybody, &all).await).len(), 4);
        assert!(estate.seen(&alfa, all.id).await.is_none(), "it touches what is not theirs");
        // Who sees more applies a team's plan: it is another one then, and not the team's.
        let outdated = dns_change::apply(&estate.context, &everybody, &otto(), own.id, 1, None).await;
        assert!(matches!(outdated, Err(Refused::Outdated(_))));
        assert!(estate.seen(&alfa, own.id).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn what_is_not_theirs_is_not_there() {
    on_each_database(async |db| {
        let estate = Estate::over(db).await;
        let (alfa, zulu) = (team("alfa"), team("zulu"));
        for (zone, name, record_type, content) in [
            ("shared.example", "zulu", "CNAME", "x.example.org"),
            ("shared.example", "www-zulu", "A", "192.0.2.1"),
            ("shared.example", "mixed", "A", "192.0.2.1"),
            ("shared.example", "nobody", "A", "192.0.2.1"),
            ("shared.example", "@", "TXT", "x"),
            ("shared.example", "alfa", "TXT", "x"),
            ("shared.example", "other", "A", "192.0.2.1"),
            ("nowhere.example", "www", "A", "192.0.2.1"),
            ("shared.example", "a b", "A", "192.0.2.1"),
        ] {
            for op in [Op::Create, Op::Update, Op::Delete] {
                let refused = estate.plan(&alfa, &edit(op, zone, name, record_type, &[content])).await;
                assert!(matches!(refused, Err(Refused::NotFound)), "{op:?} {name} {record_type}: {refused:?}");
            }
        }
        // One foreign set is enough.
        let mut both = edit(Op::Update, "shared.example", "alfa", "CNAME", &["x.example.org"]);
        both.records.extend(edit(Op::Delete, "shared.example", "zulu", "CNAME", &[]).records);
        assert!(matches!(estate.plan(&alfa, &both).await, Err(Refused::NotFound)));
        for (from, to) in [("alfa-blue", "shared"), ("shared", "alfa-blue")] {
            assert!(matches!(estate.plan(&alfa, &estate.switch(from, to).await).await, Err(Refused::NotFound)));
        }
        assert!(matches!(
            estate.plan(&zulu, &estate.switch("alfa-blue", "alfa-green").await).await,
            Err(Refused::NotFound)
        ));
        let partly = estate.plan(&alfa, &estate.switch("alfa-blue", "alfa-both").await).await.unwrap();
        let told = estate.told(&alfa, &partly).await;
        assert!(told.contains(Code::OutOfSight.as_str()), "{told}");
        tells_nothing_foreign(&told);
    })
    .await;
}

#[tokio::test]
async fn a_new_set_is_made_in_their_zone_or_at_their_apps_host() {
    on_each_database(async |db| {
        let estate = Estate::over(db).await;
        let (alfa, zulu) = (team("alfa"), team("zulu"));
        let at_host = edit(Op::Create, "shared.example", "new", "A", &["192.0.2.2"]);
        let in_zone = edit(Op::Create, "alfa.example", "mail", "TXT", &["hello"]);
        for ask in [&at_host, &in_zone] {
            assert!(matches!(estate.plan(&zulu, ask).await, Err(Refused::NotFound)), "{ask:?}");
            let planned = estate.plan(&alfa, ask).await.unwrap();
            tells_nothing_foreign(&estate.told(&alfa, &planned).await);
            assert_eq!(estate.apply(&alfa, &planned).await, "succeeded", "{ask:?}");
            let undone = dns_change::undo(&estate.context, &alfa, &otto(), planned.id, "").await.unwrap();
            assert_eq!(estate.work(undone.change).await, "succeeded", "{ask:?}");
            assert!(estate.seen(&alfa, undone.change).await.is_some(), "{ask:?}");
        }
        // Something that is not theirs stands under the name of theirs: that it does is all that is told.
        let told = estate.told(&alfa, &estate.plan(&alfa, &to_a_name("beside")).await.unwrap()).await;
        assert!(told.contains("what else it has"), "{told}");
        tells_nothing_foreign(&told);
    })
    .await;
}

/// An administrator's plan for a team's set is told to the team without the words that were meant for others.
#[tokio::test]
async fn what_others_have_planned_is_told_without_their_words() {
    on_each_database(async |db| {
        let estate = Estate::over(db).await;
        let (alfa, everybody) = (team("alfa"), Scope::unrestricted());
        let ask = to_a_name("beside");
        let planned = estate.plan(&everybody, &ask).await.unwrap();
        let all = estate.told(&everybody, &planned).await;
        assert!(all.contains("TXT"), "{all}");
        let told = estate.told(&alfa, &estate.seen(&alfa, planned.id).await.unwrap()).await;
        assert!(told.contains("It may not stand beside what is there."), "{told}");
        assert!(!told.contains("TXT") && told.contains("beside.shared.example"), "{told}");
        tells_nothing_foreign(&told);
    })
    .await;
}
