//! What is asked of a list, read from its query: `q`, filters by name, `sort`, `cursor`, `limit`, `at`, `gone`,
//! `columns`.
//!
//! The same reading serves pages, exports and the API. An unknown name is refused rather than ignored: a filter with a
//! typing error must not answer with everything.

use super::moment;
use super::params::Params;
use crate::clock::Instant;
use crate::kinds::{Column, KindSpec};
use crate::store::listing::{Cursor, Filter, ListQuery, MOST, Sort};

/// Rows of a page where nobody asks for another number.
pub const ROWS: usize = 50;

/// A list as it was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub query: ListQuery,
    pub params: Params,
    /// The columns to show, in their order.
    pub columns: Vec<&'static Column>,
}

/// Reads a list's query.
///
/// # Errors
/// What is wrong with it, for whoever wrote it.
pub fn read(spec: &'static KindSpec, params: Params, now: Instant) -> Result<Asked, String> {
    let mut query = ListQuery::of(spec);
    query.limit = ROWS;
    for name in params.names() {
        match name {
            "q" => query.text = params.get(name).map(str::to_owned),
            "limit" => query.limit = params.limit(ROWS, MOST)?,
            "sort" => query.sort = sort(spec, params.get(name).unwrap_or_default())?,
            "at" => query.at = params.get(name).map(|at| moment::parse(at, now)).transpose()?,
            "gone" => query.gone = truth(name, params.get(name).unwrap_or_default())?,
            "format" if params.get(name) != Some("csv") => return Err("the only other format is csv".to_owned()),
            "cursor" | "columns" | "format" => {}
            _ => match Filter::named(spec, name, params.all(name)) {
                Some(filter) => query.filters.push(filter),
                None => return Err(format!("{} have no filter “{name}”; {}", spec.titles, offered(spec))),
            },
        }
    }
    if let Some(cursor) = params.get("cursor") {
        // "2h" was said when the walk began: its later pages show that very moment.
        if params.get("at").is_some_and(moment::is_relative) {
            query.at = Cursor::parse(cursor).map_err(|error| error.to_string())?.at().or(query.at);
        }
        query = query.starting_at(cursor).map_err(|error| error.to_string())?;
    }
    if query.at.is_some() && query.filters.iter().any(|filter| filter.name() == "missing") {
        return Err("what was missing at a past moment is not kept; ask for missing without at".to_owned());
    }
    let columns = columns(spec, &params)?;
    Ok(Asked { params: pinned(params, query.at), query, columns })
}

/// The links of a page of the past lead to the same past, however long somebody looks at it.
fn pinned(params: Params, at: Option<Instant>) -> Params {
    match at {
        Some(at) => params.with("at", &moment::said(at)),
        None => params,
    }
}

fn truth(name: &str, text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("{name} is true or false"))
}

fn sort(spec: &'static KindSpec, text: &str) -> Result<Sort, String> {
    Sort::parse(spec, text).ok_or_else(|| format!("{} cannot be sorted by “{text}”", spec.titles))
}

fn offered(spec: &KindSpec) -> String {
    format!("there are {}, tag, scope and missing", spec.filters.join(", "))
}

/// The chosen columns, as boxes (`columns=a&columns=b`) or as a list (`columns=a,b`); the name always comes first.
fn columns(spec: &'static KindSpec, params: &Params) -> Result<Vec<&'static Column>, String> {
    let chosen: Vec<&str> = params.all("columns").flat_map(|names| names.split(',')).collect();
    if let Some(unknown) = chosen.iter().find(|id| !spec.columns.iter().any(|column| column.id == **id)) {
        let known: Vec<_> = spec.columns.iter().map(|column| column.id).collect();
        return Err(format!("{} have no column “{unknown}”; there are {}", spec.titles, known.join(", ")));
    }
    let columns = spec
        .columns
        .iter()
        .filter(|column| {
            column.id == "name" || if chosen.is_empty() { column.shown } else { chosen.contains(&column.id) }
        })
        .collect();
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::instance;

    fn asked(query: &str) -> Result<Asked, String> {
        read(&instance::SPEC, Params::parse(query), Instant::UNIX_EPOCH + chrono::TimeDelta::days(20_000))
    }

    #[test]
    fn a_filter_with_a_typing_error_is_refused_and_not_ignored() {
        assert!(asked("statsu=running").is_err_and(|text| text.contains("statsu")));
        assert!(asked("limit=5000").is_err());
        assert!(asked("gone=1").is_err() && asked("gone=true").is_ok_and(|asked| asked.query.gone));
        assert!(asked("format=xml").is_err() && asked("format=csv").is_ok());
        assert!(asked("columns=status,nonsense").is_err_and(|text| text.contains("nonsense")));
        assert!(asked("sort=attrs").is_err());
        assert!(asked("cursor=abc").is_err());
        assert!(asked("at=tomorrow").is_err());
    }

    #[test]
    fn a_mark_of_today_does_not_answer_for_yesterday() {
        assert!(asked("missing=true").is_ok());
        assert!(asked("missing=true&at=24h").is_err_and(|text| text.contains("not kept")));
    }

    #[test]
    fn columns_are_chosen_by_boxes_or_by_a_list() {
        let ids = |query| {
            asked(query)
                .map(|asked| asked.columns.iter().map(|column| column.id).collect::<Vec<_>>())
                .unwrap_or_default()
        };
        assert_eq!(ids("columns=zone,status"), ["name", "status", "zone"]);
        assert_eq!(ids("columns=zone&columns=status"), ["name", "status", "zone"]);
        assert!(!ids("").is_empty());
    }
}
