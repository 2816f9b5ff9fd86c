//! `quarterdeck openapi`: the description of the API, as the panel serves it.

use std::io::Write;

use super::Ending;
use crate::web::api::openapi;

pub fn run() -> anyhow::Result<Ending> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &openapi::document())?;
    writeln!(out)?;
    Ok(Ending::Done)
}
