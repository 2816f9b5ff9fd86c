//! Rows made by hand, for tests of what is read: resources with their keys, refs, terms and versions, without a sync.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{TimeDelta, TimeZone, Utc};
use quarterdeck::clock::Instant;
use quarterdeck::kinds::{Held, Key, Role};
use quarterdeck::store::AnyConnection;
use quarterdeck::store::sql::{Sql, Value, insert_rows};

/// The `minute`th minute of the seeded past; the house's noon lies after all of them.
pub fn minute(minute: i64) -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap() + TimeDelta::minutes(minute)
}

/// One resource to be, present since minute 10; the fields say how it differs.
#[derive(Clone, Debug)]
pub struct Seed {
    pub id: i64,
    pub kind: &'static str,
    pub scope: i64,
    pub source: String,
    pub name: String,
    pub status: String,
    pub region: String,
    pub cluster: String,
    pub app: String,
    pub facets: [String; 3],
    pub due: Option<Instant>,
    pub attrs: String,
    pub first_seen: Instant,
    pub changed: Instant,
    pub missing: Option<Instant>,
    pub gone: Option<Instant>,
    links: Vec<(Held, Role, String, Instant, Option<Instant>)>,
    terms: Vec<(String, Instant, Option<Instant>)>,
    versions: Vec<Was>,
}

/// How a resource was for a while, and where.
#[derive(Clone, Debug)]
struct Was {
    from: Instant,
    until: Instant,
    name: String,
    status: String,
    place: [String; 3],
    attrs: String,
}

impl Seed {
    pub fn new(id: i64, kind: &'static str, scope: i64, name: &str) -> Self {
        Self {
            id,
            kind,
            scope,
            source: "seeded".to_owned(),
            name: name.to_owned(),
            status: String::new(),
            region: String::new(),
            cluster: String::new(),
            app: String::new(),
            facets: Default::default(),
            due: None,
            attrs: "{}".to_owned(),
            first_seen: minute(10),
            changed: minute(10),
            missing: None,
            gone: None,
            links: Vec::new(),
            terms: Vec::new(),
            versions: Vec::new(),
        }
    }

    /// Holds a key (`ip:192.0.2.7`, `host:www.example.com`).
    pub fn key(self, role: Role, key: &str) -> Self {
        self.link(Held::Key, role, key, minute(10), None)
    }

    /// Refers to a key.
    pub fn refers(self, role: Role, key: &str) -> Self {
        self.link(Held::Ref, role, key, minute(10), None)
    }

    pub fn link(mut self, side: Held, role: Role, key: &str, since: Instant, until: Option<Instant>) -> Self {
        self.links.push((side, role, spelled(key).stored(), since, until));
        self
    }

    /// Is found by this text, besides its name.
    pub fn term(mut self, term: &str) -> Self {
        self.terms.push((term.to_owned(), self.first_seen, self.gone));
        self
    }

    /// Was in another state for a while.
    pub fn version(mut self, from: Instant, until: Instant, name: &str, status: &str) -> Self {
        self.first_seen = self.first_seen.min(from);
        let place = [&self.region, &self.cluster, &self.app].map(String::clone);
        let (name, status, attrs) = (name.to_owned(), status.to_owned(), self.attrs.clone());
        self.versions.push(Was { from, until, name, status, place, attrs });
        self
    }

    /// Was somewhere else for a while, as a region, a cluster and an app, under another name and with other attrs.
    pub fn elsewhere(mut self, (from, until): (Instant, Instant), name: &str, place: [&str; 3], attrs: &str) -> Self {
        self = self.version(from, until, name, "");
        if let Some(was) = self.versions.last_mut() {
            (was.place, was.attrs) = (place.map(str::to_owned), attrs.to_owned());
        }
        self
    }

    /// The same under another id.
    pub fn numbered(self, id: i64) -> Self {
        Self { id, ..self }
    }

    /// Is there: a region, a cluster and an app.
    pub fn placed(mut self, [region, cluster, app]: [&str; 3]) -> Self {
        (self.region, self.cluster, self.app) = (region.to_owned(), cluster.to_owned(), app.to_owned());
        self
    }

    /// A tombstone since then.
    pub fn gone(mut self, at: Instant) -> Self {
        self.gone = Some(at);
        self.terms.iter_mut().for_each(|term| term.2 = Some(at));
        self.links.iter_mut().for_each(|link| link.4 = Some(link.4.map_or(at, |until| until.min(at))));
        self
    }
}

/// The key of a spelling as people write it.
fn spelled(key: &str) -> Key {
    match key.strip_prefix("host:") {
        Some(host) => Key::host(host).unwrap(),
        None => Key::from_stored(key),
    }
}

/// A scope to put resources in.
pub fn scope(connection: &mut AnyConnection, id: i64, kind: &str, name: &str, state: &str, confirmed: Option<Instant>) {
    scope_of(connection, "seeded", id, kind, name, state, confirmed);
}

