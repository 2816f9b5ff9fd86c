//! What AWS says when it does not do what was asked, sorted by what that calls for.
//!
//! The status is no help (throttling is 503 at EC2 and 400 at the balancers): the `Code` in the body decides.
//!
//! **One more code**: a line in [`CLASSES`].

use chrono::{DateTime, TimeDelta};
use serde::Deserialize;

use crate::clock::Instant;
use crate::net::http::{Answer, Call};
use crate::providers::Hangup;
use crate::wire::{ErrorKind, ProviderError};

/// What a failure calls for, finer than [`ErrorKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Throttled,
    Transient,
    /// There are none to be found; no call was made.
    NoCredentials,
    Credentials,
    /// New credentials may help.
    Expired,
    /// This call only; the others go on.
    Denied,
    RegionOff,
    /// Deleted since it was listed.
    Gone,
    /// On a paging call: the token is no longer good.
    BadToken,
    Refused,
    Malformed,
}

const CLASSES: &[(&str, Class)] = &[
    ("RequestLimitExceeded", Class::Throttled),
    ("Throttling", Class::Throttled),
    ("ThrottlingException", Class::Throttled),
    ("RequestThrottled", Class::Throttled),
    ("DependencyThrottle", Class::Throttled),
    ("InternalError", Class::Transient),
    ("InternalFailure", Class::Transient),
    ("Unavailable", Class::Transient),
    ("ServiceUnavailable", Class::Transient),
    ("HealthUnavailable", Class::Transient),
    ("AuthFailure", Class::Credentials),
    ("InvalidClientTokenId", Class::Credentials),
    ("SignatureDoesNotMatch", Class::Credentials),
    ("UnrecognizedClientException", Class::Credentials),
    ("ExpiredToken", Class::Expired),
    ("RequestExpired", Class::Expired),
    ("UnauthorizedOperation", Class::Denied),
    ("AccessDenied", Class::Denied),
    ("AccessDeniedException", Class::Denied),
    ("OptInRequired", Class::RegionOff),
    ("RegionDisabledException", Class::RegionOff),
    ("TargetGroupNotFound", Class::Gone),
    ("LoadBalancerNotFound", Class::Gone),
    ("AccessPointNotFound", Class::Gone),
    ("InvalidInstanceID.NotFound", Class::Gone),
    ("InvalidParameterValue", Class::BadToken),
    ("InvalidNextToken", Class::BadToken),
    ("InvalidMarker", Class::BadToken),
    ("ValidationError", Class::BadToken),
];

/// A failed call.
#[derive(Clone, Debug)]
pub(super) struct AwsError {
    pub class: Class,
    pub error: Box<ProviderError>,
}

impl Class {
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Throttled => ErrorKind::RateLimited,
            Self::Transient => ErrorKind::Unavailable,
            Self::NoCredentials | Self::Credentials | Self::Expired | Self::Denied | Self::RegionOff => ErrorKind::Auth,
            Self::Gone => ErrorKind::NotFound,
            Self::BadToken | Self::Refused => ErrorKind::Rejected,
            Self::Malformed => ErrorKind::Malformed,
        }
    }
}

impl AwsError {
    pub fn new(class: Class, operation: &str, words: &str) -> Self {
        let call = Call { provider: "aws", operation, secrets: &[] };
        Self { class, error: Box::new(call.error(class.kind(), words)) }
    }

    /// The failure that an answer other than 200 tells of.
    pub fn of_answer(call: Call<'_>, answer: &Answer, now: Instant) -> Self {
        let text = String::from_utf8_lossy(&answer.body);
        let body: ErrorBody = quick_xml::de::from_str(&text).unwrap_or_default();
        let request_id = Some(body.request_id)
            .filter(|id| !id.is_empty())
            .or_else(|| answer.header("x-amzn-requestid").map(str::to_owned));
        let told = body.errors.and_then(|errors| errors.error.into_iter().next()).or(body.error);
        let (class, words) = match told {
            Some(told) => {
                let class = classify(&told.code, answer);
                (class, format!("{}: {}{}", told.code, told.message, clock_words(class, answer, now)))
            }
            None => (by_status(answer), format!("status {}: {text}", answer.status.as_u16())),
        };
        let error = call.error(class.kind(), &words).with_request_id(request_id);
        Self { class, error: Box::new(error.with_retry_after(answer.retry_after())) }
    }
}

