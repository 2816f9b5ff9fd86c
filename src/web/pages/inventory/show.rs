//! `/{kind}/{id}`: a resource with all its facts, what hangs together with it, its alerts and its latest changes.

use askama::Template;
use askama_web::WebTemplate;

use diesel::QueryResult;

use super::revision::Revision;
use super::touches::{self, TouchesPanel};
use super::{age_of, changes_between};
use crate::clock::Instant;
use crate::config::Config;
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::{KindSpec, Role, Section, Tone, certificate, dns_record, zone};
use crate::relations::{self, Certainty, Dangling, Look, Neighbour};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, alerts, resources, scopes, versions};
use crate::web::pages::alerts::AlertLine;
use crate::web::pages::dns_changes::{self, mend::Mend, panel::DnsPanel};
use crate::web::pages::served_certificates::{self, ServedPanel};
use crate::web::params::Params;
use crate::web::view::{Age, Crumb, Diff};
use crate::web::{Shell, cells, deep_link, filters};
use crate::zone_files;

/// A resource's own page, now or at a past moment.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/show.html")]
pub struct ShowPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    /// Of this page, without a query.
    pub path: String,
    /// By which a window learns that there is more to say; none of a past moment, which stays as it was.
    pub revision: Option<Revision>,
    pub name: String,
    pub external_id: String,
    pub status: String,
    pub status_tone: Tone,
    pub source: String,
    pub scope_name: String,
    pub age: Age,
    /// Region, cluster, app, environment, role; those that are known.
    pub places: Vec<PlaceLine>,
    pub sections: Vec<Section>,
    pub neighbours: Vec<NeighbourGroup>,
    /// Why there may be none or more: a listing that is not complete, a neighbourhood that was cut.
    pub neighbours_note: String,
    /// What would be affected if it went away.
    pub touches: TouchesPanel,
    /// Refs to addresses of ours that nobody holds any more.
    pub dangling: Vec<DanglingLine>,
    pub alerts: Vec<AlertLine>,
    /// What can be changed in DNS from here.
    pub dns: Option<DnsPanel>,
    /// What hosts really send, of kinds that have to do with it.
    pub served: Option<ServedPanel>,
    pub changes: Vec<ChangeLine>,
    pub first_seen_at: Instant,
    pub changed_at: Instant,
    pub last_seen_at: Option<Instant>,
    pub missing_since: Option<Instant>,
    pub gone_at: Option<Instant>,
    /// Where its secrets can be asked for, if it has any and the viewer may.
    pub values_href: Option<String>,
    /// What can be done about it outside, where the viewer may.
    pub acts: Vec<Crumb>,
    /// The zone as a file.
    pub file_href: Option<String>,
    /// To tools that this panel does not replace.
    pub links: Vec<Crumb>,
}

/// An address of ours that this leads to and nobody holds.
#[derive(Clone, Debug)]
pub struct DanglingLine {
    pub address: String,
    /// Why it is not sure, if it is not.
    pub doubt: Option<String>,
    /// The configured network that it lies in.
    pub network: Option<String>,
    /// Who had it last, as name, path and until when.
    pub formerly: Option<(String, String, Instant)>,
    /// What can be done about it, of a record.
    pub mend: Option<Mend>,
}

impl DanglingLine {
    fn of(row: &ResourceRow, dangling: &Dangling) -> Self {
        let mend = Mend::of(row, dangling.formerly.first().map(|former| &former.row));
        let former = dangling.formerly.first().and_then(|former| {
            let spec = former.row.spec()?;
            Some((former.row.name.clone(), cells::href(spec, former.row.id, None), former.until))
        });
        Self {
            address: dangling.key.as_address().or(dangling.key.as_host()).unwrap_or_default().to_owned(),
            doubt: match &dangling.certainty {
                Certainty::Dangling => None,
                Certainty::Unsure(why) => Some(why.clone()),
            },
            network: dangling.network.clone(),
            formerly: former,
            mend,
        }
    }
}

/// Where it belongs.
#[derive(Clone, Debug)]
pub struct PlaceLine {
    pub label: &'static str,
    pub value: String,
    /// What else lies there, at the same moment.
    pub href: String,
}

/// The neighbours of one kind.
#[derive(Clone, Debug)]
pub struct NeighbourGroup {
    /// The kind's stored name.
    pub kind: &'static str,
    pub title: &'static str,
    pub items: Vec<NeighbourLine>,
    /// There are more than these.
    pub cut: bool,
}

