//! The table of routes, roles and teams, drawn from the table of routes itself: whatever their role, what is another
//! team's is not there.

use quarterdeck::roles::{Reach, Role};
use quarterdeck::web::access::Access;
use quarterdeck::web::routes;

use super::world::{Stint, Thing, build, member};
use crate::access::example;
use crate::support::database::{Database, a_quiet_noon};
use crate::support::panel::Panel;

/// Routes with an id that names no resource: what they are about is not in a place, and other tests are about them.
const OF_OTHER_THINGS: &[&str] =
    &["/account/", "/tokens/", "/users/", "/invitations/", "/teams/", "/api/v1/users/", "/api/v1/teams/"];

fn instance(id: i64, owner: usize) -> Thing {
    Thing::at(id, "instance", vec![Stint { owner, from: 10, until: None }])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_teams_is_not_there_on_any_route_for_any_role() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    // The example of every route names number 1, which is the second team's.
    build(&panel, &[instance(1, 1), instance(2, 0)]).await;
    let own = panel.signed_in(&member(1)).await;
    let mut checked = 0;
    for role in [Role::Viewer, Role::Operator] {
        let email = format!("{role}-of-another@example.com");
        join(&panel, &email, role, 0).await;
        let foreign = panel.signed_in(&email).await;
        for entry in routes::all().iter().filter(|entry| entry.method == "GET" && entry.path.contains("{id")) {
            if OF_OTHER_THINGS.iter().any(|path| entry.path.starts_with(path) || entry.path.contains("/invitations/")) {
                continue;
            }
            let path = example(entry);
            let page = foreign.get(&path).await;
            let barred = matches!(entry.access, Access::Role(least) if role < least);
            assert_eq!(page.status, if barred { 403 } else { 404 }, "{path} for a {role}: {}", page.text);
            // Some is nobody's whom a team bounds. There is no finding about it, and it is no app and no zone; that of
            // its own it sees is what the others show, its change and its run among them.
            let whole = matches!(entry.access, Access::Whole(_) | Access::ApiWhole(_));
            let is_there =
                !whole && ["/values", "findings", "/zone-file", "/apps/"].iter().all(|absent| !path.contains(absent));
            // A stream of events has no end.
            if path.ends_with("/events") {
                continue;
            }
            let page = own.get(&path).await;
            assert!(page.status == 200 || !is_there, "{path}: {}", page.status);
            checked += 1;
        }
        for act in ["/dns-changes/1/apply", "/dns-changes/1/undo", "/runs/1/cancel", "/runs/1/acknowledge"] {
            let page = foreign.post("/account", act, &[("generation", "1")]).await;
            let absent = act.replace("/1/", "/999999/");
            let absent = foreign.post("/account", &absent, &[("generation", "1")]).await;
            assert_eq!(page.status, absent.status, "{act} for a {role}");
            assert!(
                role < Role::Operator || page.status == 404 || act.ends_with("/acknowledge"),
                "{act}: {}",
                page.status
            );
        }
        for entry in routes::all().iter().filter(|entry| matches!(entry.access, Access::Whole(_) | Access::ApiWhole(_)))
        {
            let path = example(entry);
            let page = if entry.method == "GET" {
                foreign.get(&path).await
            } else if path.starts_with("/api") {
                continue;
            } else {
                foreign.post("/account", &path, &[("reason", "because")]).await
            };
            let barred = matches!(entry.access, Access::Whole(least) if role < least);
            assert_eq!(page.status, if barred { 403 } else { 404 }, "{path} for a {role}");
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} routes were looked at");
}

/// What a team bounds is bounded for its tokens too, and for nobody's tokens nothing is.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_what_its_maker_sees_now() {
    use quarterdeck::accounts::tokens::{self, Wanted};
    use quarterdeck::accounts::users;
    use quarterdeck::audit::Doer;
    use quarterdeck::roles::TokenScope;
    use secrecy::ExposeSecret;

    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    build(&panel, &[instance(1, 1), instance(2, 0)]).await;
    let doer = Doer::command_line();
    let maker = users::find(&panel.context, &member(0)).await.unwrap();
    let mut tokens = Vec::new();
    for owner in [Some(&maker), None] {
        let wanted = Wanted { name: "t".to_owned(), scope: TokenScope::Act, days: 1, networks: Vec::new() };
        let (_, token) = tokens::create(&panel.context, &doer, owner, wanted).await.unwrap();
        tokens.push(format!("Bearer {}", token.expose_secret()));
    }
    let ask = async |token: &str, path: &str| panel.ask("GET", path, &[("authorization", token)]).await.status;
    assert_eq!(
        (ask(&tokens[0], "/api/v1/instances/2").await, ask(&tokens[0], "/api/v1/instances/1").await),
        (200, 404)
    );
    assert_eq!((ask(&tokens[0], "/metrics").await, ask(&tokens[0], "/api/v1/tasks").await), (404, 404));
    for path in ["/api/v1/instances/1", "/api/v1/instances/2", "/metrics", "/api/v1/tasks"] {
        assert_eq!(ask(&tokens[1], path).await, 200, "{path}");
    }
    // Its maker sees more, and so does it.
    users::set_reach(&panel.context, &doer, &maker, Reach::Everything).await.unwrap();
    assert_eq!(ask(&tokens[0], "/api/v1/instances/1").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_for_another_are_another_answer() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    build(&panel, &[instance(1, 4)]).await;
    let (one, other) = (panel.signed_in(&member(0)).await, panel.signed_in(&member(1)).await);
    for path in ["/api/v1/zones", "/api/v1/instances?limit=1", "/api/v1/findings"] {
        let (mine, theirs) = (one.get(path).await, other.get(path).await);
        assert_eq!(mine.text, theirs.text, "{path}");
        assert_ne!(mine.header("etag"), theirs.header("etag"), "{path}");
        assert_eq!(mine.header("etag"), one.get(path).await.header("etag"), "{path}");
    }
}

/// Puts somebody into one of the house's teams.
pub async fn join(panel: &Panel, email: &str, role: Role, team: usize) {
    use quarterdeck::accounts::{teams, users};
    use quarterdeck::audit::Doer;
    let id = panel.person_seeing(email, role, Reach::Teams).await;
    let user = users::by_id(&panel.context, id).await.unwrap();
    let teams = teams::list(&panel.context).await.unwrap();
    teams::add_member(&panel.context, &Doer::command_line(), teams[team].row.id, &user).await.unwrap();
}
