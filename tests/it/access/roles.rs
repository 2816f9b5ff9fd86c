//! The table of routes and roles, drawn from the table of routes itself: what each sort of visitor gets from each route.

use std::collections::BTreeMap;

use quarterdeck::roles::Role;
use quarterdeck::web::access::Access;
use quarterdeck::web::routes::{self, Entry};

use crate::support::database::{Database, a_quiet_noon};
use crate::support::panel::{Browser, Panel};

/// What a visitor is expected to get, as far as access decides it.
#[derive(Debug, PartialEq)]
enum Door {
    Open,
    SignIn,
    Forbidden,
    NotThere,
    Token,
}

fn expected(access: Access, role: Option<Role>, reads: bool) -> Door {
    match (access, role) {
        (Access::Open | Access::Public, _) | (Access::SignedIn, Some(_)) => Door::Open,
        (Access::Api(_), Some(_)) if reads => Door::Open,
        (Access::Api(_), _) => Door::Token,
        (_, None) => Door::SignIn,
        (Access::Role(least), Some(role)) if role < least => Door::Forbidden,
        (Access::Hidden(least), Some(role)) if role < least => Door::NotThere,
        _ => Door::Open,
    }
}

async fn found(browser: &Browser<'_>, entry: &Entry, path: &str) -> Door {
    // Without a token of ours, an admitted form ends at the check of forms: which is behind the door, and changes nothing.
    let page = match entry.method {
        "GET" => browser.get(path).await,
        _ => browser.post_bare(path, &[]).await,
    };
    match page.status {
        401 => Door::Token,
        303 if page.header("location").starts_with("/sign-in") => Door::SignIn,
        403 if !page.text.contains("This form is too old") => Door::Forbidden,
        // Elsewhere it is the resource that is not there, and not the page.
        404 if matches!(entry.access, Access::Hidden(_)) => Door::NotThere,
        _ => Door::Open,
    }
}

/// The route's path with something in the place of each name; nothing of the kind needs to be there.
fn example(entry: &Entry) -> String {
    let names = [
        ("{version}", "x"),
        ("{name:.*}", "icons.svg"),
        ("{kind}", "instances"),
        ("{id}", "1"),
        ("{id:[0-9]+}", "1"),
        ("{name}", "x"),
    ];
    let path = names.iter().fold(entry.path.to_owned(), |path, (name, example)| path.replace(name, example));
    assert!(!path.contains('{'), "say what {path} stands for here");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_opens_to_whom_its_line_says_and_to_nobody_else() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    let mut visitors = BTreeMap::from([("anonymous", (None, panel.browser()))]);
    for role in Role::ALL {
        let email = format!("{role}@example.com");
        panel.person(&email, role).await;
        visitors.insert(role.as_str(), (Some(role), panel.signed_in(&email).await));
    }
    let mut wrong = Vec::new();
    for entry in routes::all() {
        let path = example(entry);
        for (name, (role, browser)) in &visitors {
            let door = found(browser, entry, &path).await;
            let expected = expected(entry.access, *role, entry.method == "GET");
            if door != expected {
                wrong.push(format!("{} {path} for {name}: {door:?}, not {expected:?}", entry.method));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
