//! The search for planted secrets in all that tests leave behind.
//!
//! Every secret that a test hands to the panel (a provider's token, a password, a key, the value of an app's setting) bears
//! [`MARK`], and nothing else does. Whatever a test leaves is searched for it when it is dropped: its database with all that
//! lies in the file and no row tells of any more, what was logged in this process, the folder in which the program ran with
//! its log, each page and answer that a browser got, what a command printed. `tests/canaries` searches what the whole run left.
//!
//! A page that shows a value to somebody who has proved who he is ([`shown_on_purpose`]) is the one exception.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, OnceLock};

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use quarterdeck::secret::hex;
use tempfile::TempDir;
use tracing_subscriber::EnvFilter;

/// In every secret that is planted. Short, so that half a secret is found too; of letters that stay as they are in a URL, in
/// JSON, in HTML and in a shell. `tests/canaries`, which searches what the whole run left, has it too.
pub const MARK: &str = "canary-9c41";

/// In what is planted in the clear, to see that it is found: by everything here, and not by `tests/canaries`.
pub const TRIAL: &str = "canary-on-trial";

/// What was said in the log of this process and must not be.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Where the mark stands in it, as it is, in hexadecimal digits (as PostgreSQL prints bytes) or in Base64 (as a header has
/// credentials); with some of what stands around.
pub fn within(text: &[u8]) -> Option<String> {
    let at = spellings().find_map(|spelled| find(text, spelled.as_bytes()))?;
    let around = &text[at.saturating_sub(60)..text.len().min(at + 60)];
    Some(String::from_utf8_lossy(around).chars().map(|one| if one.is_control() { ' ' } else { one }).collect())
}

/// Ends the test if the mark is in it.
pub fn none_in(what: &str, text: &[u8]) {
    if let Some(around) = within(text)
        && !std::thread::panicking()
    {
        panic!("a planted secret is in {what}: …{around}…");
    }
}

/// The page of an app's values answers with them, after the password; and what a URL asks for, its page repeats.
pub fn shown_on_purpose(url: &url::Url) -> bool {
    url.path().ends_with("/values") || url.as_str().contains(MARK)
}

/// The ways in which a mark may be written.
pub fn spellings() -> impl Iterator<Item = &'static str> {
    static SPELLINGS: OnceLock<Vec<String>> = OnceLock::new();
    let all = SPELLINGS.get_or_init(|| [MARK, TRIAL].into_iter().flat_map(spelled).collect());
    all.iter().map(String::as_str)
}

fn spelled(mark: &str) -> Vec<String> {
    let mut all = vec![mark.to_owned(), hex(mark.as_bytes())];
    // Three bytes make four letters: whatever stands before moves it. The letters at both ends depend on the neighbours.
    for before in 0..3 {
        let letters = BASE64_STANDARD_NO_PAD.encode([&[0; 2][..before], mark.as_bytes()].concat());
        let sure = (before * 8).div_ceil(6)..(before + mark.len()) * 8 / 6;
        all.push(letters[sure].to_owned());
    }
    all
}

/// Where a part begins. By way of the system's own search for a byte: a look at each place takes a second for a database in
/// a debug build.
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let mut rest = text;
    while rest.skip_until(part[0]).ok()? > 0 {
        let at = text.len() - rest.len() - 1;
        if text[at..].starts_with(part) {
            return Some(at);
        }
    }
    None
}

/// Searches all files below, but for those in which a secret belongs: a key, a configuration.
pub fn none_below(folder: &Path) {
    for file in files_below(folder) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == "key" || name.ends_with(".key") || name.ends_with(".toml") {
            continue;
        }
        // What another process removes meanwhile is not left behind.
        if let Ok(bytes) = std::fs::read(&file) {
            none_in(&format!("the file {name}"), &bytes);
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type() {
            Ok(of) if of.is_dir() => files_below(&entry.path()),
            Ok(of) if of.is_file() => vec![entry.path()],
            _ => Vec::new(),
        })
        .collect()
}

/// A folder that is searched before it goes.
pub struct Folder(TempDir);

impl Folder {
    pub fn make() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        none_below(self.path());
    }
}

/// Listens to what is logged in this process from now on: all of ours but the finest. What libraries say in detail too would
/// take as long again as a test of many pages; one test runs the program with that, in `access/canaries.rs`.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = EnvFilter::new("info,quarterdeck=debug");
        // A test that has a subscriber of its own looks for itself.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Ear).try_init();
    });
}

/// Ends the test if a secret was logged so far.
pub fn none_logged() {
    let heard = std::mem::take(&mut *HEARD.lock().unwrap());
    if let Some(line) = heard.first()
        && !std::thread::panicking()
    {
        panic!("a planted secret is in the log: …{line}…");
    }
}

/// Keeps nothing but what it must not hear.
struct Ear;

impl Write for Ear {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if let Some(around) = within(line) {
            HEARD.lock().unwrap().push(around);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
