//! What the clock on the wall of a region says.

use chrono::Offset;

use crate::clock::Instant;
use crate::config::RegionConfig;

/// A moment in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// `Sun 04:10`.
    pub said: String,
    /// `Asia/Tokyo`.
    pub zone: &'static str,
    /// `UTC+9`, `UTC-3:30`, `UTC`.
    pub offset: String,
}

/// That moment, as the region's zone has it then.
pub fn local(region: &RegionConfig, now: Instant) -> LocalTime {
    let there = now.with_timezone(&region.timezone);
    let minutes = there.offset().fix().local_minus_utc() / 60;
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    let offset = match (hours, rest) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    };
    LocalTime { said: there.format("%a %H:%M").to_string(), zone: region.timezone.name(), offset }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(zone: &str, at: &str) -> (String, String) {
        let region = RegionConfig {
            name: "there".to_owned(),
            timezone: zone.parse().unwrap(),
            latitude: None,
            longitude: None,
            watched_by: None,
        };
        let local = local(&region, at.parse().unwrap());
        (local.said, local.offset)
    }

    #[test]
    fn summer_time_and_half_hours_are_the_zones_own() {
        let told = |said: &str, offset: &str| (said.to_owned(), offset.to_owned());
        assert_eq!(said("Europe/Warsaw", "2026-03-29T00:59:00Z"), told("Sun 01:59", "UTC+1"));
        assert_eq!(said("Europe/Warsaw", "2026-03-29T01:00:00Z"), told("Sun 03:00", "UTC+2"));
        assert_eq!(said("America/St_Johns", "2026-12-01T00:00:00Z"), told("Mon 20:30", "UTC-3:30"));
        assert_eq!(said("UTC", "2026-12-01T00:00:00Z"), told("Tue 00:00", "UTC"));
    }
}
