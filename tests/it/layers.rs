<<<<<<< HEAD
//! The plan of the house, held against the code: who may import whom, and how long a file may be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A module may import from modules with a smaller number, and from its own folder. Equal numbers never meet: `providers` and `store`,
/// `sync` and `alerts`, `web` and `worker` know nothing of each other.
const LAYERS: &[(u8, bool, &[&str])] = &[
    // number, whether its modules may import each other, modules
    (0, true, &["error", "clock", "secret", "telemetry", "config", "net"]),
    (1, true, &["kinds", "wire", "guard", "placement", "roles"]),
    (2, false, &["providers", "store"]),
    (3, true, &["context", "audit", "accounts"]),
    (4, true, &["relations"]),
    (5, false, &["sync", "alerts"]),
    (7, false, &["web", "worker"]),
    (8, true, &["cli"]),
];

const LONGEST: usize = 400;

#[test]
fn every_file_imports_only_from_below() {
    let layers = table();
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let module = module_of(&path);
        let Some(&(number, friendly)) = layers.get(module.as_str()) else {
            wrong.push(format!("{}: the module `{module}` has no layer", path.display()));
            continue;
        };
        for imported in imports(&code) {
            let Some(&(other, _)) = layers.get(imported.as_str()) else { continue };
            let allowed = imported == module || other < number || (other == number && friendly);
            if !allowed {
                wrong.push(format!("{}: `{module}` ({number}) imports `{imported}` ({other})", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_long() {
    let mut lengths: Vec<(usize, PathBuf)> =
        files().into_iter().map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path)).collect();
    lengths.sort();
    let median = lengths[lengths.len() / 2].0;
    println!("{} files, the median has {median} lines", lengths.len());
    let long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > LONGEST).collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines: {long:?}");
    assert!(median < 120, "the median file has {median} lines");
}

#[test]
fn the_reading_of_imports_sees_every_form() {
    let code = "use crate::store::{self, Db};\nuse crate::{clock, kinds::{Kind, Key}, web};\n// crate::sync\nlet x = crate::net::http::Http::new();";
    assert_eq!(imports(code), ["store", "clock", "kinds", "web", "net"]);
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n    use crate::web;\n}\n"), "a\n");
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod told;\nb\n"), "a\n#[cfg(test)]\nmod told;\nb\n");
}

fn table() -> BTreeMap<&'static str, (u8, bool)> {
    LAYERS
        .iter()
        .flat_map(|(number, friendly, modules)| modules.iter().map(|module| (*module, (*number, *friendly))))
        .collect()
}

/// Every source file but the roots, without its tests, which are free of the table.
fn sources() -> Vec<(PathBuf, String)> {
    let all: Vec<(PathBuf, String)> =
        files().into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect();
    let tests: Vec<PathBuf> = all.iter().flat_map(|(path, code)| test_modules(path, code)).collect();
    all.into_iter()
        .filter(|(path, _)| !path.ends_with("src/lib.rs") && !path.ends_with("src/main.rs"))
        .filter(|(path, _)| !tests.iter().any(|test| path.with_extension("").starts_with(test)))
        .map(|(path, code)| (path, without_tests(&code)))
        .collect()
}

/// The paths, without `.rs`, of the modules that exist for tests only.
fn test_modules(path: &Path, code: &str) -> Vec<PathBuf> {
    let folder = if path.ends_with("mod.rs") || path.ends_with("lib.rs") {
        path.parent().unwrap().to_owned()
    } else {
        path.with_extension("")
    };
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter(|pair| pair[0] == "#[cfg(test)]")
        .filter_map(|pair| pair[1].rsplit_once("mod ")?.1.strip_suffix(';').map(|name| folder.join(name)))
        .collect()
}

