//! A month of changes, by a seed. At random moments every page that answers for the past is read; at the end of the
//! month each of them, asked for that moment, says the same; for one team too. With `QUARTERDECK_TEST_LARGE` set there
//! are twenty such moments, otherwise four.

use std::collections::BTreeMap;

use chrono::{SecondsFormat, TimeDelta};
use quarterdeck::accounts::{teams, users};
use quarterdeck::audit::Doer;
use quarterdeck::clock::Instant;
use quarterdeck::config::Environment;
use quarterdeck::kinds::KINDS;
use quarterdeck::placement::Within;
use quarterdeck::roles::{Reach, Role};
use quarterdeck::store::Db;

use super::picture;
use super::platform::{Dice, Platform, address};
use crate::support::database::on_each_database;
use crate::support::panel::{Browser, Panel};

const DAYS: usize = 30;
/// Resources of which everything is read at each of them.
const LOOKED_AT: usize = 5;

/// Somebody who sees one cluster, into which things move and out of which they go.
async fn team_of_eu(panel: &Panel, email: &str) {
    let doer = Doer::command_line();
    panel.person_seeing(email, Role::Viewer, Reach::Teams).await;
    let team = teams::create(&panel.context, &doer, "Europe", "").await.unwrap().row.id;
    let within = Within { cluster: "eu-1".to_owned(), ..Within::default() };
    teams::add_rule(&panel.context, &doer, team, within).await.unwrap();
    let person = users::find(&panel.context, email).await.unwrap();
    teams::add_member(&panel.context, &doer, team, &person).await.unwrap();
}

/// The paths that are read at one moment: lists in some way each, details, what hangs on them, searches, and the same
/// from the API.
async fn paths(vera: &Browser, dice: &mut Dice) -> Vec<String> {
    let mut paths = Vec::new();
    let (mut there, mut gone): (Vec<String>, Vec<String>) = Default::default();
    for spec in KINDS {
        let path = spec.path;
        for (those, into) in [("", &mut there), ("&gone=true", &mut gone)] {
            let list = vera.get(&format!("/api/v1/{path}?limit=1000{those}")).await.json();
            let ids = list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
            into.extend(ids.map(|id| format!("/{path}/{id}")));
        }
        paths.push(format!("/{path}?limit=1000"));
        paths.push(format!("/api/v1/{path}?limit=1000&sort=-changed_at"));
        let ways =
            ["sort=-name", "cluster=eu-1", "region=us&sort=-changed_at", "q=web", "q=app-1", "limit=3", "gone=true"];
        let csv = if dice.happens(3) { "format=csv&" } else { "" };
        paths.push(format!("/{path}?{csv}{}", ways[dice.roll(ways.len() - usize::from(!csv.is_empty()))]));
        paths.push(format!("/api/v1/{path}?{}", ways[dice.roll(ways.len())]));
    }
    paths.push("/instances?tag=env:test&status=running".to_owned());
    paths.push("/api/v1/instances?tag=place:eu&sort=-instance_type".to_owned());
    let some = |among: &[String], dice: &mut Dice| among.get(dice.roll(among.len().max(1))).cloned();
    let looked_at = (0..LOOKED_AT).filter_map(|_| some(&there, dice)).collect::<Vec<_>>();
    for one in looked_at.into_iter().chain(some(&gone, dice)) {
        paths.extend(["", "/touches", "/history"].map(|page| format!("{one}{page}")));
        paths.extend(["", "/touches"].map(|call| format!("/api/v1{one}{call}")));
    }
    for word in ["web", "env:test", "edge-1", &format!("app-{}", dice.roll(16)), &address(dice.roll(14))] {
        paths.push(format!("/search?q={word}"));
        paths.push(format!("/api/v1/search?q={word}&limit=100"));
    }
    paths.push(format!("/api/v1/addresses/{}", address(dice.roll(14))));
    paths
}

async fn pictures(
    vera: &Browser,
    paths: impl IntoIterator<Item = &String>,
    at: Option<Instant>,
) -> BTreeMap<String, String> {
    let mut pictures = BTreeMap::new();
    for path in paths {
        let mark = if path.contains('?') { '&' } else { '?' };
        let asked = match at {
            Some(at) => format!("{path}{mark}at={}", at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => path.clone(),
        };
        pictures.insert(path.clone(), picture::of(&vera.get(&asked).await));
    }
    pictures
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_past_moment_says_what_it_said_then() {
    let large = Environment::of_process().get("QUARTERDECK_TEST_LARGE").is_some();
    // At which pages are read.
    let moments = if large { 20 } else { 4 };
    on_each_database(|db: Db| async move {
        let mut platform = Platform::built(db.clone(), 20_261_121).await;
        let panel = Panel::over(db).await;
        panel.person("vera@example.com", Role::Viewer).await;
        let vera = panel.signed_in("vera@example.com").await;
        team_of_eu(&panel, "tess@example.com").await;
        let mut dice = Dice(7);
        let mut taken: Vec<(Instant, &str, BTreeMap<String, String>)> = Vec::new();
        for day in 0..DAYS {
            platform.a_day().await;
            if day * moments / DAYS < (day + 1) * moments / DAYS {
                panel.clock.advance(TimeDelta::minutes(1 + i64::try_from(dice.roll(50)).unwrap()));
                let vera = panel.signed_in("vera@example.com").await;
                let asked = paths(&vera, &mut dice).await;
                taken.push((panel.clock.now(), "vera@example.com", pictures(&vera, &asked, None).await));
                if taken.len() % 3 == 1 {
                    let tess = panel.signed_in("tess@example.com").await;
                    let of_many = |path: &&String| path.contains("limit=") || path.starts_with("/search?");
                    let then = pictures(&tess, asked.iter().filter(of_many), None).await;
                    taken.push((panel.clock.now(), "tess@example.com", then));
                }
            }
        }
        assert_eq!(taken.iter().filter(|(_, who, _)| who.starts_with("vera")).count(), moments);
        drop(vera);
        let (vera, tess) = (panel.signed_in("vera@example.com").await, panel.signed_in("tess@example.com").await);
        let mut differing = Vec::new();
        let mut said = 0;
        for (at, who, then) in &taken {
            let reader = if *who == "vera@example.com" { &vera } else { &tess };
            let later = pictures(reader, then.keys(), Some(*at)).await;
            for (path, then) in then {
                said += usize::from(then != "there is none");
                if later[path] != *then {
                    differing.push(format!("{path} at {at} for {who}\n  then  {then}\n  later {}", later[path]));
                }
            }
        }
        assert!(said > moments * 50, "only {said} pages were there to be compared");
        let shown: Vec<&String> = differing.iter().take(6).collect();
        assert!(differing.is_empty(), "{} of {said} differ:\n{shown:#?}", differing.len());
    })
    .await;
}
