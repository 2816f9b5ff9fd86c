//! Each provider against its wire and against something real.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod aws_balancers;
mod aws_credentials;
mod aws_moto;
mod aws_wire;
mod cloudflare;
