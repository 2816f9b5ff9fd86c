//! Numbers that look random and follow from a seed, a name and an index: the same on every machine, in any order of
//! asking.

use xxhash_rust::xxh3::xxh3_64;

/// A stream of numbers.
pub struct Dice(u64);

impl Dice {
    /// The stream of `name` for its thing number `index`.
    pub fn of(seed: u64, name: &str, index: usize) -> Self {
        Self(xxh3_64(name.as_bytes()) ^ seed.rotate_left(32) ^ (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// The next number (SplitMix64).
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number under `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        // The high half of the product: evenly spread for any `end` that occurs here.
        ((u128::from(self.roll()) * end as u128) >> 64) as usize
    }

    /// One of the choices.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// `true` in so many of a hundred cases.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// So many hexadecimal digits, 16 a roll.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.roll()));
        }
        text.truncate(digits);
        text
    }
}
