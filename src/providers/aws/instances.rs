//! A region's instances and their maintenance events: two listings of EC2 that are joined by id, and may each have
//! holes.

use std::collections::{HashMap, HashSet};

use super::ec2_instances::{self, InstancesAnswer};
use super::ec2_status::{self, StatusAnswer, StatusItem};
use super::failure::AwsError;
use super::paging::{Pager, read_pages};
use super::region::RegionPass;
use crate::providers::Listing;
use crate::wire::ProviderError;

/// Status first and kept whole (it is small), so that each instance can leave with its checks as soon as its page is
/// read.
pub(super) async fn collect(
    pass: &RegionPass<'_>,
    mut instances: Listing,
    mut events: Listing,
) -> Result<(), ProviderError> {
    let (statuses, told) = read_statuses(pass).await;
    let by_id: HashMap<&str, &StatusItem> =
        statuses.iter().map(|status| (status.instance_id.as_str(), status)).collect();

    let mut names = HashMap::new();
    let listed = list_instances(pass, &by_id, &mut instances, &mut names).await;
    let all_listed = listed.is_ok();
    pass.end(instances, listed).await?;

    let mut reported = HashSet::new();
    for status in &statuses {
        let name = names.get(&status.instance_id);
        // Without its instance an event has no name; if it was not looked for to the end, it has the one that it had.
        let unsaid: &[&str] = if name.is_none() && !all_listed { &["instance_name"] } else { &[] };
        let name = name.map_or("", String::as_str);
        let mut unknowns = pass.unknowns.lock().await;
        let of_instance: Vec<_> = status.events(pass.account, pass.region(), name, &mut unknowns).collect();
        drop(unknowns);
        for event in of_instance {
            if reported.insert(event.event_id.clone()) {
                events.push_without(&event, unsaid).await?;
            }
        }
    }
    pass.end(events, told).await
}

async fn read_statuses(pass: &RegionPass<'_>) -> (Vec<StatusItem>, Result<(), AwsError>) {
    read_pages("DescribeInstanceStatus", |token| async move {
        let page: StatusAnswer = pass.api.call(&ec2_status::request(token)).await?;
        Ok((page.instance_status_set.item, page.next_token))
    })
    .await
}

/// Streams the pages into `listing`, and keeps the `names` of instances that have events.
async fn list_instances(
    pass: &RegionPass<'_>,
    statuses: &HashMap<&str, &StatusItem>,
    listing: &mut Listing,
    names: &mut HashMap<String, String>,
) -> Result<(), AwsError> {
    let mut pager = Pager::default();
    // Pages shift while they are read, so an instance may come twice.
    let mut reported = HashSet::new();
    while let Some(token) = pager.next_page() {
        let page: InstancesAnswer = match pass.api.call(&ec2_instances::request(token)).await {
            Ok(page) => page,
            Err(failed) if pager.restart(&failed) => {
                reported.clear();
                listing.restart().await?;
                continue;
            }
            Err(failed) => return Err(failed),
        };
        let next = page.next_token.clone();
        for item in page.into_items() {
            if !reported.insert(item.instance_id.clone()) {
                continue;
            }
            let mut unknowns = pass.unknowns.lock().await;
            let mut instance = item.into_instance(pass.account, pass.region(), pass.network, &mut unknowns);
            if let Some(status) = statuses.get(instance.instance_id.as_str()) {
                (instance.system_status, instance.instance_status) = status.checks(&mut unknowns);
                if status.has_events() {
                    names.insert(instance.instance_id.clone(), instance.name.clone());
                }
            }
            drop(unknowns);
            listing.push(&instance).await?;
        }
        pager.turn("DescribeInstances", next)?;
    }
    Ok(())
}
