//! Application, network and gateway balancers: the listing, then their groups' targets, their listeners and their tags.

use std::collections::{HashMap, HashSet};

use futures_util::future::join3;

use super::super::elb_v2::{self, BalancerItem, BalancersPage, Group, GroupsPage, HealthPage, ListenersPage};
use super::super::failure::{AwsError, Class};
use super::super::paging::{all_pages, read_pages};
use super::super::region::RegionPass;
use super::super::xml::Wrapped;
use super::{Findings, Found, Tags, Told, sweep, tags};
use crate::kinds::load_balancer::{Listener, Target};

/// What was told of all balancers, by ARN.
struct Parts {
    groups: Result<Vec<Group>, AwsError>,
    /// By target group.
    targets: HashMap<String, Result<Vec<Target>, AwsError>>,
    listeners: HashMap<String, Result<Vec<Listener>, AwsError>>,
    tags: HashMap<String, Result<Tags, AwsError>>,
}

pub(super) async fn find(pass: &RegionPass<'_>) -> Findings {
    let mut findings = Findings::default();
    let (items, listed) = list(pass).await;
    findings.listed(listed);
    if items.is_empty() {
        return findings;
    }
    let arns: Vec<String> = items.iter().map(|item| item.load_balancer_arn.clone()).collect();
    let ((groups, targets), listeners, tags) = join3(
        all_targets(pass),
        sweep(pass, arns.clone(), |arn| listeners_of(pass, arn)),
        tags(pass, &arns, elb_v2::tags),
    )
    .await;
    let mut parts = Parts { groups, targets, listeners, tags };
    let mut seen = HashSet::new();
    for item in items {
        if seen.insert(item.load_balancer_arn.clone())
            && let Some(balancer) = assemble(pass, item, &mut parts, &mut findings).await
        {
            findings.balancers.push(balancer);
        }
    }
    findings
}

async fn list(pass: &RegionPass<'_>) -> (Vec<BalancerItem>, Result<(), AwsError>) {
    read_pages("DescribeLoadBalancers", |marker| async move {
        let Wrapped(page): Wrapped<BalancersPage> = pass.api.call(&elb_v2::balancers(marker)).await?;
        Ok((page.load_balancers.member, page.next_marker))
    })
    .await
}

/// The target groups, and the targets of those that belong to a balancer.
async fn all_targets(
    pass: &RegionPass<'_>,
) -> (Result<Vec<Group>, AwsError>, HashMap<String, Result<Vec<Target>, AwsError>>) {
    let groups = all_pages("DescribeTargetGroups", |marker| async move {
        let Wrapped(page): Wrapped<GroupsPage> = pass.api.call(&elb_v2::groups(marker)).await?;
        Ok((page.target_groups.member, page.next_marker))
    })
    .await;
    let used: HashMap<String, Group> = groups
        .iter()
        .flatten()
        .filter(|group| !group.load_balancer_arns.member.is_empty())
        .map(|group| (group.target_group_arn.clone(), group.clone()))
        .collect();
    let mut arns: Vec<String> = used.keys().cloned().collect();
    arns.sort();
    let used = &used;
    let ask = |arn: String| async move {
        let Wrapped(answer): Wrapped<HealthPage> = pass.api.call(&elb_v2::health(&arn)).await?;
        let mut unknowns = pass.unknowns.lock().await;
        Ok(used.get(&arn).map(|group| answer.into_targets(group, &mut unknowns)).unwrap_or_default())
    };
    let targets = sweep(pass, arns, ask).await;
    (groups, targets)
}

async fn listeners_of(pass: &RegionPass<'_>, arn: String) -> Result<Vec<Listener>, AwsError> {
    let arn = arn.as_str();
    let items = all_pages("DescribeListeners", |marker| async move {
        let Wrapped(page): Wrapped<ListenersPage> = pass.api.call(&elb_v2::listeners(arn, marker)).await?;
        Ok((page.listeners.member, page.next_marker))
    })
    .await?;
    let mut listeners: Vec<_> = items.into_iter().filter_map(elb_v2::ListenerItem::into_listener).collect();
    listeners.sort_by_key(|listener| listener.port);
    Ok(listeners)
}

/// The balancer with all its parts, but for those that may not be asked; nothing if it is gone, or if a part failed.
async fn assemble(
    pass: &RegionPass<'_>,
    item: BalancerItem,
    parts: &mut Parts,
    findings: &mut Findings,
) -> Option<Found> {
    let arn = item.load_balancer_arn.clone();
    let listeners = findings.judge(parts.listeners.remove(&arn).unwrap_or_else(|| Ok(Vec::new())));
    let tags = findings.judge(parts.tags.remove(&arn).unwrap_or_else(|| Ok(Tags::new())));
    let targets = targets_of(&arn, parts, findings);
    let mut balancer = item.into_balancer(pass.account, pass.region(), &mut *pass.unknowns.lock().await);
    let mut unsaid = Vec::new();
    match listeners {
        Told::Known(listeners) => balancer.listeners = listeners,
        Told::Denied(_) => unsaid.push("listeners"),
        Told::Gone | Told::Failed => return None,
    }
    match tags {
        Told::Known(tags) => balancer.tags = tags,
        Told::Denied(_) => unsaid.push("tags"),
        Told::Gone | Told::Failed => return None,
    }
    match targets {
        Told::Known(targets) => balancer = balancer.with_targets(targets),
        Told::Denied(words) => {
            balancer.targets_error = words;
            unsaid.extend(["members", "targets"]);
        }
        Told::Gone | Told::Failed => return None,
    }
    Some(Found { balancer, unsaid })
}

/// The targets of all the groups behind one balancer; a group that is gone has none.
fn targets_of(arn: &str, parts: &Parts, findings: &mut Findings) -> Told<Vec<Target>> {
    let groups = match &parts.groups {
        Ok(groups) => groups,
        Err(failed) => {
            findings.listed(Err(failed.clone()));
            let denied = failed.class == Class::Denied;
            return if denied { Told::Denied(failed.error.message.clone()) } else { Told::Failed };
        }
    };
    let mut targets = Vec::new();
    for group in groups.iter().filter(|group| group.load_balancer_arns.member.iter().any(|of| of == arn)) {
        let Some(outcome) = parts.targets.get(&group.target_group_arn) else { continue };
        match findings.judge(outcome.as_ref().map_err(Clone::clone)) {
            Told::Known(of_group) => targets.extend(of_group.iter().cloned()),
            Told::Gone => {}
            Told::Denied(words) => return Told::Denied(words),
            Told::Failed => return Told::Failed,
        }
    }
    Told::Known(targets)
}
