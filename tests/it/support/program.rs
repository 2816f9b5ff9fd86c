//! The program itself, as a process: with a folder, a configuration and an environment of its own.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quarterdeck::clock::Clock;
use quarterdeck::net::http::Http;
use quarterdeck::store::Db;

use super::browser::Browser;
use super::canary::{self, Folder};
use super::cloudflare::{FakeCloudflare, TOKEN};

/// A folder in which the program is run, on SQLite.
pub struct Program {
    pub folder: Arc<Folder>,
    port: u16,
    environment: Vec<(String, String)>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Program {
    /// Whose only source, `dns`, is that fake.
    pub fn over(fake: &FakeCloudflare) -> Self {
        Self::with(&format!(
            "[[source]]\nname = \"dns\"\nprovider = \"cloudflare\"\n\
             settings = {{ token_env = \"TOKEN\", endpoint_url = \"{}\" }}\n",
            fake.url()
        ))
    }

    /// With these sources; where it listens and where its data lies is decided here.
    pub fn with(sources: &str) -> Self {
        let folder = Arc::new(Folder::make());
        let port = free_port();
        let program = Self { folder, port, environment: Vec::new() };
        let key = program.folder.path().join("key").display().to_string();
        let text = format!(
            "public_url = \"http://127.0.0.1:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndatabase_url = \"{}\"\n\
             secret_key_file = \"{key}\"\n{sources}",
            program.database_url()
        );
        program.configure(&text);
        program
    }

    /// The same folder, served once more at another port.
    pub fn beside(&self) -> Self {
        Self { folder: Arc::clone(&self.folder), port: free_port(), environment: self.environment.clone() }
    }

    /// With a variable in its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces the whole configuration.
    pub fn configure(&self, text: &str) {
        fs::write(self.folder.path().join("quarterdeck.toml"), text).unwrap();
    }

    pub fn database_file(&self) -> PathBuf {
        self.folder.path().join("quarterdeck.sqlite3")
    }

    pub fn database_url(&self) -> String {
        format!("sqlite://{}", self.database_file().display())
    }

    /// A look from outside at what the program has written.
    pub fn database(&self) -> Db {
        Db::open(&self.database_url(), Clock::system()).unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Runs to the end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs to the end with this on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        // What does not read its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ended = child.wait_with_output().unwrap();
        for said in [&ended.stdout, &ended.stderr] {
            canary::none_in(&format!("what {arguments:?} said"), said);
        }
        Ran {
            code: ended.status.code().expect("it was not killed"),
            out: String::from_utf8(ended.stdout).unwrap(),
            err: String::from_utf8(ended.stderr).unwrap(),
        }
    }

    /// Starts `serve` and waits until it answers.
    pub async fn serve(&self) -> Running {
        self.serve_with(&[]).await
    }

    /// The same with these variables too.
    pub async fn serve_with(&self, environment: &[(&str, &str)]) -> Running {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut command = self.command(&["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.envs(environment.iter().copied());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut running = Running(child);
        let patience = Instant::now() + Duration::from_secs(60);
        while self.status("/healthz").await.is_none() {
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
            assert!(running.0.try_wait().unwrap().is_none(), "it ended: {}", log());
            assert!(Instant::now() < patience, "it does not answer: {}", log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        running
    }

    /// A browser that nobody has used yet.
    pub fn browser(&self) -> Browser {
        Browser::at(self.url("").as_str(), Http::new().client())
    }

    /// The status of a page, if there is an answer at all.
    pub async fn status(&self, path: &str) -> Option<u16> {
        let answer = Http::new().client().get(self.url(path)).send().await;
        answer.ok().map(|answer| answer.status().as_u16())
    }

    /// The program with these arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("TOKEN", TOKEN).env("TMPDIR", self.folder.path());
        command.envs(self.environment.iter().cloned());
        command
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running program; it is killed when dropped, if not before.
pub struct Running(pub Child);

impl Running {
    /// As `kill -9` does: no chance to tidy up.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop, as an init system does.
    pub fn terminate(&mut self) -> Option<i32> {
        Command::new("kill").arg("-TERM").arg(self.0.id().to_string()).status().unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
