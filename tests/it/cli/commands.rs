//! Commands and their exit codes: 0 done, 1 failed, 2 configuration, 4 a database from the future.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use quarterdeck::net::http::Http;

use crate::support::cloudflare::FakeCloudflare;
use crate::support::program::{Program, Running};

#[test]
fn every_fault_of_a_configuration_is_told_at_once() {
    let program = Program::with("");
    program.configure(
        "listen = \"nowhere\"\npublic = \"http://panel.example\"\n[[source]]\nname = \"dns\"\nprovider = \"azure\"\n\
         every = \"0s\"\nregion = \"mars\"\n",
    );
    let ran = program.run(&["sync"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    let places: Vec<_> = ran.err.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places.len(), 5, "{ran:?}");
    for (place, line) in places.iter().zip([1, 2, 5, 6, 7]) {
        assert!(place.contains(&format!("quarterdeck.toml:{line}:")), "{ran:?}");
    }
    assert!(!program.database_file().exists(), "nothing was begun");
}

#[test]
fn a_database_from_the_future_is_left_alone() {
    let program = Program::with("");
    assert_eq!(program.run(&["migrate"]).code, 0);
    let file = program.database_file();
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let future =
        "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('99990101000000', CURRENT_TIMESTAMP)";
    connection.batch_execute(future).unwrap();
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(connection);
    let before = fs::read(&file).unwrap();
    for command in [&["serve"] as &[&str], &["migrate"], &["sync"], &["task", "expiry"], &["doctor"]] {
        let ran = program.run(command);
        assert_eq!(ran.code, 4, "{command:?}: {ran:?}");
        assert!(ran.err.contains("99990101000000"), "{command:?}: {ran:?}");
        assert!(fs::read(&file).unwrap() == before, "{command:?} has touched it");
    }
}

#[test]
fn a_person_is_added_with_a_password_from_standard_input() {
    let program = Program::with("");
    let add = ["user", "add", "ada@example.com", "--role", "admin", "--password-stdin"];
    let ran = program.run_with(&add, "a long enough password of canary-9c41\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(program.run(&["user", "list"]).out, "ada@example.com  admin  enabled  sees everything\n");
    let again = program.run_with(&add, "a long enough password of canary-9c41\n");
    assert_eq!((again.code, again.out.as_str()), (1, ""), "{again:?}");
    let short =
        program.run_with(&["user", "add", "bob@example.com", "--role", "viewer", "--password-stdin"], "short\n");
    assert_eq!(short.code, 1, "{short:?}");
    assert_eq!(program.run(&["user", "list"]).out.lines().count(), 1);
}

#[test]
fn a_token_is_printed_alone_and_once() {
    let program = Program::with("");
    let ran = program.run(&["token", "create", "--name", "monitoring", "--scope", "generated"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let token = ran.out.trim_end();
    assert!(token.len() >= 32 && !token.contains(char::is_whitespace), "{ran:?}");
    assert!(!ran.err.contains(token), "not in the log");
    let listed = program.run(&["token", "list"]);
    assert!(listed.out.contains("monitoring") && !listed.out.contains(token), "{listed:?}");
    assert_eq!(program.run(&["token", "create", "--name", "x", "--scope", "everything"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_a_line_a_thing_and_writes_nothing() {
    let fake = FakeCloudflare::start().await;
    fake.world().add_zone("one.example");
    let program = Program::over(&fake);
    let ran = program.run(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let starts: Vec<_> = ran.out.lines().map(|line| line.split_once(": ").expect("a name and a text").0).collect();
    assert_eq!(starts, ["ok config", "warn database", "ok dns"], "{ran:?}");
    assert!(!program.database_file().exists());

    assert_eq!(program.run(&["migrate"]).code, 0);
    fake.world().tokens.clear();
    let ran = program.run(&["doctor"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("\nok database: ") && ran.out.contains("\nfail dns: "), "{ran:?}");
    assert!(ran.out.contains("Invalid access token [redacted]"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_prints_one_line_and_leaves_nothing_behind() {
    let program = Program::with("");
    let mut demo = program.command(&["demo"]);
    // A port that is free, and settings of a real panel, which the demo must not touch.
    demo.env("PORT", "0").env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/real");
    demo.env("QUARTERDECK_CONFIG", "/nowhere/real.toml");
    let demo = demo.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut demo = Running(demo.unwrap());
    let mut out = BufReader::new(demo.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let parts: Vec<_> = line.trim_end().split("  ").collect();
    let [url, user, password] = parts[..] else { panic!("URL  USER  PASSWORD, not {line:?}") };
    assert_eq!((user, password.len()), ("demo@example.com", 16));
    assert!(url.starts_with("http://localhost:"), "PORT means every address: {url}");
    let answer = Http::new().client().get(format!("{url}/sign-in")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(demo.terminate(), Some(0));
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    let left = fs::read_dir(program.folder.path()).unwrap().filter_map(Result::ok);
    let left: Vec<_> = left.map(|entry| entry.file_name()).filter(|name| name != "quarterdeck.toml").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_typed_wrong_is_a_usage_error() {
    let program = Program::with("");
    for wrong in [
        &["demo", "--listen", "nonsense"] as &[&str],
        &["token", "create", "--name", "x", "--scope", "read", "--days", "999"],
        &["token", "create", "--name", " ", "--scope", "read"],
        &["token", "create", "--name", "x", "--scope", "read", "--network", "office"],
        &["user", "add", "nonsense", "--role", "admin", "--password-stdin"],
    ] {
        let ran = program.run_with(wrong, "a long enough password of canary-9c41\n");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong:?}: {ran:?}");
    }
    assert!(program.run_with(&["user", "add", "no one", "--role", "admin"], "").err.contains("e-mail address"));
}

#[test]
fn a_password_that_is_typed_is_not_shown() {
    let program = Program::with("");
    let command = format!("{} user add ada@example.com --role admin", env!("CARGO_BIN_EXE_quarterdeck"));
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &command, "/dev/null"]).current_dir(program.folder.path());
    let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keys, mut screen) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    let mut shown = String::new();
    for prompt in ["Password: ", "The same again: "] {
        while !shown.ends_with(prompt) {
            let mut byte = [0];
            assert_eq!(screen.read(&mut byte).unwrap(), 1, "{shown}");
            shown.push(char::from(byte[0]));
        }
        // The prompt comes before the echo goes.
        std::thread::sleep(Duration::from_millis(300));
        keys.write_all(b"a long enough password of canary-9c41\n").unwrap();
    }
    screen.read_to_string(&mut shown).unwrap();
    assert!(terminal.wait().unwrap().success(), "{shown}");
    assert!(!shown.contains("long enough"), "{shown}");
    assert_eq!(program.run(&["user", "list"]).out, "ada@example.com  admin  enabled  sees everything\n");
}
