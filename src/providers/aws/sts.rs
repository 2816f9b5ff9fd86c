//! STS: who we are, and becoming somebody else.

use aws_credential_types::Credentials;
use serde::Deserialize;

use super::endpoint::Service;
use super::failure::{AwsError, Class};
use super::line::{Line, Request};
use super::xml::{self, Wrapped};

/// Who the credentials belong to.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Identity {
    pub arn: String,
    /// Twelve digits.
    pub account: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleResult {
    credentials: RoleKeys,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleKeys {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}

/// The cheapest call there is; it needs no permission.
pub(super) fn who_am_i() -> Request {
    Request::new(Service::Sts, "GetCallerIdentity")
}

/// Temporary keys of the role, obtained with `keys`.
pub(super) async fn assume_role(line: &Line, keys: &Credentials, role_arn: &str) -> Result<Credentials, AwsError> {
    let request =
        Request::new(Service::Sts, "AssumeRole").with("RoleArn", role_arn).with("RoleSessionName", "quarterdeck");
    let Wrapped(RoleResult { credentials: given }): Wrapped<RoleResult> = line.call_as(keys, &request).await?;
    let expires = xml::time(&given.expiration).ok_or_else(|| {
        AwsError::new(Class::Malformed, request.action, "the role's keys have no readable expiration")
    })?;
    let session = Some(given.session_token);
    Ok(Credentials::new(given.access_key_id, given.secret_access_key, session, Some(expires.into()), "AssumeRole"))
}
