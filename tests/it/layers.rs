//! Who may import whom, and how long a file may be. The table is the one at the top of `src/lib.rs`, so it cannot drift
//! from the code.
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
}
