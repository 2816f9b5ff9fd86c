//! `quarterdeck key rotate`, and a start with the wrong key.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::support::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_by_command_and_the_former_one_is_refused() {
    let fake = controller().await;
    let source = format!(
        "[[source]]\nname = \"paas\"\nprovider = \"workflow\"\nsettings = {{ token_env = \"PAAS\", endpoint_url = \"{}\" }}\n",
        fake.url()
    );
    let program = Program::with(&source).env("PAAS", TOKEN);
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
