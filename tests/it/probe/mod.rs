//! What hosts really send: looked at over real sockets, judged, written down, told.

pub mod estate;
mod first;
mod hole;
mod judging;
mod look;
mod pages;
mod task;