impl AsRef<ProviderError> for AwsError {
    fn as_ref(&self) -> &ProviderError {
        &self.error
    }
}

/// An error that was no answer of AWS's: the transport failed, or the sync hung up.
impl From<ProviderError> for AwsError {
    fn from(error: ProviderError) -> Self {
        let class = if error.kind == ErrorKind::Malformed { Class::Malformed } else { Class::Transient };
        Self { class, error: Box::new(error) }
    }
}

impl From<Hangup> for AwsError {
    fn from(hangup: Hangup) -> Self {
        ProviderError::from(hangup).into()
    }
}

/// EC2 wraps its error into a list, the query services do not; the request's id differs in its last letter.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ErrorBody {
    errors: Option<ErrorList>,
    error: Option<ErrorWords>,
    #[serde(rename = "RequestID", alias = "RequestId")]
    request_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ErrorList {
    error: Vec<ErrorWords>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ErrorWords {
    code: String,
    message: String,
}

fn classify(code: &str, answer: &Answer) -> Class {
    CLASSES.iter().find(|(known, _)| *known == code).map_or_else(|| by_status(answer), |(_, class)| *class)
}

fn by_status(answer: &Answer) -> Class {
    match Call::status_kind(answer.status) {
        ErrorKind::Auth => Class::Denied,
        ErrorKind::RateLimited => Class::Throttled,
        ErrorKind::Unavailable => Class::Transient,
        ErrorKind::Malformed => Class::Malformed,
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Rejected => Class::Refused,
    }
}

/// A signature is refused when the clocks are minutes apart, and the message does not say so.
fn clock_words(class: Class, answer: &Answer, now: Instant) -> String {
    let theirs = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    match (class, theirs) {
        (Class::Expired | Class::Credentials, Some(theirs)) => {
            let ahead = now.signed_duration_since(theirs);
            if ahead.abs() < TimeDelta::minutes(1) {
                return String::new();
            }
            format!(" (check this machine's clock: it is {} s off theirs)", ahead.num_seconds())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, body: &str) -> AwsError {
        let headers = [("date", "Sat, 21 Nov 2026 07:10:00 GMT")];
        let headers = headers.into_iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        let answer = Answer { status: status.try_into().unwrap(), headers, body: body.as_bytes().to_vec() };
        let call = Call { provider: "aws", operation: "DescribeInstances", secrets: &[] };
        AwsError::of_answer(call, &answer, "2026-11-21T07:00:00Z".parse().unwrap())
    }

    fn ec2(status: u16, code: &str) -> AwsError {
        failure(
            status,
            &format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>No.</Message></Error></Errors>\
                 <RequestID>r-1</RequestID></Response>"
            ),
        )
    }

    #[test]
    fn the_code_decides_and_not_the_status() {
        assert_eq!(ec2(503, "RequestLimitExceeded").error.kind, ErrorKind::RateLimited);
        assert_eq!(ec2(400, "Throttling").error.kind, ErrorKind::RateLimited);
        assert_eq!(ec2(403, "UnauthorizedOperation").class, Class::Denied);
        assert_eq!(ec2(401, "AuthFailure").class, Class::Credentials);
        assert_eq!(ec2(500, "NeverHeardOf").class, Class::Transient);
        assert_eq!(ec2(400, "NeverHeardOf").class, Class::Refused);
    }

    #[test]
    fn both_shapes_of_an_error_are_read_with_the_id_of_the_request() {
        let ec2 = ec2(403, "UnauthorizedOperation").error;
        assert_eq!((ec2.message.as_str(), ec2.request_id.as_deref()), ("UnauthorizedOperation: No.", Some("r-1")));
        let query = failure(
            403,
            "<ErrorResponse xmlns=\"http://x/\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>No.</Message>\
             </Error><RequestId>r-2</RequestId></ErrorResponse>",
        );
        assert_eq!(query.class, Class::Denied);
        assert_eq!(query.error.request_id.as_deref(), Some("r-2"));
        assert_eq!(failure(502, "<html>Bad gateway").error.kind, ErrorKind::Unavailable);
    }

    #[test]
    fn a_clock_that_is_off_is_named() {
        let words = ec2(400, "RequestExpired").error.message;
        assert!(words.contains("check this machine's clock: it is -600 s off"), "{words}");
        assert!(!ec2(403, "UnauthorizedOperation").error.message.contains("clock"));
    }
}
