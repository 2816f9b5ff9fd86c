//! What a running process is made of, opened once and handed on: configuration, database, clock, HTTP client, numbers,
//! providers.

use std::sync::Arc;

use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Config, SourceConfig};
use crate::kinds::KindSpec;
use crate::net::http::Http;
use crate::passwords::Passwords;
use crate::providers::{self, Built, Parts, Provider};
use crate::runs::Bell;
use crate::store::sources::{ConfiguredSource, configure};
use crate::store::{Db, Pages, StoreError};
use crate::telemetry::Metrics;

/// A running process. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub config: Arc<Config>,
    pub clock: Clock,
    pub http: Http,
    pub metrics: Metrics,
    pub db: Db,
    /// In the order of the configuration.
    pub sources: Arc<[Connected]>,
    pub passwords: Passwords,
    /// Rung when there is something to do, or something has been done.
    pub bell: Bell,
    /// Cancelled when the process is asked to stop: readiness ends at once, requests in hand are answered.
    pub stop: CancellationToken,
}

/// A configured source and the way to it.
#[derive(Clone)]
pub struct Connected {
    pub config: SourceConfig,
    pub reach: Reach,
}

/// Whether a source can be asked.
#[derive(Clone)]
pub enum Reach {
    Ready(Arc<dyn Provider>),
    NotConfigured { missing: String },
}

impl From<(SourceConfig, Built)> for Connected {
    fn from((config, built): (SourceConfig, Built)) -> Self {
        let reach = match built {
            Built::Ready(provider) => Reach::Ready(Arc::from(provider)),
            Built::NotConfigured { missing } => Reach::NotConfigured { missing },
        };
        Self { config, reach }
    }
}

impl Context {
    /// Opens the database, brings it up to date, opens its vault and tells it which sources there are.
    ///
    /// # Errors
    /// [`StoreError::Newer`] among others: a database ahead of this program is left alone. [`StoreError::WrongKey`]: so
    /// is one that was sealed with another key.
    pub async fn open(config: Config, sources: Vec<(SourceConfig, Built)>, parts: Parts) -> Result<Self, StoreError> {
        Self::open_by(config, sources, parts, Pages::Mapped).await
    }

    /// The same, of which `pages` says how SQLite reads its file.
    ///
    /// # Errors
    /// The same.
    pub async fn open_by(
        config: Config,
        sources: Vec<(SourceConfig, Built)>,
        parts: Parts,
        pages: Pages,
    ) -> Result<Self, StoreError> {
        let db = Db::open_by(config.server.database_url.expose_secret(), parts.clock.clone(), pages)?;
        for migration in db.migrate().await? {
            tracing::info!(migration, "brought the database up to date");
        }
        db.unlock(&config.server.secret_key.obtain()?).await?;
        let context = Self::over(config, sources, parts, db);
        let (configured, now) = (context.sources.iter().map(configured).collect::<Vec<_>>(), context.clock.now());
        context.db.write(move |connection| configure(connection, &configured, now)).await?;
        Ok(context)
    }

    /// A process over an open database, about which nothing is asked and to which nothing is said.
    pub fn over(config: Config, sources: Vec<(SourceConfig, Built)>, parts: Parts, db: Db) -> Self {
        Self {
            config: Arc::new(config),
            clock: parts.clock,
            metrics: parts.http.metrics().clone(),
            http: parts.http,
            db,
            sources: sources.into_iter().map(Connected::from).collect(),
            passwords: Passwords::new(),
            bell: Bell::default(),
            stop: CancellationToken::new(),
        }
    }
}

fn configured(source: &Connected) -> ConfiguredSource {
    ConfiguredSource {
        name: source.config.name.clone(),
        provider: source.config.provider.clone(),
        region: source.config.region.clone().unwrap_or_default(),
        cluster: source.config.cluster.clone().unwrap_or_default(),
        every_seconds: i64::try_from(source.config.every.as_secs()).unwrap_or(i64::MAX),
        kinds: kinds_of(source).iter().map(|spec| spec.name).collect(),
        missing: match &source.reach {
            Reach::Ready(_) => None,
            Reach::NotConfigured { missing } => Some(missing.clone()),
        },
    }
}

/// What the source itself says that it may list, or else what its provider declares.
fn kinds_of(source: &Connected) -> &'static [&'static KindSpec] {
    let own = match &source.reach {
        Reach::Ready(provider) => provider.kinds(),
        Reach::NotConfigured { .. } => None,
    };
    own.unwrap_or_else(|| providers::by_name(&source.config.provider).map_or(&[], |spec| spec.kinds))
}
