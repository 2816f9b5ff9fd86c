//! From configured sources to providers that can be called; every mistake in any source's settings is found at once.

use std::cell::RefCell;

use super::{Built, PROVIDERS, Parts, by_name};
use crate::config::{Config, Reader, SourceConfig};
use crate::error::{Fault, Faults};

/// Builds the provider of every source.
///
/// # Errors
/// Unknown providers, unknown settings and mistakes in settings, in the order of their places.
pub fn build_sources(config: &Config, parts: &Parts) -> Result<Vec<(SourceConfig, Built)>, Faults> {
    let (sources, faults) = try_sources(config, parts);
    Faults::none_or(sources, faults)
}

/// Builds what can be built, beside the mistakes, for a caller who looks for mistakes elsewhere too.
pub fn try_sources(config: &Config, parts: &Parts) -> (Vec<(SourceConfig, Built)>, Vec<Fault>) {
    let faults = RefCell::new(Vec::new());
    let mut sources = Vec::new();
    for source in &config.sources {
        if let Some(built) = build(config, source, parts, &faults) {
            sources.push((source.clone(), built));
        }
    }
    (sources, faults.into_inner())
}

fn build(config: &Config, source: &SourceConfig, parts: &Parts, faults: &RefCell<Vec<Fault>>) -> Option<Built> {
    let Some(spec) = by_name(&source.provider) else {
        // An empty name is a fault of the configuration already.
        if !source.provider.is_empty() {
            let what = format!("no provider is named {:?}", source.provider);
            let known: Vec<_> = PROVIDERS.iter().map(|spec| spec.name).collect();
            let remedy = format!("use one of: {}", known.join(", "));
            faults.borrow_mut().push(Fault::new(source.place.clone(), what, remedy));
        }
        return None;
    };
    let mut settings = Reader::new(&source.settings, &config.environment, faults);
    let before = faults.borrow().len();
    let built = (spec.build)(source, &mut settings, parts);
    settings.finish();
    if built.is_none() && faults.borrow().len() == before {
        let what = format!("the source {:?} cannot be built from its settings", source.name);
        faults.borrow_mut().push(Fault::new(source.place.clone(), what, "see docs/configuration.md for its settings"));
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Environment;
    use crate::net::http::Http;

    #[test]
    fn an_unknown_provider_and_an_unknown_setting_are_told_at_once() {
        let text = r#"
[[source]]
name = "cloud"
provider = "azure"
[[source]]
name = "aws-eu"
provider = "memory"
settings = { "colour of the sky" = "blue" }
"#;
        let config = Config::from_text("quarterdeck.toml", text, &Environment::default()).unwrap();
        let parts = Parts { http: Http::new(), clock: Clock::system() };
        let faults = build_sources(&config, &parts).err().expect("two mistakes");
        insta::assert_snapshot!(faults, @r#"
quarterdeck.toml:4:1: no provider is named "azure"; use one of: aws, cloudflare, memory, powerdns, workflow
quarterdeck.toml:8:14: `colour of the sky` is unknown here; remove it; nothing is expected here
"#);
    }
}
