//! `/{kind}`, `/{kind}/{id}`, `/{kind}/{id}/history`: three pages for every kind, drawn from its `KindSpec`.

pub mod history;
pub mod list;
pub mod show;
