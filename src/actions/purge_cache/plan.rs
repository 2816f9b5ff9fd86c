//! The plan of a purge: which zones' caches, what of each, in how many requests and in what time.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::audit::Doer;
use crate::context::{Context, Reach};
use crate::kinds::app::{self, App};
use crate::kinds::key::normal_host;
use crate::kinds::zone::{self, Zone};
use crate::runs::{NewRun, Shown};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};
use crate::wire::dns::ZoneAt;
use crate::wire::purge::Purge;

/// What somebody wants an app's caches to forget. Exactly one of these; none of them is all of the app's hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    pub hosts: Vec<String>,
    pub prefixes: Vec<String>,
    pub files: Vec<String>,
    /// The name of the zone whose cache is to forget everything, typed in full.
    pub everything: Option<String>,
}

/// Why there is no plan, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// A plan as stored with its run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub app_id: i64,
    pub app: String,
    pub zones: Vec<ZonePart>,
    /// Hosts of the app that no known cache stands in front of.
    pub elsewhere: Vec<String>,
}

/// What one zone's cache is to forget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZonePart {
    pub source: String,
    pub zone: ZoneAt,
    /// The zone in the inventory.
    pub zone_id: i64,
    /// A request each.
    pub pieces: Vec<Purge>,
    pub at_once: usize,
    pub apart_ms: u64,
    pub most_per_request: usize,
}

/// A purge asks for so much at most.
const MOST: usize = 3_000;

/// Plans a purge for an app; `None` where there is no such app. Reads the inventory alone: what is cached nobody tells.
pub fn plan(
    connection: &mut AnyConnection,
    scope: &Scope,
    context: &Context,
    app_id: i64,
    wish: &Wish,
) -> QueryResult<Option<Result<Plan, Refusal>>> {
    let found = resources::find(connection, scope, &app::SPEC, app_id, None)?;
    let Some(row) = found.filter(|row| row.gone_at().is_none()) else { return Ok(None) };
    let Ok(app) = serde_json::from_str::<App>(&row.attrs) else { return Ok(None) };
    let hosts: BTreeSet<String> =
        app.domains.iter().filter_map(|domain| normal_host(domain)).filter(|host| host.contains('.')).collect();
    let parents: BTreeSet<String> = hosts.iter().flat_map(|host| parents(host)).collect();
    // Which cache stands in front of a host is a fact about zones, whoever asks; all that is in one is its owners' to
    // forget.
    let parents: Vec<String> = parents.into_iter().collect();
    let zones = resources::named(connection, &Scope::unrestricted(), &zone::SPEC, &parents)?;
    let own = resources::named(connection, scope, &zone::SPEC, &parents)?.iter().map(|zone| zone.id).collect();
    let caches = caches(context, &zones, &own);
    Ok(Some(parts(&hosts, &caches, wish).map(|(zones, elsewhere)| Plan {
        app_id,
        app: row.name.clone(),
        zones,
        elsewhere,
    })))
}

/// Makes a purge of things of one sort.
type Sort = fn(Vec<String>) -> Purge;

/// A zone with a cache in front of it.
struct Cache {
    part: ZonePart,
    /// The asker sees the zone, and may purge everything in it.
    is_own: bool,
}

/// `a.b.example.com` → itself, `b.example.com`, `example.com`, `com`.
fn parents(host: &str) -> Vec<String> {
    let host = host.trim_start_matches("*.");
    let dots = host.match_indices('.').map(|(at, _)| host[at + 1..].to_owned());
    std::iter::once(host.to_owned()).chain(dots).collect()
}

/// The active zones whose source can purge, by name; two of one name are two.
fn caches(context: &Context, rows: &[ResourceRow], own: &BTreeSet<i64>) -> BTreeMap<String, Vec<Cache>> {
    let mut caches: BTreeMap<String, Vec<Cache>> = BTreeMap::new();
    for row in rows {
        let Ok(zone) = serde_json::from_str::<Zone>(&row.attrs) else { continue };
        let source = context.sources.iter().find(|source| source.config.name == row.source);
        let Some(Reach::Ready(provider)) = source.map(|source| &source.reach) else { continue };
        let Some(cache) = provider.cache().filter(|_| zone.status == "active") else { continue };
        let pace = cache.pace(&zone.plan);
        let part = ZonePart {
            source: row.source.clone(),
            zone: ZoneAt { id: zone.zone_id, name: zone.name.clone() },
            zone_id: row.id,
            pieces: Vec::new(),
            at_once: pace.at_once,
            apart_ms: u64::try_from(pace.apart.as_millis()).unwrap_or(u64::MAX),
            most_per_request: cache.most_per_request(),
        };
        caches.entry(zone.name).or_default().push(Cache { part, is_own: own.contains(&row.id) });
    }
    caches
}

