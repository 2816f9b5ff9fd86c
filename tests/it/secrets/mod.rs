//! Secrets of resources: sealed at rest, told apart without being told, shown to whoever proves who they are, and
//! nowhere else.

use std::sync::Arc;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use quarterdeck::clock::Clock;
use quarterdeck::kinds::KindSpec;
use quarterdeck::net::http::Http;
use quarterdeck::providers::Parts;
use quarterdeck::providers::workflow::{Settings, Workflow};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Backend, Db, Scope, resources, secret_values};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::house::House;
use crate::support::workflow::{FakeWorkflow, Flavour, TOKEN};

mod command;
mod found;
mod kept;
mod reveal;
mod second_factors;

/// A value that must never be seen by anybody who was not shown it.
const CANARY: &str = "canary-9c41-value-of-DATABASE_URL-7d1f";

/// A controller with the app `shop`, whose value is the canary, and which says it wherever it can.
async fn controller() -> FakeWorkflow {
    let fake = FakeWorkflow::start(Flavour::Hephy).await;
    {
        let mut world = fake.world();
        let shop = world.add_app("shop", "panel");
        shop.config = json!({"values": {"DATABASE_URL": CANARY, "PORT": "8080"}});
        shop.releases[0]["summary"] = json!(format!("panel set DATABASE_URL to {CANARY}"));
        shop.releases[0]["exception"] = json!(format!("cannot connect to {CANARY}"));
    }
    fake
}

/// A house whose only source, `paas`, is that controller.
async fn house(db: Db, fake: &FakeWorkflow) -> House {
    let mut house = House::over(db);
    let settings = Settings::new(TOKEN.to_owned().into(), fake.url().parse().unwrap());
    let parts = Parts { http: Http::new(), clock: Clock::system() };
    house.join("paas", Arc::new(Workflow::new(settings, &parts))).await;
    house
}

/// The id of the only app.
async fn app_id(house: &House) -> i64 {
    house.count("SELECT id AS n FROM resources WHERE kind = 'app'").await
}

/// What the app's page would show of `name` to somebody who proved who they are.
async fn revealed(house: &House, db: &Db, name: &'static str) -> Option<String> {
    let id = app_id(house).await;
    let vault = db.vault().cloned().expect("the vault is open");
    db.read(move |connection| {
        let spec = KindSpec::by_name("app").unwrap();
        let row = resources::find(connection, &Scope::unrestricted(), spec, id, None)?.unwrap();
        let digests = (spec.of.secrets)(&row.attrs).unwrap();
        let mut values = secret_values::reveal(connection, &Scope::unrestricted(), &vault, &row, &digests)?;
        Ok(values.remove(name).map(|value| value.expose_secret().to_owned()))
    })
    .await
    .unwrap()
}

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Every table's rows as text: what somebody with the database alone can read.
async fn everything_stored(db: &Db) -> String {
    let tables = match db.backend() {
        Backend::Postgres => {
            "SELECT table_name::text AS text FROM information_schema.tables WHERE table_schema = current_schema()"
        }
        Backend::Sqlite => {
            "SELECT name AS text FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'terms_trigram%'"
        }
    };
    let backend = db.backend();
    db.read(move |connection| {
        let mut all = String::new();
        let tables: Vec<Told> = Sql::new(tables).load(connection)?;
        for table in tables {
            let table = table.text;
            let columns = match backend {
                Backend::Postgres => format!("SELECT t::text AS text FROM {table} t"),
                Backend::Sqlite => {
                    let names: Vec<Told> = Sql::new(Box::leak(
                        format!("SELECT name AS text FROM pragma_table_info('{table}')").into_boxed_str(),
                    ))
                    .load(connection)?;
                    let parts: Vec<_> = names.iter().map(|name| format!("COALESCE({}, '')", name.text)).collect();
                    format!("SELECT {} AS text FROM {table}", parts.join(" || ' ' || "))
                }
            };
            let rows: Vec<Told> = Sql::new(Box::leak(columns.into_boxed_str())).load(connection)?;
            all.push_str(&format!("{table}:\n"));
            rows.iter().for_each(|row| all.push_str(&format!("{}\n", row.text)));
        }
        Ok(all)
    })
    .await
    .unwrap()
}
