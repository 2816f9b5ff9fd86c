//! DNS changes, from the plan to the way back: against a provider whose every write the test sees, and against the real
//! ones.

mod alerted;
mod api;
mod audited;
mod carried;
mod cloudflare;
mod cluster;
mod followed;
mod guarded;
mod killed;
mod ledger;
mod mended;
mod offered;
mod own_names;
mod platform;
mod powerdns;
mod prompt;
mod served;
mod stacked;
mod still_answers;
mod stopped;
mod touched;

use std::ops::Deref;

use quarterdeck::actions::dns_change::Override;
use quarterdeck::audit::Doer;
use quarterdeck::runs::IdempotencyKey;
use quarterdeck::store::Db;

use crate::support::database::{Database, a_quiet_noon};
use ledger::Ledger;
use platform::{BLUE, GREEN, Platform, machine};

/// A platform whose zones are maps in memory.
pub struct Estate {
    platform: Platform,
    pub ledger: Ledger,
}

impl Estate {
    pub async fn over(db: Db, zones: &[&str]) -> Self {
        Self::placed(db, "", zones).await
    }

    pub async fn placed(db: Db, places: &str, zones: &[&str]) -> Self {
        let ledger = Ledger::new(zones);
        let platform = Platform::placed(db, places, || Box::new(ledger.clone())).await;
        Self { platform, ledger }
    }
}

impl Deref for Estate {
    type Target = Platform;

    fn deref(&self) -> &Platform {
        &self.platform
    }
}

/// A database that goes with the first value.
async fn a_fresh_one() -> (Database, Db) {
    let database = Database::any().await;
    let db = database.open(a_quiet_noon());
    (database, db)
}

/// Whatever a guard says.
fn anyhow() -> Override {
    Override { reason: "it has to be".to_owned(), typed: None }
}

fn otto() -> Doer {
    Doer { actor: "otto@example.com".to_owned(), ..Doer::command_line() }
}

fn key(text: &str, body: &str) -> Option<IdempotencyKey> {
    Some(IdempotencyKey::new(text, body.as_bytes()))
}