fn parts(
    hosts: &BTreeSet<String>,
    caches: &BTreeMap<String, Vec<Cache>>,
    wish: &Wish,
) -> Result<(Vec<ZonePart>, Vec<String>), Refusal> {
    let kinds = [!wish.hosts.is_empty(), !wish.prefixes.is_empty(), !wish.files.is_empty(), wish.everything.is_some()];
    if kinds.iter().filter(|wanted| **wanted).count() > 1 {
        return Err(Refusal("Choose one of hosts, prefixes, files and everything.".to_owned()));
    }
    if wish.hosts.len() + wish.prefixes.len() + wish.files.len() > MOST {
        return Err(Refusal(format!("That is too much at once; {MOST} things can be named.")));
    }
    if let Some(typed) = &wish.everything {
        return everything(hosts, caches, typed).map(|part| (vec![part], Vec::new()));
    }
    let mut wanted: BTreeMap<&str, (ZonePart, Vec<String>)> = BTreeMap::new();
    let mut elsewhere = Vec::new();
    let all: Vec<String> = hosts.iter().cloned().collect();
    let (things, of): (&[String], Sort) = match () {
        () if !wish.prefixes.is_empty() => (&wish.prefixes, Purge::Prefixes),
        () if !wish.files.is_empty() => (&wish.files, Purge::Files),
        () if !wish.hosts.is_empty() => (&wish.hosts, Purge::Hosts),
        () => (&all, Purge::Hosts),
    };
    for thing in things {
        let (host, thing) = host_of(thing, of)?;
        if !hosts.iter().any(|own| covers(own, &host)) {
            return Err(Refusal(format!("{host} is no host of this app.")));
        }
        match in_front_of(&host, caches)? {
            Some((name, cache)) => {
                let (_, things) = wanted.entry(name).or_insert_with(|| (cache.part.clone(), Vec::new()));
                if !things.contains(&thing) {
                    things.push(thing);
                }
            }
            None => elsewhere.push(host),
        }
    }
    if wanted.is_empty() {
        let why = if things.is_empty() {
            "The app has no host."
        } else {
            "No cache that the panel knows stands in front of these hosts."
        };
        return Err(Refusal(why.to_owned()));
    }
    let parts = wanted.into_values().map(|(part, things)| {
        let pieces = of(things).in_pieces(part.most_per_request);
        ZonePart { pieces, ..part }
    });
    Ok((parts.collect(), elsewhere))
}

fn everything(
    hosts: &BTreeSet<String>,
    caches: &BTreeMap<String, Vec<Cache>>,
    typed: &str,
) -> Result<ZonePart, Refusal> {
    let typed = typed.trim().trim_end_matches('.').to_ascii_lowercase();
    let mut names = BTreeSet::new();
    for host in hosts {
        if let Some((name, cache)) = in_front_of(host, caches)?.filter(|(_, cache)| cache.is_own) {
            if name == typed {
                return Ok(ZonePart { pieces: vec![Purge::Everything], ..cache.part.clone() });
            }
            names.insert(name);
        }
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    match names.is_empty() {
        true => Err(Refusal("No cache that the panel knows stands in front of these hosts.".to_owned())),
        false => Err(Refusal(format!("To purge everything of a zone, type its name; this app's are: {names}."))),
    }
}

/// The host that a thing is about, and the thing as the provider wants it.
fn host_of(thing: &str, of: Sort) -> Result<(String, String), Refusal> {
    let thing = thing.trim();
    let unreadable = |how: &str| Refusal(format!("“{thing}” is not {how}."));
    match of(Vec::new()) {
        Purge::Files(_) => {
            let url = Url::parse(thing).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let host = url.as_ref().and_then(Url::host_str).and_then(normal_host);
            let (Some(url), Some(host)) = (url, host) else {
                return Err(unreadable("a full URL, as https://www.example.com/style.css"));
            };
            Ok((host, url.to_string()))
        }
        Purge::Prefixes(_) => {
            let bare = thing.trim_start_matches("https://").trim_start_matches("http://");
            let host = bare.split('/').next().and_then(normal_host);
            let plain = !bare.contains(['?', '#']) && !bare.chars().any(char::is_whitespace);
            let host = host.filter(|_| plain && bare.contains('/'));
            host.map(|host| (host, bare.to_owned())).ok_or_else(|| unreadable("a prefix, as www.example.com/blog/"))
        }
        _ => normal_host(thing).map(|host| (host.clone(), host)).ok_or_else(|| unreadable("a host's name")),
    }
}

fn covers(own: &str, host: &str) -> bool {
    own == host || own.strip_prefix('*').is_some_and(|parent| host.ends_with(parent))
}

/// The closest zone around a host that can purge; two of one name are nobody's to choose between.
fn in_front_of<'c>(
    host: &str,
    caches: &'c BTreeMap<String, Vec<Cache>>,
) -> Result<Option<(&'c str, &'c Cache)>, Refusal> {
    let Some((name, found)) = parents(host).iter().find_map(|name| caches.get_key_value(name)) else {
        return Ok(None);
    };
    match found.as_slice() {
        [one] => Ok(Some((name, one))),
        // By what name another's zone is listed is not told.
        several if several.iter().all(|cache| cache.is_own) => {
            let sources: Vec<&str> = several.iter().map(|cache| cache.part.source.as_str()).collect();
            let sources = sources.join(" and ");
            Err(Refusal(format!("The zone {name} is in {sources}, and nothing says which one answers.")))
        }
        _ => Err(Refusal(format!("There is more than one zone {name}, and nothing says which one answers."))),
    }
}

