//! What the configuration mentions and only the kinds can confirm.

use crate::config::{Config, Mentioned};
use crate::error::Fault;
use crate::kinds::{KINDS, KindSpec};
use crate::web::deep_link;

/// The mentions of kinds and fields that do not exist.
pub fn mentions(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    for mention in &config.mentions {
        let (what, remedy) = match &mention.mentioned {
            Mentioned::Kind(name) if KindSpec::by_name(name).is_none() => {
                let known: Vec<_> = KINDS.iter().map(|spec| spec.name).collect();
                (format!("no kind is named {name:?}"), format!("use one of: {}", known.join(", ")))
            }
            Mentioned::Facet(name) if !KINDS.iter().any(|spec| spec.facet(name).is_some()) => {
                let facets = KINDS.iter().flat_map(|spec| spec.facets).filter(|facet| !facet.is_empty());
                let mut known: Vec<_> = ["source", "kind", "name", "\"tag.NAME\""].into_iter().chain(facets).collect();
                known.dedup();
                (format!("a rule cannot match by {name:?}"), format!("use one of: {}", known.join(", ")))
            }
            Mentioned::LinkField { kind, field } => match KindSpec::by_name(kind) {
                Some(spec) if !deep_link::is_field(spec, field) => {
                    let known = deep_link::fields(spec).join(", ");
                    (format!("{} have no field {field:?}", spec.titles), format!("use one of: {known}, tag.NAME"))
                }
                _ => continue,
            },
            _ => continue,
        };
        faults.push(Fault::new(mention.place.clone(), what, remedy));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    #[test]
    fn a_kind_or_a_field_that_does_not_exist_is_a_fault() {
        let text = r#"
[[link]]
kind = "machine"
title = "Logs"
url = "https://logs.example.com/"
[[link]]
kind = "instance"
title = "Graphs"
url = "https://graphs.example.com/{nmae}/{status}/{tag.role}/{instance_id}"
[[placement]]
match = { kind = "instance", colour = "blue", "tag.role" = "db" }
set = { role = "database" }
"#;
        let config = Config::from_text("quarterdeck.toml", text, &Environment::default()).unwrap();
        let mut faults = mentions(&config);
        faults.sort();
        let faults = faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].starts_with("quarterdeck.toml:3:1: no kind is named \"machine\"; use one of: instance,"));
        assert!(faults[1].starts_with("quarterdeck.toml:9:1: Instances have no field \"nmae\"; use one of: name, "));
        assert!(
            faults[2].starts_with("quarterdeck.toml:11:30: a rule cannot match by \"colour\"; use one of: source,")
        );
    }
}