/// The same, of that source.
pub fn scope_of(
    connection: &mut AnyConnection,
    source: &str,
    id: i64,
    kind: &str,
    name: &str,
    state: &str,
    confirmed: Option<Instant>,
) {
    let row = vec![
        id.into(),
        source.into(),
        kind.into(),
        name.into(),
        "".into(),
        "".into(),
        state.into(),
        "".into(),
        Value::Big(0),
        "{}".into(),
        "".into(),
        confirmed.into(),
        confirmed.into(),
    ];
    let head = "INSERT INTO scopes (id, source, kind, name, parent_kind, parent_external_id, state, reason, present, peaks, plan, \
         attempted_at, confirmed_at) VALUES ";
    insert_rows(connection, head, vec![row], "").unwrap();
}

/// Writes them, with their names as terms.
pub fn sow(connection: &mut AnyConnection, seeds: &[Seed]) {
    resources(connection, seeds);
    versions(connection, seeds);
    links(connection, seeds);
    terms(connection, seeds);
}

fn resources(connection: &mut AnyConnection, seeds: &[Seed]) {
    let head = "INSERT INTO resources (id, kind, source, scope_id, external_id, external_hash, fingerprint, name, status, region, \
         cluster, app, role, app_type, environment, facet_a, facet_b, facet_c, due_at, attrs, first_seen_at, changed_at, \
         missing_since, gone_at) VALUES ";
    let rows = seeds.iter().map(|seed| {
        let [a, b, c] = &seed.facets;
        let texts = [&seed.name, &seed.status, &seed.region, &seed.cluster, &seed.app];
        let mut row: Vec<Value> = vec![
            seed.id.into(),
            seed.kind.into(),
            (&seed.source).into(),
            seed.scope.into(),
            format!("external-{}", seed.id).into(),
            seed.id.into(),
            Value::Big(0),
        ];
        row.extend(texts.map(Value::from));
        row.extend(["", "", ""].map(Value::from));
        row.extend([a, b, c].map(Value::from));
        row.extend([seed.due.into(), (&seed.attrs).into(), seed.first_seen.into(), seed.changed.into()]);
        row.extend([seed.missing.into(), seed.gone.into()]);
        row
    });
    insert_rows(connection, head, rows.collect(), "").unwrap();
}

fn versions(connection: &mut AnyConnection, seeds: &[Seed]) {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let head = "INSERT INTO resource_versions (id, resource_id, kind, source, name, status, region, cluster, app, role, app_type, \
         environment, facet_a, facet_b, facet_c, attrs, valid_from, valid_until, ended_gone) VALUES ";
    let mut rows = Vec::new();
    for seed in seeds {
        for Was { from, until, name, status, place: [region, cluster, app], attrs } in &seed.versions {
            let [a, b, c] = &seed.facets;
            let mut row: Vec<Value> =
                vec![NEXT.fetch_add(1, Ordering::Relaxed).into(), seed.id.into(), seed.kind.into()];
            row.extend([&seed.source, name, status, region, cluster, app].map(Value::from));
            row.extend(["", "", ""].map(Value::from));
            row.extend([a, b, c, attrs].map(Value::from));
            row.extend([(*from).into(), (*until).into(), Value::Bool(false)]);
            rows.push(row);
        }
    }
    insert_rows(connection, head, rows, "").unwrap();
}

fn links(connection: &mut AnyConnection, seeds: &[Seed]) {
    for (wanted, head) in [
        (Held::Key, "INSERT INTO resource_keys (resource_id, key, role, since, until) VALUES "),
        (Held::Ref, "INSERT INTO resource_refs (resource_id, key, role, since, until) VALUES "),
    ] {
        let mut rows: Vec<Vec<Value>> = Vec::new();
        for seed in seeds {
            for (side, role, key, since, until) in &seed.links {
                if *side == wanted {
                    let role = role.as_str();
                    rows.push(vec![seed.id.into(), key.into(), role.into(), (*since).into(), (*until).into()]);
                }
            }
        }
        insert_rows(connection, head, rows, "").unwrap();
    }
}

fn terms(connection: &mut AnyConnection, seeds: &[Seed]) {
    let mut distinct: Vec<String> = Vec::new();
    let mut borne: Vec<(String, Vec<Value>)> = Vec::new();
    for seed in seeds {
        let name = (seed.name.to_lowercase(), seed.changed, seed.gone);
        let was = seed.versions.iter().map(|was| (was.name.to_lowercase(), was.from, Some(was.until)));
        for (term, since, until) in seed.terms.iter().cloned().chain([name]).chain(was) {
            distinct.push(term.clone());
            borne.push((term, vec![seed.id.into(), since.into(), until.into()]));
        }
    }
    distinct.sort();
    distinct.dedup();
    let first = quarterdeck::store::ids::take(connection, "terms", distinct.len()).unwrap();
    let ids: std::collections::BTreeMap<&String, i64> = distinct.iter().zip(first..).collect();
    let rows = ids.iter().map(|(term, id)| vec![(*id).into(), (*term).into()]).collect();
    insert_rows(connection, "INSERT INTO terms (id, term) VALUES ", rows, "").unwrap();
    if matches!(connection, AnyConnection::Sqlite(_)) {
        let index = "INSERT INTO terms_trigram (terms_trigram) VALUES ('rebuild')";
        Sql::new(index).execute(connection).unwrap();
    }
    let rows = borne.into_iter().map(|(term, mut row)| {
        row.push(ids[&term].into());
        row
    });
    let head = "INSERT INTO resource_terms (resource_id, since, until, term_id) VALUES ";
    insert_rows(connection, head, rows.collect(), "").unwrap();
}
