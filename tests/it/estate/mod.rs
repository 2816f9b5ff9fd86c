//! Regions and clusters: on the map, in tables, on their own pages and in the API.

mod pages;
mod standing;

use chrono::TimeDelta;
use quarterdeck::config::{Config, Environment};
use quarterdeck::kinds::instance::Instance;
use quarterdeck::providers::memory::Script;
use quarterdeck::roles::Role;
use quarterdeck::store::Db;

use crate::support::house::{House, instance};
use crate::support::panel::{Browser, Panel};

/// What rows were placed by. `moon` is in it, and not in the panel's own.
const PLACED: &str = r#"
[[region]]
name = "eu"
timezone = "Europe/Warsaw"
latitude = 52.2
longitude = 21.0
watched_by = "us"

[[region]]
name = "us"
timezone = "America/New_York"

[[cluster]]
name = "eu-1"
region = "eu"
environment = "production"

[[cluster]]
name = "eu-2"
region = "eu"
environment = "staging"

[[cluster]]
name = "us-1"
region = "us"
environment = "production"

[[placement]]
match = { "tag.place" = "eu-1" }
set = { cluster = "eu-1", environment = "production" }

[[placement]]
match = { "tag.place" = "eu-2" }
set = { cluster = "eu-2", environment = "staging" }
"#;

const MOON: &str = r#"
[[region]]
name = "moon"

[[cluster]]
name = "moon-1"
region = "moon"
environment = "outpost"

[[placement]]
match = { "tag.place" = "moon" }
set = { cluster = "moon-1", environment = "outpost" }
"#;

/// Instances with these numbers, placed by their tag.
fn placed(numbers: std::ops::Range<usize>, place: &str) -> Vec<Instance> {
    let tagged = |number| Instance { tags: vec![("place".to_owned(), place.to_owned())], ..instance(number) };
    numbers.map(tagged).collect()
}

/// A house of one source: six instances in `eu-1`, three in `eu-2`, one on the moon, one nowhere.
async fn house(db: Db) -> (House, Script) {
    let mut house = House::configured(db, &format!("{PLACED}{MOON}"));
    let script = house.source("cloud").await;
    let all = [placed(0..6, "eu-1"), placed(6..9, "eu-2"), placed(9..10, "moon"), placed(10..11, "")];
    script.holds("account", all.concat());
    house.sync("cloud").await;
    (house, script)
}

/// A panel over the same database that has never heard of the moon, and somebody who looks at it.
async fn panel(house: &House) -> (Panel, Browser) {
    let configured = Config::from_text("test.toml", PLACED, &Environment::default()).unwrap();
    let panel = Panel::configured(house.db.clone(), |config| {
        config.regions = configured.regions;
        config.clusters = configured.clusters;
    })
    .await;
    panel.person("vera@example.com", Role::Viewer).await;
    panel.clock.advance(TimeDelta::seconds(1));
    let vera = panel.signed_in("vera@example.com").await;
    (panel, vera)
}
