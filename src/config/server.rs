//! Where it listens, how it is reached, and where its data and its key lie: the settings above the first `[[…]]`.

use ipnet::IpNet;
use url::Url;

use super::database;
use super::networks::network;
use super::reader::{Reader, SecretSetting};
use crate::error::Place;
use crate::secret::Secret;

/// Where it listens and where its data lies.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// How browsers reach the panel; decides the `Secure` flag of cookies and the links in messages.
    pub public_url: Url,
    /// `host:port`.
    pub listen: String,
    /// A second listener for `/metrics` alone, without a token.
    pub metrics_listen: Option<String>,
    pub database_url: Secret,
    /// Where the URL was said.
    pub database_place: Place,
    pub secret_key: SecretKeyConfig,
    /// Networks of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub require_second_factor: RequireSecondFactor,
}

/// Who reaches nothing before having a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequireSecondFactor {
    #[default]
    Nobody,
    Admins,
    Everybody,
}

/// Where the secret key lies, which signs cookies and seals the secrets of resources. A start with another key than the
/// one that the database is sealed with is refused.
#[derive(Clone, Debug)]
pub enum SecretKeyConfig {
    /// A file, made on first start with mode 0600 if `make` is set.
    File {
        path: String,
        make: bool,
    },
    Given(Secret),
}

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_KEY_FILE: &str = "quarterdeck.key";

/// Reads the server's settings; `listen_argument` is what `--listen` says.
pub fn read(root: &mut Reader<'_>, listen_argument: Option<&str>) -> ServerConfig {
    let listen = listen(root, listen_argument);
    let metrics_listen = root.text("metrics_listen");
    if let Some(address) = metrics_listen.as_deref() {
        check_address(root, &root.place("metrics_listen"), "metrics_listen", address);
    }
    let public_url = public_url(root, &listen);
    let (database_url, database_place, shared) = database::read(root);
    let secret_key = secret_key(root, shared);
    let trusted_proxies = trusted_proxies(root);
    let require_second_factor = require_second_factor(root);
    ServerConfig {
        public_url,
        listen,
        metrics_listen,
        database_url,
        database_place,
        secret_key,
        trusted_proxies,
        require_second_factor,
    }
}

/// `--listen`, then `PORT`, as platforms give it, then the file.
fn listen(root: &mut Reader<'_>, argument: Option<&str>) -> String {
    let configured = root.text("listen");
    let port = root.environment().get("PORT").filter(|port| !port.is_empty());
    let (listen, place, name) = match (argument, port, configured) {
        (Some(argument), _, _) => (argument.to_owned(), Place::outside("--listen"), "--listen"),
        (None, Some(port), _) => (format!("0.0.0.0:{port}"), Place::outside("PORT"), "PORT"),
        (None, None, Some(configured)) => (configured, root.place("listen"), "listen"),
        (None, None, None) => return DEFAULT_LISTEN.to_owned(),
    };
    check_address(root, &place, name, &listen);
    listen
}

fn check_address(root: &Reader<'_>, place: &Place, name: &str, address: &str) {
    let valid = address.rsplit_once(':').is_some_and(|(host, port)| {
        let host_is_whole = !host.is_empty() && (!host.contains(':') || (host.starts_with('[') && host.ends_with(']')));
        host_is_whole && !host.contains(['/', ' ']) && port.parse::<u16>().is_ok()
    });
    if !valid {
        let what = format!("`{name}` is not an address with a port: {address:?}");
        root.fault_at(place, what, "write host:port, as in 127.0.0.1:8080 or [::1]:8080");
    }
}

fn public_url(root: &mut Reader<'_>, listen: &str) -> Url {
    if let Some(url) = root.url("public_url") {
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            let remedy = format!("write {}; the panel has a host of its own", url.origin().ascii_serialization());
            root.fault("public_url", "`public_url` has a path, and pages lie at the root", remedy);
        }
        return url;
    }
    let reachable = listen.replace("0.0.0.0:", "localhost:").replace("[::]:", "localhost:");
    Url::parse(&format!("http://{reachable}")).unwrap_or_else(|_| {
        Url::parse("http://localhost:8080").expect("a constant that is a URL; the address is a fault already")
    })
}

/// A key of its own is made for a panel on one machine; several machines need the same one, so it has to be given.
fn secret_key(root: &mut Reader<'_>, shared: bool) -> SecretKeyConfig {
    let path = root.text("secret_key_file");
    let file =
        SecretKeyConfig::File { path: path.clone().unwrap_or_else(|| DEFAULT_KEY_FILE.to_owned()), make: !shared };
    let (name, key) = if root.has("secret_key_env") {
        match root.secret_elsewhere("secret_key_env", "secret_key_file") {
            SecretSetting::Given(key) => ("secret_key_env", SecretKeyConfig::Given(key)),
            SecretSetting::Missing(what) => {
                root.fault("secret_key_env", what, "set it to a long random text (openssl rand -base64 48)");
                return file;
            }
            SecretSetting::Absent => return file,
        }
    } else {
        if shared && path.is_none() {
            root.fault(
                "secret_key_file",
                "with PostgreSQL the secret key must be given, since every process needs the same one",
                "write secret_key_env = \"NAME\" or secret_key_file = \"path\"",
            );
            return file;
        }
        ("secret_key_file", file)
    };
    if let Err(error) = key.check() {
        let remedy = "make it once (`openssl rand -base64 48`) and give the same to every process";
        root.fault(name, error.to_string(), remedy);
    }
    key
}

fn trusted_proxies(root: &mut Reader<'_>) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for text in root.texts("trusted_proxies").unwrap_or_default() {
        match network(&text) {
            Some(network) => networks.push(network),
            None => root.fault(
                "trusted_proxies",
                format!("`trusted_proxies` holds {text:?}, which is no network"),
                "write addresses or networks, as in [\"10.0.0.0/8\", \"192.0.2.7\"]",
            ),
        }
    }
    networks
}

fn require_second_factor(root: &mut Reader<'_>) -> RequireSecondFactor {
    match root.text("require_second_factor").as_deref() {
        None | Some("nobody") => RequireSecondFactor::Nobody,
        Some("admins") => RequireSecondFactor::Admins,
        Some("everybody") => RequireSecondFactor::Everybody,
        Some(other) => {
            let what = format!("`require_second_factor` is {other:?}");
            root.fault("require_second_factor", what, "write \"nobody\", \"admins\" or \"everybody\"");
            RequireSecondFactor::Nobody
        }
    }
}
