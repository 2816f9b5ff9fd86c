//! Certificates for the domains of apps, some attached, some about to run out.

use chrono::TimeDelta;
use quarterdeck::kinds::certificate::Certificate;

use super::{Estate, State, WORDS, Zones};

impl Estate {
    /// The certificate of that number.
    pub fn certificate(&self, zones: &Zones, number: usize, state: State) -> Certificate {
        let mut dice = self.dice("certificate", number);
        let domains = self.domains(zones, number % self.apps());
        let ends = self.present + TimeDelta::days(3 + dice.below(390) as i64) + TimeDelta::hours(state.turn as i64);
        let fingerprint: Vec<String> = dice
            .hex(64)
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8_lossy(pair).into_owned())
            .collect();
        Certificate {
            certificate_id: number.to_string(),
            name: format!("{}-tls-{number:06}", WORDS[number % WORDS.len()]),
            owner: format!("team-{}", dice.pick(&WORDS)),
            common_name: domains[0].clone(),
            domains: if dice.percent(70) { domains.clone() } else { Vec::new() },
            subject: format!("/CN={}", domains[0]),
            subject_alt_names: domains,
            issuer: format!("/CN=Example CA {}/O=Example", 1 + number % 3),
            fingerprint: fingerprint.join(":"),
            not_before: Some(ends - TimeDelta::days(397)),
            not_after: Some(ends),
            ..Certificate::default()
        }
    }
}
