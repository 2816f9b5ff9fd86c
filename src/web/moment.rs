//! `?at=`: a past moment, as RFC 3339 or as how long ago.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use chrono::{DateTime, SecondsFormat, TimeDelta};

use super::PageError;
use super::params::Params;
use crate::clock::Instant;

/// Reads `2026-11-20T03:10:00Z`, `90s`, `30m`, `2h`, `3d`, `1w`. A moment that has not come is no moment to look at.
///
/// # Errors
/// What is wrong, and how to say it instead.
pub fn parse(text: &str, now: Instant) -> Result<Instant, String> {
    let text = text.trim();
    let at = match relative(text) {
        Some(ago) => now.checked_sub_signed(ago),
        // A "+" in a query that nobody encoded arrives as a space.
        None => DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|at| at.to_utc()),
    };
    match at {
        Some(at) if at <= now => Ok(at),
        Some(_) => Err(format!("{text} has not come yet; give a past moment")),
        None => Err(format!("“{text}” is no moment; write 2026-11-20T03:10:00Z, or how long ago: 30m, 2h, 3d")),
    }
}

/// Refuses `?at=` where nothing is kept of past moments: showing today's facts instead would be a lie in silence.
pub async fn present_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.query_string().contains("at=") && Params::parse(request.query_string()).get("at").is_some() {
        let what = "Only the present is known here: what this shows is not kept for past moments. Leave “at” out.";
        return Ok(request.error_response(PageError::Invalid(what.to_owned())));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// A moment as links say it.
pub fn said(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Whether this is said from now on backwards (`2h`), and is another moment whenever it is read.
pub fn is_relative(text: &str) -> bool {
    relative(text.trim()).is_some()
}

/// How long ago a text such as `2h` means.
pub fn ago(text: &str) -> Option<TimeDelta> {
    relative(text.trim())
}

fn relative(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    TimeDelta::try_seconds(number.parse::<u32>().map(i64::from).ok()?.checked_mul(seconds)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_absolutely_or_as_how_long_ago() {
        let now = Instant::UNIX_EPOCH + TimeDelta::days(20_000);
        assert_eq!(parse("2h", now), Ok(now - TimeDelta::hours(2)));
        assert_eq!(parse("3d", now), Ok(now - TimeDelta::days(3)));
        assert_eq!(parse("1970-01-02T00:00:00Z", now), Ok(Instant::UNIX_EPOCH + TimeDelta::days(1)));
        assert_eq!(parse("1970-01-02T01:00:00 01:00", now), Ok(Instant::UNIX_EPOCH + TimeDelta::days(1)));
        for bad in ["", "h", "-2h", "yesterday", "2 h", "2099-01-01T00:00:00Z", "99999999999d"] {
            assert!(parse(bad, now).is_err(), "{bad:?}");
        }
    }
}
