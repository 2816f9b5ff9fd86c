//! `guard = { … }` of a source: how much may vanish at once before a person is asked.
//!
//! `guard = { loss_of_many = 0.3, loss_of_few = 0.5, dns_record = { loss_of_many = 0.1 } }`: shares from 0 to 1 for
//! every kind, and under a kind's name for that kind alone. What is left out is inherited: a kind from its source, a
//! source from the house.

use std::collections::BTreeMap;

use super::names::{Mention, Mentioned};
use super::reader::Reader;
use super::table::Value;

/// Thresholds of the guard, where they differ from the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuardConfig {
    /// By kind name; a missing kind takes the default.
    pub by_kind: BTreeMap<String, GuardThresholds>,
    pub default: GuardThresholds,
}

/// When a loss is suspicious.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuardThresholds {
    /// Of a scope with ten or more: the share that may vanish at once.
    pub loss_of_many: f64,
    /// Of a scope with two to nine.
    pub loss_of_few: f64,
}

impl Default for GuardThresholds {
    fn default() -> Self {
        Self { loss_of_many: 0.30, loss_of_few: 0.50 }
    }
}

impl GuardConfig {
    /// The thresholds for a kind.
    pub fn of_kind(&self, kind: &str) -> GuardThresholds {
        self.by_kind.get(kind).copied().unwrap_or(self.default)
    }
}

/// Reads the guard of a source.
pub fn read(source: &mut Reader<'_>, mentions: &mut Vec<Mention>) -> GuardConfig {
    let Some(table) = source.table("guard") else { return GuardConfig::default() };
    let mut section = source.within(table);
    let default = thresholds(&mut section, GuardThresholds::default());
    let mut by_kind = BTreeMap::new();
    for (kind, entry) in &table.entries {
        let Value::Table(inner) = &entry.value else {
            if !matches!(kind.as_str(), "loss_of_many" | "loss_of_few") {
                let remedy = format!("write loss_of_many, loss_of_few or {kind} = {{ loss_of_many = 0.3 }}");
                section.fault_at(&entry.place, format!("`{kind}` is no threshold of the guard"), remedy);
            }
            continue;
        };
        let mut of_kind = section.within(inner);
        by_kind.insert(kind.clone(), thresholds(&mut of_kind, default));
        of_kind.finish();
        mentions.push(Mention { place: entry.place.clone(), mentioned: Mentioned::Kind(kind.clone()) });
    }
    GuardConfig { by_kind, default }
}

fn thresholds(section: &mut Reader<'_>, inherited: GuardThresholds) -> GuardThresholds {
    GuardThresholds {
        loss_of_many: share(section, "loss_of_many").unwrap_or(inherited.loss_of_many),
        loss_of_few: share(section, "loss_of_few").unwrap_or(inherited.loss_of_few),
    }
}

fn share(section: &mut Reader<'_>, name: &'static str) -> Option<f64> {
    let share = section.float(name)?;
    if !(0.0..=1.0).contains(&share) {
        section.fault(
            name,
            format!("`{name}` is not a share: {share}"),
            "write a number from 0 to 1, as in 0.3 for 30 %",
        );
        return None;
    }
    Some(share)
}
