//! `require_second_factor`: whoever must have one and has none is led to make it, and reaches nothing else.

use chrono::TimeDelta;
use quarterdeck::config::RequireSecondFactor;
use quarterdeck::roles::Role;
use quarterdeck::web::access::Access;
use quarterdeck::web::routes;

use super::roles::example;
use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::device::enrol;
use crate::support::panel::{PASSWORD, Panel};
use crate::support::program::Program;

const PAGE: &str = "/account/second-factor";

#[tokio::test(flavor = "multi_thread")]
async fn who_must_have_one_reaches_nothing_before_and_everything_after() {
    let database = Database::any().await;
    let panel = Panel::configured(database.open(a_quiet_noon()), |config| {
        config.server.require_second_factor = RequireSecondFactor::Everybody;
    })
    .await;
    panel.person("ada@example.com", Role::Admin).await;
    let ada = panel.signed_in("ada@example.com").await;
    let mut open = Vec::new();
    for entry in routes::all().iter().filter(|entry| !matches!(entry.access, Access::Open | Access::Public)) {
        let path = example(entry);
        let page = ada.ask(entry.method, &path).await;
        match entry.access {
            Access::Enrolling => assert!([200, 403].contains(&page.status), "{path}: {}", page.status),
            _ if page.header("location") == PAGE || page.status == 401 => {}
            _ => open.push(format!("{} {path}: {}", entry.method, page.status)),
        }
    }
    assert!(open.is_empty(), "{}", open.join("\n"));
    let page = ada.get(PAGE).await.text;
    assert!(page.contains("This panel requires one.") && page.contains("/sign-out") && !page.contains("/sources"));

    let (device, _) = enrol(&ada, PASSWORD, &panel.clock).await;
    assert_eq!(ada.get("/users").await.status, 200);
    assert_eq!(ada.get("/api/v1/users").await.status, 200);
    panel.clock.advance(TimeDelta::seconds(30));
    let form = [("password", PASSWORD), ("code", &*device.code(&panel.clock))];
    assert_eq!(ada.post(PAGE, "/account/second-factor/off", &form).await.status, 303);
    assert_eq!(ada.get("/").await.header("location"), PAGE, "off is off, and asked for again");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_administrators_alone_it_is_asked_of_no_viewer() {
    on_each_database(async |db| {
        let panel = Panel::configured(db, |config| {
            config.server.require_second_factor = RequireSecondFactor::Admins;
        })
        .await;
        panel.person("root@example.com", Role::Admin).await;
        let id = panel.person("ada@example.com", Role::Viewer).await;
        let (root, ada) = (panel.signed_in("root@example.com").await, panel.signed_in("ada@example.com").await);
        assert_eq!(ada.get("/").await.status, 200);
        assert_eq!(root.get("/").await.header("location"), PAGE);
        enrol(&root, PASSWORD, &panel.clock).await;
        assert_eq!(root.post("/users", &format!("/users/{id}/role"), &[("role", "admin")]).await.status, 303);
        assert!(root.get("/users").await.text.contains("required, not set up"));
        let ada = panel.signed_in("ada@example.com").await;
        assert_eq!(ada.get("/").await.header("location"), PAGE, "a new administrator has to");
    })
    .await;
}

#[test]
fn the_doctor_and_the_command_line_know_of_it() {
    let program = Program::with("require_second_factor = \"everybody\"\n");
    let add = ["user", "add", "ada@example.com", "--role", "admin", "--password-stdin"];
    assert_eq!(program.run_with(&add, "a long enough password of canary-9c41\n").code, 0);
    let doctor = program.run(&["doctor"]);
    assert_eq!(doctor.code, 0, "{doctor:?}");
    let warned = "warn second_factor: still to be made at the next sign-in by ada@example.com";
    assert!(doctor.out.lines().any(|line| line == warned), "{doctor:?}");
    let none = program.run(&["user", "reset-second-factor", "ada@example.com"]);
    assert!(none.code == 1 && none.err.contains("the account ada@example.com has no second factor"), "{none:?}");
    let nobody = program.run(&["user", "reset-second-factor", "bob@example.com"]);
    assert!(nobody.code == 1 && nobody.err.contains("there is no account bob@example.com"), "{nobody:?}");

    let text = std::fs::read_to_string(program.folder.path().join("quarterdeck.toml")).unwrap();
    program.configure(&text.replace("everybody", "somebody"));
    let fault = program.run(&["doctor"]);
    let told = "`require_second_factor` is \"somebody\"; write \"nobody\", \"admins\" or \"everybody\"";
    assert!(fault.code == 2 && fault.err.contains(told), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_one_is_reset_from_the_machines_own_shell() {
    let program = Program::with("");
    let add = ["user", "add", "ada@example.com", "--role", "admin", "--password-stdin"];
    assert_eq!(program.run_with(&add, &format!("{PASSWORD}\n")).code, 0);
    let _running = program.serve().await;
    let ada = program.browser();
    assert_eq!(ada.sign_in("ada@example.com", PASSWORD).await.status, 303);
    enrol(&ada, PASSWORD, &quarterdeck::clock::Clock::system()).await;
    assert_eq!(program.run(&["user", "list"]).out, "ada@example.com  admin  enabled  sees everything  second factor\n");
    assert_eq!(program.browser().sign_in("ada@example.com", PASSWORD).await.header("location"), "/sign-in");
    assert_eq!(program.run(&["user", "reset-second-factor", "ada@example.com"]).code, 0);
    assert!(!ada.is_signed_in().await);
    assert_eq!(program.browser().sign_in("ada@example.com", PASSWORD).await.header("location"), "/");
    assert_eq!(program.run(&["user", "list"]).out, "ada@example.com  admin  enabled  sees everything\n");
}
