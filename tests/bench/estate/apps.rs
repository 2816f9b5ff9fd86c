//! Apps, which answer under names that have records.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use quarterdeck::kinds::app::App;

use super::{Estate, State, WORDS, Zones};

impl Estate {
    /// The app of that number.
    pub fn app(&self, zones: &Zones, number: usize, state: State) -> App {
        let mut dice = self.dice("app", number);
        let wanted = BTreeMap::from([("web".to_owned(), 1 + dice.below(4) as i64), ("worker".to_owned(), 1)]);
        let running = if dice.percent(97) { wanted.clone() } else { BTreeMap::new() };
        let release = 1 + dice.below(400) + state.turn;
        let uuid = dice.hex(32);
        App {
            uuid: format!("{}-{}-4{}-a{}-{}", &uuid[..8], &uuid[8..12], &uuid[13..16], &uuid[17..20], &uuid[20..]),
            name: format!("{}-{}-{number:05}", dice.pick(&WORDS), dice.pick(&["shop", "blog", "api", "admin", "site"])),
            owner: format!("team-{}", dice.pick(&WORDS)),
            collaborators: vec![format!("team-{}", dice.pick(&WORDS))],
            state: App::state_of(&wanted, &running).to_owned(),
            processes: wanted,
            running,
            domains: self.domains(zones, number),
            release: format!("v{release}"),
            released_at: Some(self.days_ago(1 + dice.below(90)) + TimeDelta::seconds(state.turn as i64)),
            created_at: Some(self.days_ago(100 + dice.below(900))),
            ..App::default()
        }
    }

    /// The domains of an app.
    pub fn domains(&self, zones: &Zones, number: usize) -> Vec<String> {
        let mut dice = self.dice("domains", number);
        let mut domains: Vec<String> = (0..2).map(|_| zones.name_of(dice.below(zones.records()))).collect();
        domains.sort();
        domains.dedup();
        domains
    }
}
