//! Who may enter: signing in, sessions, forms, setup, tokens, and the table of routes and roles.

mod acts;
mod canaries;
mod frame;
mod roles;
mod sessions;
mod setup;
mod sign_in;
mod tokens;
