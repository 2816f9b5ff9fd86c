//! What the stories are told with: databases, stand-ins for the outside world, and ways to ask what happened.
#![allow(dead_code, reason = "each story uses its own part")]

pub mod browser;
pub mod canary;
pub mod cloudflare;
pub mod collected;
pub mod database;
pub mod device;
pub mod fake_aws;
pub mod house;
pub mod moto;
pub mod panel;
pub mod plans;
pub mod powerdns;
pub mod program;
pub mod seed;
pub mod tls;
pub mod workflow;
pub mod yard;