/// A resource that is related, and by what.
#[derive(Clone, Debug)]
pub struct NeighbourLine {
    pub href: String,
    pub name: String,
    /// What tells it from others of its name: a record's type and content.
    pub detail: String,
    pub status: String,
    pub tone: Tone,
    /// How they are related, in words that the keys follow: `points here by`.
    pub role: String,
    /// The keys on the way, in their shown spelling.
    pub via: Vec<String>,
    /// The next moment worth attention: when a certificate ends.
    pub due_at: Option<Instant>,
    /// What then is: `ends`, `due`.
    pub due_said: &'static str,
    /// Another resource claims the same key.
    pub ambiguous: bool,
}

/// A superseded version, and what replaced it.
#[derive(Clone, Debug)]
pub struct ChangeLine {
    pub at: Instant,
    /// This page as it was just before.
    pub at_href: String,
    pub diffs: Vec<Diff>,
}

/// Neighbours of one kind that are shown at once.
const SHOWN: usize = 25;
/// Characters of a record's content that are shown beside its name.
const DETAIL: usize = 60;

/// The resource's page, now or at `at`; `None` where there is none that the asker may see.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &'static KindSpec,
    id: i64,
    at: Option<Instant>,
    config: &Config,
    shell: Shell,
) -> QueryResult<Option<ShowPage>> {
    let Some(row) = resources::find(connection, scope, spec, id, at)? else { return Ok(None) };
    let mut look = Look::at(scope, at);
    let around = look.neighbours(connection, &row)?;
    let path = format!("/{}/{id}", spec.path);
    let touches = touches::panel(connection, &mut look, &row, at, &path)?;
    let listing = scopes::by_id(connection, scope, row.scope_id)?;
    let states = versions::timeline(connection, scope, id)?;
    let states: Vec<_> =
        states.into_iter().filter(|state| at.is_none_or(|at| state.row.changed_at() <= at)).take(6).collect();
    let dangling = match at {
        None => look.dangling(connection, &row, &config.networks, shell.now)?,
        Some(_) => Vec::new(),
    };
    let alerts = if at.is_none() { alerts::of_resource(connection, scope, id)? } else { Vec::new() };
    let served = match at {
        None if row.gone_at().is_none() => {
            served_certificates::panel(connection, scope, spec, id, &config.probe, shell.now)?
        }
        _ => None,
    };
    let dns = match at {
        None if row.gone_at().is_none() => {
            dns_changes::panel::panel(connection, scope, spec, &row, &around, &config.networks, shell.now)?
        }
        _ => None,
    };
    let has_file = match at {
        None if spec.name == zone::SPEC.name && row.gone_at().is_none() => zone_files::is_for(connection, scope, &row)?,
        _ => false,
    };
    let may_reveal = at.is_none() && shell.viewer.as_ref().is_some_and(|viewer| viewer.operates);
    let acts = if may_reveal && row.gone_at().is_none() { acts_of(spec, id) } else { Vec::new() };
    let has_secrets = (spec.of.secrets)(&row.attrs).is_ok_and(|secrets| !secrets.is_empty());
    let age = age_of(connection, scope, &row, listing.as_ref(), shell.now)?;
    Ok(Some(ShowPage {
        path,
        revision: None,
        touches,
        dns,
        name: row.title().to_owned(),
        external_id: row.external_id.clone(),
        status: row.status.clone(),
        status_tone: (spec.tone)(&row.status),
        source: row.source.clone(),
        scope_name: listing.map(|listing| listing.name).unwrap_or_default(),
        age,
        places: places(spec, &row, at),
        sections: (spec.of.sections)(&row.attrs)
            .unwrap_or_default()
            .into_iter()
            .filter(|one| !one.is_empty())
            .collect(),
        neighbours_note: note(&around, row.gone_at().is_some()),
        neighbours: around.by_kind.iter().map(|group| group_of(group, at)).collect(),
        dangling: dangling.iter().map(|one| DanglingLine::of(&row, one)).collect(),
        alerts: alerts.iter().map(AlertLine::of).collect(),
        served,
        changes: states.windows(2).map(|pair| change(spec, &pair[1].row, &pair[0].row)).collect(),
        first_seen_at: row.first_seen_at(),
        changed_at: row.changed_at(),
        last_seen_at: row.last_seen_at(),
        missing_since: row.missing_since().filter(|_| at.is_none()),
        gone_at: row.gone_at(),
        values_href: (may_reveal && has_secrets).then(|| format!("/{}/{id}/values", spec.path)),
        acts,
        file_href: has_file.then(|| format!("/{}/{id}/zone-file", spec.path)),
        links: config
            .links
            .iter()
            .filter(|link| link.kind == spec.name)
            .filter_map(|link| deep_link::of(link, &row))
            .collect(),
        spec,
        shell,
    }))
}

