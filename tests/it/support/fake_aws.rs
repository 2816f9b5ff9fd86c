//! AWS's wire, answered by rule: everything is empty until a story says otherwise. For what moto cannot do: throttle,
//! refuse, repeat a token, answer nonsense.

use std::sync::atomic::{AtomicU8, Ordering};

use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use quarterdeck::config::Environment;
use quarterdeck::providers::Provider;

use super::collected;

pub const EC2: &str = "2016-11-15";
pub const ELB_V2: &str = "2015-12-01";
pub const ELB_CLASSIC: &str = "2012-06-01";
pub const STS: &str = "2011-06-15";

/// The key that the stories sign with.
pub const SECRET: &str = "wJalrXUtnFEMI-canary-9c41-the-secret-key";

pub struct FakeAws {
    server: MockServer,
    rules: AtomicU8,
}

/// Which requests a rule is for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    version: &'static str,
    action: &'static str,
    with: Vec<String>,
    region: Option<&'static str>,
    key: Option<&'static str>,
}

pub fn asked(version: &'static str, action: &'static str) -> Asked {
    Asked { version, action, ..Asked::default() }
}

impl Asked {
    /// With this parameter among the others, as `Name=value`.
    pub fn with(mut self, parameter: &str) -> Self {
        self.with.push(parameter.to_owned());
        self
    }

    pub fn in_region(mut self, region: &'static str) -> Self {
        self.region = Some(region);
        self
    }

    /// Signed with the key of that id.
    pub fn signed_by(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    fn meets(&self, request: &Request) -> bool {
        let form: Vec<String> = url::form_urlencoded::parse(&request.body).map(|(n, v)| format!("{n}={v}")).collect();
        let has = |parameter: &str| form.iter().any(|given| given == parameter);
        let signed_for = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        has(&format!("Action={}", self.action))
            && has(&format!("Version={}", self.version))
            && self.with.iter().all(|parameter| has(parameter))
            && self.region.is_none_or(|region| signed_for.contains(&format!("/{region}/")))
            && self.key.is_none_or(|key| signed_for.contains(&format!("Credential={key}/")))
    }
}

impl FakeAws {
    /// An account with nothing in it.
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let empty = |request: &Request| {
            let form: Vec<_> = url::form_urlencoded::parse(&request.body).into_owned().collect();
            let action =
                form.iter().find(|(name, _)| name == "Action").map(|(_, value)| value.clone()).unwrap_or_default();
            let version = form.iter().find(|(name, _)| name == "Version").map(|(_, value)| value.as_str());
            let within = if action == "GetCallerIdentity" {
                "<Arn>arn:aws:iam::123456789012:user/panel-reader</Arn><UserId>A</UserId><Account>123456789012</Account>"
            } else {
                ""
            };
            xml(&action, version != Some(EC2), within)
        };
        Mock::given(method("POST")).respond_with(empty).with_priority(255).mount(&server).await;
        Self { server, rules: AtomicU8::new(0) }
    }

    /// Answers with `within` inside of the action's own elements.
    pub async fn answer(&self, asked: Asked, within: &str) {
        let answer = xml(asked.action, asked.version != EC2, within);
        self.respond(asked, answer, None).await;
    }

    /// Refuses with an error code, for ever or so many times.
    pub async fn refuse(&self, asked: Asked, status: u16, code: &str, times: Option<u64>) {
        let refusal = refusal(asked.version, status, code);
        self.respond(asked, refusal, times).await;
    }

    /// Answers anything, for ever or so many times.
    pub async fn respond(&self, asked: Asked, answer: ResponseTemplate, times: Option<u64>) {
        // The more a rule asks for, the sooner it is tried; then one that runs out; then what was told later.
        let weight = 2 * (asked.with.len() + usize::from(asked.region.is_some())) + usize::from(times.is_some());
        let later = self.rules.fetch_add(1, Ordering::Relaxed);
        let priority = 250 - 40 * u8::try_from(weight).unwrap() - later;
        let rule =
            Mock::given(move |request: &Request| asked.meets(request)).respond_with(answer).with_priority(priority);
        match times {
            Some(times) => rule.up_to_n_times(times).mount(&self.server).await,
            None => rule.mount(&self.server).await,
        }
    }

    /// How often that was asked.
    pub async fn count(&self, asked: Asked) -> usize {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().filter(|request| asked.meets(request)).count()
    }

    /// A source that asks here, in these regions.
    pub fn source(&self, regions: &[&str]) -> Box<dyn Provider> {
        let environment =
            self.environment().with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").with("AWS_SECRET_ACCESS_KEY", SECRET);
        collected::provider("aws", &format!("aws_regions = {regions:?}"), &environment)
    }

    /// An environment that leads here and has no credentials.
    pub fn environment(&self) -> Environment {
        Environment::default().with("AWS_ENDPOINT_URL", &self.url()).with("AWS_EC2_METADATA_DISABLED", "true")
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }
}

/// An error in the shape of its service.
pub fn refusal(version: &str, status: u16, code: &str) -> ResponseTemplate {
    let body = if version == EC2 {
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>Not today.</Message></Error></Errors>\
             <RequestID>request-of-{code}</RequestID></Response>"
        )
    } else {
        format!(
            "<ErrorResponse xmlns=\"http://x/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>Not today.</Message>\
             </Error><RequestId>request-of-{code}</RequestId></ErrorResponse>"
        )
    };
    ResponseTemplate::new(status).set_body_string(body)
}

fn xml(action: &str, wrapped: bool, within: &str) -> ResponseTemplate {
    let inner = if wrapped { format!("<{action}Result>{within}</{action}Result>") } else { within.to_owned() };
    let body = format!("<{action}Response xmlns=\"http://aws.example/doc/\">{inner}</{action}Response>");
    ResponseTemplate::new(200).set_body_string(body)
}
