//! One-time codes by the time (RFC 6238): six digits of HMAC-SHA-1 (RFC 4226) over steps of thirty seconds, as every
//! authenticator app computes them. SHA-1 is sound here: a MAC does not need what SHA-1 has lost.
//!
//! Which code was used last is the store's to know: a code that fits is not yet one that is accepted.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::random_bytes;
use crate::clock::Instant;

/// Seconds that a code is shown.
pub const PERIOD: i64 = 30;
/// Steps to either side that count as now: clocks go wrong, and people type slowly (RFC 6238, 5.2).
pub const WINDOW: i64 = 1;
/// 160 bits, the length of the hash (RFC 4226, 4).
const LENGTH: usize = 20;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What the panel and somebody's device share. It is sealed wherever it is kept, and shown once.
#[derive(Clone)]
pub struct TotpKey([u8; LENGTH]);

impl TotpKey {
    pub fn generate() -> Self {
        Self(random_bytes())
    }

    /// What [`TotpKey::bytes`] gave; `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// To be sealed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it and apps read it: base32 (RFC 4648) without padding, 32 characters.
    pub fn base32(&self) -> String {
        let groups = self.0.chunks(5).flat_map(|five| {
            let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            (0..8).rev().map(move |place| BASE32[(bits >> (5 * place) & 31) as usize])
        });
        groups.map(char::from).collect()
    }

    /// The step whose code this is, of those that count as `at`; the latest where there are several. It takes as long
    /// whether or not there is one.
    pub fn step_of(&self, code: &str, at: Instant) -> Option<i64> {
        let now = step_at(at);
        let (mut found, mut any) = (0, Choice::from(0));
        for step in now - WINDOW..=now + WINDOW {
            let fits = self.code(step).as_bytes().ct_eq(code.as_bytes());
            found.conditional_assign(&step, fits);
            any |= fits;
        }
        bool::from(any).then_some(found)
    }

    /// The code of a step.
    pub fn code(&self, step: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes a key of any length (RFC 2104)");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = usize::from(hash[LENGTH - 1] & 15);
        let number = hash[offset..offset + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

/// The step of an instant.
pub fn step_at(at: Instant) -> i64 {
    at.timestamp().div_euclid(PERIOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of RFC 6238, appendix B.
    fn key() -> TotpKey {
        TotpKey::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(second: i64) -> Instant {
        chrono::DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (second, eight_digits) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(key().code(step_at(at(second))), eight_digits[2..], "{second}");
        }
    }

    #[test]
    fn a_code_counts_for_a_step_to_either_side() {
        let code = key().code(1000);
        for (second, step) in
            [(29_969, None), (29_970, Some(1000)), (30_000, Some(1000)), (30_059, Some(1000)), (30_060, None)]
        {
            assert_eq!(key().step_of(&code, at(second)), step, "{second}");
        }
        for wrong in ["", "12345", "1234567", "abcdef", &code[..5]] {
            assert_eq!(key().step_of(wrong, at(30_000)), None, "{wrong}");
        }
    }

    #[test]
    fn the_secret_is_written_as_apps_read_it() {
        assert_eq!(key().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(TotpKey::generate().base32().len(), 32);
        assert!(TotpKey::from_bytes(b"short").is_none());
    }
}
