//! A Cloudflare of our own: zones and records with state, behind the API's own rules.
//!
//! | file | holds |
//! | --- | --- |
//! | `world` | accounts' zones, their records, tokens and what each sees |
//! | `fault` | scripted misbehaviour, matched by path and page |
//! | `envelope` | the object around every answer, errors, paging bounds |
//! | `quota` | the rate limit with its headers |
//! | `server` | the routes: whose token, which fault, then the answer |
//! | `zones`, `records` | the lists with their filters and orders |
//! | `name_server` | the zones, served |
//! | `batch`, `content` | what is written, one by one or all at once, and what a record may say |
//!
//! **One more endpoint**: its function beside `records`, a route in `server`. **One more fault**: a variant of
//! [`Effect`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use actix_web::dev::ServerHandle;

mod batch;
mod content;
mod envelope;
mod fault;
mod name_server;
mod quota;
mod records;
mod server;
mod world;
mod zones;

pub use fault::{Effect, Fault};
pub use quota::Quota;
pub use world::{Record, Sight, World};

/// The token that every fake knows from the start; it sees all zones.
pub const TOKEN: &str = "canary-9c41-token-0123456789abcdefghijklm";

/// A running fake; it stops when it is dropped.
pub struct FakeCloudflare {
    world: Arc<Mutex<World>>,
    address: std::net::SocketAddr,
    handle: ServerHandle,
}

/// A request as the fake saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    pub method: String,
    /// Path and query, below the base path.
    pub target: String,
    pub body: serde_json::Value,
    pub status: u16,
}

impl FakeCloudflare {
    /// Starts an empty one on a free port.
    pub async fn start() -> Self {
        let world = Arc::new(Mutex::new(World::new()));
        let (address, handle) = server::start(world.clone());
        Self { world, address, handle }
    }

    /// What the setting `endpoint_url` is to be.
    pub fn url(&self) -> String {
        format!("http://{}/client/v4", self.address)
    }

    /// Starts a name server of its zones; where it answers.
    pub fn serves_names(&self) -> std::net::SocketAddr {
        name_server::start(self.world.clone())
    }

    /// The state, to look at or to change behind everybody's back.
    pub fn world(&self) -> MutexGuard<'_, World> {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.lists.borrow_mut().clear();
        world
    }

    /// Scripts a fault.
    pub fn script(&self, fault: Fault) {
        self.world().faults.push(fault);
    }

    /// The batches so far, as they were sent, refused ones too.
    pub fn batches(&self) -> Vec<Seen> {
        self.seen("/dns_records/batch")
    }

    /// The requests so far whose target contains `part`.
    pub fn seen(&self, part: &str) -> Vec<Seen> {
        self.world().seen.iter().filter(|seen| seen.target.contains(part)).cloned().collect()
    }
}

impl Drop for FakeCloudflare {
    fn drop(&mut self) {
        // The worker threads end by themselves once they are told; nobody has to wait for them.
        drop(self.handle.stop(false));
    }
}
