//! What changes from step to step: always something, always the same, and never so much that the guard would mind.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// An hour of a demo whose sources are collected twice a minute.
const LONG: usize = 120;

/// The scopes of a collection with what is in them, by identity.
fn contents(told: &Told) -> BTreeMap<(String, String), BTreeMap<String, Value>> {
    let scopes = told.scopes().into_iter();
    scopes
        .map(|scope| {
            let kind = scope.kind.as_str();
            let resources = told.resources(kind, &scope.name).into_iter();
            let by_identity = resources.map(|resource| (identity(kind, &resource), resource)).collect();
            ((kind.to_owned(), scope.name.clone()), by_identity)
        })
        .collect()
}

/// As the guard decides: more than 30 % of ten or more, more than half of two to nine, or all.
fn is_suspicious(lost: usize, of: usize) -> bool {
    match of {
        0 => false,
        _ if lost >= of => true,
        10.. => lost * 10 > of * 3,
        _ => lost * 2 > of,
    }
}

#[tokio::test]
async fn no_step_loses_what_the_guard_would_hold_but_the_one_that_is_meant_to() {
    let mut held = BTreeSet::new();
    for source in SIGHTS.iter().filter(|sight| sight.source != "legacy-dc") {
        let mut largest: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut before = BTreeMap::new();
        for (step, told) in steps(source.source, LONG).await.iter().enumerate() {
            let now = contents(told);
            for (scope, resources) in &before {
                let resources: &BTreeMap<String, Value> = resources;
                let still: &BTreeMap<String, Value> = &now[scope];
                let gone = resources.keys().filter(|id| !still.contains_key(*id)).count();
                let most = largest.entry(scope.clone()).or_default();
                *most = (*most).max(resources.len());
                // Many small falls count as one: also against the most that there ever was.
                let fallen = *most - still.len().min(*most);
                if is_suspicious(gone, resources.len()) || (gone > 0 && is_suspicious(gone.max(fallen), *most)) {
                    held.insert((step, scope.1.clone(), resources.len(), still.len()));
                }
            }
            before = now;
        }
    }
    assert_eq!(held, BTreeSet::from([(2, "spring-sale.example".to_owned(), 13, 4)]));
}

#[tokio::test]
async fn the_held_loss_stays_lost() {
    let counts: Vec<usize> =
        steps("cloudflare", 50).await.iter().map(|told| told.count("dns_record", "spring-sale.example")).collect();
    assert_eq!(&counts[..4], [13, 13, 4, 4]);
    assert!(counts[2..].iter().all(|count| *count == 4));
}

#[tokio::test]
async fn the_same_step_always_looks_the_same() {
    for sight in SIGHTS {
        let (one, other) = (steps(sight.source, 30).await, steps(sight.source, 30).await);
        for (step, (one, other)) in one.iter().zip(&other).enumerate() {
            let texts = [one, other].map(|told| serde_json::to_string(&told.events).unwrap());
            assert_eq!(texts[0], texts[1], "{} at step {step}", sight.source);
        }
    }
}

#[tokio::test]
async fn there_is_something_to_see_at_nearly_every_step() {
    for source in ["aws-eu", "aws-us", "aws-ap", "cloudflare"] {
        let told = steps(source, LONG).await;
        let changes = told.windows(2).filter(|pair| contents(&pair[0]) != contents(&pair[1])).count();
        assert!(changes * 3 > LONG * 2, "{source} changed at {changes} of {LONG} steps");
    }
    for source in ["paas-eu", "paas-us"] {
        let told = steps(source, LONG).await;
        let changes = told.windows(2).filter(|pair| contents(&pair[0]) != contents(&pair[1])).count();
        assert!(changes * 3 > LONG, "{source} changed at {changes} of {LONG} steps");
    }
}

#[tokio::test]
async fn instances_come_and_go_stop_and_start_and_change_their_address() {
    let told = steps("aws-eu", LONG).await;
    let (mut came, mut went, mut states, mut moved) = (0, 0, 0, 0);
    for pair in told.windows(2) {
        let [before, after] = [&pair[0], &pair[1]].map(|told| {
            let instances = told.all("instance").into_iter();
            instances.map(|instance| (identity("instance", &instance), instance)).collect::<BTreeMap<_, _>>()
        });
        came += after.keys().filter(|id| !before.contains_key(*id)).count();
        went += before.keys().filter(|id| !after.contains_key(*id)).count();
        for (id, instance) in &after {
            let Some(earlier) = before.get(id) else { continue };
            states += usize::from(instance["state"] != earlier["state"]);
            moved += usize::from(instance["addresses"] != earlier["addresses"]);
        }
    }
    assert!(came > 30 && went > 30 && states > 30 && moved > 15, "{came} {went} {states} {moved}");
}
