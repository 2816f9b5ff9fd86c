//! The outside world: every byte that leaves the process leaves through here, with a time-out and without a secret in
//! the log.

pub mod dns;
pub mod error;
pub mod html;
pub mod http;
pub mod quota;
pub mod tls;
