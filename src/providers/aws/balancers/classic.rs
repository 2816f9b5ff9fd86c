//! Classic balancers: the listing names their instances, so that only the health of those can be missing.

use std::collections::HashSet;

use super::super::elb_classic::{self, BalancerItem, BalancersPage, HealthPage};
use super::super::failure::AwsError;
use super::super::paging::read_pages;
use super::super::region::RegionPass;
use super::super::xml::Wrapped;
use super::{Findings, Found, Tags, Told, sweep, tags};

pub(super) async fn find(pass: &RegionPass<'_>) -> Findings {
    let mut findings = Findings::default();
    let (items, listed) = list(pass).await;
    findings.listed(listed);
    let names: Vec<String> = items.iter().map(|item| item.load_balancer_name.clone()).collect();
    let serving = items.iter().filter(|item| !item.instances.member.is_empty());
    let serving = serving.map(|item| item.load_balancer_name.clone()).collect();
    let mut health =
        sweep(
            pass,
            serving,
            |name| async move { pass.api.call::<Wrapped<HealthPage>>(&elb_classic::health(&name)).await },
        )
        .await;
    let mut tags = tags(pass, &names, elb_classic::tags).await;

    let mut seen = HashSet::new();
    for item in items {
        let name = item.load_balancer_name.clone();
        if !seen.insert(name.clone()) {
            continue;
        }
        let mut targets = item.targets();
        let mut balancer = item.into_balancer(pass.account, pass.region());
        match health.remove(&name).map(|outcome| findings.judge(outcome)) {
            None => {}
            Some(Told::Known(Wrapped(answer))) => answer.apply(&mut targets, &mut *pass.unknowns.lock().await),
            Some(Told::Gone) => continue,
            Some(Told::Denied(words)) => balancer.targets_error = words,
            Some(Told::Failed) => balancer.targets_error = "their health could not be read this time".to_owned(),
        }
        let mut unsaid = Vec::new();
        match findings.judge(tags.remove(&name).unwrap_or_else(|| Ok(Tags::new()))) {
            Told::Known(tags) => balancer.tags = tags,
            Told::Denied(_) => unsaid.push("tags"),
            Told::Gone | Told::Failed => continue,
        }
        findings.balancers.push(Found { balancer: balancer.with_targets(targets), unsaid });
    }
    findings
}

async fn list(pass: &RegionPass<'_>) -> (Vec<BalancerItem>, Result<(), AwsError>) {
    read_pages("DescribeLoadBalancers (classic)", |marker| async move {
        let Wrapped(page): Wrapped<BalancersPage> = pass.api.call(&elb_classic::balancers(marker)).await?;
        Ok((page.load_balancer_descriptions.member, page.next_marker))
    })
    .await
}