/// **One more act on resources of a kind**: its line here.
fn acts_of(spec: &KindSpec, id: i64) -> Vec<Crumb> {
    match spec.name {
        "app" => vec![Crumb { title: "Purge the cache".to_owned(), href: format!("/apps/{id}/cache-purges") }],
        _ => Vec::new(),
    }
}

fn places(spec: &KindSpec, row: &ResourceRow, at: Option<Instant>) -> Vec<PlaceLine> {
    let places = [
        ("Region", "region", &row.region),
        ("Cluster", "cluster", &row.cluster),
        ("App", "app", &row.app),
        ("Environment", "environment", &row.environment),
        ("Role", "role", &row.role),
    ];
    let line = |(label, name, value): (&'static str, &str, &String)| PlaceLine {
        label,
        value: value.clone(),
        href: Params::default().with(name, value).at(at).href(&format!("/{}", spec.path)),
    };
    places.into_iter().filter(|(_, _, value)| !value.is_empty()).map(line).collect()
}

fn note(around: &relations::Neighbours, gone: bool) -> String {
    match () {
        () if gone => {
            "It is gone, so nothing is related to it any more. Look back at a past moment to see what was.".to_owned()
        }
        () if around.truncated => "There is more; the search stopped before it took in the whole platform.".to_owned(),
        () if around.by_kind.is_empty() => "Nothing known refers to it, and it refers to nothing known.".to_owned(),
        () => String::new(),
    }
}

fn group_of(group: &relations::Group, at: Option<Instant>) -> NeighbourGroup {
    NeighbourGroup {
        kind: group.spec.name,
        title: group.spec.titles,
        items: group.items.iter().take(SHOWN).map(|item| neighbour(group.spec, item, at)).collect(),
        cut: group.items.len() > SHOWN,
    }
}

fn neighbour(spec: &KindSpec, item: &Neighbour, at: Option<Instant>) -> NeighbourLine {
    NeighbourLine {
        href: cells::href(spec, item.row.id, at),
        name: item.row.title().to_owned(),
        detail: detail(spec, &item.row),
        status: item.row.status.clone(),
        tone: (spec.tone)(&item.row.status),
        role: match (item.role, spec.name) {
            (Role::Is, _) if item.via.is_empty() => "linked",
            (Role::Is, _) => "linked by",
            (Role::Serves, _) => "serves",
            (Role::Covers, "zone") => "is its zone,",
            (Role::Covers, "dns_record") => "lies in",
            (Role::Covers, _) => "covers",
            (Role::PointsAt, _) if item.via.is_empty() => "points here",
            (Role::PointsAt, _) => "points here by",
        }
        .to_owned(),
        via: item
            .via
            .iter()
            .map(|key| key.as_str().split_once(':').map_or(key.as_str(), |(_, rest)| rest).to_owned())
            .collect(),
        due_at: item.row.due_at(),
        due_said: if spec.name == certificate::SPEC.name { "ends" } else { "due" },
        ambiguous: item.ambiguous,
    }
}

/// A name has many records, and a list of them by name alone would say the same thing over and over.
fn detail(spec: &KindSpec, row: &ResourceRow) -> String {
    if spec.name != dns_record::SPEC.name {
        return String::new();
    }
    let record: DnsRecord = serde_json::from_str(&row.attrs).unwrap_or_default();
    let content: String = record.content.chars().take(DETAIL).collect();
    let rest = if record.content.chars().nth(DETAIL).is_some() { "…" } else { "" };
    format!("{} {content}{rest}", record.record_type)
}

fn change(spec: &KindSpec, older: &ResourceRow, newer: &ResourceRow) -> ChangeLine {
    let before = newer.changed_at() - chrono::TimeDelta::milliseconds(1);
    ChangeLine {
        at: newer.changed_at(),
        at_href: cells::href(spec, newer.id, Some(before)),
        diffs: changes_between(spec, older, newer),
    }
}
