//! Classic balancers: the listing names their instances, so that only the health of those can be missing.

use std::collections::HashSet;

use super::super::elb_classic::{self, BalancerItem, BalancersAnswer, HealthAnswer, TagsAnswer};
use super::super::failure::AwsError;
use super::super::paging::read_pages;
use super::super::region::RegionPass;
use super::{Findings, Tags, Told, sweep, tags};

pub(super) async fn find(pass: &RegionPass<'_>) -> Findings {
    let mut findings = Findings::default();
    let (items, listed) = list(pass).await;
    findings.listed(listed);
    let names: Vec<String> = items.iter().map(|item| item.load_balancer_name.clone()).collect();
    let serving = items.iter().filter(|item| !item.instances.member.is_empty());
    let serving = serving.map(|item| item.load_balancer_name.clone()).collect();
    let mut health =
        sweep(pass, serving, |name| async move { pass.api.call::<HealthAnswer>(&elb_classic::health(&name)).await })
            .await;
    let mut tags = tags(&names, |names| tags_of(pass, names)).await;

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
            Some(Told::Known(answer)) => answer.apply(&mut targets, &mut *pass.unknowns.lock().await),
            Some(Told::Gone) => continue,
            Some(Told::Denied(words)) => balancer.targets_error = words,
            Some(Told::Failed) => balancer.targets_error = "their health could not be read this time".to_owned(),
        }
        balancer.tags = match findings.judge(tags.remove(&name).unwrap_or_else(|| Ok(Tags::new()))) {
            Told::Known(tags) => tags,
            Told::Denied(_) => Tags::new(),
            Told::Gone | Told::Failed => continue,
        };
        findings.balancers.push(balancer.with_targets(targets));
    }
    findings
}

async fn list(pass: &RegionPass<'_>) -> (Vec<BalancerItem>, Result<(), AwsError>) {
    read_pages("DescribeLoadBalancers (classic)", |marker| async move {
        let page: BalancersAnswer = pass.api.call(&elb_classic::balancers(marker)).await?;
        let page = page.describe_load_balancers_result;
        Ok((page.load_balancer_descriptions.member, page.next_marker))
    })
    .await
}

async fn tags_of(pass: &RegionPass<'_>, names: Vec<String>) -> Result<Vec<(String, Tags)>, AwsError> {
    let request = elb_classic::tags(names.iter().map(String::as_str));
    let answer: TagsAnswer = pass.api.call(&request).await?;
    let tagged = answer.describe_tags_result.tag_descriptions.member.into_iter();
    Ok(tagged
        .map(|tagged| {
            (tagged.load_balancer_name, tagged.tags.member.into_iter().map(|tag| (tag.key, tag.value)).collect())
        })
        .collect())
}
