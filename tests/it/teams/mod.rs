//! Who sees what: teams, what their members see of everything, and looking as somebody else.

mod canaries;
mod dns;
mod followed;
mod manage;
mod routes;
mod scopes;
mod served;
mod shared_zone;
mod smallest;
mod sources;
mod switches;
mod told;
mod view;
mod world;
