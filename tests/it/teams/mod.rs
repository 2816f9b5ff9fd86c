//! Who sees what: teams, what their members see of everything, and looking as somebody else.

mod canaries;
mod manage;
mod routes;
mod scopes;
mod sources;
mod view;
mod world;
