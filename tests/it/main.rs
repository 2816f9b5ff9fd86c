//! The one integration binary: a folder per part of the panel, and what they all stand on in `support`.
//!
//! **One more test file**: its `mod` line in its folder's `mod.rs`; **one more folder**: its `mod` line here.

// Tests may read the environment and the machine's clock, and may unwrap outside of their test functions too; src may not.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod layers;
mod relations;
mod store;
mod support;
mod sync;
