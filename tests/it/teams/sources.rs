//! Nobody forgets to ask who is asking: held by a look at the sources.

use std::path::{Path, PathBuf};

/// Who may see everything in nobody's name: worker and command line, what computes for all at once, and what gives
/// people their scope.
const UNRESTRICTED: &[&str] = &[
    "src/accounts/reach.rs",
    // What the worker carries out, and the times to live that come back by themselves.
    "src/actions/dns_change/landed.rs",
    "src/actions/dns_change/mod.rs",
    // Whose a zone, a set or an address is has to be asked of all before it can be said to be nobody else's.
    "src/actions/dns_change/sides.rs",
    "src/actions/dns_change/submit.rs",
    "src/actions/dns_change/whose.rs",
    "src/actions/dns_change/zones.rs",
    "src/actions/purge_cache/plan.rs",
    "src/alerts/",
    "src/cli/",
    "src/probe/",
    "src/relations/behind.rs",
    "src/relations/findings/",
    "src/relations/wildcard.rs",
    "src/store/held.rs",
    "src/store/listing/mod.rs",
    "src/store/scope.rs",
    "src/store/scopes.rs",
    "src/sync/",
    "src/worker/",
];

/// Who may make a scope out of rules: what gives people theirs, and the page that says how much a team sees.
const FROM_RULES: &[&str] = &["src/accounts/reach.rs", "src/store/scope.rs", "src/web/pages/teams.rs"];

#[test]
fn only_those_who_act_for_nobody_see_everything() {
    assert_eq!(outside("Scope::unrestricted()", UNRESTRICTED), Vec::<String>::new());
    assert_eq!(outside("Scope::within", FROM_RULES), Vec::<String>::new());
}

/// A read whose answer ends on somebody's page takes a scope: every public function of these files that asks the
/// database does.
#[test]
fn every_read_of_what_resources_are_takes_a_scope() {
    let mut faults = Vec::new();
    for file in
        ["alerts", "changes/mod", "findings", "holders", "resources", "search", "sources", "standing", "versions"]
    {
        let text = std::fs::read_to_string(root().join(format!("src/store/{file}.rs"))).unwrap();
        for part in text.split("\npub fn ").skip(1) {
            let (signature, body) = part.split_once("{\n").unwrap();
            let reads = body.split("\n}\n").next().unwrap();
            let asks = reads.contains("SELECT") || reads.contains(".load") || reads.contains(".first");
            let writes = ["INSERT", "UPDATE", "DELETE", "settle", "begin("].iter().any(|word| reads.contains(word));
            if asks && !writes && !signature.contains("scope: &Scope") {
                faults.push(format!("{file}: {}", signature.lines().next().unwrap_or_default()));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// The lines of the sources with that text in other places than these.
fn outside(text: &str, allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(&root().join("src")) {
        let name = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let lines = std::fs::read_to_string(&file).unwrap();
        let lines = lines.lines().filter(|line| line.contains(text) && !line.trim_start().starts_with("//"));
        if !allowed.iter().any(|allowed| name.starts_with(allowed)) {
            found.extend(lines.map(|line| format!("{name}: {}", line.trim())));
        }
    }
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
