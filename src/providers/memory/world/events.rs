//! What the cloud has announced to do to machines: one tomorrow, one that is over, and one far off.

use super::fleet::{self, Machine};
use super::place::{ACCOUNT, Place};
use super::{Moment, machine, seed};
use crate::kinds::maintenance_event::MaintenanceEvent;

struct Announced {
    region: &'static str,
    role: &'static str,
    index: usize,
    code: &'static str,
    description: &'static str,
    /// Days from the origin, and the hour (UTC) at which it begins; it takes two hours.
    starts: (i64, i64),
}

const ANNOUNCED: &[Announced] = &[
    Announced {
        region: "eu",
        role: "postgres",
        index: 1,
        code: "system-reboot",
        description: "The instance is scheduled for a reboot of its host",
        starts: (1, 3),
    },
    Announced {
        region: "eu",
        role: "router",
        index: 0,
        code: "instance-reboot",
        description: "The instance is scheduled for a reboot",
        starts: (-2, 4),
    },
    Announced {
        region: "us",
        role: "media-origin",
        index: 0,
        code: "instance-retirement",
        description: "The instance is running on degraded hardware",
        starts: (9, 5),
    },
];

/// The events of the region. One that is over stays listed, and only its description's prefix says so.
pub fn events(place: &'static Place, moment: &Moment) -> Vec<MaintenanceEvent> {
    let announced = ANNOUNCED.iter().filter(|announced| announced.region == place.code);
    announced
        .filter_map(|announced| {
            let machine = fleet::of_role(place, announced.role).get(announced.index).copied()?;
            Some(event(announced, &machine, moment))
        })
        .collect()
}

fn event(announced: &Announced, target: &Machine, moment: &Moment) -> MaintenanceEvent {
    let (day, hour) = announced.starts;
    let not_after = moment.at(day, hour + 2);
    let is_over = moment.now > not_after;
    let prefix = if is_over { "[Completed] " } else { "" };
    MaintenanceEvent {
        account: ACCOUNT.to_owned(),
        provider_region: target.place.provider_region.to_owned(),
        event_id: format!("instance-event-0{}", seed::hex(&format!("event {}", target.name()), 16)),
        instance_id: machine::id(target, moment.step),
        instance_name: target.name(),
        code: announced.code.to_owned(),
        state: if is_over { "completed" } else { "scheduled" }.to_owned(),
        description: format!("{prefix}{}", announced.description),
        not_before: Some(moment.at(day, hour)),
        not_after: Some(not_after),
        not_before_deadline: Some(moment.at(day + 7, hour)),
    }
}
