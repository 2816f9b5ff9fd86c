//! A stand-in for AWS: moto's server with scheduled events added, started for one test and ended with it.
//!
//! It needs a Python with `moto[server]` and `boto3`: `python3`, or the one that `QUARTERDECK_TEST_PYTHON` names.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quarterdeck::config::Environment;
use serde::Deserialize;

/// A running server; dropping it ends the process.
pub struct Moto {
    process: Child,
    address: SocketAddr,
}

/// What [`Moto::special`] made.
#[derive(Clone, Debug, Deserialize)]
pub struct Special {
    pub vpc: String,
    /// Running, with an elastic address, tags, a reboot to come and a stop that is done; behind both balancers.
    pub web: String,
    /// Running, with an IPv6 address.
    pub ipv6: String,
    /// Terminated.
    pub gone: String,
    /// Stopped, and to be retired.
    pub stopped: String,
    /// The ARN of the application balancer `web-alb`.
    pub alb: String,
    pub alb_host: String,
    /// The elastic address of `web`.
    pub elastic: String,
}

impl Moto {
    /// Starts a server on a free port and waits until it answers.
    pub fn start() -> Self {
        // Between this listener's end and the server's start somebody else could take the port; then the start fails
        // loudly.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(python())
            .arg(standin("moto_events.py"))
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a Python with moto[server] and boto3 is needed; name it in QUARTERDECK_TEST_PYTHON");
        let mut moto = Self { process, address };
        let patience = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < patience, "moto does not answer");
            assert!(moto.process.try_wait().unwrap().is_none(), "moto ended; is moto[server] installed?");
            std::thread::sleep(Duration::from_millis(100));
        }
        moto
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds `count` running instances, one reservation each, so that a listing has pages.
    pub fn fleet(&self, region: &str, count: usize) {
        self.fill(&["fleet", region, &count.to_string()]);
    }

    /// Adds one of each thing that a collector must tell apart.
    pub fn special(&self, region: &str) -> Special {
        serde_json::from_str(&self.fill(&["special", region])).unwrap()
    }

    /// Gives an instance a new elastic address and returns it; the old one is nobody's then.
    pub fn change_address(&self, region: &str, instance: &str) -> String {
        self.fill(&["address", region, instance]).trim().to_owned()
    }

    pub fn terminate(&self, region: &str, instance: &str) {
        self.fill(&["terminate", region, instance]);
    }

    pub fn stop(&self, region: &str, instance: &str) {
        self.fill(&["stop", region, instance]);
    }

    pub fn start_instance(&self, region: &str, instance: &str) {
        self.fill(&["start", region, instance]);
    }

    /// Sets a tag; `event:<any>` announces, moves or finishes an event.
    pub fn tag(&self, region: &str, instance: &str, key: &str, value: &str) {
        self.fill(&["tag", region, instance, key, value]);
    }

    /// Hides an instance from every listing, as if EC2 had forgotten it.
    pub fn hide(&self, region: &str, instance: &str) {
        self.tag(region, instance, "hidden", "yes");
    }

    /// Ends what [`Moto::hide`] began.
    pub fn show(&self, region: &str, instance: &str) {
        self.fill(&["untag", region, instance, "hidden"]);
    }

    fn fill(&self, arguments: &[&str]) -> String {
        let mut filling = Command::new(python())
            .arg(standin("moto_fill.py"))
            .arg(self.url())
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut printed = String::new();
        filling.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        assert!(filling.wait().unwrap().success(), "moto_fill.py {arguments:?} failed");
        printed
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn python() -> String {
    Environment::of_process().get("QUARTERDECK_TEST_PYTHON").unwrap_or("python3").to_owned()
}

fn standin(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/standins").join(name)
}
