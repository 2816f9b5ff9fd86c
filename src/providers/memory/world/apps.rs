//! The apps of three teams at two controllers.

use std::collections::BTreeMap;

use super::place::Place;
use super::{Moment, drift, seed};
use crate::kinds::app::{App, Limit, Release};

/// Where an app is deployed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Eu,
    Us,
    Both,
}

/// `(team, apps)`; each app with where it runs.
const TEAMS: &[(&str, &[(&str, At)])] = &[
    (
        "storefront",
        &[
            ("shop", At::Both),
            ("cart", At::Eu),
            ("catalog", At::Eu),
            ("checkout", At::Eu),
            ("coupons", At::Us),
            ("gift-cards", At::Us),
            ("loyalty", At::Us),
            ("recommendations", At::Eu),
            ("returns", At::Us),
            ("reviews", At::Eu),
            ("search", At::Eu),
            ("stores", At::Us),
            ("wishlist", At::Eu),
        ],
    ),
    (
        "payments",
        &[
            ("billing", At::Both),
            ("dunning", At::Eu),
            ("exchange-rates", At::Us),
            ("fraud-check", At::Eu),
            ("invoices", At::Eu),
            ("ledger", At::Eu),
            ("payouts", At::Us),
            ("receipts", At::Us),
            ("refunds", At::Eu),
            ("statements", At::Us),
            ("subscriptions", At::Eu),
            ("tax", At::Us),
        ],
    ),
    (
        "media",
        &[
            ("archive", At::Us),
            ("artwork", At::Eu),
            ("captions", At::Us),
            ("live", At::Us),
            ("media-upload", At::Eu),
            ("player", At::Eu),
            ("playlists", At::Us),
            ("podcasts", At::Eu),
            ("radio", At::Eu),
            ("subtitles", At::Us),
            ("thumbnails", At::Eu),
            ("transcoder", At::Eu),
            ("trailers", At::Us),
        ],
    ),
];

/// Apps whose owners put a domain of their own before them.
const WITH_DOMAIN: &[&str] = &[
    "shop",
    "cart",
    "catalog",
    "reviews",
    "search",
    "stores",
    "loyalty",
    "billing",
    "invoices",
    "payouts",
    "tax",
    "live",
    "player",
    "podcasts",
    "radio",
    "playlists",
];
/// One of them forgot the record.
const WITHOUT_RECORD: &str = "radio";

/// The one whose latest deploy failed.
const FAILED_DEPLOY: &str = "fraud-check";

/// The apps at the region's controller.
pub fn apps(place: &Place, moment: &Moment) -> Vec<App> {
    names(place).map(|(team, name)| app(place, team, name, moment)).collect()
}

/// The domains of their own that apps at the region's controller have, and whether a record leads there.
pub fn custom_domains(place: &Place) -> impl Iterator<Item = (String, bool)> {
    names(place)
        .filter(|(_, name)| WITH_DOMAIN.contains(name))
        .map(|(_, name)| (custom_domain(place, name), name != WITHOUT_RECORD))
}

/// The address that every app has at its controller.
pub fn platform_domain(place: &Place, name: &str) -> String {
    format!("{name}.{}.apps.example.com", place.code)
}

/// The domain that an owner put before an app: unique over all controllers.
pub fn custom_domain(place: &Place, name: &str) -> String {
    format!("{}.example.com", if place.code == "us" { format!("us-{name}") } else { name.to_owned() })
}

fn names(place: &Place) -> impl Iterator<Item = (&'static str, &'static str)> {
    let here = if place.code == "us" { At::Us } else { At::Eu };
    TEAMS.iter().flat_map(move |(team, apps)| {
        apps.iter().filter(move |(_, at)| *at == here || *at == At::Both).map(move |(name, _)| (*team, *name))
    })
}

