//! Where a service answers: what the source's settings say, else what the environment says, else AWS itself.
//!
//! The variables and their order are those of the official SDKs: `AWS_ENDPOINT_URL_<SERVICE>` wins over
//! `AWS_ENDPOINT_URL`, and `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true` switches both off.

use url::Url;

use super::failure::{AwsError, Class};
use crate::config::Environment;

/// The services that are asked. The two generations of balancers share a host and differ in their `Version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Sts,
    Ec2,
    ElbV2,
    ElbClassic,
}

impl Service {
    const ALL: [Self; 4] = [Self::Sts, Self::Ec2, Self::ElbV2, Self::ElbClassic];

    /// In the signature's scope and in the host name.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Ec2 => "ec2",
            Self::ElbV2 | Self::ElbClassic => "elasticloadbalancing",
        }
    }

    /// The version of the API, which has not changed for years.
    pub fn version(self) -> &'static str {
        match self {
            Self::Sts => "2011-06-15",
            Self::Ec2 => "2016-11-15",
            Self::ElbV2 => "2015-12-01",
            Self::ElbClassic => "2012-06-01",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::Ec2 => "AWS_ENDPOINT_URL_EC2",
            Self::ElbV2 => "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
            Self::ElbClassic => "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING",
        }
    }
}

/// The endpoints that differ from AWS's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Endpoints([Option<Url>; 4]);

impl Endpoints {
    /// # Errors
    /// What is wrong with a variable of the environment.
    pub fn read(given: Option<Url>, environment: &Environment) -> Result<Self, String> {
        let ignored = environment
            .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let mut endpoints = Self::default();
        for service in Service::ALL {
            endpoints.0[service as usize] = match &given {
                Some(url) => Some(url.clone()),
                None if ignored => None,
                None => match from_environment(environment, service.variable())? {
                    Some(url) => Some(url),
                    None => from_environment(environment, "AWS_ENDPOINT_URL")?,
                },
            };
        }
        Ok(endpoints)
    }

    /// Where `service` answers for `region`.
    pub fn url(&self, service: Service, region: &str) -> Result<Url, AwsError> {
        if let Some(url) = &self.0[service as usize] {
            return Ok(url.clone());
        }
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = format!("https://{}.{region}.{suffix}/", service.signing_name());
        Url::parse(&url).map_err(|error| {
            AwsError::new(Class::Refused, "endpoint", &format!("{region:?} makes no host name: {error}"))
        })
    }
}

fn from_environment(environment: &Environment, variable: &str) -> Result<Option<Url>, String> {
    let Some(text) = environment.get(variable).filter(|text| !text.is_empty()) else { return Ok(None) };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(url)),
        _ => Err(format!("the environment variable {variable} is not an http or https URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(environment: &Environment, given: Option<&str>, service: Service) -> String {
        let given = given.map(|url| Url::parse(url).unwrap());
        Endpoints::read(given, environment).unwrap().url(service, "eu-west-1").unwrap().to_string()
    }

    #[test]
    fn the_settings_win_then_the_service_then_all_services_then_aws() {
        let none = Environment::default();
        assert_eq!(at(&none, None, Service::Ec2), "https://ec2.eu-west-1.amazonaws.com/");
        assert_eq!(at(&none, None, Service::ElbV2), "https://elasticloadbalancing.eu-west-1.amazonaws.com/");
        let all = none.with("AWS_ENDPOINT_URL", "http://all:1");
        let one = all.with("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING", "http://classic:2");
        assert_eq!(at(&one, None, Service::Ec2), "http://all:1/");
        assert_eq!(at(&one, None, Service::ElbClassic), "http://classic:2/");
        assert_eq!(at(&one, None, Service::ElbV2), "http://all:1/");
        assert_eq!(at(&one, Some("http://mine:3"), Service::ElbClassic), "http://mine:3/");
        let ignored = one.with("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        assert_eq!(at(&ignored, None, Service::Sts), "https://sts.eu-west-1.amazonaws.com/");
        assert_eq!(at(&ignored, Some("http://mine:3"), Service::Sts), "http://mine:3/");
    }

    #[test]
    fn china_has_its_own_hosts_and_nonsense_is_refused() {
        let aws = Endpoints::default();
        assert_eq!(aws.url(Service::Ec2, "cn-north-1").unwrap().as_str(), "https://ec2.cn-north-1.amazonaws.com.cn/");
        let nonsense = Environment::default().with("AWS_ENDPOINT_URL_EC2", "localhost:5000");
        assert!(Endpoints::read(None, &nonsense).unwrap_err().contains("AWS_ENDPOINT_URL_EC2"));
    }
}
