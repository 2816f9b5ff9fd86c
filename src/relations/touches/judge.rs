//! How bad it is for one resource, from everything that it depends on: which of it stands in for which.

use std::collections::{BTreeMap, BTreeSet};

use super::Harm;
use crate::kinds::{Key, app, dns_record, load_balancer};

/// In which sense something depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sense {
    /// It leads there, or goes by that name.
    Leads,
    /// It is shown under that name.
    Covers,
    /// It lies within.
    Within,
}

/// Everything that stands behind one key for one who depends on it: any of it will do.
#[derive(Clone, Debug, Default)]
pub(super) struct Need {
    pub holders: BTreeSet<i64>,
}

/// The needs of one resource.
pub(super) type Needs = BTreeMap<(Key, Sense), Need>;

/// What it comes to, and what is left in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub harm: Harm,
    pub left: String,
    /// It is shown without a certificate, and leads where it led: nobody behind it notices.
    pub is_uncovered_only: bool,
}

/// What becomes of a resource of that kind; `None` if it does not notice.
pub(super) fn judge(kind: &str, needs: &Needs, harmed: impl Fn(i64) -> Option<Harm>) -> Option<Judgement> {
    let fates: Vec<(&Key, Sense, Option<Harm>)> =
        needs.iter().map(|((key, sense), need)| (key, *sense, fate(need, &harmed))).collect();
    if kind == load_balancer::SPEC.name {
        return alternatives(fates.iter().map(|(key, _, harm)| (*key, *harm)), "target");
    }
    if kind == app::SPEC.name {
        // A domain takes a record and, where one covers it, a certificate.
        return alternatives(fates.iter().map(|(key, _, harm)| (*key, *harm)), "domain");
    }
    if kind == dns_record::SPEC.name {
        let led = fates.iter().filter(|(_, sense, _)| *sense != Sense::Covers).filter_map(|(_, _, harm)| *harm).max();
        let uncovered = fates.iter().any(|(_, sense, harm)| *sense == Sense::Covers && *harm == Some(Harm::Lost));
        return match led {
            Some(harm) => Some(Judgement { harm, left: leads(harm), is_uncovered_only: false }),
            None if uncovered => Some(Judgement {
                harm: Harm::Degraded,
                left: "no certificate covers it any more".to_owned(),
                is_uncovered_only: true,
            }),
            None => None,
        };
    }
    let harm = fates.iter().filter_map(|(_, _, harm)| *harm).max()?;
    Some(Judgement { harm, left: String::new(), is_uncovered_only: false })
}

fn leads(harm: Harm) -> String {
    match harm {
        Harm::Lost => "leads to nothing any more".to_owned(),
        Harm::Degraded => "leads to what is degraded".to_owned(),
    }
}

fn fate(need: &Need, harmed: &impl Fn(i64) -> Option<Harm>) -> Option<Harm> {
    let harms: Vec<Option<Harm>> = need.holders.iter().map(|id| harmed(*id)).collect();
    if harms.iter().all(|harm| *harm == Some(Harm::Lost)) {
        Some(Harm::Lost)
    } else {
        harms.iter().any(Option::is_some).then_some(Harm::Degraded)
    }
}

/// Lost with the last of several, degraded with any of them.
fn alternatives<'k>(fates: impl Iterator<Item = (&'k Key, Option<Harm>)>, noun: &str) -> Option<Judgement> {
    let mut by_key: BTreeMap<&Key, Option<Harm>> = BTreeMap::new();
    for (key, harm) in fates {
        let worst = by_key.entry(key).or_default();
        *worst = (*worst).max(harm);
    }
    let harm = by_key.values().filter_map(|harm| *harm).max()?;
    let all = by_key.len();
    let left = by_key.values().filter(|harm| **harm != Some(Harm::Lost)).count();
    let words = match (left, all) {
        (0, 1) => format!("its only {noun} is lost"),
        (0, all) => format!("none of {all} {noun}s remains"),
        (left, all) if left == all && all == 1 => format!("its only {noun} is degraded"),
        (left, all) if left == all => format!("all {all} {noun}s remain, not all of them whole"),
        (1, all) => format!("1 of {all} {noun}s remains"),
        (left, all) => format!("{left} of {all} {noun}s remain"),
    };
    Some(Judgement {
        harm: if left == 0 { Harm::Lost } else { harm.min(Harm::Degraded) },
        left: words,
        is_uncovered_only: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(of: &[(&str, Sense, &[i64])]) -> Needs {
        let need = |(key, sense, holders): &(&str, Sense, &[i64])| {
            ((Key::from_stored(key), *sense), Need { holders: holders.iter().copied().collect() })
        };
        of.iter().map(need).collect()
    }

    fn judged(kind: &str, needs: &Needs, lost: &[i64]) -> Option<(Harm, String)> {
        judge(kind, needs, |id| lost.contains(&id).then_some(Harm::Lost)).map(|one| (one.harm, one.left))
    }

    #[test]
    fn a_balancer_is_lost_with_its_last_target_and_degraded_with_any() {
        let needs = needs(&[("instance:a", Sense::Leads, &[1]), ("instance:b", Sense::Leads, &[2])]);
        assert_eq!(judged("load_balancer", &needs, &[]), None);
        assert_eq!(judged("load_balancer", &needs, &[1]), Some((Harm::Degraded, "1 of 2 targets remains".to_owned())));
        assert_eq!(
            judged("load_balancer", &needs, &[1, 2]),
            Some((Harm::Lost, "none of 2 targets remains".to_owned()))
        );
    }

    #[test]
    fn a_domain_takes_a_record_and_a_certificate() {
        let needs = needs(&[
            ("host:a", Sense::Leads, &[1, 2]),
            ("host:a", Sense::Covers, &[3]),
            ("host:b", Sense::Leads, &[4]),
        ]);
        assert_eq!(
            judged("app", &needs, &[1]),
            Some((Harm::Degraded, "all 2 domains remain, not all of them whole".to_owned()))
        );
        assert_eq!(judged("app", &needs, &[3]), Some((Harm::Degraded, "1 of 2 domains remains".to_owned())));
        assert_eq!(judged("app", &needs, &[3, 4]), Some((Harm::Lost, "none of 2 domains remains".to_owned())));
    }

    #[test]
    fn a_record_needs_its_zone_and_what_it_leads_to_and_only_misses_its_certificate() {
        let needs = needs(&[
            ("ip:192.0.2.1", Sense::Leads, &[1]),
            ("zone:z", Sense::Within, &[2]),
            ("host:a", Sense::Covers, &[3]),
        ]);
        for lost in [[1], [2]] {
            assert_eq!(judged("dns_record", &needs, &lost).map(|one| one.0), Some(Harm::Lost));
        }
        assert_eq!(judged("dns_record", &needs, &[3]).map(|one| one.0), Some(Harm::Degraded));
    }
}
