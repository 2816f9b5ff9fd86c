//! `/search?q=`: everything by name, address, host, tag or id; and by parts of them, which are a page of their own
//! (`&parts=1`) where something is the word or begins with it. A script brings that in by itself.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::holders::{self, Holder};
use crate::store::search::{self, Extent};
use crate::store::{AnyConnection, Scope};
use crate::web::extract::written;
use crate::web::params::Params;
use crate::web::{PageError, Shell, cells, filters};

/// What was found, by kind.
#[derive(Template, WebTemplate)]
#[template(path = "search.html")]
pub struct SearchPage {
    pub shell: Shell,
    pub query: String,
    /// Who has the address or the host that was typed, and who had it.
    pub holders: Vec<HolderLine>,
    pub more_holders: bool,
    pub groups: Vec<HitGroup>,
    /// What only contains the word is shown, and nothing else.
    pub parts: bool,
    /// The page of that, where it is not shown; and on that page, of all else.
    pub other_href: Option<String>,
}

/// Someone who holds a key, or held it.
#[derive(Clone, Debug)]
pub struct HolderLine {
    pub name: String,
    pub href: String,
    pub kind: &'static str,
    pub kind_title: &'static str,
    /// The network of a private address.
    pub network: Option<String>,
    pub since: Instant,
    pub until: Option<Instant>,
}

/// The hits of one kind, the best first.
#[derive(Clone, Debug)]
pub struct HitGroup {
    /// The kind's stored name.
    pub kind: &'static str,
    pub titles: &'static str,
    pub hits: Vec<Hit>,
    /// Its list under the same question, when there are more.
    pub all_href: Option<String>,
}

/// A resource that bears what was looked for.
#[derive(Clone, Debug)]
pub struct Hit {
    pub href: String,
    pub name: String,
    /// By what it was found.
    pub term: String,
    pub status: String,
    pub tone: Tone,
    /// Cluster or source.
    pub place: String,
    pub is_gone: bool,
}

/// Hits of one kind that are shown.
const SHOWN: usize = 12;
/// Holders of an address that are shown.
const HOLDERS: usize = 50;

/// What bears all the words of `query`; one character alone would be everything.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    query: String,
    parts: bool,
    at: Option<Instant>,
    shell: Shell,
) -> QueryResult<SearchPage> {
    let enough = query.trim().chars().count() >= 2;
    let extent = if parts { Extent::Rest } else { Extent::First };
    let found =
        if enough { search::search(connection, scope, &query, extent, SHOWN, at)? } else { search::Found::default() };
    let read = found.groups.iter().flat_map(|group| &group.hits).map(|hit| &hit.row);
    let holders = if enough && !parts { holders::of(connection, scope, &query, HOLDERS, at, read)? } else { None };
    let groups = found.groups.into_iter().map(|group| group_of(group, &query, at)).collect();
    let (holders, more_holders) = holders.unwrap_or_default();
    let own = Params::default().with("q", &query).at(at);
    let other_href = match parts {
        true => Some(own.href("/search")),
        false => found.has_rest.then(|| own.with("parts", "1").href("/search")),
    };
    Ok(SearchPage {
        shell,
        holders: holders.iter().filter_map(|one| holder(one, at)).collect(),
        more_holders,
        query,
        groups,
        parts,
        other_href,
    })
}

fn holder(holder: &Holder, at: Option<Instant>) -> Option<HolderLine> {
    let spec = holder.row.spec()?;
    // As it was when it held it.
    let at = holder.until.map(|until| until - TimeDelta::milliseconds(1)).or(at);
    Some(HolderLine {
        name: holder.row.title().to_owned(),
        href: cells::href(spec, holder.row.id, at),
        kind: spec.name,
        kind_title: spec.title,
        network: holder.key.network().map(str::to_owned),
        since: holder.since,
        until: holder.until,
    })
}

fn group_of(group: search::Group, query: &str, at: Option<Instant>) -> HitGroup {
    let spec = group.spec;
    let hit = |hit: &search::Hit| Hit {
        href: cells::href(spec, hit.row.id, at),
        name: hit.row.title().to_owned(),
        term: hit.term.clone(),
        status: hit.row.status.clone(),
        tone: (spec.tone)(&hit.row.status),
        place: if hit.row.cluster.is_empty() { hit.row.source.clone() } else { hit.row.cluster.clone() },
        is_gone: hit.row.gone_at.is_some(),
    };
    HitGroup {
        kind: spec.name,
        titles: spec.titles,
        hits: group.hits.iter().map(hit).collect(),
        all_href: group.more.then(|| Params::default().with("q", query).at(at).href(&format!("/{}", spec.path))),
    }
}

/// `GET /search`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let (params, mut shell) = (Params::parse(request.query_string()), Shell::begin(&request)?);
    let at = shell.look_back(&params, "/search")?;
    let query = params.get("q").unwrap_or_default().to_owned();
    // Several words are looked for anywhere at once.
    let parts = params.get("parts") == Some("1") && query.split_whitespace().nth(1).is_none();
    let fetch = move |connection: &mut _, shell| fetch(connection, &scope, query, parts, at, shell).map(Some);
    written(&context, shell, fetch).await
}
