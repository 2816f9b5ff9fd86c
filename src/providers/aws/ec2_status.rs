//! EC2 DescribeInstanceStatus: status checks, and the scheduled events, which are told nowhere else.

use serde::Deserialize;

use super::endpoint::Service;
use super::line::Request;
use super::unknowns::Unknowns;
use super::xml::{Items, time};
use crate::kinds::maintenance_event::MaintenanceEvent;

const CODES: &[&str] =
    &["instance-reboot", "system-reboot", "system-maintenance", "instance-retirement", "instance-stop"];
const CHECKS: &[&str] = &["ok", "impaired", "insufficient-data", "not-applicable", "initializing"];

/// How AWS tells that an event is over: the description's prefix, in two spellings of one word.
const FINISHED: &[(&str, &str)] =
    &[("[completed]", "completed"), ("[canceled]", "canceled"), ("[cancelled]", "canceled")];

/// A page, of stopped instances too: a stopped one can be about to be retired.
pub(super) fn request(token: Option<String>) -> Request {
    Request::new(Service::Ec2, "DescribeInstanceStatus")
        .with("IncludeAllInstances", "true")
        .with("MaxResults", "1000")
        .with_some("NextToken", token)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusAnswer {
    #[serde(default)]
    pub instance_status_set: Items<StatusItem>,
    pub next_token: Option<String>,
}

/// What is known of one instance besides its description.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusItem {
    pub instance_id: String,
    #[serde(default)]
    events_set: Items<EventItem>,
    #[serde(default)]
    system_status: Summary,
    #[serde(default)]
    instance_status: Summary,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Summary {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventItem {
    instance_event_id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    not_before: String,
    #[serde(default)]
    not_after: String,
    #[serde(default)]
    not_before_deadline: String,
}

impl StatusItem {
    /// The system check and the instance check.
    pub fn checks(&self, unknowns: &mut Unknowns) -> (String, String) {
        let (system, instance) = (&self.system_status.status, &self.instance_status.status);
        unknowns.check("status check", system, CHECKS);
        unknowns.check("status check", instance, CHECKS);
        (system.clone(), instance.clone())
    }

    pub fn has_events(&self) -> bool {
        !self.events_set.item.is_empty()
    }

    /// The events of an instance that goes by `name`.
    pub fn events<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        name: &'a str,
        unknowns: &'a mut Unknowns,
    ) -> impl Iterator<Item = MaintenanceEvent> + 'a {
        self.events_set.item.iter().map(move |event| {
            unknowns.check("event code", &event.code, CODES);
            MaintenanceEvent {
                account: account.to_owned(),
                provider_region: region.to_owned(),
                event_id: event.instance_event_id.clone(),
                instance_id: self.instance_id.clone(),
                instance_name: name.to_owned(),
                code: event.code.clone(),
                state: state_of(&event.description).to_owned(),
                description: event.description.clone(),
                not_before: time(&event.not_before),
                not_after: time(&event.not_after),
                not_before_deadline: time(&event.not_before_deadline),
            }
        })
    }
}

fn state_of(description: &str) -> &'static str {
    let start = description.trim_start().to_lowercase();
    FINISHED.iter().find(|(prefix, _)| start.starts_with(prefix)).map_or("scheduled", |(_, state)| state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f16_both_prefixes_close_an_event_and_both_spellings() {
        assert_eq!(state_of("[Completed] The instance was rebooted"), "completed");
        assert_eq!(state_of("[Canceled] The instance is scheduled for a reboot"), "canceled");
        assert_eq!(state_of(" [Cancelled] The instance is scheduled for a reboot"), "canceled");
        assert_eq!(state_of("The instance is scheduled for a reboot [Completed]"), "scheduled");
        assert_eq!(state_of(""), "scheduled");
    }
}
