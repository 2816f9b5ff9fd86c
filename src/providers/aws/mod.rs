//! Placeholder until the aws provider lands.
use super::ProviderSpec;

pub const SPEC: ProviderSpec =
    ProviderSpec { name: "aws", title: "aws", settings: &[], kinds: &[], build: |_, _, _| None };
