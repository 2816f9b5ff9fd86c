//! A second factor: turned on, its recovery codes made anew, turned off, and taken away by an administrator.

use chrono::TimeDelta;
use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::accounts::users;
use quarterdeck::audit::Doer;
use quarterdeck::roles::{Role, TokenScope};
use quarterdeck::store::audit;
use secrecy::ExposeSecret;

use crate::support::database::on_each_database;
use crate::support::device::{Device, enrol, recovery_codes};
use crate::support::panel::{PASSWORD, Panel};

const PAGE: &str = "/account/second-factor";

/// The audit's acts upon second factors, the oldest first, as `action outcome after`.
async fn audited(panel: &Panel) -> Vec<String> {
    let read = panel.context.db.read(|connection| audit::page(connection, "second_factor.", None, 99));
    let rows = read.await.unwrap().rows;
    rows.into_iter().rev().map(|row| format!("{} {} {}", row.action, row.outcome, row.after_state)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_counts_from_its_first_code() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let (ada, elsewhere) = (panel.signed_in("ada@example.com").await, panel.signed_in("ada@example.com").await);
        let wrong = ada.post(PAGE, PAGE, &[("password", "not the password")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("The current password is wrong."), "{}", wrong.text);

        let shown = ada.post(PAGE, PAGE, &[("password", PASSWORD)]).await;
        let device = Device::reading(&shown);
        assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store, private"));
        assert!(shown.text.contains("<svg class=\"qr\"") && !shown.text.contains("style="), "{}", shown.text);
        assert!(shown.text.contains(&format!("secret={}&#38;issuer=Quarterdeck%20panel.example.com", device.letters)));
        let twice = ada.post(PAGE, PAGE, &[("password", PASSWORD)]).await;
        assert_eq!(Device::reading(&twice).letters, device.letters, "a form that is sent twice shows one secret");
        assert!(!ada.get(PAGE).await.text.contains(&device.letters[..4]), "nothing shows it again");

        let wrong = [("code", &*device.wrong_code(&panel.clock))];
        let refused = ada.post(PAGE, "/account/second-factor/confirm", &wrong).await;
        assert!(refused.status == 422 && refused.text.contains("The code is wrong"), "{}", refused.text);
        assert!(!refused.text.contains(&device.letters[..4]));
        panel.signed_in("ada@example.com").await;
        assert!(elsewhere.is_signed_in().await, "nothing is on yet");

        let code = device.code(&panel.clock);
        let on = ada.post(PAGE, "/account/second-factor/confirm", &[("code", &code)]).await;
        assert_eq!((on.status, on.header("cache-control")), (200, "no-store, private"), "{}", on.text);
        assert_eq!(recovery_codes(&on).len(), 10);
        assert!(ada.is_signed_in().await && !elsewhere.is_signed_in().await);
        let account = ada.get("/account").await.text;
        assert!(account.contains("10 recovery codes left") && !account.contains(&recovery_codes(&on)[0]));
        let again = ada.post(PAGE, "/account/second-factor/confirm", &[("code", &code)]).await;
        assert_eq!((again.status, again.header("location")), (303, PAGE), "a double click breaks nothing");
        assert_eq!(
            audited(&panel).await,
            [
                "second_factor.begin refused the password was wrong",
                "second_factor.begin succeeded waits for its first code",
                "second_factor.begin succeeded waits for its first code",
                "second_factor.turn_on refused wrong code",
                "second_factor.turn_on succeeded 3 sessions ended",
                "second_factor.turn_on refused it is on already",
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_nobody_confirms_is_over_after_a_quarter_of_an_hour() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let device = Device::reading(&ada.post(PAGE, PAGE, &[("password", PASSWORD)]).await);
        panel.clock.advance(TimeDelta::minutes(15));
        let code = device.code(&panel.clock);
        let late = ada.post(PAGE, "/account/second-factor/confirm", &[("code", &code)]).await;
        assert!(late.status == 422 && late.text.contains("begin again"), "{}", late.text);
        let next = Device::reading(&ada.post(PAGE, PAGE, &[("password", PASSWORD)]).await);
        assert_ne!(next.letters, device.letters);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_session_can_neither_make_codes_nor_turn_it_off() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let (device, former) = enrol(&ada, PASSWORD, &panel.clock).await;
        panel.clock.advance(TimeDelta::seconds(30));
        let (code, wrong) = (device.code(&panel.clock), device.wrong_code(&panel.clock));
        for act in ["codes", "off"] {
            let path = format!("{PAGE}/{act}");
            let form = [("password", "not the password"), ("code", &*code)];
            let refused = ada.post(PAGE, &path, &form).await;
            assert!(refused.status == 422 && refused.text.contains("The current password is wrong."));
            let refused = ada.post(PAGE, &path, &[("password", PASSWORD), ("code", &wrong)]).await;
            assert!(refused.status == 422 && refused.text.contains("The code is wrong"), "{}", refused.text);
        }
        let renewed = ada.post(PAGE, "/account/second-factor/codes", &[("password", PASSWORD), ("code", &code)]).await;
        let codes = recovery_codes(&renewed);
        assert_eq!((renewed.status, codes.len()), (200, 10), "{}", renewed.text);

        let with = |code: &str| [("password", PASSWORD.to_owned()), ("code", code.to_owned())];
        for (code, status) in [(&code, 422), (&former[0], 422), (&codes[0], 303)] {
            let form = with(code);
            let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
            let page = ada.post(PAGE, "/account/second-factor/off", &form).await;
            assert_eq!(page.status, status, "{code}: {}", page.text);
        }
        assert!(ada.get("/account").await.text.contains("The second factor is off."));
        panel.signed_in("ada@example.com").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_takes_a_lost_one_away_and_everything_that_rested_on_it_ends() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let root = panel.person("root@example.com", Role::Admin).await;
        let id = panel.person("ada@example.com", Role::Operator).await;
        let (admin, ada) = (panel.signed_in("root@example.com").await, panel.signed_in("ada@example.com").await);
        assert_eq!(admin.post("/users", &format!("/users/{id}/second-factor/reset"), &[]).await.status, 409);
        enrol(&ada, PASSWORD, &panel.clock).await;
        let owner = users::by_id(&panel.context, id).await.unwrap();
        let wanted = Wanted { name: "a script".to_owned(), scope: TokenScope::Read, days: 1, networks: Vec::new() };
        let (_, token) = tokens::create(&panel.context, &Doer::command_line(), Some(&owner), wanted).await.unwrap();
        let bearer = format!("Bearer {}", token.expose_secret());
        let machine = async || panel.ask("GET", "/api/v1/sources", &[("authorization", &bearer)]).await.status;
        assert_eq!(machine().await, 200);

        assert!(admin.get("/users").await.text.contains("Reset the second factor of ada@example.com"));
        assert_eq!(ada.post("/account", &format!("/users/{root}/second-factor/reset"), &[]).await.status, 404);
        let own = admin.post("/users", &format!("/users/{root}/second-factor/reset"), &[]).await;
        assert_eq!(own.status, 409, "one's own is turned off by whoever proves it");
        let reset = admin.post("/users", &format!("/users/{id}/second-factor/reset"), &[]).await;
        assert_eq!((reset.status, reset.header("location")), (303, "/users"));
        assert!(admin.get("/users").await.text.contains("Ended: 1 sessions, 1 tokens, 0 invitations."));
        assert!(!ada.is_signed_in().await);
        assert_eq!(machine().await, 401);
        panel.signed_in("ada@example.com").await;
        assert_eq!(audited(&panel).await.last().unwrap(), "second_factor.reset succeeded ");
    })
    .await;
}
