//! The state of the fake: accounts, apps, certificates.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fault::Fault;
use super::{Seen, TOKEN};

const CREATED: &str = "2026-11-21T07:06:27Z";

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Hephy,
    Drycc,
}

/// Everything there is.
pub struct World {
    pub flavour: Flavour,
    /// By token.
    pub accounts: BTreeMap<String, Account>,
    pub apps: BTreeMap<String, App>,
    /// As they are answered; `owner` or `app` says whose they are.
    pub certificates: Vec<Value>,
    /// Whether the version header arrives.
    pub says_version: bool,
    /// The host that `next` is built from.
    pub host: String,
    pub faults: Vec<Fault>,
    pub seen: Vec<Seen>,
}

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    pub is_superuser: bool,
    /// Drycc: workspaces that it is a member of.
    pub workspaces: BTreeSet<String>,
}

/// An app; `owner` is a workspace at Drycc.
#[derive(Clone, Debug)]
pub struct App {
    pub owner: String,
    pub collaborators: Vec<String>,
    pub structure: BTreeMap<String, i64>,
    pub domains: Vec<String>,
    /// The parts of the answer about its configuration.
    pub config: Value,
    pub releases: Vec<Value>,
    pub pods: Vec<Value>,
    /// More fields of its line in the list.
    pub more: Value,
}

impl World {
    pub fn new(flavour: Flavour) -> Self {
        let mut world = Self {
            flavour,
            accounts: BTreeMap::new(),
            apps: BTreeMap::new(),
            certificates: Vec::new(),
            says_version: true,
            host: "controller.internal".to_owned(),
            faults: Vec::new(),
            seen: Vec::new(),
        };
        world.add_account(TOKEN, "panel").is_superuser = true;
        world
    }

    /// An account with that token; at Drycc a member of `example` alone.
    pub fn add_account(&mut self, token: &str, name: &str) -> &mut Account {
        let account =
            Account { name: name.to_owned(), is_superuser: false, workspaces: BTreeSet::from(["example".to_owned()]) };
        self.accounts.entry(token.to_owned()).or_insert(account)
    }

    /// A running app with two web processes, one domain, a port, and two releases.
    pub fn add_app(&mut self, name: &str, owner: &str) -> &mut App {
        let values = match self.flavour {
            Flavour::Hephy => json!({"PORT": "8080"}),
            Flavour::Drycc => json!([{"name": "PORT", "value": "8080", "group": "global"}]),
        };
        let release = |version: i64, summary: &str| {
            json!({"uuid": "6d90bd03", "app": name, "owner": owner, "version": version, "summary": summary, "failed": false,
                   "exception": null, "config": "de9c", "build": null, "created": CREATED, "updated": CREATED})
        };
        let pod = |number: u8| json!({"name": format!("{name}-web-{number}"), "state": "up", "release": "v2", "type": "web", "started": CREATED});
        let app = App {
            owner: owner.to_owned(),
            collaborators: Vec::new(),
            structure: BTreeMap::from([("web".to_owned(), 2)]),
            domains: vec![format!("{name}.example.com")],
            config: json!({"values": values, "registry": {}, "healthcheck": {}, "tags": {}}),
            releases: vec![release(2, "alice added PORT"), release(1, "alice created initial release")],
            pods: vec![pod(1), pod(2)],
            more: json!({}),
        };
        self.apps.entry(name.to_owned()).or_insert(app)
    }

    pub fn app(&mut self, name: &str) -> &mut App {
        self.apps.get_mut(name).expect("the test knows its apps")
    }

    /// A certificate; `holder` owns it, or is the app that it lies in at Drycc.
    pub fn add_certificate(&mut self, name: &str, holder: &str, domains: &[&str]) -> &mut Value {
        let common_name = domains.first().copied().unwrap_or("example.com");
        let dn = |name: &str| match self.flavour {
            Flavour::Hephy => format!("/CN={name}/O=Example"),
            Flavour::Drycc => format!("CN={name},O=Example"),
        };
        let mut certificate = json!({
            "id": self.certificates.len() + 1, "name": name, "common_name": common_name,
            "san": [common_name, "*.wild.example.com"], "domains": domains, "fingerprint": "DD:21:E4:3C",
            "starts": CREATED, "expires": "2027-02-19T07:06:28Z", "issuer": dn("Example CA"), "subject": dn(common_name),
            "created": CREATED, "updated": CREATED,
        });
        let field = if self.flavour == Flavour::Hephy { "owner" } else { "app" };
        certificate[field] = json!(holder);
        self.certificates.push(certificate);
        self.certificates.last_mut().expect("it was just added")
    }

    /// Whether the app is in that account's list.
    pub fn lists(&self, account: &Account, name: &str) -> bool {
        self.apps.get(name).is_some_and(|app| match self.flavour {
            Flavour::Hephy => {
                account.is_superuser || app.owner == account.name || app.collaborators.contains(&account.name)
            }
            Flavour::Drycc => account.workspaces.contains(&app.owner),
        })
    }
}

impl Account {
    pub fn json(&self, flavour: Flavour) -> Value {
        let mut user = json!({
            "email": format!("{}@example.com", self.name), "username": self.name, "first_name": "", "last_name": "",
            "is_superuser": self.is_superuser, "is_staff": self.is_superuser, "groups": [], "user_permissions": [],
            "last_login": null, "date_joined": CREATED, "is_active": true,
        });
        if flavour == Flavour::Drycc {
            user["id"] = json!(1);
        }
        user
    }
}

impl App {
    /// Its line in the list.
    pub fn json(&self, name: &str, flavour: Flavour) -> Value {
        let mut app = json!({
            "uuid": format!("uuid-of-{name}"), "id": name, "structure": self.structure, "created": CREATED, "updated": CREATED,
        });
        match flavour {
            Flavour::Hephy => {
                app["owner"] = json!(self.owner);
                app["procfile_structure"] = json!({"web": "./run"});
            }
            Flavour::Drycc => {
                app["workspace"] = json!(self.owner);
                app["uid"] = json!(1);
            }
        }
        merged(app, &self.more)
    }

    pub fn config_json(&self, name: &str) -> Value {
        merged(json!({"uuid": "de9c", "app": name, "created": CREATED, "updated": CREATED}), &self.config)
    }
}

fn merged(mut value: Value, more: &Value) -> Value {
    for (field, content) in more.as_object().into_iter().flatten() {
        value[field] = content.clone();
    }
    value
}
