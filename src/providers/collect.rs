//! What a provider reports into: scopes, their records, and how each listing ended.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::kinds::record::identity;
use crate::kinds::{Kind, Record, SecretValue};
use crate::secret::{Digest, Remembered, Secret};
use crate::wire::{ErrorKind, Event, Outcome, Parent, ProviderError, ScopeRef};

/// Records that travel in one event.
const BATCH: usize = 500;
/// Events under way: as much as a provider finds out while something is being written.
const UNDER_WAY: usize = 16;

/// The receiving end hung up: the sync was cancelled, and the collector should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sync no longer listens")]
pub struct Hangup;

impl From<Hangup> for ProviderError {
    fn from(hangup: Hangup) -> Self {
        Self::new("sync", "collect", ErrorKind::Unavailable, hangup.to_string())
    }
}

/// Takes what a provider finds. Cheap to clone, so that regions can be collected side by side.
#[derive(Clone, Debug)]
pub struct Collector {
    events: mpsc::Sender<Event>,
    secrets: Arc<Remembered>,
}

/// The listing of one scope. It ends with [`Listing::complete`], [`Listing::partial`] or [`Listing::skipped`]; one that
/// is dropped instead counts as partial.
#[derive(Debug)]
pub struct Listing {
    events: mpsc::Sender<Event>,
    digest: Digest,
    scope: ScopeRef,
    batch: Vec<Record>,
}

impl Collector {
    /// A collector and the stream of its events; a slow reader slows the provider down. Its digests hold for this
    /// collection alone.
    pub fn channel() -> (Self, mpsc::Receiver<Event>) {
        Self::channel_with(Remembered::nothing(Digest::of_the_moment()))
    }

    /// A collector that knows of the secrets that earlier collections saw.
    pub fn channel_with(secrets: Remembered) -> (Self, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(UNDER_WAY);
        (Self { events, secrets: Arc::new(secrets) }, receiver)
    }

    /// The secret `name` of the resource `external_id`, with the digest that stands for it in the resource's attrs.
    pub fn secret(&self, external_id: &str, name: &str, value: Secret) -> SecretValue {
        digested(&self.secrets.digest, external_id, name, value)
    }

    /// Former values of the resource's secrets, as far as they are kept.
    pub fn former_secrets(&self, external_id: &str) -> &[Secret] {
        self.secrets.former.get(&identity(external_id)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Begins the listing of the kind `K` in the scope `name`.
    pub async fn listing<K: Kind>(&self, name: &str) -> Result<Listing, Hangup> {
        self.begin::<K>(name, None).await
    }

    /// Begins a listing whose scope exists as long as the resource `parent` of the kind `P` does.
    pub async fn listing_within<K: Kind, P: Kind>(&self, name: &str, parent: &P) -> Result<Listing, Hangup> {
        self.begin::<K>(name, Some(Parent { kind: P::SPEC.id(), external_id: parent.external_id() })).await
    }

    pub(super) async fn begin<K: Kind>(&self, name: &str, parent: Option<Parent>) -> Result<Listing, Hangup> {
        let scope = ScopeRef { kind: K::SPEC.id(), name: name.to_owned() };
        self.send(Event::Begin { scope: scope.clone(), parent }).await?;
        Ok(Listing { events: self.events.clone(), digest: self.secrets.digest.clone(), scope, batch: Vec::new() })
    }

    /// A remark for the sync's log: an unknown value that was kept, a permission that is missing.
    pub async fn note(&self, text: impl Into<String>) -> Result<(), Hangup> {
        self.send(Event::Note { text: text.into() }).await
    }

    async fn send(&self, event: Event) -> Result<(), Hangup> {
        self.events.send(event).await.map_err(|_| Hangup)
    }
}

impl Listing {
    /// As [`Collector::secret`].
    pub fn secret(&self, external_id: &str, name: &str, value: Secret) -> SecretValue {
        digested(&self.digest, external_id, name, value)
    }

    /// Reports one resource.
    pub async fn push<K: Kind>(&mut self, resource: &K) -> Result<(), ProviderError> {
        self.push_with(resource, &[], Vec::new()).await
    }

    /// Reports one resource of which the fields `unsaid` could not be learned: they stay as they were last known.
    pub async fn push_without<K: Kind>(&mut self, resource: &K, unsaid: &[&str]) -> Result<(), ProviderError> {
        self.push_with(resource, unsaid, Vec::new()).await
    }

    /// The same, with the secrets that belong beside it.
    pub async fn push_with<K: Kind>(
        &mut self,
        resource: &K,
        unsaid: &[&str],
        values: Vec<SecretValue>,
    ) -> Result<(), ProviderError> {
        debug_assert_eq!(K::SPEC.id(), self.scope.kind, "a listing holds one kind");
        let record = Record::without(resource, unsaid)
            .map_err(|error| ProviderError::new("quarterdeck", "serialise", ErrorKind::Malformed, error.to_string()))?;
        self.batch.push(record.with_values(values));
        if self.batch.len() >= BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    /// Forgets what was reported so far, because the listing has to begin again.
    pub async fn restart(&mut self) -> Result<(), Hangup> {
        self.batch.clear();
        self.send(Event::Restart { scope: self.scope.clone() }).await
    }

    /// Everything there is has been reported.
    pub async fn complete(self) -> Result<(), Hangup> {
        self.end(Outcome::Complete).await
    }

    /// The listing broke off.
    pub async fn partial(self, error: ProviderError) -> Result<(), Hangup> {
        self.end(Outcome::Partial { error }).await
    }

    /// Everything there is has been reported, unless something went wrong on the way.
    pub async fn complete_unless(self, error: Option<ProviderError>) -> Result<(), Hangup> {
        match error {
            None => self.complete().await,
            Some(error) => {
                tracing::warn!(%error, kind = %self.scope.kind, scope = self.scope.name, "what there is could not be listed whole");
                self.partial(error).await
            }
        }
    }

    /// Nothing was asked, on purpose.
    pub async fn skipped(self, reason: impl Into<String>) -> Result<(), Hangup> {
        self.end(Outcome::Skipped { reason: reason.into() }).await
    }

    async fn end(mut self, outcome: Outcome) -> Result<(), Hangup> {
        self.flush().await?;
        let scope = self.scope.clone();
        self.send(Event::End { scope, outcome }).await
    }

    /// Sends what has gathered, before a batch is full.
    pub(super) async fn flush(&mut self) -> Result<(), Hangup> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.batch);
        self.send(Event::Records { scope: self.scope.clone(), records }).await
    }

    async fn send(&self, event: Event) -> Result<(), Hangup> {
        self.events.send(event).await.map_err(|_| Hangup)
    }
}

fn digested(digest: &Digest, external_id: &str, name: &str, value: Secret) -> SecretValue {
    SecretValue { name: name.to_owned(), digest: digest.of(&[external_id, name], &value), value }
}
