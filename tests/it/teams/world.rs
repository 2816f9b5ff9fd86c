//! A made-up house of three teams and of what is nobody's: resources that are now here, now there, each with a word in
//! all that is said of it while it is somebody's, which nobody else may ever read.

use std::ops::Range;

use chrono::TimeDelta;
use proptest::prelude::*;
use quarterdeck::accounts::{teams, users};
use quarterdeck::audit::Doer;
use quarterdeck::clock::Instant;
use quarterdeck::kinds::Held;
use quarterdeck::kinds::KindSpec;
use quarterdeck::kinds::Role::{Is, PointsAt, Serves};
use quarterdeck::placement::Within;
use quarterdeck::roles::{Reach, Role};
use quarterdeck::store::sources::ConfiguredSource;
use quarterdeck::store::sql::{Sql, Value, insert_rows};
use quarterdeck::store::{AnyConnection, sources};

use serde_json::json;

use super::told::told;
use crate::relations::KINDS;
use crate::support::panel::Panel;
use crate::support::seed::{self, Seed, minute};

/// The words. Behind the three teams: who shares the third one's cluster, who is in no team's place, and who is
/// nowhere.
pub const WORDS: [&str; 6] = ["zalpha", "zbravo", "zcharlie", "zdelta", "zecho", "zfoxtrot"];
/// The first of these are teams.
pub const TEAMS: usize = 3;
/// Later than everything that happens in the house.
pub const NOW: i64 = 400;

/// Where an owner's things lie.
fn place(owner: usize) -> [String; 3] {
    let word = WORDS[owner];
    match owner {
        0 => [String::new(), format!("cluster-{word}"), String::new()],
        1 => [format!("region-{word}"), String::new(), format!("app-{word}")],
        2 | 3 => ["shared".to_owned(), "staging".to_owned(), format!("{word}-app")],
        4 => [format!("region-{word}"), format!("cluster-{word}"), format!("app-{word}")],
        _ => Default::default(),
    }
}

/// What the owner's team is told to see.
fn rule(team: usize) -> Within {
    let word = WORDS[team];
    match team {
        0 => Within { cluster: format!("cluster-{word}"), ..Within::default() },
        1 => Within { region: format!("region-{word}"), ..Within::default() },
        _ => Within { cluster: "staging".to_owned(), app: format!("{word}-*"), ..Within::default() },
    }
}

/// Somebody's for a while.
#[derive(Clone, Copy, Debug)]
pub struct Stint {
    pub owner: usize,
    pub from: i64,
    /// `None` while it lasts.
    pub until: Option<i64>,
}

/// A resource and whose it was.
#[derive(Clone, Debug)]
pub struct Thing {
    pub id: i64,
    pub kind: &'static KindSpec,
    pub stints: Vec<Stint>,
    pub gone: Option<i64>,
    /// Which of the few shared addresses it has or leads to.
    address: i64,
}

impl Thing {
    /// One that is there, of that kind.
    pub fn at(id: i64, kind: &str, stints: Vec<Stint>) -> Self {
        Self { id, kind: KindSpec::by_name(kind).unwrap(), stints, gone: None, address: 1 }
    }

    /// Whose it is at a minute; of what is gone nobody's.
    pub fn owner_at(&self, minute: i64) -> Option<usize> {
        let there = self.gone.is_none_or(|gone| minute < gone);
        let stint = self.stints.iter().find(|one| one.from <= minute && one.until.is_none_or(|until| minute < until));
        stint.filter(|_| there).map(|stint| stint.owner)
    }

    /// Whose it was last, or is.
    pub fn last_owner(&self) -> usize {
        self.stints.last().map_or(0, |stint| stint.owner)
    }

    fn has_moved(&self) -> bool {
        self.stints.iter().any(|stint| stint.owner != self.last_owner())
    }

    /// Its source: one that is shared by all, or the owner's own.
    fn scope(&self, kind: usize) -> i64 {
        let own = if self.has_moved() { WORDS.len() } else { self.last_owner() };
        i64::try_from(own * 10 + kind + 1).unwrap()
    }

