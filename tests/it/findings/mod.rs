//! What does not fit together: found after a sync, shown while it is the case, told of until somebody has looked.

mod pages;
mod rules;
mod sweep;

use quarterdeck::config::NetworkConfig;
use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::relations::findings::{self, Finding, Given, Rule, Swept};
use quarterdeck::store::doubt::Doubts;
use quarterdeck::store::findings as stored;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Db, Scope};

use crate::support::seed::{Seed, minute};

/// The networks of ours.
pub fn networks() -> Vec<NetworkConfig> {
    vec![NetworkConfig { name: "office".to_owned(), cidr: "198.51.100.0/24".parse().unwrap() }]
}

/// Sows these and sweeps, at the 505th minute: every listing is five minutes old.
pub async fn swept(db: &Db, seeds: Vec<Seed>) -> Swept {
    crate::relations::sown(db, seeds).await;
    db.write(|connection| {
        Sql::new(
            "INSERT INTO sources (name, provider, state, reason, every_seconds, region, cluster) \
             VALUES ('seeded', 'memory', 'ok', '', 300, '', '')",
        )
        .execute(connection)
    })
    .await
    .unwrap();
    stand_at(db, 505);
    sweep(db).await
}

/// Sets the clock to a minute of the seeded past.
pub fn stand_at(db: &Db, at: i64) {
    db.clock.advance(minute(at) - db.clock.now());
}

pub async fn sweep(db: &Db) -> Swept {
    findings::sweep(db, &networks()).await.unwrap()
}

/// What a page of a rule shows.
pub async fn found(db: &Db, rule: &str) -> Vec<Finding> {
    let rule = Rule::by_name(rule).expect("a rule of that name");
    let given = Given { now: db.clock.now(), networks: networks() };
    db.read(move |connection| {
        let (scope, wanted) = (Scope::unrestricted(), stored::Wanted { limit: 100, ..stored::Wanted::default() });
        let page = stored::page(connection, &scope, rule.name, &wanted, given.now)?;
        findings::verify(connection, &scope, rule, &given, &mut Doubts::at(given.now, &scope), page.rows)
    })
    .await
    .unwrap()
}

/// The same in words: `id subject: finding (doubt)`.
pub async fn told(db: &Db, rule: &str) -> Vec<String> {
    let line = |one: &Finding| {
        let subject = one.subject.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
        let doubt = one.doubt.as_ref().map(|doubt| format!(" ({doubt})")).unwrap_or_default();
        format!("{}{subject}: {}{doubt}", one.row.id, one.words)
    };
    found(db, rule).await.iter().map(line).collect()
}

/// How many a rule has: sure, unsure, ignored.
pub async fn numbers(db: &Db, rule: &'static str) -> (i64, i64, i64) {
    let now = db.clock.now();
    let tallies = db.read(move |connection| findings::tally(connection, &Scope::unrestricted(), now)).await.unwrap();
    let tally = tallies.into_iter().find(|tally| tally.rule.name == rule).expect("a rule of that name");
    (tally.sure, tally.unsure, tally.ignored)
}

/// What a certificate's attrs are.
pub fn attrs(certificate: &Certificate) -> String {
    serde_json::to_string(certificate).unwrap()
}
