//! A real PowerDNS with its API, started once for all the stories of a process; each has zones of its own on it.
//!
//! It ends with the process: `tests/standins/powerdns` reads from us until there is nothing left to read from.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use quarterdeck::net::http::Http;
use quarterdeck::wire::dns::ZoneAt;
use serde_json::{Value, json};

/// The server's one key.
pub const KEY: &str = "canary-9c41-powerdns-key-0123456789abcdef";

/// A running server.
pub struct PowerDns {
    /// Its standard input is open for as long as it lives.
    process: Child,
    pub dns: SocketAddr,
    api: SocketAddr,
}

impl PowerDns {
    /// The server of this process.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<PowerDns> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    /// One more server, for a story about two; it ends when it is dropped.
    pub fn start() -> Self {
        let (dns, api) = (free_for_dns(), free());
        let folder = std::env::temp_dir().join(format!("quarterdeck-pdns-{}-{}", std::process::id(), dns.port()));
        let process = Command::new(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/standins/powerdns"))
            .arg(&folder)
            .args([dns.port().to_string(), api.port().to_string(), KEY.to_owned()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { process, dns, api };
        let patience = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(api).is_err() || TcpStream::connect(dns).is_err() {
            assert!(Instant::now() < patience, "PowerDNS does not answer; see {}/log", folder.display());
            let ended = server.process.try_wait().unwrap();
            assert!(ended.is_none(), "PowerDNS ended ({ended:?}); are the packages of tests/prepare installed?");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// What the setting `endpoint_url` is to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Settings in TOML for a source that sees these zones only; the key is in `PDNS_KEY`.
    pub fn settings(&self, zones: &[&ZoneAt]) -> String {
        let names: Vec<_> = zones.iter().map(|zone| zone.name.as_str()).collect();
        format!(
            "endpoint_url = {:?}\napi_key_env = \"PDNS_KEY\"\nzones = {names:?}\nname_servers = [\"{}\"]",
            self.url(),
            self.dns
        )
    }

    /// Makes a zone that nobody else has, with these sets besides its own.
    pub async fn zone(&self, name: &str, sets: Value) -> ZoneAt {
        self.zone_of("Native", name, sets).await
    }

    /// The same, of another kind.
    pub async fn zone_of(&self, kind: &str, name: &str, sets: Value) -> ZoneAt {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{name}-{}-{}.test", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let sets: Value = serde_json::from_str(&sets.to_string().replace("{zone}", &format!("{name}."))).unwrap();
        let mut zone = json!({
            "name": format!("{name}."), "kind": kind, "rrsets": sets,
            "nameservers": [format!("ns1.{name}."), format!("ns2.{name}.")],
        });
        if kind == "Slave" {
            zone = json!({"name": format!("{name}."), "kind": kind, "masters": ["192.0.2.53"]});
        }
        let made = self.call("POST", "/zones", Some(zone)).await;
        ZoneAt { id: made["id"].as_str().expect("a zone has an id").to_owned(), name }
    }

    /// The zone with its sets, as the server gives it.
    pub async fn get(&self, zone: &ZoneAt) -> Value {
        self.call("GET", &format!("/zones/{}", zone.id), None).await
    }

    /// The server's set of that name (below the zone) and type.
    pub async fn set(&self, zone: &ZoneAt, name: &str, record_type: &str) -> Option<Value> {
        let name = format!("{name}.{}.", zone.name);
        let read = self.get(zone).await;
        let sets = read["rrsets"].as_array().cloned().unwrap_or_default();
        sets.into_iter().find(|set| set["name"] == name.as_str() && set["type"] == record_type)
    }

    /// Writes behind everybody's back; `{zone}` is the zone with its dot.
    pub async fn patch(&self, zone: &ZoneAt, sets: Value) {
        let sets: Value = serde_json::from_str(&sets.to_string().replace("{zone}", &zone.id)).unwrap();
        self.call("PATCH", &format!("/zones/{}", zone.id), Some(json!({ "rrsets": sets }))).await;
    }

    /// Any call below the server; its answer, or null where it has none.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/api/v1/servers/localhost{path}", self.url());
        let mut request = Http::new()
            .client()
            .request(method.parse().unwrap(), url)
            .header("X-API-Key", KEY)
            .header("Accept", "application/json");
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

impl Drop for PowerDns {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// An address that nobody listens on; between this and the server's start somebody could take it, and then the start
/// fails loudly.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The same, free for UDP too.
fn free_for_dns() -> SocketAddr {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}
