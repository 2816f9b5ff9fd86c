//! Every direct dependency has its reason in `docs/dependencies.md`, and the page names no dependency that is gone.

use std::collections::BTreeSet;

const MANIFEST: &str = include_str!("../../Cargo.toml");
const PAGE: &str = include_str!("../../docs/dependencies.md");

#[test]
fn every_dependency_has_a_reason() {
    let manifest: toml::Table = MANIFEST.parse().unwrap();
    let declared: BTreeSet<&str> = ["dependencies", "dev-dependencies"]
        .iter()
        .flat_map(|section| manifest[*section].as_table().unwrap().keys())
        .map(String::as_str)
        .collect();
    let mut explained = BTreeSet::new();
    for row in PAGE.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (name, reason) = row.split_once("` | ").expect("a row is | `name` | reason |");
        assert!(reason.trim_end_matches([' ', '|']).len() > 15, "{name} has hardly a reason: {reason}");
        assert!(explained.insert(name), "{name} is explained twice");
    }
    let missing: Vec<_> = declared.difference(&explained).collect();
    let gone: Vec<_> = explained.difference(&declared).collect();
    assert!(missing.is_empty() && gone.is_empty(), "without a reason: {missing:?}; no longer used: {gone:?}");
}
