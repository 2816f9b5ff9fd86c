//! `[dns]`: how long a DNS change can be taken back, and how long its effect is waited for.

use std::time::Duration;

use super::reader::Reader;

/// How DNS changes are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsConfig {
    /// The way back is offered so long.
    pub undo_for: Duration,
    /// A zone's own servers are asked so long until all of them serve a change; then it is `unknown`.
    pub verify_for: Duration,
    /// Between two rounds of asking. No setting: only tests are in a hurry.
    pub verify_every: Duration,
    /// Lowered times to live come back so long after the switch that they were lowered for.
    pub soak: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

impl Default for DnsConfig {
    fn default() -> Self {
        Self { undo_for: DAY, verify_for: 3 * MINUTE, verify_every: Duration::from_secs(2), soak: 60 * MINUTE }
    }
}

/// Reads how DNS changes are carried out.
pub fn read(root: &mut Reader<'_>) -> DnsConfig {
    let mut dns = DnsConfig::default();
    let Some(table) = root.table("dns") else { return dns };
    let mut section = root.within(table);
    let mut within = |name: &'static str, least: Duration, most: Duration, said: &'static str, remedy: &'static str| {
        let given = section.duration(name)?;
        let fits = (least..=most).contains(&given);
        if !fits {
            section.fault(name, format!("`{name}` is not between {said}"), remedy);
        }
        fits.then_some(given)
    };
    let undo_for = within("undo_for", MINUTE, 30 * DAY, "1m and 30d", "write 24h, the default");
    let verify_for = within("verify_for", Duration::from_secs(1), 30 * MINUTE, "1s and 30m", "write 3m, the default");
    let soak = within("soak", MINUTE, 7 * DAY, "1m and 7d", "write 1h, the default");
    section.finish();
    dns.undo_for = undo_for.unwrap_or(dns.undo_for);
    dns.verify_for = verify_for.unwrap_or(dns.verify_for);
    dns.soak = soak.unwrap_or(dns.soak);
    dns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};

    fn read(text: &str) -> Result<DnsConfig, String> {
        let config = Config::from_text("quarterdeck.toml", text, &Environment::default());
        config.map(|config| config.dns).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_change_can_be_taken_back_for_a_day_unless_it_is_said_otherwise() {
        assert_eq!(read(""), Ok(DnsConfig::default()));
        let said = "[dns]\nundo_for = \"48h\"\nverify_for = \"30s\"\nsoak = \"10m\"";
        let expected = DnsConfig {
            undo_for: 2 * DAY,
            verify_for: Duration::from_secs(30),
            soak: 10 * MINUTE,
            ..DnsConfig::default()
        };
        assert_eq!(read(said), Ok(expected));
        insta::assert_snapshot!(read("[dns]\nundo_for = \"5s\"\nverify_every = \"1s\"").unwrap_err(), @r"
        quarterdeck.toml:2:1: `undo_for` is not between 1m and 30d; write 24h, the default
        quarterdeck.toml:3:1: `verify_every` is unknown here; remove it, or use one of: soak, undo_for, verify_for
        ");
    }
}
