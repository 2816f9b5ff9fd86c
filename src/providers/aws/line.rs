//! One signed call: a form is posted, XML comes back. Every attempt is signed anew, since a signature ages.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use url::Url;

use super::endpoint::{Endpoints, Service};
use super::failure::{AwsError, Class};
use super::gate::Gate;
use super::xml;
use crate::clock::Clock;
use crate::net::http::{Call, Http, RetryPolicy, retry};
use crate::secret::Secret;

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub service: Service,
    pub action: &'static str,
    parameters: Vec<(String, String)>,
}

/// A line to the services of one region.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub http: Http,
    pub clock: Clock,
    pub endpoints: Arc<Endpoints>,
    pub region: String,
    pub gate: Arc<Gate>,
}

impl Request {
    pub fn new(service: Service, action: &'static str) -> Self {
        Self { service, action, parameters: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.parameters.push((name.to_owned(), value.into()));
        self
    }

    /// The parameter, if there is a value.
    pub fn with_some(self, name: &str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// A list as the query services take it: `Name.member.1`, `Name.member.2`, …
    pub fn with_members<'a>(mut self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        for (value, number) in values.into_iter().zip(1..) {
            self.parameters.push((format!("{name}.member.{number}"), value.to_owned()));
        }
        self
    }

    /// The call's name in errors; the two generations of balancers have actions of the same name.
    pub fn operation(&self) -> String {
        match self.service {
            Service::ElbClassic => format!("{} (classic)", self.action),
            _ => self.action.to_owned(),
        }
    }

    fn body(&self) -> Result<String, AwsError> {
        let head = [("Action", self.action), ("Version", self.service.version())];
        let rest = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<(&str, &str)> = head.into_iter().chain(rest).collect();
        serde_urlencoded::to_string(form).map_err(|error| self.unsendable(&error.to_string()))
    }

    fn unsendable(&self, words: &str) -> AwsError {
        AwsError::new(Class::Refused, &self.operation(), words)
    }
}

impl Line {
    /// Makes the call, and again while it fails in a way that may pass.
    pub async fn call_as<T: DeserializeOwned>(&self, keys: &Credentials, request: &Request) -> Result<T, AwsError> {
        let operation = request.operation();
        let secrets = secrets_of(keys);
        let call = Call { provider: "aws", operation: &operation, secrets: &secrets };
        retry(RetryPolicy::default(), || self.attempt(call, keys, request)).await
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        keys: &Credentials,
        request: &Request,
    ) -> Result<T, AwsError> {
        let url = self.endpoints.url(request.service, &self.region)?;
        let body = request.body()?;
        let place = self.gate.enter().await;
        let signed = signature(keys, request.service, &self.region, &url, &body, self.clock.now().into())
            .map_err(|words| request.unsendable(&words))?;
        let post = self.http.client().post(url).header("content-type", CONTENT_TYPE);
        let post = signed.iter().fold(post, |post, (name, value)| post.header(*name, value));
        let post = post.body(body).build().map_err(|error| request.unsendable(&error.to_string()))?;
        let answer = self.http.send(call, post).await?;
        drop(place);
        if !answer.status.is_success() {
            return Err(AwsError::of_answer(call, &answer, self.clock.now()));
        }
        xml::read(request.action, &answer.body)
            .map_err(|words| AwsError::from(call.error(Class::Malformed.kind(), &words)))
    }
}

/// The headers that sign a request (Signature Version 4): its date, its signature, and the token of temporary
/// credentials.
fn signature(
    keys: &Credentials,
    service: Service,
    region: &str,
    url: &Url,
    body: &str,
    at: SystemTime,
) -> Result<Vec<(&'static str, String)>, String> {
    let identity = keys.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service.signing_name())
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?;
    let headers = [("content-type", CONTENT_TYPE)].into_iter();
    let request = SignableRequest::new("POST", url.as_str(), headers, SignableBody::Bytes(body.as_bytes()))
        .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(request, &parameters.into()).map_err(|error| error.to_string())?.into_parts();
    let (headers, _) = instructions.into_parts();
    Ok(headers.iter().map(|header| (header.name(), header.value().to_owned())).collect())
}

/// What must not be seen in an error of a call made with these keys. The key's id is no secret: it says which key was
/// refused.
fn secrets_of(keys: &Credentials) -> Vec<Secret> {
    let mut secrets = vec![Secret::from(keys.secret_access_key().to_owned())];
    secrets.extend(keys.session_token().map(|token| Secret::from(token.to_owned())));
    secrets.retain(|secret| !secret.expose_secret().is_empty());
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_form_with_its_version() {
        let request = Request::new(Service::ElbV2, "DescribeTags")
            .with_members("ResourceArns", ["arn:a", "arn:b"])
            .with_some("Marker", None)
            .with_some("PageSize", Some("400".to_owned()));
        assert_eq!(
            request.body().unwrap(),
            "Action=DescribeTags&Version=2015-12-01&ResourceArns.member.1=arn%3Aa&ResourceArns.member.2=arn%3Ab&PageSize=400"
        );
    }

    #[test]
    fn the_signature_is_the_one_that_another_implementation_makes() {
        // botocore 1.43 signs the same request so.
        let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-west-1/ec2/aws4_request, \
                        SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
                        Signature=0ea65bcaf727102252083d6c5c5853bffde334e395814f981487030006ec3b59";
        let keys = Credentials::new("AKIDEXAMPLE", "secret", Some("session".to_owned()), None, "test");
        let url = Url::parse("https://ec2.eu-west-1.amazonaws.com/").unwrap();
        let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_244_400);
        let body = Request::new(Service::Ec2, "DescribeInstances").body().unwrap();
        let signed = signature(&keys, Service::Ec2, "eu-west-1", &url, &body, at).unwrap();
        let header = |name: &str| signed.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str()).unwrap();
        assert_eq!(header("x-amz-date"), "20261121T070000Z");
        assert_eq!(header("x-amz-security-token"), "session");
        assert_eq!(header("authorization"), expected);
    }
}
