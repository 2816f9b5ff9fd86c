//! What the tests are made of: stand-ins for the outside world.

pub mod cloudflare;
