//! `[probe]`: whether, how often and how gently the certificates that hosts send are looked at.

use std::time::Duration;

use super::reader::Reader;

/// How served certificates are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeConfig {
    pub enabled: bool,
    /// Between two looks at everything.
    pub every: Duration,
    /// Connections begun in a second, over all targets.
    pub per_second: u32,
    /// For each part of a look: resolving, connecting, shaking hands.
    pub patience: Duration,
    /// Also at addresses that only a network of one's own reaches.
    pub private_addresses: bool,
    /// Hosts to leave alone, as patterns in which `*` stands for any run of characters.
    pub except: Vec<String>,
    /// Where clients expect TLS. No setting: nobody looks for a host's certificate elsewhere, but tests may not have
    /// this port.
    pub port: u16,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            every: Duration::from_secs(6 * 3_600),
            per_second: 10,
            patience: Duration::from_secs(5),
            private_addresses: false,
            except: Vec::new(),
            port: 443,
        }
    }
}

impl ProbeConfig {
    /// Looks at nothing.
    pub fn off() -> Self {
        Self { enabled: false, ..Self::default() }
    }

    /// What was seen longer ago than this is stale.
    pub fn stale_after(&self) -> Duration {
        2 * self.every
    }
}

const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// Reads how the probe works.
pub fn read(root: &mut Reader<'_>) -> ProbeConfig {
    let mut probe = ProbeConfig::default();
    let Some(table) = root.table("probe") else { return probe };
    let mut section = root.within(table);
    probe.enabled = section.boolean("enabled").unwrap_or(probe.enabled);
    match section.duration("every") {
        Some(every) if !(SHORTEST..=LONGEST).contains(&every) => {
            section.fault("every", "`every` is not between 1m and 30d", "write 6h, the default, or 1h");
        }
        Some(every) => probe.every = every,
        None => {}
    }
    if let Some(rate) = number(&mut section, "per_second", 1..=1_000) {
        probe.per_second = rate;
    }
    if let Some(seconds) = number(&mut section, "time_out_seconds", 1..=60) {
        probe.patience = Duration::from_secs(seconds.into());
    }
    probe.private_addresses = section.boolean("private_addresses").unwrap_or(probe.private_addresses);
    probe.except = section.texts("except").unwrap_or_default();
    section.finish();
    probe
}

fn number(section: &mut Reader<'_>, name: &'static str, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let given = section.integer(name)?;
    let number = u32::try_from(given).ok().filter(|number| bounds.contains(number));
    if number.is_none() {
        let (least, most) = (bounds.start(), bounds.end());
        section.fault(name, format!("`{name}` is {given}"), format!("write a number from {least} to {most}"));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};

    fn read(text: &str) -> Result<ProbeConfig, String> {
        let config = Config::from_text("quarterdeck.toml", text, &Environment::default());
        config.map(|config| config.probe).map_err(|faults| faults.to_string())
    }

    #[test]
    fn hosts_are_looked_at_four_times_a_day_and_gently_unless_it_is_said_otherwise() {
        assert_eq!(read(""), Ok(ProbeConfig::default()));
        let said = "[probe]\nevery = \"1h\"\nper_second = 2\ntime_out_seconds = 9\nprivate_addresses = true\nexcept = [\"*.lan\"]";
        let expected = ProbeConfig {
            every: Duration::from_secs(3_600),
            per_second: 2,
            patience: Duration::from_secs(9),
            private_addresses: true,
            except: vec!["*.lan".to_owned()],
            ..ProbeConfig::default()
        };
        assert_eq!(read(said), Ok(expected));
        assert_eq!(read("[probe]\nenabled = false"), Ok(ProbeConfig::off()));
        insta::assert_snapshot!(read("[probe]\nevery = \"5s\"\nper_second = 0\ntime_out_seconds = 100\nport = 443").unwrap_err(), @r"
        quarterdeck.toml:2:1: `every` is not between 1m and 30d; write 6h, the default, or 1h
        quarterdeck.toml:3:1: `per_second` is 0; write a number from 1 to 1000
        quarterdeck.toml:4:1: `time_out_seconds` is 100; write a number from 1 to 60
        quarterdeck.toml:5:1: `port` is unknown here; remove it, or use one of: enabled, every, except, per_second, private_addresses, time_out_seconds
        ");
    }
}
