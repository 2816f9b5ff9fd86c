//! Placeholder until the cloudflare provider lands.
use super::ProviderSpec;

pub const SPEC: ProviderSpec =
    ProviderSpec { name: "cloudflare", title: "cloudflare", settings: &[], kinds: &[], build: |_, _, _| None };
