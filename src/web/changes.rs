//! What is asked of the tape, read from a query: the window (`from`, `to`), `kind`, `source`, `region`, `cluster`,
//! `what`, `net`, `cursor`, `limit`. Pages and the API read it the same way.

use chrono::{SecondsFormat, TimeDelta};

use super::moment;
use super::params::Params;
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::kinds::diff::{Change as Field, State, between};
use crate::store::changes::{Asked, Cursor, Difference, MOST, What};
use crate::store::rows::ResourceRow;
use crate::store::versions::columns;

/// The window where nobody asks for another one.
pub const USUAL: TimeDelta = TimeDelta::hours(24);

/// What may be asked for.
pub const ASKABLE: [&str; 10] = ["from", "to", "kind", "source", "region", "cluster", "what", "net", "cursor", "limit"];

/// The tape as it was asked for.
#[derive(Clone, Debug)]
pub struct Reading {
    pub asked: Asked,
    /// The net difference between the two moments instead of the steps.
    pub net: bool,
    pub params: Params,
}

/// Reads a query.
///
/// # Errors
/// What is wrong with it, for whoever wrote it.
pub fn read(params: Params, now: Instant) -> Result<Reading, String> {
    params.only(&ASKABLE)?;
    let moment = |name: &str| params.get(name).map(|text| moment::parse(text, now)).transpose();
    let to = moment("to")?.unwrap_or(now);
    let from = moment("from")?.unwrap_or(to - USUAL);
    if from >= to {
        return Err("the window ends before it begins: “from” is the earlier moment, “to” the later one".to_owned());
    }
    let mut asked = Asked::between(from, to);
    for name in params.all("kind") {
        let spec = KindSpec::by_name(name).or_else(|| KindSpec::by_path(name));
        asked.kinds.push(spec.ok_or_else(|| format!("there is no kind “{name}”"))?);
    }
    for name in params.all("what") {
        let known = What::ALL.map(What::as_str).join(", ");
        asked.what.push(What::parse(name).ok_or_else(|| format!("nothing happens as “{name}”; there are {known}"))?);
    }
    for (name, values) in
        [("source", &mut asked.sources), ("region", &mut asked.regions), ("cluster", &mut asked.clusters)]
    {
        values.extend(params.all(name).map(str::to_owned));
    }
    asked.limit = params.limit(super::listing::ROWS, MOST)?;
    asked.cursor = params.cursor(Cursor::parse)?;
    let net = match params.get("net") {
        None | Some("0" | "false") => false,
        Some("1" | "true") => true,
        Some(other) => return Err(format!("net is 1 or 0, not “{other}”")),
    };
    if net && !asked.what.is_empty() {
        return Err("“what” asks for steps, and there are none between two moments alone".to_owned());
    }
    Ok(Reading { asked, net, params })
}

impl Reading {
    /// The query with both moments said absolutely, so that the next page belongs to the same window.
    pub fn fixed(&self) -> Params {
        let said = |at: Instant| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        self.params.without(&["cursor"]).with("from", &said(self.asked.from)).with("to", &said(self.asked.to))
    }
}

/// The fields that differ between two states of a resource.
pub fn fields(before: &ResourceRow, after: &ResourceRow) -> Vec<Field> {
    let Some(spec) = KindSpec::by_name(&after.kind) else { return Vec::new() };
    let (older, newer) = (columns(before), columns(after));
    between(spec, State { columns: &older, attrs: &before.attrs }, State { columns: &newer, attrs: &after.attrs })
}

/// The fields that differ between both moments.
pub fn net_fields(difference: &Difference) -> Vec<Field> {
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => fields(before, after),
        _ => Vec::new(),
    }
}
