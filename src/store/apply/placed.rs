//! The places of a resource: where the rules put it, where its relations do, and which app it serves, each with the
//! time it was so. The columns of `resources` hold them together, see [`Said::together`].

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use crate::clock::Instant;
use crate::placement::Place;
use crate::store::AnyConnection;
use crate::store::sql::{Sql, Value, insert_rows, no_sooner_than_since};

/// Who puts a resource somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    Rule,
    Relation,
    /// The app whose host it serves.
    App,
}

impl Says {
    fn position(self) -> i32 {
        match self {
            Self::Rule => 0,
            Self::Relation => 1,
            Self::App => 2,
        }
    }

    fn origin(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Relation => "relation",
            Self::App => "app",
        }
    }
}

/// What they say now; nothing is an empty place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub rule: Place,
    pub relation: Place,
    pub app: Place,
}

impl Said {
    fn by(&self, who: Says) -> &Place {
        match who {
            Says::Rule => &self.rule,
            Says::Relation => &self.relation,
            Says::App => &self.app,
        }
    }

    /// What comes of it under a rule: the rule first, then the app that is served, then what relations say.
    pub fn together(&self, rule: &Place) -> Place {
        rule.or(&self.relation.serving(&self.app))
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    resource_id: i64,
    #[diesel(sql_type = Integer)]
    position: i32,
    #[diesel(sql_type = Text)]
    region: String,
    #[diesel(sql_type = Text)]
    cluster: String,
    #[diesel(sql_type = Text)]
    app: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    app_type: String,
    #[diesel(sql_type = Text)]
    environment: String,
}

/// What is said of those resources; of whom nothing is said has no entry.
pub fn said(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<HashMap<i64, Said>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new(
        "SELECT resource_id, position, region, cluster, app, role, app_type, environment FROM resource_places \
         WHERE until IS NULL AND resource_id IN ",
    );
    sql.bind_list(ids);
    let mut said: HashMap<i64, Said> = HashMap::new();
    for row in sql.load::<Row>(connection)? {
        let Row { resource_id, position, region, cluster, app, role, app_type, environment } = row;
        let place = Place { region, cluster, app, role, app_type, environment };
        let of_it = said.entry(resource_id).or_default();
        match position {
            0 => of_it.rule = place,
            1 => of_it.relation = place,
            _ => of_it.app = place,
        }
    }
    Ok(said)
}

/// Puts down what `who` says of resources from now on, as against what was said before.
pub fn place(
    connection: &mut AnyConnection,
    who: Says,
    places: &[(i64, Place)],
    before: &HashMap<i64, Said>,
    at: Instant,
) -> QueryResult<()> {
    let nowhere = Place::default();
    let was = |id: &i64| before.get(id).map_or(&nowhere, |said| said.by(who));
    let differing: Vec<&(i64, Place)> = places.iter().filter(|(id, place)| was(id) != place).collect();
    let ended: Vec<i64> = differing.iter().filter(|(id, _)| *was(id) != nowhere).map(|(id, _)| *id).collect();
    if !ended.is_empty() {
        let mut sql = Sql::new("UPDATE resource_places SET until = ");
        no_sooner_than_since(&mut sql, at).push(" WHERE until IS NULL AND position = ");
        sql.bind(who.position()).push(" AND resource_id IN ").bind_list(&ended);
        sql.execute(connection)?;
    }
    let rows = differing.into_iter().filter(|(_, place)| *place != nowhere).map(|(id, place)| row(*id, who, place, at));
    insert_rows(
        connection,
        "INSERT INTO resource_places (resource_id, position, region, cluster, app, role, app_type, environment, origin, since) VALUES ",
        rows.collect(),
        "",
    )
    .map(|_| ())
}

fn row(id: i64, who: Says, place: &Place, at: Instant) -> Vec<Value> {
    vec![
        id.into(),
        who.position().into(),
        Value::from(&place.region),
        Value::from(&place.cluster),
        Value::from(&place.app),
        Value::from(&place.role),
        Value::from(&place.app_type),
        Value::from(&place.environment),
        who.origin().into(),
        at.into(),
    ]
}
