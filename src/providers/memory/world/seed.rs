//! Numbers and ids that look random and never change: hashes of what they belong to.

use xxhash_rust::xxh3::xxh3_128;

/// 128 bits for the thing of that name.
fn bits(name: &str) -> u128 {
    xxh3_128(name.as_bytes())
}

/// A number from `0` to `below - 1`.
pub fn number(name: &str, below: u64) -> u64 {
    u64::try_from(bits(name) % u128::from(below.max(1))).unwrap_or_default()
}

/// `length` hex digits, 32 at most.
pub fn hex(name: &str, length: usize) -> String {
    format!("{:032x}", bits(name))[..length.min(32)].to_owned()
}

/// A UUID (version 4 by its looks).
pub fn uuid(name: &str) -> String {
    let hex = hex(name, 32);
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// A SHA-256 fingerprint by its looks: 32 upper-case hex pairs with colons.
pub fn fingerprint(name: &str) -> String {
    let digits = (hex(name, 32) + &hex(&format!("{name} again"), 32)).to_uppercase();
    let pairs: Vec<&str> = (0..digits.len() / 2).map(|pair| &digits[pair * 2..pair * 2 + 2]).collect();
    pairs.join(":")
}