/// `3 hosts`, `everything`.
pub fn words(purge: &Purge) -> String {
    let many = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    };
    match purge {
        Purge::Hosts(hosts) => many(hosts.len(), "host", "hosts"),
        Purge::Prefixes(prefixes) => many(prefixes.len(), "prefix", "prefixes"),
        Purge::Files(files) => many(files.len(), "file", "files"),
        Purge::Everything => "everything".to_owned(),
    }
}

impl ZonePart {
    /// Seconds that the provider's limit asks for.
    pub fn seconds(&self) -> u64 {
        let waits = u64::try_from(self.pieces.len().saturating_sub(self.at_once)).unwrap_or(u64::MAX);
        waits.saturating_mul(self.apart_ms).div_ceil(1000)
    }

    /// What it names.
    pub fn things(&self) -> Vec<String> {
        let of = |piece: &Purge| match piece {
            Purge::Hosts(items) | Purge::Prefixes(items) | Purge::Files(items) => items.clone(),
            Purge::Everything => vec!["everything".to_owned()],
        };
        self.pieces.iter().flat_map(of).collect()
    }

    /// Hosts are their app's; everything is the zone's.
    fn subject(&self) -> Option<i64> {
        self.pieces.contains(&Purge::Everything).then_some(self.zone_id)
    }

    fn lane(&self) -> String {
        format!("{}/{}", self.source, self.zone.id)
    }
}

impl Plan {
    /// `3 hosts`, `everything of example.com`.
    pub fn title(&self) -> String {
        let count: usize = self.zones.iter().flat_map(|part| &part.pieces).map(Purge::len).sum();
        match self.zones.first().and_then(|part| Some((part, part.pieces.first()?))) {
            Some((part, Purge::Everything)) => format!("everything of {}", part.zone.name),
            Some((_, Purge::Hosts(_))) => words(&Purge::Hosts(vec![String::new(); count])),
            Some((_, Purge::Prefixes(_))) => words(&Purge::Prefixes(vec![String::new(); count])),
            Some((_, Purge::Files(_))) => words(&Purge::Files(vec![String::new(); count])),
            None => "nothing".to_owned(),
        }
    }

    pub fn requests(&self) -> usize {
        self.zones.iter().map(|part| part.pieces.len()).sum()
    }

    /// Seconds that the limits ask for, one zone after the other.
    pub fn seconds(&self) -> u64 {
        self.zones.iter().map(ZonePart::seconds).sum()
    }

    /// As people read it.
    pub fn show(&self) -> Shown {
        let mut notes = vec![
            "The provider’s acceptance proves neither that anything was cached nor that it is gone. Check the page itself.".to_owned(),
        ];
        if !self.elsewhere.is_empty() {
            notes.push(format!("No cache that the panel knows stands in front of {}.", self.elsewhere.join(", ")));
        }
        if self.zones.iter().any(|part| part.pieces.contains(&Purge::Everything)) {
            notes.push(
                "Everything of a zone is more than this app: each page of it is fetched anew from its origin."
                    .to_owned(),
            );
        }
        let time = match self.seconds() {
            0 => "none".to_owned(),
            seconds => format!("{seconds} s between requests"),
        };
        // Nothing of the zone but its name, which the hosts end in: whoever sees the app need not see the zone.
        let row =
            |part: &ZonePart| vec![part.zone.name.clone(), part.things().join(", "), part.pieces.len().to_string()];
        Shown {
            facts: vec![
                ("App".to_owned(), self.app.clone()),
                ("What".to_owned(), self.title()),
                ("Requests".to_owned(), self.requests().to_string()),
                ("Wait for rate limits".to_owned(), time),
            ],
            columns: vec!["Zone", "What", "Requests"],
            rows: self.zones.iter().map(row).collect(),
            notes,
            href: Some(format!("/apps/{}", self.app_id)),
        }
    }
}

/// The run that carries a plan out.
pub fn to_run(plan: &Plan, by: Doer, reason: &str) -> NewRun {
    let steps = super::steps(plan);
    let value = serde_json::to_value(plan).unwrap_or_default();
    let seconds = i64::try_from(plan.seconds()).unwrap_or(i64::MAX / 2);
    let new = NewRun::new(&super::PurgeCache, format!("Purge {} of {}", plan.title(), plan.app), value, steps, by);
    NewRun {
        target: plan.app.clone(),
        reason: reason.to_owned(),
        lanes: plan.zones.iter().map(ZonePart::lane).collect(),
        subjects: std::iter::once(plan.app_id).chain(plan.zones.iter().filter_map(ZonePart::subject)).collect(),
        deadline: new.deadline + chrono::TimeDelta::try_seconds(seconds).unwrap_or(chrono::TimeDelta::days(1)),
        ..new
    }
}
