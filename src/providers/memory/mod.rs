//! Placeholder until the memory provider lands.
use super::ProviderSpec;

pub const SPEC: ProviderSpec =
    ProviderSpec { name: "memory", title: "memory", settings: &[], kinds: &[], build: |_, _, _| None };
