//! What one scope holds, whatever its kind, and how it is told to a [`Collector`].
//!
//! Both the made-up platform and the scripts of tests are lists of holdings. Resources are made one at a time while
//! they are told, so that a hundred thousand of them cost no memory here.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::kinds::{Kind, SecretValue};
use crate::providers::{Collector, Hangup, Listing};
use crate::wire::{Parent, ProviderError, ScopeRef};

/// The content of a scope. Cheap to clone.
#[derive(Clone)]
pub struct Holding {
    scope: ScopeRef,
    parent: Option<Parent>,
    content: Arc<dyn Content>,
}

impl Holding {
    /// The given resources.
    pub fn of<K: Kind + Clone>(scope: &str, resources: impl IntoIterator<Item = K>) -> Self {
        let resources: Vec<K> = resources.into_iter().collect();
        Self::made(scope, resources.len(), move |index| resources[index].clone())
    }

    /// `count` resources, each made from its index when its turn comes.
    pub fn made<K: Kind>(scope: &str, count: usize, make: impl Fn(usize) -> K + Send + Sync + 'static) -> Self {
        let scope = ScopeRef { kind: K::SPEC.id(), name: scope.to_owned() };
        Self { scope, parent: None, content: Arc::new(Made { count, make: Box::new(make), seal: |_, _| Vec::new() }) }
    }

    /// The given resources, each with what `seal` puts beside it; its digests go into the resource.
    pub fn sealed<K: Kind + Clone>(scope: &str, resources: Vec<K>, seal: Seal<K>) -> Self {
        let scope = ScopeRef { kind: K::SPEC.id(), name: scope.to_owned() };
        let made = Made { count: resources.len(), make: Box::new(move |index| resources[index].clone()), seal };
        Self { scope, parent: None, content: Arc::new(made) }
    }

    /// The scope exists as long as the resource `parent` does.
    pub fn within<P: Kind>(mut self, parent: &P) -> Self {
        self.parent = Some(Parent { kind: P::SPEC.id(), external_id: parent.external_id() });
        self
    }

    pub fn scope(&self) -> &ScopeRef {
        &self.scope
    }

    pub fn len(&self) -> usize {
        self.content.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Begins the scope's listing.
    pub async fn begin(&self, collector: &Collector) -> Result<Listing, Hangup> {
        self.content.begin(collector, &self.scope.name, self.parent.clone()).await
    }

    /// Tells the resource at `index`.
    pub async fn tell(&self, listing: &mut Listing, index: usize) -> Result<(), ProviderError> {
        self.content.tell(listing, index).await
    }

    /// Tells the first `count` resources, which proves nothing about the others until the listing is ended.
    pub async fn begin_with(&self, collector: &Collector, count: usize) -> Result<Listing, ProviderError> {
        let mut listing = self.begin(collector).await?;
        for index in 0..count.min(self.len()) {
            self.tell(&mut listing, index).await?;
        }
        Ok(listing)
    }
}

impl fmt::Debug for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} in {:?}", self.len(), self.scope.kind, self.scope.name)
    }
}

/// A holding without its kind.
#[async_trait]
trait Content: Send + Sync {
    fn len(&self) -> usize;
    async fn begin(&self, collector: &Collector, scope: &str, parent: Option<Parent>) -> Result<Listing, Hangup>;
    async fn tell(&self, listing: &mut Listing, index: usize) -> Result<(), ProviderError>;
}

/// Gives the secrets of a resource, and writes their digests into it.
pub type Seal<K> = fn(&mut K, &Listing) -> Vec<SecretValue>;

struct Made<K> {
    count: usize,
    make: Box<dyn Fn(usize) -> K + Send + Sync>,
    seal: Seal<K>,
}

#[async_trait]
impl<K: Kind> Content for Made<K> {
    fn len(&self) -> usize {
        self.count
    }

    async fn begin(&self, collector: &Collector, scope: &str, parent: Option<Parent>) -> Result<Listing, Hangup> {
        collector.begin::<K>(scope, parent).await
    }

    async fn tell(&self, listing: &mut Listing, index: usize) -> Result<(), ProviderError> {
        let mut resource = (self.make)(index);
        let values = (self.seal)(&mut resource, listing);
        listing.push_with(&resource, &[], values).await
    }
}
