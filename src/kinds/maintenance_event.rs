//! Maintenance events: what the provider has announced to do to an instance, and when.

use serde::{Deserialize, Serialize};

use super::terms::Terms;
use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::{Instant, stored};

/// A scheduled event of one instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceEvent {
    pub account: String,
    pub provider_region: String,
    /// What identifies the event; everything else about it can change (a new `not_before` is a reschedule).
    pub event_id: String,
    pub instance_id: String,
    pub instance_name: String,
    /// `instance-reboot`, `system-reboot`, `system-maintenance`, `instance-retirement`, `instance-stop`, or what the
    /// provider says.
    pub code: String,
    /// `scheduled`, `completed`, `canceled`; read off the description's prefix, which is how AWS tells.
    pub state: String,
    pub description: String,
    #[serde(deserialize_with = "stored")]
    pub not_before: Option<Instant>,
    #[serde(deserialize_with = "stored")]
    pub not_after: Option<Instant>,
    /// Until when the start can be moved by the customer.
    #[serde(deserialize_with = "stored")]
    pub not_before_deadline: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "maintenance_event",
    path: "maintenance-events",
    title: "Maintenance event",
    titles: "Maintenance events",
    about: "Reboots, stops and retirements that a cloud has announced for instances; none here means that none is announced \
            by the sources that were last listed completely.",
    shortcut: 'm',
    facets: ["code", "provider_region", ""],
    filters: &["status", "code", "region", "cluster", "environment", "role", "provider_region", "source"],
    columns: &[
        Column::new("name", "Event").sortable().priority(1),
        Column::new("due_at", "Starts").sortable().priority(1),
        Column::new("status", "State").sortable().priority(1),
        Column::new("cluster", "Cluster").sortable(),
        Column::new("role", "Role").sortable(),
        Column::new("not_after", "Ends by").priority(3),
        Column::new("deadline", "Can be moved until").of(&["not_before_deadline"]),
        Column::new("description", "Description").priority(3),
        Column::new("code", "Code").sortable().optional(),
        Column::new("instance_id", "Instance ID").optional().priority(3),
        Column::new("event_id", "Event id").optional().priority(3),
        Column::new("not_before", "Announced start").optional().priority(3),
        Column::new("region", "Region").sortable().optional(),
        Column::new("environment", "Environment").sortable().optional(),
        Column::new("provider_region", "Provider's region").sortable().optional(),
        Column::new("account", "Account").optional().priority(3),
        Column::new("source", "Source").sortable().optional(),
        Column::new("changed_at", "Changed").sortable().optional(),
        Column::new("first_seen_at", "Announced").sortable().optional(),
    ],
    volatile: &["instance_name"],
    passage: true,
    tone,
    example: include_str!("examples/maintenance_event.json"),
    of: erased::<MaintenanceEvent>(),
};

fn tone(state: &str) -> Tone {
    match state {
        "scheduled" => Tone::Warn,
        "completed" | "canceled" => Tone::Muted,
        _ => Tone::Plain,
    }
}

impl Kind for MaintenanceEvent {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        self.event_id.clone()
    }

    fn facts(&self, _origin: &Origin) -> Facts {
        let mut terms = Terms::default();
        terms.extend([&self.event_id, &self.instance_id, &self.instance_name]);
        let instance = Key::instance(&self.account, &self.provider_region, &self.instance_id);
        Facts {
            name: format!("{} of {}", self.code, self.instance()),
            status: self.state.clone(),
            due_at: if self.is_ahead() { self.not_before } else { None },
            facets: [self.code.clone(), self.provider_region.clone(), String::new()],
            keys: Vec::new(),
            refs: vec![Mention::new(Role::PointsAt, instance)],
            terms: terms.into_vec(),
            tags: Vec::new(),
        }
    }

    fn cell(&self, column: &str) -> Cell {
        match column {
            "code" => Cell::text(&self.code),
            "description" => Cell::text(&self.description),
            "not_before" => Cell::time(self.not_before),
            "not_after" => Cell::time(self.not_after),
            "deadline" => Cell::time(self.not_before_deadline),
            "instance_id" => Cell::code(&self.instance_id),
            "event_id" => Cell::code(&self.event_id),
            "provider_region" => Cell::text(&self.provider_region),
            "account" => Cell::code(&self.account),
            _ => Cell::Empty,
        }
    }

    /// When does it hit, what will happen to which machine, and can it be moved.
    fn sections(&self) -> Vec<Section> {
        let when = Section::fields(
            "When",
            [
                ("State", Cell::badge(&self.state, tone(&self.state))),
                ("Starts, at the earliest", Cell::time(self.not_before)),
                ("Ends, at the latest", Cell::time(self.not_after)),
                ("The start can be moved until", Cell::time(self.not_before_deadline)),
            ],
        );
        let what = Section::fields(
            "What",
            [
                ("Code", Cell::text(&self.code)),
                ("What it means", Cell::text(meaning(&self.code))),
                ("Description", Cell::text(&self.description)),
                ("Instance", Cell::text(&self.instance_name)),
                ("Instance ID", Cell::code(&self.instance_id)),
            ],
        );
        let origin = Section::fields(
            "Origin",
            [
                ("Account", Cell::code(&self.account)),
                ("Provider's region", Cell::text(&self.provider_region)),
                ("Event id", Cell::code(&self.event_id)),
            ],
        );
        [when, what, origin].into_iter().filter(|section| !section.is_empty()).collect()
    }
}

