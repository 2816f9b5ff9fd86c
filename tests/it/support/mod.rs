//! What the stories are told with: stand-ins for the outside world, and ways to ask what happened.
#![allow(dead_code, reason = "each story uses its own part")]
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

pub mod collected;
pub mod fake_aws;
pub mod moto;
