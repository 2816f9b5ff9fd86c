//! What follows from an app alone: its keys, its terms, its state, its cells.

use super::*;

fn counts<const N: usize>(counts: [(&str, i64); N]) -> BTreeMap<String, i64> {
    counts.into_iter().map(|(process, count)| (process.to_owned(), count)).collect()
}

fn shop() -> App {
    App {
        uuid: "278D8364-72c7-460a-acf9-242da4a06d9d".into(),
        name: "shop".into(),
        owner: "Storefront".into(),
        state: "degraded".into(),
        processes: counts([("web", 3), ("worker", 1)]),
        running: counts([("web", 2)]),
        domains: vec!["www.Shop.example".into(), "*.shop.example".into(), "www.shop.example.".into()],
        ..App::default()
    }
}

#[test]
fn an_app_is_found_by_its_controller_and_refers_to_the_hosts_it_serves() {
    let facts = shop().facts(&Origin { source: "paas-eu".into(), network: String::new() });
    assert_eq!(facts.keys, [Mention::new(Role::Is, Key::app("paas-eu", "shop"))]);
    let refs: Vec<String> =
        facts.refs.iter().map(|mention| format!("{} {}", mention.role.as_str(), mention.key)).collect();
    assert_eq!(refs, ["serves host:*.shop.example", "serves host:www.shop.example"]);
}

#[test]
fn search_terms_are_lower_case_and_said_once() {
    let app = App { collaborators: vec!["storefront".into()], ..shop() };
    let facts = app.facts(&Origin { source: "paas-eu".into(), network: String::new() });
    assert_eq!(
        facts.terms,
        ["*.shop.example", "278d8364-72c7-460a-acf9-242da4a06d9d", "storefront", "www.shop.example"]
    );
}

#[test]
fn the_state_follows_from_what_is_wanted_and_what_runs() {
    let wanted = counts([("web", 2), ("worker", 1)]);
    assert_eq!(App::state_of(&wanted, &counts([("web", 2), ("worker", 1)])), "up");
    assert_eq!(App::state_of(&wanted, &counts([("web", 2)])), "degraded");
    assert_eq!(App::state_of(&wanted, &counts([("run", 1)])), "down");
    assert_eq!(App::state_of(&counts([("web", 0)]), &counts([])), "maintenance");
}

#[test]
fn a_process_type_of_which_none_runs_shows_a_zero_unless_running_ones_are_unknown() {
    assert_eq!(shop().cell("processes"), Cell::Text("web 2/3, worker 0/1".into()));
    let unknown = App { running: BTreeMap::new(), ..shop() };
    assert_eq!(unknown.cell("processes"), Cell::Text("web 3, worker 1".into()));
}

#[test]
fn every_column_of_its_own_has_a_cell() {
    let at = chrono::DateTime::UNIX_EPOCH;
    let app = App {
        release: "v7".into(),
        released_at: Some(at),
        created_at: Some(at),
        releases: vec![Release::default()],
        limits: BTreeMap::from([("web".to_owned(), Limit { memory: "512M".into(), ..Limit::default() })]),
        config: BTreeMap::from([("PORT".to_owned(), "6f1c".to_owned())]),
        ..shop()
    };
    let own =
        ["processes", "owner", "released_at", "release", "domains", "deploy", "limits", "config", "created_at", "uuid"];
    for id in own {
        assert!(SPEC.columns.iter().any(|column| column.id == id), "{id} is no column");
        assert_ne!(app.cell(id), Cell::Empty, "{id} is empty");
    }
    assert_eq!(app.cell("name"), Cell::Empty, "common columns are the house's");
}

#[test]
fn a_changed_value_shows_by_its_name_and_the_value_is_nowhere() {
    let app = |digest: &str| App { config: BTreeMap::from([("DATABASE_URL".to_owned(), digest.to_owned())]), ..shop() };
    let json = |app: &App| serde_json::to_string(app).unwrap();
    let changes = crate::kinds::diff::differences(&SPEC, &json(&app("aaaa")), &json(&app("bbbb")));
    let told: Vec<_> = changes.iter().map(|change| (change.label.as_str(), change.after.as_str())).collect();
    assert_eq!(told, [("Settings", "DATABASE_URL: bbbb")]);
}

#[test]
fn the_last_deploy_is_the_newest_release_failed_or_not() {
    let release = |failed| Release { failed, ..Release::default() };
    let facet = |releases| {
        App { releases, ..shop() }.facts(&Origin { source: String::new(), network: String::new() }).facets[2].clone()
    };
    assert_eq!(facet(vec![release(true), release(false)]), "failed");
    assert_eq!(facet(vec![release(false), release(true)]), "succeeded");
    assert_eq!(facet(Vec::new()), "");
}
