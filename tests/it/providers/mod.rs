//! Each provider against a stand-in of the service that it reads.

mod cloudflare;
