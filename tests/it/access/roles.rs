//! The table of routes and roles, drawn from the table of routes itself: what each sort of visitor gets from each
//! route.

use quarterdeck::accounts::teams;
use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::audit::Doer;
use quarterdeck::roles::{Role, TokenScope};
use quarterdeck::web::access::Access;
use quarterdeck::web::routes::{self, Entry};
use secrecy::ExposeSecret;

use crate::support::database::{Database, a_quiet_noon};
use crate::support::panel::{Browser, Page, Panel};

/// What a visitor is expected to get, as far as access decides it.
#[derive(Debug, PartialEq)]
enum Door {
    Open,
    SignIn,
    Forbidden,
    NotThere,
    Token,
}

/// Who comes to the door.
enum Visitor {
    Anonymous(Browser),
    Person(Role, Browser),
    /// With its `Authorization`.
    Machine(TokenScope, String),
}

impl Visitor {
    async fn all(panel: &Panel) -> Vec<Self> {
        let mut visitors = vec![Self::Anonymous(panel.browser())];
        for role in Role::ALL {
            let email = format!("{role}@example.com");
            panel.person(&email, role).await;
            visitors.push(Self::Person(role, panel.signed_in(&email).await));
        }
        for scope in TokenScope::ALL {
            let wanted = Wanted { name: "a machine".to_owned(), scope, days: 30, networks: Vec::new() };
            let (_, token) = tokens::create(&panel.context, &Doer::command_line(), None, wanted).await.unwrap();
            visitors.push(Self::Machine(scope, format!("Bearer {}", token.expose_secret())));
        }
        visitors
    }

    fn name(&self) -> String {
        match self {
            Self::Anonymous(_) => "anonymous".to_owned(),
            Self::Person(role, _) => role.to_string(),
            Self::Machine(scope, _) => format!("a token to {scope}"),
        }
    }

    fn expects(&self, entry: &Entry) -> Door {
        match (entry.access, self) {
            (Access::Open | Access::Public, _) | (Access::SignedIn | Access::Enrolling, Self::Person(..)) => Door::Open,
            // These machines have no owner, and so the rights of the shell that made them.
            (Access::Api(asked) | Access::ApiWhole(asked) | Access::ApiOf(asked, _), Self::Machine(scope, _))
                if suffices(*scope, asked) =>
            {
                Door::Open
            }
            (Access::Api(_) | Access::ApiWhole(_) | Access::ApiOf(..), Self::Machine(..)) => Door::Forbidden,
            (Access::ApiOf(_, least), Self::Person(role, _)) if entry.method == "GET" && *role < least => {
                Door::NotThere
            }
            (Access::ApiOf(..), Self::Person(..)) if entry.method == "GET" => Door::Open,
            (Access::Api(_) | Access::ApiWhole(_), Self::Person(..)) if entry.method == "GET" => Door::Open,
            (Access::Api(_) | Access::ApiWhole(_) | Access::ApiOf(..), _) => Door::Token,
            // A token opens the API and no page, whatever its scope.
            (_, Self::Anonymous(_) | Self::Machine(..)) => Door::SignIn,
            (Access::Role(least) | Access::Whole(least), Self::Person(role, _)) if *role < least => Door::Forbidden,
            (Access::Hidden(least), Self::Person(role, _)) if *role < least => Door::NotThere,
            (_, Self::Person(..)) => Door::Open,
        }
    }

    async fn finds(&self, panel: &Panel, entry: &Entry, path: &str) -> Door {
        let page = self.ask(panel, entry, path).await;
        match page.status {
            401 => Door::Token,
            303 if page.header("location").starts_with("/sign-in") => Door::SignIn,
            403 if !page.text.contains("This form is too old") => Door::Forbidden,
            // Elsewhere it is the resource that is not there, and not the page.
            404 if matches!(entry.access, Access::Hidden(_)) || is_hidden_call(entry) => Door::NotThere,
            _ => Door::Open,
        }
    }

    /// Without a token of ours, an admitted form ends at the check of forms: which is behind the door, and changes
    /// nothing.
    async fn ask(&self, panel: &Panel, entry: &Entry, path: &str) -> Page {
        match self {
            Self::Machine(_, authorization) => panel.ask(entry.method, path, &[("authorization", authorization)]).await,
            Self::Anonymous(browser) | Self::Person(_, browser) => browser.ask(entry.method, path).await,
        }
    }
}

/// A call of the API that some people are not to know of.
fn is_hidden_call(entry: &Entry) -> bool {
    entry.method == "GET" && matches!(entry.access, Access::ApiOf(..))
}

/// What a token may, said once more and on purpose not in the words of the code that is tested.
fn suffices(has: TokenScope, asked: TokenScope) -> bool {
    matches!((has, asked), (_, TokenScope::Generated) | (TokenScope::Read, TokenScope::Read) | (TokenScope::Act, _))
}

/// The route's path with something in the place of each name; nothing of the kind needs to be there.
pub fn example(entry: &Entry) -> String {
    let names = [
        ("{version}", "x"),
        ("{name:.*}", "icons.svg"),
        ("{kind}", "instances"),
        ("{id}", "1"),
        ("{id:[0-9]+}", "1"),
        ("{name}", "x"),
        ("{rule}", "dangling-record"),
        ("{rule_id}", "1"),
        ("{user_id}", "1"),
        ("{address}", "192.0.2.1"),
    ];
    let path = names.iter().fold(entry.path.to_owned(), |path, (name, example)| path.replace(name, example));
    assert!(!path.contains('{'), "say what {path} stands for here");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_opens_to_whom_its_line_says_and_to_nobody_else() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    let visitors = Visitor::all(&panel).await;
    // Number 1, so that it is the door that answers and not a team that is not there.
    teams::create(&panel.context, &Doer::command_line(), "Shop", "").await.unwrap();
    let mut wrong = Vec::new();
    for entry in routes::all() {
        let path = example(entry);
        for visitor in &visitors {
            let (found, expected) = (visitor.finds(&panel, entry, &path).await, visitor.expects(entry));
            if found != expected {
                wrong.push(format!("{} {path} for {}: {found:?}, not {expected:?}", entry.method, visitor.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