/// The code up to its `#[cfg(test)] mod tests { … }`, which stands last in a file.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines().peekable();
    while let Some(line) = lines.next() {
        let opens = lines.peek().is_some_and(|next| next.contains("mod ") && next.trim_end().ends_with('{'));
        if line == "#[cfg(test)]" && opens {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The modules after `crate::`, in their order, with `crate::{…}` taken apart.
fn imports(code: &str) -> Vec<String> {
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |all, line| all + line + "\n");
    let mut found = Vec::new();
    for (at, matched) in code.match_indices("crate::") {
        let rest = &code[at + matched.len()..];
        match rest.strip_prefix('{') {
            None => found.push(identifier(rest)),
            Some(group) => found.extend(first_names(group)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// The first name of each item of a `{…}` group.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut item) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(std::mem::take(&mut item)),
            '{' => depth += 1,
            '}' => depth -= 1,
            c => item.push(c),
        }
    }
    names.push(item);
    names.iter().map(|item| identifier(item.trim())).collect()
}

/// `store` for `src/store/apply/mod.rs` and for `src/store.rs`.
fn module_of(path: &Path) -> String {
    let within = path.strip_prefix(root()).unwrap();
    within.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files() -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
=======
//! Who may import whom, and how long a file may be. The table is the one at the top of `src/lib.rs`, so it cannot drift from the code.
//!
//! **One more module**: its name in that table's row.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// No file is longer.
const LONGEST: usize = 400;
/// Half of the files are shorter.
const MEDIAN: usize = 120;

#[test]
fn nobody_imports_from_a_higher_layer() {
    let table = Table::read();
    let mut faults = Vec::new();
    for file in sources() {
        // `lib.rs` and `main.rs` stand above the table, and tests are free of it.
        let Some(from) = module_of(&file).filter(|_| !is_tests(&file)) else { continue };
        let Some(here) = table.0.get(&from) else {
            faults.push(format!("{}: `{from}` is in no row of the table in src/lib.rs", file.display()));
            continue;
        };
        for (line, to) in imports(&std::fs::read_to_string(&file).unwrap()) {
            match table.0.get(&to) {
                _ if to == from => {}
                None => faults.push(format!("{}:{line}: `{to}` is in no row of the table", file.display())),
                Some(there) if there.layer > here.layer => {
                    faults.push(format!("{}:{line}: {from} is below {to}", file.display()));
                }
                Some(there) if there.layer == here.layer && here.strangers => {
                    faults.push(format!("{}:{line}: {from} and {to} know nothing of each other", file.display()));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_stay_short() {
    let mut lengths: Vec<(usize, PathBuf)> =
        sources().into_iter().map(|file| (std::fs::read_to_string(&file).unwrap().lines().count(), file)).collect();
    lengths.sort();
    let too_long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > LONGEST).collect();
    assert!(too_long.is_empty(), "longer than {LONGEST} lines: {too_long:#?}");
    let (median, _) = lengths[lengths.len() / 2];
    assert!(median < MEDIAN, "the median file has {median} lines, {MEDIAN} is too many");
}

#[test]
fn each_file_opens_with_what_it_is() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|file| !is_tests(file) && !std::fs::read_to_string(file).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no `//!` in the first line: {silent:#?}");
}

#[test]
fn the_reading_of_imports_sees_groups_and_paths_and_is_blind_to_tests() {
    let text = "use crate::clock::Clock;\nuse crate::{net, store::{Db, Scope}};\nfn a() { crate::sync::run() }\n\
                // crate::web is only spoken of\n#[cfg(test)]\nmod tests { use crate::cli; }\n";
    let seen: Vec<_> = imports(text).into_iter().map(|(line, to)| format!("{line} {to}")).collect();
    assert_eq!(seen, ["1 clock", "2 net", "2 store", "3 sync"]);
}

/// Module to row.
struct Table(BTreeMap<String, Row>);

struct Row {
    layer: u32,
    /// Modules of this row may not import each other.
    strangers: bool,
}

impl Table {
    /// Rows look like ``//! | 2 | [`providers`] · [`store`], never each other | … |``.
    fn read() -> Self {
        let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
        let mut table = BTreeMap::new();
        for line in lib.lines() {
            let mut cells = line.trim_start_matches("//!").split('|').map(str::trim).skip(1);
            let Some(Ok(layer)) = cells.next().map(str::parse) else { continue };
            let modules = cells.next().unwrap_or_default();
            for module in modules.split('`').skip(1).step_by(2) {
                table.insert(module.to_owned(), Row { layer, strangers: modules.contains("each other") });
            }
        }
        assert!(table.contains_key("store"), "the table at the top of src/lib.rs is not found");
        Self(table)
    }
}

/// The modules of this crate that a file's code names, with the line; what follows `#[cfg(test)]` is free.
fn imports(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut lines =
        code.lines().enumerate().map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()));
    while let Some((number, line)) = lines.next() {
        for (at, _) in line.match_indices("crate::").filter(|(at, _)| !line[..*at].ends_with('$')) {
            let mut rest = line[at + "crate::".len()..].to_owned();
            if rest.starts_with('{') {
                while depth(&rest) > 0 {
                    let Some((_, more)) = lines.next() else { break };
                    rest.push_str(more);
                }
                found.extend(heads(&rest).into_iter().map(|head| (number, head)));
            } else {
                found.push((number, identifier(&rest)));
            }
        }
    }
    found
}

/// The first names within the outermost braces.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut head) = (0, Vec::new(), String::new());
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => heads.push(identifier(&std::mem::take(&mut head))),
            _ if depth == 1 => head.push(character),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads.push(identifier(&head));
    heads.retain(|head| !head.is_empty());
    heads
}

fn depth(text: &str) -> i32 {
    text.chars().fold(0, |depth, character| depth + i32::from(character == '{') - i32::from(character == '}'))
}

fn identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// The top module of a source file; none for `lib.rs` and `main.rs`.
fn module_of(file: &Path) -> Option<String> {
    let first = file.strip_prefix(root().join("src")).unwrap().components().next().unwrap();
    let name = Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap();
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// A file of unit tests beside what they test.
fn is_tests(file: &Path) -> bool {
    file.ends_with("tests.rs")
}

fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("src"), &mut files);
    files.sort();
    files
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
>>>>>>> harness
}
