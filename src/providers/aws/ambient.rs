//! What the surroundings provide: credentials and a region, by the official chain (environment, profile, web identity,
//! the container's role, the instance's role).
//!
//! The chain is put together here from `aws-config`'s links rather than taken whole, so that the environment is the
//! configuration's and not the process's, and so that "no credentials" can say where they were looked for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::meta::region::ProvideRegion;
#[allow(deprecated, reason = "the crate that it moved to is otherwise none of ours")]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;

use super::failure::{AwsError, Class};
use crate::config::Environment;

/// No link of the chain may hold a sync up for longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where to look.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub environment: Environment,
    /// The setting `profile`. Who names a profile means it: nothing else is looked at then.
    pub profile: Option<String>,
}

impl Surroundings {
    /// The first credentials to be found.
    pub async fn credentials(&self, region: &str) -> Result<Credentials, AwsError> {
        let mut looked = Vec::new();
        if self.profile.is_none() {
            match self.static_keys() {
                Some(keys) => return Ok(keys),
                None => looked.push("the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)".to_owned()),
            }
        }
        for (place, link) in self.chain(region, &mut looked) {
            match tokio::time::timeout(PATIENCE, link.provide_credentials()).await {
                Ok(Ok(keys)) => return Ok(keys),
                Ok(Err(CredentialsError::CredentialsNotLoaded(_))) => looked.push(place),
                Ok(Err(error)) => return Err(unusable(&place, &error)),
                Err(_) => {
                    return Err(AwsError::new(Class::Transient, "credentials", &format!("{place}: no answer in time")));
                }
            }
        }
        let words = format!("no credentials were found; looked in {}", looked.join(", in "));
        Err(AwsError::new(Class::NoCredentials, "credentials", &words))
    }

    /// The region of the environment, else of the profile, else of the machine.
    pub async fn region(&self) -> Option<String> {
        let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| self.variable(name));
        if let Some(region) = named {
            return Some(region.to_owned());
        }
        let config = client_config(None);
        if let Some(files) = self.profile_files() {
            let reader = ProfileFileRegionProvider::builder().configure(&config).profile_files(files);
            let found = reader.profile_name(self.profile_name()).build().region().await;
            if let Some(region) = found {
                return Some(region.to_string());
            }
        }
        let reader =
            imds::region::ImdsRegionProvider::builder().configure(&config).imds_client(self.metadata(&config)?);
        let found = tokio::time::timeout(PATIENCE, reader.build().region()).await.ok().flatten()?;
        Some(found.to_string())
    }

    fn static_keys(&self) -> Option<Credentials> {
        let id = self.variable("AWS_ACCESS_KEY_ID")?;
        let secret = self.variable("AWS_SECRET_ACCESS_KEY")?;
        let session = self.variable("AWS_SESSION_TOKEN").map(str::to_owned);
        Some(Credentials::new(id, secret, session, None, "environment"))
    }

    /// The links after the environment. Those that nothing points to are left out, and said to be in `looked`.
    fn chain(&self, region: &str, looked: &mut Vec<String>) -> Vec<(String, SharedCredentialsProvider)> {
        let config = client_config(Some(Region::new(region.to_owned())));
        let mut links = Vec::new();
        let profile = format!("the profile {:?} of ~/.aws/config and ~/.aws/credentials", self.profile_name());
        match self.profile_files() {
            Some(files) => {
                let link = ProfileFileCredentialsProvider::builder().configure(&config).profile_files(files);
                let link = link.profile_name(self.profile_name()).build();
                links.push((profile, SharedCredentialsProvider::new(link)));
            }
            None => looked.push(format!("{profile} (no such file)")),
        }
        if self.profile.is_some() {
            return links;
        }
        match self.web_identity() {
            Some(identity) => {
                let link = WebIdentityTokenCredentialsProvider::builder().configure(&config);
                let link = link.static_configuration(identity).build();
                links.push(("the web identity".to_owned(), SharedCredentialsProvider::new(link)));
            }
            None => looked.push("a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN)".to_owned()),
        }
        let variables = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
        if variables.into_iter().any(|name| self.variable(name).is_some()) {
            let link = EcsCredentialsProvider::builder().configure(&config).build();
            links.push(("the container's role".to_owned(), SharedCredentialsProvider::new(link)));
        } else {
            looked.push("the container's role (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI)".to_owned());
        }
        match self.metadata(&config) {
            Some(client) => {
                let link = imds::credentials::ImdsCredentialsProvider::builder().configure(&config).imds_client(client);
                links.push(("the instance's role".to_owned(), SharedCredentialsProvider::new(link.build())));
            }
            None => looked.push("the instance's role (switched off by AWS_EC2_METADATA_DISABLED)".to_owned()),
        }
        links
    }

    fn web_identity(&self) -> Option<StaticConfiguration> {
        Some(StaticConfiguration {
            web_identity_token_file: PathBuf::from(self.variable("AWS_WEB_IDENTITY_TOKEN_FILE")?),
            role_arn: self.variable("AWS_ROLE_ARN")?.to_owned(),
            session_name: self.variable("AWS_ROLE_SESSION_NAME").unwrap_or("quarterdeck").to_owned(),
        })
    }

    /// The metadata service of the machine, unless it is switched off or its address is none.
    fn metadata(&self, config: &ProviderConfig) -> Option<imds::Client> {
        if self.variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return None;
        }
        let client = imds::Client::builder().configure(config).max_attempts(2);
        match self.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            Some(endpoint) => client.endpoint(endpoint).ok().map(imds::client::Builder::build),
            None => Some(client.build()),
        }
    }

    fn profile_name(&self) -> &str {
        self.profile.as_deref().or_else(|| self.variable("AWS_PROFILE")).unwrap_or("default")
    }

    /// The profile files that exist.
    #[allow(deprecated, reason = "the crate that it moved to is otherwise none of ours")]
    fn profile_files(&self) -> Option<ProfileFiles> {
        let sorts = [
            (ProfileFileKind::Config, "AWS_CONFIG_FILE", "config"),
            (ProfileFileKind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        ];
        let mut files = ProfileFiles::builder();
        let mut any = false;
        for (kind, variable, name) in sorts {
            let path = match self.variable(variable) {
                Some(path) => Some(PathBuf::from(path)),
                None => self.variable("HOME").map(|home| Path::new(home).join(".aws").join(name)),
            };
            if let Some(path) = path.filter(|path| path.is_file()) {
                files = files.with_file(kind, path);
                any = true;
            }
        }
        any.then(|| files.build())
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).filter(|value| !value.is_empty())
    }
}

/// What `aws-config` needs for the calls it makes itself: to STS for a web identity, and to the metadata services.
fn client_config(region: Option<Region>) -> ProviderConfig {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    ProviderConfig::default()
        .with_http_client(aws_smithy_http_client::Builder::new().tls_provider(provider).build_https())
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_region(region)
}

/// A link that had something to go by and failed: the chain ends there, as it does in the official SDKs.
fn unusable(place: &str, error: &CredentialsError) -> AwsError {
    let class = match error {
        CredentialsError::InvalidConfiguration(_) => Class::NoCredentials,
        _ => Class::Transient,
    };
    let mut words = format!("{place}: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    AwsError::new(class, "credentials", &words)
}
