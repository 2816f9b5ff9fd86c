//! The settings of an `aws` source, read and checked.

use super::ambient::Surroundings;
use super::endpoint::Endpoints;
use crate::config::Reader;

/// What a source says, and what its surroundings are.
pub(super) struct Settings {
    pub regions: Vec<String>,
    pub endpoints: Endpoints,
    pub surroundings: Surroundings,
    pub role_arn: Option<String>,
    pub network: String,
}

/// Reads them; what is wrong is left with the reader.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Settings> {
    let one = reader.text("aws_region");
    let several = reader.texts("aws_regions");
    let given_url = reader.has("endpoint_url");
    let url = reader.url("endpoint_url");
    let profile = reader.text("profile").filter(|profile| !profile.is_empty());
    let role_arn = reader.text("role_arn").filter(|role| !role.is_empty());
    let network = reader.text("network").unwrap_or_default();

    let both = one.is_some() && several.is_some();
    if both {
        reader.fault("aws_regions", "`aws_region` and `aws_regions` are both there", "keep `aws_regions`");
    }
    let setting = if several.is_some() { "aws_regions" } else { "aws_region" };
    let mut regions = several.unwrap_or_else(|| one.into_iter().collect());
    regions.sort();
    regions.dedup();
    let wrong: Vec<&String> = regions.iter().filter(|region| !is_region(region)).collect();
    for region in &wrong {
        reader.fault(setting, format!("{region:?} is no region"), "write it as AWS does, \"eu-west-1\"");
    }
    let role_is_wrong = role_arn.as_ref().is_some_and(|role| !role.starts_with("arn:"));
    if role_is_wrong {
        reader.fault("role_arn", "`role_arn` is no ARN", "write \"arn:aws:iam::123456789012:role/panel-reader\"");
    }
    let endpoints = Endpoints::read(url.clone(), reader.environment());
    if let Err(what) = &endpoints {
        reader.fault("endpoint_url", what.as_str(), "correct the variable, or set `endpoint_url`");
    }
    if both || !wrong.is_empty() || role_is_wrong || (given_url && url.is_none()) {
        return None;
    }
    let surroundings = Surroundings { environment: reader.environment().clone(), profile };
    Some(Settings { regions, endpoints: endpoints.ok()?, surroundings, role_arn, network })
}

/// Whether a text can be a region's name: it becomes part of a host name and of the signature.
pub(super) fn is_region(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(letters) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::config::{Environment, Table};

    fn read_text(text: &str) -> (Option<Settings>, Vec<String>) {
        let (table, _) = Table::parse("quarterdeck.toml", text);
        let (environment, faults) = (Environment::default(), RefCell::new(Vec::new()));
        let mut reader = Reader::new(&table, &environment, &faults);
        let settings = read(&mut reader);
        reader.finish();
        (settings, faults.into_inner().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn regions_are_read_sorted_and_each_once() {
        let (settings, faults) = read_text(r#"aws_regions = ["us-east-1", "eu-west-1", "us-east-1"]"#);
        assert_eq!(
            settings.map(|settings| settings.regions),
            Some(vec!["eu-west-1".to_owned(), "us-east-1".to_owned()])
        );
        assert!(faults.is_empty(), "{faults:?}");
        let (settings, _) = read_text(r#"aws_region = "eu-west-1""#);
        assert_eq!(settings.map(|settings| settings.regions), Some(vec!["eu-west-1".to_owned()]));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let (settings, faults) =
            read_text("aws_region = \"eu west\"\nendpoint_url = \"localhost\"\nrole_arn = \"reader\"\nregoin = 1\n");
        assert!(settings.is_none());
        insta::assert_snapshot!(faults.join("\n"), @r#"
        quarterdeck.toml:2:1: `endpoint_url` is not an http or https URL: "localhost"; write https://host.example.com
        quarterdeck.toml:1:1: "eu west" is no region; write it as AWS does, "eu-west-1"
        quarterdeck.toml:3:1: `role_arn` is no ARN; write "arn:aws:iam::123456789012:role/panel-reader"
        quarterdeck.toml:4:1: `regoin` is unknown here; remove it, or use one of: aws_region, aws_regions, endpoint_url, network, profile, role_arn
        "#);
    }
}
