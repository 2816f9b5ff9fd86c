//! Each provider against its wire and against something real.

mod aws_balancers;
mod aws_credentials;
mod aws_moto;
mod aws_wire;
mod cloudflare;
mod powerdns;
mod workflow;
