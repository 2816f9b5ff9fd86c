//! A stand-in for AWS: moto's server with scheduled events added, started for one test and ended with it.
//!
//! It needs a Python with `moto[server]` and `boto3`: `python3`, or the one that `QUARTERDECK_TEST_PYTHON` names.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use quarterdeck::config::Environment;
use serde::Deserialize;

/// A running server; dropping it ends the process.
pub struct Moto {
    process: Child,
    address: SocketAddr,
    /// Whoever fills it, from the first time on.
    filling: Mutex<Option<Filling>>,
}

/// A process that does one thing for each line that it reads, and writes one.
struct Filling {
    process: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
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
        Self::with(None)
    }

    /// One whose listings have no more than so many reservations on a page.
    pub fn with_pages_of(most: usize) -> Self {
        Self::with(Some(most))
    }

    /// A server and so many machines as take more than one page: the 1,200 that AWS needs with `QUARTERDECK_TEST_LARGE`
    /// set, and otherwise a tenth of them on pages of a tenth, since the stand-in takes half a minute to make the others.
    pub fn of_several_pages() -> (Self, usize) {
        match std::env::var_os("QUARTERDECK_TEST_LARGE") {
            Some(_) => (Self::start(), 1_200),
            None => (Self::with_pages_of(100), 120),
        }
    }

    fn with(pages_of: Option<usize>) -> Self {
        // Between this listener's end and the server's start somebody else could take the port; then the start fails
        // loudly.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(python())
            .arg(standin("moto_events.py"))
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .envs(pages_of.map(|most| ("MOTO_PAGE", most.to_string())))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a Python with moto[server] and boto3 is needed; name it in QUARTERDECK_TEST_PYTHON");
        let mut moto = Self { process, address, filling: Mutex::default() };
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
        let mut filling = self.filling.lock().unwrap();
        let filling = filling.get_or_insert_with(|| Filling::of(&self.url()));
        writeln!(filling.asked, "{}", serde_json::to_string(arguments).unwrap()).unwrap();
        let mut printed = String::new();
        filling.answers.read_line(&mut printed).unwrap();
        assert!(printed.ends_with('\n'), "moto_fill.py {arguments:?} failed");
        printed
    }
}

impl Filling {
    fn of(url: &str) -> Self {
        let mut process = Command::new(python())
            .arg(standin("moto_fill.py"))
            .arg(url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (asked, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, asked, answers }
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
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
