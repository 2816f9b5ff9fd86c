//! Load balancers in front of instances of their account and region.

use quarterdeck::kinds::load_balancer::{Listener, LoadBalancer, Target};

use super::{ACCOUNTS, Estate, REGIONS, State, WORDS, account, tag};

/// Which of the provider's regions and which account a balancer lies in.
pub fn place_of(number: usize) -> (usize, usize) {
    (number % REGIONS.len(), number / REGIONS.len() % ACCOUNTS)
}

impl Estate {
    /// The balancer of that number.
    pub fn balancer(&self, number: usize, state: State) -> LoadBalancer {
        let mut dice = self.dice("balancer", number);
        let (region, holder) = place_of(number);
        let name = balancer_name(number);
        let arn_id = dice.hex(16);
        let stride = REGIONS.len() * ACCOUNTS;
        let here = holder * REGIONS.len() + region;
        let targets = (0..2 + dice.below(10) + state.turn % 2).map(|_| {
            let instance = (dice.below((self.instances / stride).max(1)) * stride + here).min(self.instances - 1);
            Target {
                group: name.clone(),
                target_type: "instance".to_owned(),
                id: self.instance(instance, State::default()).instance_id,
                port: Some(8_080),
                health: "healthy".to_owned(),
                reason: String::new(),
            }
        });
        let mut targets: Vec<Target> = targets.collect();
        targets.sort();
        targets.dedup();
        let network = format!("vpc-{here:017x}");
        LoadBalancer {
            account: account(holder),
            provider_region: REGIONS[region].to_owned(),
            arn: format!(
                "arn:aws:elasticloadbalancing:{}:{}:loadbalancer/app/{name}/{arn_id}",
                REGIONS[region],
                account(holder)
            ),
            dns_name: self.balancer_host(number),
            balancer_type: if number.is_multiple_of(4) { "network" } else { "application" }.to_owned(),
            state: "active".to_owned(),
            scheme: if number.is_multiple_of(3) { "internal" } else { "internet-facing" }.to_owned(),
            network,
            zones: ["a", "b"].map(|letter| format!("{}{letter}", REGIONS[region])).to_vec(),
            security_groups: vec![format!("sg-{:017x}", 1 + dice.below(500))],
            listeners: vec![Listener { protocol: "HTTPS".to_owned(), port: 443, ..Listener::default() }],
            created_at: Some(self.days_ago(50 + number % 900)),
            tags: vec![tag("role", "edge"), tag("team", dice.pick(&WORDS))],
            name,
            ..LoadBalancer::default()
        }
        .with_targets(targets)
    }

    /// The host under which the balancer answers.
    pub fn balancer_host(&self, number: usize) -> String {
        let (region, _) = place_of(number);
        let mut dice = self.dice("balancer host", number);
        format!("{}-{}.{}.elb.amazonaws.com", balancer_name(number), dice.below(1 << 30), REGIONS[region])
    }
}

fn balancer_name(number: usize) -> String {
    format!("{}-edge-{number:05}", WORDS[number % WORDS.len()])
}
