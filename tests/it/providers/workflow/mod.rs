//! The Workflow provider against the fake: what it reports of either controller, and that what it failed to see looks
//! like nothing else.

use std::time::Duration;

use quarterdeck::clock::Clock;
use quarterdeck::kinds::app::App;
use quarterdeck::net::http::{Http, RetryPolicy};
use quarterdeck::providers::Parts;
use quarterdeck::providers::workflow::{OwnerToken, Settings, Workflow};

use crate::support::collected::{Collected, collect};
use crate::support::workflow::{FakeWorkflow, Flavour, TOKEN};

mod drycc;
mod faults;
mod hephy;
mod setup;

/// Enough attempts, and no time lost between them.
pub const QUICK: RetryPolicy = RetryPolicy {
    attempts: 3,
    base: Duration::from_millis(1),
    cap: Duration::from_millis(5),
    patience: Duration::from_secs(5),
};

const ALICE: &str = "canary-a11ce0b3edc20f35fabd0c9de6db57a54a1a6c8a";

fn settings(fake: &FakeWorkflow) -> Settings {
    Settings::new(TOKEN.to_owned().into(), fake.url().parse().unwrap())
}

fn with(settings: Settings) -> Workflow {
    Workflow::new(settings, &Parts { http: Http::new(), clock: Clock::system() }).with_retry(QUICK)
}

/// What the panel's own account sees, in which no token shows.
async fn seen(fake: &FakeWorkflow) -> Collected {
    seen_with(settings(fake)).await
}

async fn seen_with(settings: Settings) -> Collected {
    let seen = collect(&with(settings)).await;
    for token in [TOKEN, ALICE] {
        assert!(!format!("{seen:?}").contains(token), "a token shows in {seen:?}");
    }
    seen
}

fn alices() -> OwnerToken {
    OwnerToken { user: "alice".to_owned(), token: Ok(ALICE.to_owned().into()) }
}

/// The names of the apps in a scope, in order.
fn names(seen: &Collected, scope: &str) -> Vec<String> {
    let mut names: Vec<String> = seen.all::<App>(scope).into_iter().map(|app| app.name).collect();
    names.sort();
    names
}

async fn hephy() -> FakeWorkflow {
    FakeWorkflow::start(Flavour::Hephy).await
}
