//! `quarterdeck demo`: the panel on a made-up platform, in a temporary folder, with nothing to configure.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::{Ending, demo_teams, open, serve};
use crate::accounts::users;
use crate::audit::Doer;
use crate::config::{Config, Environment, LoadFrom};
use crate::context::Context;
use crate::error::Faults;
use crate::providers::build;
use crate::roles::{Reach, Role};
use crate::secret::{Secret, hex, random_bytes};

/// What the made-up platform's sources are called, where its clusters lie, what is placed how.
const CONFIGURATION: &str = include_str!("demo.toml");
/// Who signs in.
const USER: &str = "demo@example.com";

/// Serves the demo, and prints `URL  USER  PASSWORD` once its socket listens.
pub async fn run(listen: Option<String>, environment: &Environment) -> anyhow::Result<Ending> {
    let folder = TemporaryFolder::make()?;
    let mut config = configuration(&folder.0, listen, environment)?;
    let listener = serve::listen(&config.server.listen)?;
    let url = reachable(listener.local_addr()?);
    config.server.public_url = url.parse()?;
    let parts = open::parts();
    let sources = build::build_sources(&config, &parts)?;
    let context = Context::open(config, sources, parts).await?;
    let password = password();
    users::add(&context, &Doer::command_line(), USER, (Role::Admin, Reach::Everything), password.clone()).await?;
    demo_teams::make(&context).await?;
    announce(&format!("{url}  {USER}  {}", password.expose_secret()));
    serve::everything(context, listener).await
}

/// The demo's own configuration. Of the environment only `PORT` counts: what a real panel is configured with is none of
/// the demo's.
fn configuration(folder: &Path, listen: Option<String>, environment: &Environment) -> Result<Config, Faults> {
    let database = format!("sqlite://{}", folder.join("demo.sqlite3").display());
    let key = folder.join("demo.key").display().to_string();
    let text = format!("database_url = {database:?}\nsecret_key_file = {key:?}\n{CONFIGURATION}");
    let mut own = Environment::default().with("QUARTERDECK_CONFIG_TOML", &text);
    if let Some(port) = environment.get("PORT") {
        own = own.with("PORT", port);
    }
    Config::load(&LoadFrom { listen, ..LoadFrom::default() }, &own)
}

/// Where a browser on this machine finds the socket.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// The one line on standard output.
fn announce(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout();
    // Whoever closed standard output does not want to know.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Eighty bits in letters that are read aloud without mistakes.
pub(super) fn password() -> Secret {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: String = random_bytes::<16>().iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
    Secret::from(letters)
}

/// Removed when the demo ends.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make() -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let folder = std::env::temp_dir().join(format!("quarterdeck-demo-{}", hex(&random_bytes::<8>())));
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed is the operating system's to clean up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
