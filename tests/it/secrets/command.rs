//! `quarterdeck key rotate` and `key forget`, and a start with the wrong key.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::support::program::Program;

/// A program whose only source, `paas`, is that controller.
fn program(fake: &FakeWorkflow) -> Program {
    let source = format!(
        "[[source]]\nname = \"paas\"\nprovider = \"workflow\"\nsettings = {{ token_env = \"PAAS\", endpoint_url = \"{}\" }}\n",
        fake.url()
    );
    Program::with(&source).env("PAAS", TOKEN)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_by_command_and_the_former_one_is_refused() {
    let fake = controller().await;
    let program = program(&fake);
    let first = program.run(&["sync"]);
    assert_eq!(first.code, 0, "{first:?}");

    let new = program.folder.path().join("new.key");
    let rotated = program.run(&["key", "rotate", "--to", new.to_str().unwrap()]);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    assert!(rotated.out.starts_with("2 values are sealed with the key "), "{rotated:?}");
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);

    for command in [&["sync"] as &[&str], &["serve"], &["user", "list"], &["sync", "--dry-run"]] {
        let refused = program.run(command);
        assert_eq!(refused.code, 2, "{command:?}: {refused:?}");
        assert!(refused.err.contains("the secret key is not the one that this database is sealed with"), "{refused:?}");
    }
    let text = fs::read_to_string(program.folder.path().join("quarterdeck.toml")).unwrap();
    let old = program.folder.path().join("key").display().to_string();
    program.configure(&text.replace(&old, &new.display().to_string()));
    let after = program.run(&["sync"]);
    assert_eq!(after.code, 0, "{after:?}");
    assert!(after.out.lines().any(|line| line.contains(" app complete +0 ~0 -0 =1")), "{after:?}");
    assert!(!format!("{first:?}{rotated:?}{after:?}").contains(CANARY));
    let again = program.run(&["key", "rotate", "--to", new.to_str().unwrap()]);
    assert_eq!(again.code, 1, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_given_up_by_command_and_the_next_sync_brings_the_values_again() {
    let fake = controller().await;
    let program = program(&fake);
    assert_eq!(program.run(&["migrate"]).code, 0);
    let refused = |arguments: &[&str], ids: &[&str]| {
        let ran = program.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        let told = ran.err.trim_end().to_owned();
        ids.iter().enumerate().fold(told, |told, (number, id)| told.replace(id, &format!("<key {number}>")))
    };
    insta::assert_snapshot!(refused(&["key", "forget", "--yes"], &[]), @"key forget:0:0: nothing is sealed in this database, so there is nothing to forget; start the panel; its first start takes the key that it is given");
    assert_eq!(program.run(&["sync"]).code, 0);
    let file = program.folder.path().join("key");
    let id = |file: &std::path::Path| {
        let key = fs::read_to_string(file).unwrap().trim().to_owned();
        quarterdeck::secret::SealingKey::of(&key.into()).id().to_owned()
    };
    let lost = id(&file);
    insta::assert_snapshot!(refused(&["key", "forget", "--yes"], &[&lost]), @"key forget:0:0: the configured key is the one that seals here, <key 0>, so nothing is lost; start the panel; to change the key, use `quarterdeck key rotate`");

    fs::remove_file(&file).unwrap();
    insta::assert_snapshot!(refused(&["key", "forget"], &[&lost]), @"--yes:0:0: 2 sealed values of 1 resources and 0 second factors would be lost for good: only the key <key 0> opens them, and the configured file is not there (a relative path starts at this folder); give that key back if there is a copy of it anywhere; if not, say --yes");
    assert!(!file.exists(), "a question makes no key");
    let start = refused(&["sync"], &[&lost]);
    assert!(start.contains("`quarterdeck key forget`"), "{start}");
    let new = id(&file);
    insta::assert_snapshot!(refused(&["key", "forget"], &[&lost, &new]), @"--yes:0:0: 2 sealed values of 1 resources and 0 second factors would be lost for good: only the key <key 0> opens them, and the configuration gives the key <key 1>; give that key back if there is a copy of it anywhere; if not, say --yes");
    let looked = house_of(&program);
    let sealed = "SELECT COUNT(*) AS n FROM secret_values, vault";
    assert_eq!(looked.count(sealed).await, 2, "asking loses nothing");

    let forgotten = program.run(&["key", "forget", "--yes"]);
    assert_eq!(forgotten.code, 0, "{forgotten:?}");
    insta::assert_snapshot!(forgotten.out.replace(&lost, "<key 0>"), @r"
    2 values of 1 resources and 0 second factors, sealed with the key <key 0>, are forgotten
    start the panel: the next sync brings the present values again, and everybody signs in anew
    ");
    assert_eq!(
        looked.count("SELECT (SELECT COUNT(*) FROM secret_values) + (SELECT COUNT(*) FROM vault) AS n").await,
        0
    );
    assert_eq!(
        audited(&looked).await,
        [format!("command line key.forget {lost} succeeded 2 values of 1 resources and 0 second factors are lost")]
    );

    let after = program.run(&["sync"]);
    assert_eq!(after.code, 0, "{after:?}");
    assert!(after.out.lines().any(|line| line.contains(" app complete +0 ~1 -0 =0")), "{after:?}");
    let db = program.database();
    db.unlock(&fs::read_to_string(&file).unwrap().trim().to_owned().into()).await.unwrap();
    assert_eq!(revealed(&looked, &db, "DATABASE_URL").await.as_deref(), Some(CANARY));
    assert_eq!(revealed(&looked, &db, "PORT").await.as_deref(), Some("8080"));
    assert!(!format!("{forgotten:?}{after:?}").contains(CANARY));
}

/// A look from outside at what the program has written.
fn house_of(program: &Program) -> House {
    House::over(program.database())
}

/// The audit's rows of giving a key up, as `actor action before outcome after`.
async fn audited(house: &House) -> Vec<String> {
    house
        .read(|connection| {
            let rows: Vec<Told> = Sql::new(
                "SELECT actor || ' ' || action || ' ' || before_state || ' ' || outcome || ' ' || after_state AS text \
                 FROM audit_log WHERE action = 'key.forget' ORDER BY id",
            )
            .load(connection)?;
            Ok(rows.into_iter().map(|row| row.text).collect())
        })
        .await
}
