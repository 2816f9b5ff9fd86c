//! Second factors: a code that somebody's device computes (TOTP), asked for besides the password.
//!
//! [`enrol`] turns one on, off, and makes recovery codes; [`codes`] says whether a code is accepted, and lets none in
//! twice. Turning one on or off ends the sessions that began without it.

use chrono::TimeDelta;

pub mod codes;
pub mod enrol;

use crate::config::RequireSecondFactor;
use crate::roles::Role;

/// A secret that was shown waits this long for its first code.
pub const TO_CONFIRM: TimeDelta = TimeDelta::minutes(15);
/// With fewer recovery codes than this, new ones are asked for.
pub const FEW: i64 = 3;

/// Whether somebody has to have one, has none, and so reaches nothing but the page that makes one.
pub fn is_due(required: RequireSecondFactor, role: Role, has_one: bool) -> bool {
    let must = match required {
        RequireSecondFactor::Nobody => false,
        RequireSecondFactor::Admins => role >= Role::Admin,
        RequireSecondFactor::Everybody => true,
    };
    must && !has_one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_must_and_has_not_is_due() {
        use RequireSecondFactor::{Admins, Everybody, Nobody};
        assert!(!is_due(Nobody, Role::Admin, false));
        assert!(is_due(Admins, Role::Admin, false) && !is_due(Admins, Role::Operator, false));
        assert!(is_due(Everybody, Role::Viewer, false) && !is_due(Everybody, Role::Viewer, true));
    }
}
