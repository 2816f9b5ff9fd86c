//! Finds the configuration's text and reads it whole.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::placement::Known;
use super::reader::Reader;
use super::table::Table;
use super::{Config, dns, history, links, networks, placement, probe, regions, server, sources, zone_files};
use crate::error::{Fault, Faults, Place};

/// Where the configuration is looked for, in this order: `file`, `QUARTERDECK_CONFIG`, `QUARTERDECK_CONFIG_TOML` (the
/// text itself), `quarterdeck.toml` in `folder` if it is there. Without any, the defaults serve.
#[derive(Clone, Debug, Default)]
pub struct LoadFrom {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--listen`; goes before `PORT` and `listen`.
    pub listen: Option<String>,
    /// The working directory, if it is not the process's own.
    pub folder: PathBuf,
}

const FILE_NAME: &str = "quarterdeck.toml";

impl Config {
    /// Finds and reads the configuration.
    ///
    /// # Errors
    /// All its mistakes, in the order of their places.
    pub fn load(from: &LoadFrom, environment: &Environment) -> Result<Self, Faults> {
        let (config, faults) = Self::read(from, environment);
        Faults::none_or(config, faults)
    }

    /// Reads a configuration whose text is at hand; `file` names it in faults.
    ///
    /// # Errors
    /// All its mistakes, in the order of their places.
    pub fn from_text(file: &str, text: &str, environment: &Environment) -> Result<Self, Faults> {
        let (config, faults) = Self::read_text(file, text, None, environment);
        Faults::none_or(config, faults)
    }

    /// Like [`Config::load`], with what could be read beside the mistakes, so that a caller can look for more of them.
    pub fn read(from: &LoadFrom, environment: &Environment) -> (Self, Vec<Fault>) {
        let (name, text, mut faults) = match find(from, environment) {
            Ok((name, text)) => (name, text, Vec::new()),
            Err(fault) => (fault.place.file.clone(), String::new(), vec![fault]),
        };
        let (config, more) = Self::read_text(&name, &text, from.listen.as_deref(), environment);
        if faults.is_empty() {
            faults = more;
        }
        (config, faults)
    }

    fn read_text(file: &str, text: &str, listen: Option<&str>, environment: &Environment) -> (Self, Vec<Fault>) {
        let (tree, syntax) = Table::parse(file, text);
        let found = RefCell::new(Vec::new());
        let config = read_tree(&mut Reader::new(&tree, environment, &found), listen, environment);
        let mut faults = found.into_inner();
        // What a broken line was taken for is no mistake of its own.
        faults.retain(|fault| !syntax.iter().any(|broken| broken.place.line == fault.place.line));
        faults.extend(syntax);
        faults.sort();
        faults.dedup();
        (config, faults)
    }
}

fn find(from: &LoadFrom, environment: &Environment) -> Result<(String, String), Fault> {
    let variable = |name| environment.get(name).filter(|value| !value.is_empty());
    if let Some(file) = &from.file {
        return read_file(file, "check --config");
    }
    if let Some(file) = variable("QUARTERDECK_CONFIG") {
        return read_file(Path::new(file), "check QUARTERDECK_CONFIG");
    }
    if let Some(text) = variable("QUARTERDECK_CONFIG_TOML") {
        return Ok(("QUARTERDECK_CONFIG_TOML".to_owned(), text.to_owned()));
    }
    let file = from.folder.join(FILE_NAME);
    if file.exists() { read_file(&file, "check its permissions") } else { Ok(("defaults".to_owned(), String::new())) }
}

fn read_file(file: &Path, remedy: &str) -> Result<(String, String), Fault> {
    let name = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Fault::new(Place::outside(&name), format!("cannot be read: {error}"), remedy)),
    }
}

/// One line a section, in an order in which each finds what it refers to.
fn read_tree(root: &mut Reader<'_>, listen: Option<&str>, environment: &Environment) -> Config {
    let mut mentions = Vec::new();
    let server = server::read(root, listen);
    let regions = regions::read_regions(root);
    let clusters = regions::read_clusters(root, &regions);
    let sources = sources::read(root, &regions, &clusters, &mut mentions);
    let known = Known { regions: &regions, clusters: &clusters, sources: &sources };
    let placements = placement::read(root, &known, &mut mentions);
    let networks = networks::read(root);
    let links = links::read(root, &mut mentions);
    let history = history::read(root);
    let probe = probe::read(root);
    let dns = dns::read(root);
    let zone_files = zone_files::read(root);
    root.finish();
    Config {
        server,
        regions,
        clusters,
        sources,
        placements,
        networks,
        links,
        history,
        probe,
        dns,
        zone_files,
        mentions,
        environment: environment.clone(),
    }
}
