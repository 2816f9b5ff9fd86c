//! Certificates as servers send them: read out of their DER, put in order, and only then judged.
//!
//! Pure: bytes in, facts and words out. `net::tls` gets the bytes without verifying anything, `probe` knows where they
//! came from, and `store::served_certificates` keeps what follows.
//!
//! **One more judgement**: a variant of [`Judgement`] with its words, its place among the others in [`Finding::rank`],
//! and the function in [`judge()`] that makes it.

mod chain;
mod judge;
mod judgement;
mod names;
mod read;

#[cfg(test)]
mod tests;

pub use chain::{Chain, End};
pub use judge::{Served, Stored, changes_at, judge};
pub use judgement::{Finding, Grade, Judgement, NO_ADDRESS};
pub use names::covers;
pub use read::{Sent, Unreadable};
