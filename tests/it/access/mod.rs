//! Who may enter: signing in, second factors, sessions, forms, setup, invitations, tokens, and the table of routes and
//! roles.

mod acts;
mod canaries;
mod codes;
mod enrolment;
mod frame;
mod half_sign_ins;
mod invitations;
mod required;
mod roles;
mod sessions;
mod setup;
mod sign_in;
mod tokens;

pub use roles::example;
