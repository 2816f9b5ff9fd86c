//! The machines of a region as the cloud lists them at a moment.

use std::net::{IpAddr, Ipv4Addr};

use super::fleet::{self, ENCODERS, Machine, OLD_SHOP, Reach};
use super::place::{ACCOUNT, Place};
use super::{Moment, drift, seed};
use crate::kinds::instance::{Address, AddressSort, Instance};

/// The last bytes of the addresses that the wandering shop machine gets, one after another.
const WANDERING: u8 = 100;

/// Every instance of the region.
pub fn instances(place: &'static Place, moment: &Moment) -> Vec<Instance> {
    let planned = fleet::machines(place);
    let planned = planned.into_iter().filter(|machine| exists(machine, moment.step));
    let mut instances: Vec<Instance> = planned.map(|machine| instance(&machine, moment)).collect();
    instances.extend(surge(place, moment));
    instances
}

/// The id of the machine at that step: autoscaled ones get a new one with each incarnation.
pub fn id(machine: &Machine, step: u64) -> String {
    let incarnation = match machine.group.role {
        ENCODERS => drift::incarnation(step, machine.index.into(), machine.count.into()),
        _ => 0,
    };
    format!("i-0{}", seed::hex(&format!("{} {incarnation}", machine.name()), 16))
}

/// The public address that the machine has at that step, if it has one.
pub fn public(machine: &Machine, step: u64) -> Option<Ipv4Addr> {
    match (machine.group.role, machine.place.code, machine.index) {
        ("shop-web", _, 1) if drift::moves(step) > 0 => Some(machine.place.public(WANDERING + drift::moves(step))),
        ("billing-web", "us", 1) if drift::billing_gave_up_its_address(step) => None,
        _ => machine.public(),
    }
}

fn exists(machine: &Machine, step: u64) -> bool {
    machine.group.role != OLD_SHOP || !drift::old_shop_is_gone(machine.place.code, step)
}

fn instance(machine: &Machine, moment: &Moment) -> Instance {
    let (place, group) = (machine.place, machine.group);
    let name = machine.name();
    let (state, state_reason) = state(machine, moment.step);
    let running = state == "running";
    let public = public(machine, moment.step);
    let dashed = |address: Ipv4Addr| address.to_string().replace('.', "-");
    let age = i64::try_from(20 + seed::number(&name, 400)).unwrap_or_default();
    Instance {
        account: ACCOUNT.to_owned(),
        provider_region: place.provider_region.to_owned(),
        instance_id: id(machine, moment.step),
        state: state.to_owned(),
        state_reason: state_reason.to_owned(),
        instance_type: group.instance_type.to_owned(),
        zone: place.zone(machine.index),
        image: format!("ami-0{}", seed::hex(group.instance_type, 16)),
        architecture: architecture(group.instance_type).to_owned(),
        platform: "Linux/UNIX".to_owned(),
        lifecycle: if group.role == ENCODERS { "spot" } else { "on-demand" }.to_owned(),
        key_name: "platform-2024".to_owned(),
        network: place.network.to_owned(),
        subnet: format!("subnet-0{}", seed::hex(&place.zone(machine.index), 16)),
        security_groups: vec![format!("{}-{}", group.role, group.environment)],
        addresses: addresses(machine, public),
        private_host: format!("ip-{}.{}.compute.example.net", dashed(machine.private()), place.provider_region),
        public_host: public.map_or_else(String::new, |address| {
            format!("host-{}.{}.compute.example.net", dashed(address), place.provider_region)
        }),
        launched_at: Some(moment.at(-age, 9)),
        system_status: if running { "ok" } else { "not-applicable" }.to_owned(),
        instance_status: if running { "ok" } else { "not-applicable" }.to_owned(),
        tags: [("Name", name.as_str()), ("environment", group.environment), ("role", group.role), ("team", group.team)]
            .map(|(tag, value)| (tag.to_owned(), value.to_owned()))
            .to_vec(),
        name,
    }
}

/// ARM where the family has a `g` in its name, as at AWS.
fn architecture(instance_type: &str) -> &'static str {
    let family = instance_type.split('.').next().unwrap_or_default();
    if family.contains('g') { "arm64" } else { "x86_64" }
}

/// Running, as a rule.
fn state(machine: &Machine, step: u64) -> (&'static str, &'static str) {
    match (machine.group.role, machine.index) {
        ("worker", 0) if drift::worker_is_stopped(step) => ("stopped", "Client.UserInitiatedShutdown"),
        ("staging-web", 1) => ("stopped", "Client.UserInitiatedShutdown"),
        (ENCODERS, index) if drift::is_new(step, index.into(), machine.count.into()) => ("pending", ""),
        _ => ("running", ""),
    }
}

fn addresses(machine: &Machine, public: Option<Ipv4Addr>) -> Vec<Address> {
    let outside = if machine.group.reach == Reach::Elastic { AddressSort::Elastic } else { AddressSort::Public };
    let public = public.map(|address| Address { address: IpAddr::V4(address), sort: outside });
    let v6 = machine.v6().map(|address| Address { address: IpAddr::V6(address), sort: AddressSort::Ipv6 });
    let private = Address { address: IpAddr::V4(machine.private()), sort: AddressSort::Private };
    public.into_iter().chain(v6).chain([private]).collect()
}

/// The encoder that the autoscaler adds when there is much to do.
fn surge(place: &'static Place, moment: &Moment) -> Option<Instance> {
    let wave = drift::surge(moment.step)?;
    let last = fleet::of_role(place, ENCODERS).pop()?;
    let extra = Machine { index: last.count, last: 200 + u8::try_from(wave % 40).unwrap_or_default(), ..last };
    let instance_id = format!("i-0{}", seed::hex(&format!("{} wave {wave}", extra.name()), 16));
    Some(Instance { instance_id, state: "running".to_owned(), ..instance(&extra, moment) })
}