fn app(place: &Place, team: &str, name: &str, moment: &Moment) -> App {
    let identity = format!("{name} at {}", place.controller());
    let wanted = wanted(name);
    let running = running(name, &wanted, moment.step);
    let is_busy = name == "shop";
    let release = if is_busy { drift::build(moment.step) } else { 3 + seed::number(&identity, 120) };
    let released = -i64::try_from(seed::number(&identity, 60)).unwrap_or_default() - 1;
    let mut domains = vec![platform_domain(place, name)];
    if WITH_DOMAIN.contains(&name) {
        domains.push(custom_domain(place, name));
    }
    App {
        uuid: seed::uuid(&identity),
        name: name.to_owned(),
        owner: team.to_owned(),
        collaborators: if name == "ledger" { vec!["auditor".to_owned()] } else { Vec::new() },
        state: App::state_of(&wanted, &running).to_owned(),
        processes: wanted,
        running,
        domains,
        platform_address: platform_domain(place, name),
        limits: limits(name),
        release: format!("v{release}"),
        released_at: Some(moment.at(if is_busy { -1 } else { released }, 14)),
        releases: releases(team, name, release, if is_busy { -1 } else { released }, moment),
        unseen: if name == "dunning" { vec!["collaborators (403: not for panel)".to_owned()] } else { Vec::new() },
        created_at: Some(moment.at(-700 + released, 10)),
        ..App::default()
    }
}

fn limits(name: &str) -> BTreeMap<String, Limit> {
    let limit = |memory: &str, cpu: &str| Limit { memory: memory.to_owned(), cpu: cpu.to_owned(), ..Limit::default() };
    match seed::number(name, 3) {
        0 => BTreeMap::new(),
        1 => BTreeMap::from([("web".to_owned(), limit("256M/512M", "250m/500m"))]),
        _ => BTreeMap::from([("web".to_owned(), limit("512M/1G", "500m")), ("worker".to_owned(), limit("1G", ""))]),
    }
}

/// The last three; of one app the latest deploy failed, and the one before it goes on.
fn releases(team: &str, name: &str, latest: u64, day: i64, moment: &Moment) -> Vec<Release> {
    let release = |version: u64, day: i64, summary: String| Release {
        version: format!("v{version}"),
        summary,
        created_at: Some(moment.at(day, 14)),
        ..Release::default()
    };
    let build = |version: u64| seed::hex(&format!("{name} {version}"), 7);
    let mut releases = vec![
        release(latest, day, format!("{team} deployed {}", build(latest))),
        release(latest - 1, day - 2, format!("{team} added FEATURE_FLAGS")),
        release(latest - 2, day - 9, format!("{team} deployed {}", build(latest - 2))),
    ];
    if name == FAILED_DEPLOY {
        let failed = release(latest + 1, day + 1, format!("{team} deployed {}", build(latest + 1)));
        let exception = "web-1 did not become ready within 120 s".to_owned();
        releases.insert(0, Release { failed: true, exception, ..failed });
    }
    releases
}

fn wanted(name: &str) -> BTreeMap<String, i64> {
    let count = |below| i64::try_from(1 + seed::number(name, below)).unwrap_or(1);
    let web = match name {
        "coupons" => 0,
        "search" => 3,
        _ => count(4),
    };
    let mut wanted = BTreeMap::from([("web".to_owned(), web)]);
    if web > 1 {
        wanted.insert("worker".to_owned(), count(2));
    }
    wanted
}

/// As wanted, but for one app that limps now and then, one that always does, and one that is down.
fn running(name: &str, wanted: &BTreeMap<String, i64>, step: u64) -> BTreeMap<String, i64> {
    let lacking = match name {
        "search" if drift::search_limps(step) => 1,
        "transcoder" => 1,
        "statements" => i64::MAX,
        _ => 0,
    };
    let runs = |process: &str, count: i64| if process == "web" { (count - lacking).max(0) } else { count };
    let down = name == "statements";
    wanted.iter().map(|(process, count)| (process.clone(), if down { 0 } else { runs(process, *count) })).collect()
}