impl MaintenanceEvent {
    /// Whether it is still to come; a state that nobody knows counts as still to come, so that nothing is overlooked.
    fn is_ahead(&self) -> bool {
        !matches!(self.state.as_str(), "completed" | "canceled")
    }

    fn instance(&self) -> &str {
        if self.instance_name.is_empty() { &self.instance_id } else { &self.instance_name }
    }
}

/// What an event does to the instance, for somebody who was just woken up (AWS, "Scheduled events for your instances").
fn meaning(code: &str) -> &'static str {
    match code {
        "instance-reboot" => "the instance is rebooted; it keeps its addresses and its disks",
        "system-reboot" => "the host is rebooted and the instance with it; it keeps its addresses and its disks",
        "system-maintenance" => {
            "network or power of the host is worked on; the instance may be unreachable for a while"
        }
        "instance-retirement" => {
            "the host is given up: the instance is stopped, or terminated if its root disk is not on EBS; stop and start it before then"
        }
        "instance-stop" => {
            "the instance is stopped; started again it gets another host, and another public address unless that is elastic"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reboot() -> MaintenanceEvent {
        MaintenanceEvent {
            account: "123456789012".to_owned(),
            provider_region: "eu-west-1".to_owned(),
            event_id: "instance-event-0D59".to_owned(),
            instance_id: "i-1".to_owned(),
            instance_name: "Web-1".to_owned(),
            code: "system-reboot".to_owned(),
            state: "scheduled".to_owned(),
            not_before: "2026-12-01T02:00:00Z".parse().ok(),
            not_after: "2026-12-01T04:00:00Z".parse().ok(),
            ..MaintenanceEvent::default()
        }
    }

    fn facts(event: &MaintenanceEvent) -> Facts {
        event.facts(&Origin { source: "aws-eu".to_owned(), network: String::new() })
    }

    #[test]
    fn a_scheduled_event_is_due_at_its_start_and_points_at_its_instance() {
        let facts = facts(&reboot());
        assert_eq!(facts.name, "system-reboot of Web-1");
        assert_eq!(facts.due_at, reboot().not_before);
        let instance = Key::instance("123456789012", "eu-west-1", "i-1");
        assert_eq!(facts.refs, [Mention::new(Role::PointsAt, instance)]);
        assert_eq!(facts.terms, ["instance-event-0d59", "i-1", "web-1"]);
    }

    #[test]
    fn f16_a_finished_event_is_due_no_more() {
        for state in ["completed", "canceled"] {
            let finished = MaintenanceEvent { state: state.to_owned(), ..reboot() };
            assert_eq!(facts(&finished).due_at, None, "{state}");
            assert_eq!(tone(state), Tone::Muted);
        }
        let strange = MaintenanceEvent { state: "postponed".to_owned(), ..reboot() };
        assert!(facts(&strange).due_at.is_some(), "what nobody knows is not taken for finished");
    }

    #[test]
    fn the_detail_says_when_before_it_says_what() {
        let titles: Vec<_> = reboot().sections().iter().map(|section| section.title).collect();
        assert_eq!(titles, ["When", "What", "Origin"]);
    }
}
