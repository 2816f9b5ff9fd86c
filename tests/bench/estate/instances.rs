//! Instances, and the maintenance announced for one in a thousand.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::TimeDelta;
use quarterdeck::kinds::instance::{Address, AddressSort, Instance};
use quarterdeck::kinds::maintenance_event::MaintenanceEvent;

use super::{ACCOUNTS, Estate, REGIONS, ROLES, State, WORDS, account, tag};

const TYPES: [&str; 8] =
    ["t3.micro", "t3.large", "m6i.large", "m6i.xlarge", "c7g.2xlarge", "r6i.4xlarge", "c6a.xlarge", "m7g.large"];

/// Which of the provider's regions an instance lies in.
pub fn region_of(number: usize) -> usize {
    number % REGIONS.len()
}

/// A digit of which each decade of numbers has all ten, in another order, so that no region has only ones of a sort.
pub fn sort_of(number: usize) -> usize {
    (number / 10 + 3 * number) % 10
}

/// Seven in ten have a public address.
pub fn is_public(number: usize) -> bool {
    sort_of(number) < 7
}

/// Its public address, if [`is_public`]: numbers that follow each other lie far apart.
pub fn public_address(number: usize) -> Ipv4Addr {
    let scattered = u32::try_from(number & 0xFF_FFFF).unwrap_or_default().wrapping_mul(7_919 * 4 + 1) & 0xFF_FFFF;
    Ipv4Addr::from(0x3400_0000 | scattered)
}

/// One in ten has an IPv6 address.
pub fn ipv6_address(number: usize) -> Option<Ipv6Addr> {
    let [high, low] = [number >> 16, number & 0xFFFF].map(|part| u16::try_from(part).unwrap_or_default());
    (sort_of(number) == 0).then(|| Ipv6Addr::new(0x2600, 0x1f18, 0x0421, high, 0, 0, low, 1))
}

impl Estate {
    /// Which account an instance belongs to: the busy ones have one of their own, and so has the restless one.
    pub fn account_of(&self, number: usize) -> usize {
        match number {
            number if number < self.steady_instances() => number / REGIONS.len() % ACCOUNTS,
            number if number + 1 < self.instances => ACCOUNTS,
            _ => ACCOUNTS + 1,
        }
    }

    /// The instance of that number.
    pub fn instance(&self, number: usize, state: State) -> Instance {
        let mut dice = self.dice("instance", number);
        let id = format!("i-{}{number:08x}", dice.hex(9));
        let (role, word) = (dice.pick(&ROLES), dice.pick(&WORDS));
        let environment = if dice.percent(60) { "production" } else { dice.pick(&["staging", "development"]) };
        let region = REGIONS[region_of(number)];
        let name = format!("{role}-{environment}-{word}-{number:06}");
        // Never all at once: the guard would take a field that most have lost for a provider's fault.
        let running = dice.percent(80) != (state.turn > 0 && (state.turn + number).is_multiple_of(4));
        let network = format!("vpc-{:017x}", self.account_of(number) * REGIONS.len() + region_of(number));
        let mut addresses = Vec::new();
        if is_public(number) {
            let sort = if dice.percent(20) { AddressSort::Elastic } else { AddressSort::Public };
            addresses.push(Address { address: public_address(number).into(), sort });
        }
        addresses.extend(ipv6_address(number).map(|v6| Address { address: v6.into(), sort: AddressSort::Ipv6 }));
        let private = Ipv4Addr::from(0x0A00_0000 | u32::try_from(number & 0xFF_FFFF).unwrap_or_default());
        addresses.push(Address { address: IpAddr::V4(private), sort: AddressSort::Private });
        let dashed = |address: Ipv4Addr| address.to_string().replace('.', "-");
        let check = if running && !dice.percent(1) { "ok" } else { "not-applicable" };
        let launched = self.days_ago(1 + dice.below(700)) - TimeDelta::minutes(state.turn as i64);
        let mut tags = vec![
            tag("Name", &name),
            tag("cost-center", format!("cc-{}", number % 97)),
            tag("environment", environment),
            tag("role", role),
            tag("team", word),
        ];
        if state.turn > 1 {
            tags.insert(1, tag("build", format!("b{:05}", state.turn)));
        }
        Instance {
            account: account(self.account_of(number)),
            provider_region: region.to_owned(),
            instance_id: id,
            name,
            state: if running { "running" } else { "stopped" }.to_owned(),
            state_reason: if running { String::new() } else { "Client.UserInitiatedShutdown".to_owned() },
            instance_type: dice.pick(&TYPES).to_owned(),
            zone: format!("{region}{}", dice.pick(&["a", "b", "c"])),
            image: format!("ami-{:017x}", 1 + dice.below(200)),
            architecture: "x86_64".to_owned(),
            platform: "Linux/UNIX".to_owned(),
            lifecycle: if dice.percent(10) { "spot" } else { "on-demand" }.to_owned(),
            key_name: "ops".to_owned(),
            network,
            subnet: format!("subnet-{:017x}", 1 + dice.below(300)),
            security_groups: vec![format!("sg-{:017x}", 1 + dice.below(500))],
            addresses,
            private_host: format!("ip-{}.{region}.compute.internal", dashed(private)),
            public_host: match is_public(number) {
                true => format!("ec2-{}.{region}.compute.amazonaws.com", dashed(public_address(number))),
                false => String::new(),
            },
            launched_at: Some(launched),
            system_status: check.to_owned(),
            instance_status: check.to_owned(),
            tags,
        }
    }

    /// What is announced for the instance, if anything.
    pub fn event(&self, number: usize) -> Option<MaintenanceEvent> {
        let mut dice = self.dice("event", number);
        if dice.below(1_000) > 0 {
            return None;
        }
        let instance = self.instance(number, State::default());
        let begins = self.present + TimeDelta::hours(1 + dice.below(24 * 40) as i64);
        Some(MaintenanceEvent {
            account: instance.account,
            provider_region: instance.provider_region,
            event_id: format!("instance-event-{}", dice.hex(17)),
            instance_id: instance.instance_id,
            instance_name: instance.name,
            code: dice.pick(&["system-reboot", "instance-stop", "instance-retirement"]).to_owned(),
            state: "scheduled".to_owned(),
            description: "The host of this instance is scheduled for maintenance".to_owned(),
            not_before: Some(begins),
            not_after: Some(begins + TimeDelta::hours(2)),
            not_before_deadline: Some(begins + TimeDelta::days(7)),
        })
    }
}