    fn seed(&self) -> Seed {
        let kind = KINDS.iter().position(|kind| *kind == self.kind.name).unwrap();
        let attrs = |owner: usize| format!(r#"{{"note": "{} in its attrs"}}"#, WORDS[owner]);
        let name = |owner: usize| format!("{}-{}", WORDS[owner], self.id);
        let last = self.last_owner();
        let mut one = Seed::new(self.id, self.kind.name, self.scope(kind), &name(last));
        let [region, cluster, app] = place(last);
        one = one.placed([&region, &cluster, &app]);
        if !self.has_moved() {
            one = one.term(&format!("tag:team:{}", WORDS[last])).term(&format!("{}.example.com", name(last)));
            one.facets[0] = format!("{}-facet", WORDS[last]);
        }
        one.source = source(if self.has_moved() { WORDS.len() } else { last });
        one.attrs = attrs(last);
        one.status = "running".to_owned();
        one.first_seen = minute(self.stints[0].from);
        one.due = Some(minute(NOW + 100));
        for stint in &self.stints {
            let [region, cluster, app] = place(stint.owner);
            let end = stint.until.or(self.gone).map(minute);
            if let Some(until) = stint.until {
                let told = (name(stint.owner), attrs(stint.owner));
                one = one.elsewhere((minute(stint.from), minute(until)), &told.0, [&region, &cluster, &app], &told.1);
            } else {
                one.changed = minute(stint.from);
            }
            let host = format!("host:{}.example.com", name(stint.owner));
            let shared = format!("ip:192.0.2.{}", self.address);
            let (side, role) = match self.kind.name {
                "instance" | "load_balancer" => (Held::Key, Is),
                _ => (Held::Ref, PointsAt),
            };
            let spelled = host.trim_start_matches("host:").to_owned();
            one = one.link(Held::Key, Serves, &format!("host:{spelled}"), minute(stint.from), end);
            one = one.link(side, role, &shared, minute(stint.from), end);
        }
        if let Some(gone) = self.gone {
            one = one.gone(minute(gone));
        }
        one
    }
}

fn source(owner: usize) -> String {
    WORDS.get(owner).map_or_else(|| "shared-source".to_owned(), |word| format!("source-{word}"))
}

/// A random house of so many things.
pub fn things(many: Range<usize>) -> impl Strategy<Value = Vec<Thing>> {
    let stints = prop::collection::vec((0..WORDS.len(), 20..90_i64), 1..4);
    let thing = (0..KINDS.len(), stints, prop::option::weighted(0.2, 340..380_i64), 1..4_i64);
    prop::collection::vec(thing, many).prop_map(|drawn| {
        let made = drawn.into_iter().zip(101..).map(|((kind, drawn, gone, address), id)| {
            let mut from = 10;
            let mut stints: Vec<Stint> = Vec::new();
            let last = drawn.len() - 1;
            for (position, (owner, length)) in drawn.into_iter().enumerate() {
                let until = (position < last).then_some(from + length);
                stints.push(Stint { owner, from, until });
                from += length;
            }
            Thing { id, kind: KindSpec::by_name(KINDS[kind]).unwrap(), stints, gone, address }
        });
        made.collect()
    })
}

/// Builds the house with its people: `team-N@example.com` see what their team sees, `nobody@example.com` is in none.
pub async fn build(panel: &Panel, things: &[Thing]) {
    let doer = Doer::command_line();
    for (number, word) in WORDS.iter().enumerate().take(TEAMS) {
        let team = teams::create(&panel.context, &doer, &format!("team {number}"), "").await.unwrap();
        teams::add_rule(&panel.context, &doer, team.row.id, rule(number)).await.unwrap();
        let id = panel.person_seeing(&member(number), Role::Operator, Reach::Teams).await;
        let user = users::by_id(&panel.context, id).await.unwrap();
        teams::add_member(&panel.context, &doer, team.row.id, &user).await.unwrap();
        assert!(!word.is_empty());
    }
    panel.person_seeing("nobody@example.com", Role::Viewer, Reach::Teams).await;
    let seeds: Vec<Seed> = things.iter().map(Thing::seed).collect();
    let things = things.to_vec();
    let (now, db) = (panel.clock.now(), panel.context.db.clone());
    panel
        .context
        .db
        .write(move |connection| {
            listings(connection, now)?;
            seed::sow(connection, &seeds);
            alarms(connection, &things, now);
            told(connection, &db, &things, now)
        })
        .await
        .unwrap();
}

/// The address of a team's member.
pub fn member(team: usize) -> String {
    format!("team-{team}@example.com")
}

/// A source and a listing of each kind for everybody, some in trouble that names them; and a held loss in each.
fn listings(connection: &mut AnyConnection, now: Instant) -> diesel::QueryResult<()> {
    let configured = (0..=WORDS.len()).map(|owner| ConfiguredSource {
        name: source(owner),
        provider: "memory".to_owned(),
        // What is shared lies by default where no team is.
        region: if owner == WORDS.len() { place(4)[0].clone() } else { String::new() },
        cluster: if owner == WORDS.len() { place(4)[1].clone() } else { String::new() },
        every_seconds: 300,
        missing: None,
        kinds: Vec::new(),
    });
    sources::configure(connection, &configured.collect::<Vec<_>>(), now)?;
    for owner in 0..=WORDS.len() {
        let word = WORDS.get(owner).copied().unwrap_or("shared");
        let why = format!("{word} said no");
        sources::set_state(connection, &source(owner), sources::SourceState::Failing, &why, now)?;
        for (kind, number) in KINDS.iter().zip(1..) {
            let id = i64::try_from(owner * 10).unwrap() + number;
            let state = if owner % 2 == 0 { "complete" } else { "partial" };
            seed::scope_of(connection, &source(owner), id, kind, &format!("zone-{word}"), state, Some(now));
            let loss: Vec<Value> = vec![id.into(), id.into(), "rows".into(), "open".into(), word.into()];
            let rest: Vec<Value> = vec![9.into(), now.into(), 1.into(), "".into(), "".into()];
            let head = "INSERT INTO held_losses (id, scope_id, subject, state, reason, baseline, opened_at, seen, decided_by, \
                        decision_reason) VALUES ";
            insert_rows(connection, head, vec![loss.into_iter().chain(rest).collect()], "")?;
        }
    }
    // Why a listing ended as it did may name whatever is in it, also in one that holds a team's own.
    let mut sql = Sql::new("UPDATE scopes SET reason = ");
    sql.bind(format!("{} could not be read", WORDS.join(", ")));
    sql.execute(connection).map(|_| ())
}

/// An alert, a finding and something served for each thing, and an alert about each source.
fn alarms(connection: &mut AnyConnection, things: &[Thing], now: Instant) {
    let [mut alerts, mut found, mut served]: [Vec<Vec<Value>>; 3] = Default::default();
    for thing in things {
        let word = WORDS[thing.last_owner()];
        let [region, cluster, _] = place(thing.last_owner());
        let title = format!("{word} is in trouble");
        alerts.push(alert(thing.id, &title, Some(thing.id), "", now));
        if thing.gone.is_none() && thing.kind.name == "dns_record" {
            let subject = "ip:192.0.2.99";
            let mut row: Vec<Value> =
                vec![thing.id.into(), "dangling-record".into(), thing.id.into(), thing.id.into(), subject.into()];
            row.extend([word, word, &region, &cluster, "instance", ""].map(Value::from));
            row.push(now.into());
            found.push(row);
        }
        let host = quarterdeck::kinds::Key::host(&format!("{word}-{}.example.com", thing.id)).unwrap().stored();
        let mut row: Vec<Value> = vec![thing.id.into(), host.into(), "".into(), "192.0.2.1".into(), 443.into()];
        row.extend([Value::from(format!("balancer {word}")), Value::Bool(false)]);
        row.extend(["read", "", "", "", "expired"].map(Value::from));
        // What else is stored for the host, or sends for it, may be anybody's.
        let all = WORDS.join(", ");
        let findings = ["differs_from_stored", "targets_differ", "other_than_stored"]
            .map(|name| json!({"judgement": name, "words": format!("It is not {all}.")}));
        let findings = json!(findings).to_string();
        row.extend([1.into(), findings.into(), thing.id.into(), now.into(), now.into()]);
        served.push(row);
    }
    for (owner, word) in WORDS.iter().enumerate() {
        let id = 1_000 + i64::try_from(owner).unwrap();
        alerts.push(alert(id, &format!("the source of {word} is failing"), None, &source(owner), now));
    }
    let head = "INSERT INTO alerts (id, fingerprint, rule, severity, state, title, body, link, resource_id, source, opened_at, changed_at) \
                VALUES ";
    let (about, others): (Vec<_>, Vec<_>) = alerts.into_iter().partition(|row| row.len() == 12);
    insert_rows(connection, head, about, "").unwrap();
    let head = "INSERT INTO alerts (id, fingerprint, rule, severity, state, title, body, link, source, opened_at, changed_at) VALUES ";
    insert_rows(connection, head, others, "").unwrap();
    let head = "INSERT INTO findings (id, rule, walked_id, resource_id, subject, name, source, region, cluster, needs, doubt, found_at) \
                VALUES ";
    insert_rows(connection, head, found, "").unwrap();
    let head = "INSERT INTO served_certificates (id, host, wildcard, address, port, via, proxied, outcome, error, chain, fingerprint, \
                judgement, rank, findings, resource_id, planned_at, since) VALUES ";
    insert_rows(connection, head, served, "").unwrap();
}

fn alert(id: i64, title: &str, about: Option<i64>, source: &str, now: Instant) -> Vec<Value> {
    let mut row: Vec<Value> = vec![id.into(), format!("alert-{id}").into()];
    row.extend(["rule", "critical", "open", title, title, "/alerts"].map(Value::from));
    row.extend(about.map(Value::from));
    row.extend([source.into(), now.into(), (now - TimeDelta::minutes(1)).into()]);
    row
}
