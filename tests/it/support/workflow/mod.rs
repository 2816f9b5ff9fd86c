//! A Workflow controller of our own: apps, certificates and accounts with state, behind the API's own rules, as Hephy
//! or as Drycc.
//!
//! | file | holds |
//! | --- | --- |
//! | `world` | accounts and their tokens, apps, certificates |
//! | `answers` | pages and refusals in the shapes of either controller |
//! | `fault` | scripted misbehaviour, matched by parts of the target |
//! | `server` | the routes: which fault, whose token, then the answer |
//!
//! **One more endpoint**: its arm in `server::truth`. **One more fault**: a variant of [`Effect`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use actix_web::dev::ServerHandle;

mod answers;
mod fault;
mod server;
mod world;

pub use fault::{Effect, Fault};
pub use world::{Flavour, World};

/// The token of the superuser `panel`, whom every fake knows from the start.
pub const TOKEN: &str = "canary-9c41-c6f1e8b3edc20f35fabd0c9de6db57a54a1a";

/// A running fake; it stops when it is dropped.
pub struct FakeWorkflow {
    world: Arc<Mutex<World>>,
    address: std::net::SocketAddr,
    handle: ServerHandle,
}

/// A request as the fake saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    /// Path and query.
    pub target: String,
    pub status: u16,
}

impl FakeWorkflow {
    /// Starts an empty one on a free port.
    pub async fn start(flavour: Flavour) -> Self {
        let world = Arc::new(Mutex::new(World::new(flavour)));
        let (address, handle) = server::start(world.clone());
        Self { world, address, handle }
    }

    /// What the setting `endpoint_url` is to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What scopes are named by.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The state, to look at or to change behind everybody's back.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Scripts a fault.
    pub fn script(&self, fault: Fault) {
        self.world().faults.push(fault);
    }

    /// The requests so far whose target contains `part`.
    pub fn seen(&self, part: &str) -> Vec<Seen> {
        self.world().seen.iter().filter(|seen| seen.target.contains(part)).cloned().collect()
    }
}

impl Drop for FakeWorkflow {
    fn drop(&mut self) {
        // The worker threads end by themselves once they are told; nobody has to wait for them.
        drop(self.handle.stop(false));
    }
}
