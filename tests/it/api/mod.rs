//! The API as machines use it, over the made-up platform: its description against what it answers, paging, files, decisions.

use std::sync::Arc;

use quarterdeck::clock::Clock;
use quarterdeck::config::{Config, Environment};
use quarterdeck::net::http::Http;
use quarterdeck::providers::{Built, Parts, build};
use quarterdeck::roles::Role;

use crate::support::database::{Database, a_quiet_noon};
use crate::support::house::House;
use crate::support::panel::{Browser, Panel};

mod description;
mod inventory;
mod losses;

/// A panel over one sync of the made-up platform's sources, with an administrator and an operator.
struct Platform {
    panel: Panel,
    house: House,
    _database: Database,
}

impl Platform {
    async fn start() -> Self {
        let database = Database::any().await;
        let db = database.open(a_quiet_noon());
        let mut house = House::over(db.clone());
        let text = include_str!("../../../src/cli/demo.toml");
        let config = Config::from_text("demo.toml", text, &Environment::default()).unwrap();
        let parts = Parts { http: Http::new(), clock: Clock::held_at(a_quiet_noon().now()) };
        for (source, built) in build::build_sources(&config, &parts).unwrap() {
            let Built::Ready(provider) = built else { continue };
            if ["aws-eu", "cloudflare", "paas-eu"].contains(&source.name.as_str()) {
                house.join(&source.name, Arc::from(provider)).await;
                house.sync(&source.name).await;
            }
        }
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Admin).await;
        Self { panel, house, _database: database }
    }

    async fn ada(&self) -> Browser {
        self.panel.signed_in("ada@example.com").await
    }
}
