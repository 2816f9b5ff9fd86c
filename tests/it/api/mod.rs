//! The API as machines use it, over the made-up platform: its description against what it answers, paging, files,
//! decisions.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use quarterdeck::accounts::invitations::{self, Inviter};
use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::accounts::{teams, users};
use quarterdeck::actions::purge_cache::PurgeCache;
use quarterdeck::audit::Doer;
use quarterdeck::clock::Clock;
use quarterdeck::config::{Config, Environment};
use quarterdeck::net::http::Http;
use quarterdeck::placement::Within;
use quarterdeck::providers::{Built, Parts, build};
use quarterdeck::relations::findings;
use quarterdeck::roles::{Reach, Role, TokenScope};
use quarterdeck::runs::{self, AfterCrash, NewRun, NewStep};
use quarterdeck::store::alerts::{self, Condition, Severity};
use quarterdeck::store::dns_changes::{self, NewChange};
use quarterdeck::store::{AnyConnection, tasks};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::database::{Database, a_quiet_noon};
use crate::support::house::House;
use crate::support::panel::{Browser, Panel};

mod description;
mod inventory;
mod losses;
mod own;

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
        let places = "[[region]]\nname = \"eu\"\nlatitude = 52.2\nlongitude = 21.0\nwatched_by = \"us\"\n[[region]]\nname = \"us\"\n\
             [[cluster]]\nname = \"eu-1\"\nregion = \"eu\"\n";
        let configured = Config::from_text("test.toml", places, &Environment::default()).unwrap();
        let panel = Panel::configured(db, |config| {
            config.regions = configured.regions;
            config.clusters = configured.clusters;
        })
        .await;
        panel.person("ada@example.com", Role::Admin).await;
        Self { panel, house, _database: database }
    }

    /// Something to be told of besides resources: three open alerts, one that is resolved, a task, a run, and an
    /// invitation.
    async fn busy(&self) {
        let now = self.panel.clock.now();
        let condition = |name: &str, severity| Condition {
            fingerprint: name.to_owned(),
            severity,
            title: format!("{name} is wrong"),
            body: "Look at it.".to_owned(),
            link: "/sources/aws-eu".to_owned(),
            resource_id: None,
            source: "aws-eu".to_owned(),
            due_at: None,
        };
        use Severity::{Critical, Info, Warning};
        let all = [("info", Info), ("bad", Critical), ("over", Critical), ("warning", Warning)];
        let all = all.map(|(name, severity)| condition(name, severity));
        let still = all.iter().filter(|condition| condition.fingerprint != "over").cloned().collect::<Vec<_>>();
        let db = self.panel.context.db.clone();
        let steps = vec![NewStep::new("Purge 1 host in shop.example", json!({}), AfterCrash::Again)];
        let plan = json!({"app": "shop"});
        let run = NewRun::new(&PurgeCache, "Purge 1 host of shop", plan, steps, Doer::command_line());
        let write = move |connection: &mut AnyConnection| {
            alerts::settle(connection, "a rule", &all, now)?;
            alerts::settle(connection, "a rule", &still, now)?;
            runs::submit(connection, &db, &run)?;
            let change = NewChange {
                action: "switch".to_owned(),
                title: "Switch".to_owned(),
                plan: planned(),
                ..NewChange::default()
            };
            dns_changes::insert(connection, &change, now, now + TimeDelta::minutes(15))?;
            tasks::ensure(connection, "sync", "Asks for syncs.", Duration::from_secs(5), now)
        };
        self.panel.context.db.write(write).await.unwrap();
        let (context, doer) = (&self.panel.context, Doer::command_line());
        let made = invitations::invite(
            context,
            &doer,
            Inviter::default(),
            "grace@example.com",
            (Role::Operator, Reach::Everything),
        )
        .await;
        made.unwrap();
        let team = teams::create(context, &doer, "Shop", "").await.unwrap();
        let within = Within { cluster: "eu-staging".to_owned(), ..Within::default() };
        teams::add_rule(context, &doer, team.row.id, within).await.unwrap();
        let ada = users::find(context, "ada@example.com").await.unwrap();
        teams::add_member(context, &doer, team.row.id, &ada).await.unwrap();
        findings::sweep(&self.panel.context.db, &[]).await.unwrap();
    }

    /// A token of somebody's, as a header has it.
    async fn token_of(&self, email: &str, scope: TokenScope) -> String {
        let owner = users::find(&self.panel.context, email).await.unwrap();
        let wanted = Wanted { name: "machine".to_owned(), scope, days: 1, networks: Vec::new() };
        let doer = Doer::command_line().named(email);
        let (_, token) = tokens::create(&self.panel.context, &doer, Some(&owner), wanted).await.unwrap();
        format!("Bearer {}", token.expose_secret())
    }

    async fn ada(&self) -> Browser {
        self.panel.signed_in("ada@example.com").await
    }
}

/// A plan of a DNS change in which nothing is missing.
fn planned() -> String {
    let set = |content: &str| json!({"name": "www.example.com", "type": "A", "values": [{"id": "r1", "content": content, "ttl": 300, "comment": "web"}]});
    json!({
        "changes": [{
            "source": "cloudflare", "at": {"id": "z1", "name": "example.com"}, "name": "www.example.com", "type": "A",
            "before": set("192.0.2.10"), "after": set("198.51.100.10"), "why": "leads to eu-blue",
            "touches": [{"kind": "app", "id": 31, "name": "shop", "harm": "lost"}], "warnings": [],
        }],
        "refusals": [{"code": "large-share", "text": "It changes much.", "overridable": true}],
    })
    .to_string()
}
