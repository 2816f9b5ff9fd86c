//! The secrets of second factors at rest: sealed, one's own, and sealed anew with the key.

use chrono::TimeDelta;
use quarterdeck::config::SecretKeyConfig;
use quarterdeck::roles::Role;

use super::*;
use crate::support::database::{Database, a_quiet_noon, on_each_database, wanted};
use crate::support::device::{Device, enrol};
use crate::support::panel::{PASSWORD, Panel, SECRET_KEY};

const OTHER: &str = "another secret key of the panel, long enough";
const PAGE: &str = "/account/second-factor";

async fn panel(db: Db, key: &str) -> Panel {
    Panel::configured(db, |config| config.server.secret_key = SecretKeyConfig::Given(key.into())).await
}

/// Where password and code lead.
async fn sign_in(panel: &Panel, email: &str, code: &str) -> u16 {
    let form = [("email", email), ("password", PASSWORD), ("code", code)];
    panel.browser().post("/sign-in", "/sign-in", &form).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_seals_second_factors_anew_and_codes_go_on() {
    for backend in wanted() {
        let Some(database) = Database::fresh(backend).await else { continue };
        let clock = a_quiet_noon();
        let before = panel(database.open(clock.clone()), SECRET_KEY).await;
        for email in ["ada@example.com", "bob@example.com"] {
            before.person(email, Role::Viewer).await;
        }
        let bob = before.signed_in("bob@example.com").await;
        let (device, codes) = enrol(&before.signed_in("ada@example.com").await, PASSWORD, &clock).await;
        assert_eq!(before.context.db.rotate(&OTHER.into()).await.unwrap(), 1);
        clock.advance(TimeDelta::minutes(1));

        // A process with the former key seals nothing that nobody could open, and takes what it cannot open for no
        // wrong code.
        assert_eq!(bob.post(PAGE, PAGE, &[("password", PASSWORD)]).await.status, 500);
        assert_eq!(sign_in(&before, "ada@example.com", &device.code(&clock)).await, 500);
        let after = panel(database.open(clock.clone()), OTHER).await;
        assert_eq!(sign_in(&after, "ada@example.com", &device.code(&clock)).await, 303, "{backend:?}");
        assert_eq!(sign_in(&after, "ada@example.com", &codes[3]).await, 303, "recovery codes know no key");
        let bob = after.signed_in("bob@example.com").await;
        enrol(&bob, PASSWORD, &clock).await;
        assert_eq!(after.context.db.rotate(&SECRET_KEY.into()).await.unwrap(), 2, "and back again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_in_the_database_gives_nobody_his_own_second_factor() {
    on_each_database(async |db| {
        let panel = Panel::over(db.clone()).await;
        let mut devices = Vec::new();
        for email in ["ada@example.com", "mallory@example.com"] {
            panel.person(email, Role::Admin).await;
            devices.push(enrol(&panel.signed_in(email).await, PASSWORD, &panel.clock).await);
        }
        panel.clock.advance(TimeDelta::minutes(1));
        let stored = everything_stored(&db).await;
        for (Device { letters, .. }, codes) in &devices {
            assert!(!stored.contains(letters.as_str()) && !codes.iter().any(|code| stored.contains(code.as_str())));
        }
        let copied = "UPDATE second_factors SET sealed = (SELECT sealed FROM second_factors s WHERE s.user_id = 2) WHERE user_id = 1";
        db.write(move |connection| Sql::new(copied).execute(connection)).await.unwrap();
        let of_mallory = &devices[1];
        assert_eq!(sign_in(&panel, "ada@example.com", &of_mallory.0.code(&panel.clock)).await, 500);
        assert_eq!(sign_in(&panel, "ada@example.com", &of_mallory.1[0]).await, 500);
        assert!(db.rotate(&OTHER.into()).await.is_err(), "what cannot be opened is not thrown away by a rotation");
    })
    .await;
}
