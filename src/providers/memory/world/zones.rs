//! The zones, of unequal size, and the name server of the old data centre.

use super::super::holding::Holding;
use super::zone_file::ZoneFile;
use super::{Moment, Written, records, seed};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;

/// The account that owns the managed zones.
pub const ACCOUNT: &str = "Example Platform";
/// The scope in which the zones themselves are listed.
const ALL_ZONES: &str = "zones";

struct Plan {
    name: &'static str,
    status: &'static str,
    plan: &'static str,
    writes: fn(&mut ZoneFile<'_>),
}

const MANAGED: &[Plan] = &[
    Plan { name: "shop.example", status: "active", plan: "business", writes: records::shop::write },
    Plan { name: "media.example", status: "active", plan: "pro", writes: records::media::write },
    Plan { name: "billing.example", status: "active", plan: "business", writes: records::billing::write },
    Plan { name: "edge.example.net", status: "active", plan: "pro", writes: records::edge::write },
    Plan { name: "example.com", status: "active", plan: "pro", writes: records::apps::write },
    Plan { name: "example.org", status: "active", plan: "free", writes: records::office::write },
    Plan { name: "spring-sale.example", status: "active", plan: "free", writes: records::campaign::write },
    Plan { name: "next-brand.example", status: "pending", plan: "free", writes: |_| {} },
];

const LEGACY: &[Plan] =
    &[Plan { name: "dc.example.org", status: "active", plan: "", writes: records::office::write_data_centre }];

/// What the DNS provider shows.
pub fn managed(moment: &Moment) -> Written {
    zones(MANAGED, moment)
}

/// What the old data centre's name server shows.
pub fn legacy(moment: &Moment) -> Written {
    zones(LEGACY, moment)
}

fn zones(plans: &[Plan], moment: &Moment) -> Written {
    plans.iter().map(|plan| (zone(plan, moment), written(plan, moment))).collect()
}

/// As they are collected: the zones in one scope, the records of each in its own. Nothing where there are no zones.
pub fn holdings(zones: Written) -> Vec<Holding> {
    if zones.is_empty() {
        return Vec::new();
    }
    let all = Holding::of(ALL_ZONES, zones.iter().map(|(zone, _)| zone.clone()).collect::<Vec<_>>());
    let records = zones.into_iter().map(|(zone, records)| Holding::of(&zone.name, records).within(&zone));
    std::iter::once(all).chain(records.collect::<Vec<_>>()).collect()
}

fn written(plan: &Plan, moment: &Moment) -> Vec<DnsRecord> {
    let mut file = ZoneFile::new(plan.name, moment);
    (plan.writes)(&mut file);
    file.into_records()
}

fn zone(plan: &Plan, moment: &Moment) -> Zone {
    let active = plan.status == "active";
    Zone {
        zone_id: seed::hex(plan.name, 32),
        name: plan.name.to_owned(),
        status: plan.status.to_owned(),
        zone_type: "full".to_owned(),
        account: ACCOUNT.to_owned(),
        plan: plan.plan.to_owned(),
        name_servers: vec!["ada.ns.example.net".to_owned(), "bob.ns.example.net".to_owned()],
        original_name_servers: vec!["ns1.example.org".to_owned()],
        permissions: ["#dns_records:edit", "#dns_records:read", "#zone:read"].map(str::to_owned).to_vec(),
        created_at: Some(moment.at(-900, 10)),
        activated_at: active.then(|| moment.at(-899, 10)),
        modified_on: Some(moment.at(-30, 10)),
        ..Zone::default()
    }
}
