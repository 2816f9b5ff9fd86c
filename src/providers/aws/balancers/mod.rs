//! A region's load balancers, of both generations, as one listing.
//!
//! What a balancer is takes several calls. One that is not allowed leaves its part unsaid, so that what was known of it
//! stays; one that failed for another reason holds the whole balancer back, since the next pass will know. Both make
//! the listing partial.

use std::collections::HashMap;
use std::sync::OnceLock;

use futures_util::future::join;
use futures_util::{StreamExt, stream};

use super::failure::{AwsError, Class};
use super::gate::IN_FLIGHT;
use super::line::Request;
use super::region::RegionPass;
use super::tags::{Tag, Tagged, TagsOf, TagsPage};
use super::xml::Wrapped;
use crate::kinds::load_balancer::LoadBalancer;
use crate::providers::Listing;
use crate::wire::ProviderError;

mod classic;
mod modern;

/// Names that one DescribeTags takes.
const TAGGED_AT_ONCE: usize = 20;

type Tags = Vec<(String, String)>;

pub(super) async fn collect(pass: &RegionPass<'_>, mut listing: Listing) -> Result<(), ProviderError> {
    let (modern, classic) = join(modern::find(pass), classic::find(pass)).await;
    for Found { balancer, unsaid } in modern.balancers.iter().chain(&classic.balancers) {
        listing.push_without(balancer, unsaid).await?;
    }
    let trouble = modern.trouble.or(classic.trouble);
    pass.end(listing, trouble.map_or(Ok(()), Err)).await
}

/// What the listing of one generation came to.
#[derive(Default)]
struct Findings {
    balancers: Vec<Found>,
    /// The first thing that went wrong.
    trouble: Option<AwsError>,
}

/// A balancer, and the fields of which nothing may be asked.
struct Found {
    balancer: LoadBalancer,
    unsaid: Vec<&'static str>,
}

/// What one call told about a balancer.
enum Told<T> {
    Known(T),
    /// We may not ask; in the provider's words.
    Denied(String),
    /// Deleted meanwhile.
    Gone,
    /// It failed, and may work next time.
    Failed,
}

impl Findings {
    /// Remembers how a listing ended. A listing is about no balancer in particular, so whatever fails it is trouble.
    fn listed(&mut self, outcome: Result<(), AwsError>) {
        if let Err(failed) = outcome {
            self.trouble.get_or_insert(failed);
        }
    }

    /// Sorts a call's outcome, and remembers what went wrong.
    fn judge<T>(&mut self, outcome: Result<T, AwsError>) -> Told<T> {
        let failed = match outcome {
            Ok(known) => return Told::Known(known),
            Err(failed) => failed,
        };
        let told = match failed.class {
            Class::Gone => return Told::Gone,
            Class::Denied => Told::Denied(failed.error.message.clone()),
            _ => Told::Failed,
        };
        self.trouble.get_or_insert(failed);
        told
    }
}

/// One call for each of `names`, at the pace of a sweep. Once one is denied, the rest would be too and are not asked.
async fn sweep<T, F, Fut>(pass: &RegionPass<'_>, names: Vec<String>, ask: F) -> HashMap<String, Result<T, AwsError>>
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Result<T, AwsError>>,
{
    let (denied, ask) = (&OnceLock::<AwsError>::new(), &ask);
    let calls = names.into_iter().map(|name| async move {
        if let Some(denied) = denied.get() {
            return (name, Err(denied.clone()));
        }
        pass.api.line.gate.paced().await;
        let outcome = ask(name.clone()).await;
        if let Err(failed) = &outcome
            && failed.class == Class::Denied
        {
            let _ = denied.set(failed.clone());
        }
        (name, outcome)
    });
    stream::iter(calls).buffer_unordered(IN_FLIGHT).collect().await
}

/// The tags of each of `names`, twenty at a time. One of them that is gone fails all twenty: then they are asked for
/// singly.
async fn tags(pass: &RegionPass<'_>, names: &[String], request: TagsOf) -> HashMap<String, Result<Tags, AwsError>> {
    let mut tags: HashMap<String, Result<Tags, AwsError>> = HashMap::new();
    for batch in names.chunks(TAGGED_AT_ONCE) {
        let outcome = fetch_tags(pass, &request(batch)).await;
        let singly = batch.len() > 1 && outcome.as_ref().is_err_and(|failed| failed.class == Class::Gone);
        if !singly {
            keep(&mut tags, batch, outcome);
            continue;
        }
        for name in batch.chunks(1) {
            let outcome = fetch_tags(pass, &request(name)).await;
            keep(&mut tags, name, outcome);
        }
    }
    tags
}

async fn fetch_tags(pass: &RegionPass<'_>, request: &Request) -> Result<Vec<(String, Tags)>, AwsError> {
    let Wrapped(page): Wrapped<TagsPage> = pass.api.call(request).await?;
    let of_balancer = |tagged: Tagged| (tagged.balancer, tagged.tags.member.into_iter().map(Tag::into_pair).collect());
    Ok(page.tag_descriptions.member.into_iter().map(of_balancer).collect())
}

/// Files a batch's outcome under each of its names; a balancer that the answer leaves out has no tags.
fn keep(
    tags: &mut HashMap<String, Result<Tags, AwsError>>,
    batch: &[String],
    outcome: Result<Vec<(String, Tags)>, AwsError>,
) {
    match outcome {
        Ok(told) => {
            tags.extend(batch.iter().map(|name| (name.clone(), Ok(Tags::new()))));
            for (name, mut of_balancer) in told {
                of_balancer.sort();
                tags.insert(name, Ok(of_balancer));
            }
        }
        Err(failed) => tags.extend(batch.iter().map(|name| (name.clone(), Err(failed.clone())))),
    }
}
