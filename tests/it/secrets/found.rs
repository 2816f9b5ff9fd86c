//! F20: the search for planted secrets finds what it is there for: a search that cannot find is no proof.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use quarterdeck::secret::hex;
use quarterdeck::store::Backend;
use quarterdeck::store::connection::sqlite_path;

use crate::support::canary::{self, Folder, MARK, TRIAL};
use crate::support::database::{Database, a_quiet_noon, wanted};
use crate::support::panel::{PASSWORD, SECRET_KEY};
use crate::support::{cloudflare, fake_aws, powerdns, workflow};

/// What the end of it says, if it ends badly.
fn said_by(what: impl FnOnce()) -> Option<String> {
    let ended = catch_unwind(AssertUnwindSafe(what)).err()?;
    Some(ended.downcast_ref::<String>().expect("a text").clone())
}

#[tokio::test]
async fn a_secret_in_the_clear_is_found_in_each_database_also_among_bytes_and_in_what_was_deleted() {
    for backend in wanted() {
        let Some(clean) = Database::fresh(backend).await else { continue };
        assert_eq!(said_by(|| drop(clean)), None, "there is nothing in it");

        let words = format!("refused: Bearer {TRIAL}-token");
        let bytes = hex(&[&[0, 1, 2][..], TRIAL.as_bytes(), &[255]].concat());
        let (texts, told) = ("CREATE TABLE told (text TEXT)", format!("INSERT INTO told VALUES ('{words}')"));
        let (blobs, kept) = match backend {
            Backend::Sqlite => ("CREATE TABLE kept (sealed BLOB)", format!("INSERT INTO kept VALUES (X'{bytes}')")),
            Backend::Postgres => {
                ("CREATE TABLE kept (sealed BYTEA)", format!("INSERT INTO kept VALUES ('\\x{bytes}')"))
            }
        };
        for (table, insert) in [(texts, &told), (blobs, &kept)] {
            let database = Database::fresh(backend).await.unwrap();
            written_past(&database, &[table, insert]);
            let said = said_by(|| drop(database)).unwrap_or_else(|| panic!("{insert} on {backend:?} was not found"));
            assert!(said.starts_with("a planted secret is in the "), "{said}");
        }

        // Deleted, it still lies in the file.
        if backend == Backend::Sqlite {
            let database = Database::fresh(backend).await.unwrap();
            written_past(&database, &[texts, &told, "DELETE FROM told"]);
            assert!(said_by(|| drop(database)).is_some_and(|said| said.contains("the file quarterdeck.sqlite3")));
        }
    }
}

/// Written past the panel, as a mistake of its would be.
fn written_past(database: &Database, statements: &[&str]) {
    let statements = statements.join("; ");
    match database.backend() {
        Backend::Sqlite => SqliteConnection::establish(sqlite_path(database.url())).unwrap().batch_execute(&statements),
        Backend::Postgres => PgConnection::establish(database.url()).unwrap().batch_execute(&statements),
    }
    .unwrap();
}

#[tokio::test]
async fn a_secret_in_the_log_is_found_at_the_end_of_the_test() {
    let database = Database::any().await;
    let _db = database.open(a_quiet_noon());
    tracing::warn!(error = %format!("no {TRIAL}-token"), "a provider said it back");
    let said = said_by(|| drop(database)).expect("it was logged");
    assert!(said.starts_with("a planted secret is in the log"), "{said}");
}

#[test]
fn a_secret_in_a_file_is_found_in_every_spelling_but_where_it_belongs() {
    let planted = |name: &str, text: &str| {
        let folder = Folder::make();
        fs::create_dir(folder.path().join("exports")).unwrap();
        fs::write(folder.path().join("exports").join(name), text).unwrap();
        said_by(|| drop(folder))
    };
    let credentials = |before: &str| BASE64_STANDARD.encode(format!("{before}{TRIAL}-token"));
    let (plain, digits) = (format!("a\n{TRIAL}\nb"), hex(format!("x{TRIAL}").as_bytes()));
    for text in [&plain, &digits, &credentials(""), &credentials("u"), &credentials("u:"), &credentials("u:p")] {
        assert!(planted("one.zone", text).is_some_and(|said| said.contains("one.zone")), "{text}");
    }
    assert_eq!(planted("one.zone", "canary-on-tria"), None);
    for belongs in ["key", "demo.key", "quarterdeck.toml"] {
        assert_eq!(planted(belongs, &plain), None, "{belongs}");
    }
    assert!(canary::within(plain.as_bytes()).is_some_and(|around| around == format!("a {TRIAL} b")));
}

/// A secret without the mark would not be searched for.
#[test]
fn every_secret_of_the_stand_ins_bears_the_mark() {
    let secrets =
        [cloudflare::TOKEN, workflow::TOKEN, fake_aws::SECRET, powerdns::KEY, PASSWORD, SECRET_KEY, super::CANARY];
    for secret in secrets {
        assert!(secret.contains(MARK), "{secret}");
    }
}

/// What the whole run leaves is searched by a script, which has the mark too.
#[test]
fn what_the_run_left_is_searched_by_the_same_mark() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/canaries");
    let folder = tempfile::tempdir().unwrap();
    let searched = || {
        let ran = Command::new(&script).arg(folder.path()).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("output"), "5 passed, 0 failed\n").unwrap();
    assert_eq!(searched().0, Some(0));
    for text in [MARK.to_owned(), hex(MARK.as_bytes()), "postgres://shop:made-up@db.example.net/shop".to_owned()] {
        fs::write(folder.path().join("data/000000010000000000000001"), [&[0, 159, 146][..], text.as_bytes()].concat())
            .unwrap();
        let (code, said) = searched();
        assert!(code == Some(1) && said.contains("data/000000010000000000000001"), "{text}: {said}");
    }
}
