//! A panel that really serves, on a port of its own.

use std::net::TcpListener;

use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::accounts::{setup, users};
use quarterdeck::audit::Doer;
use quarterdeck::clock::Clock;
use quarterdeck::config::{Config, SecretKeyConfig};
use quarterdeck::context::{Connected, Context};
use quarterdeck::net::http::Http;
use quarterdeck::providers::Parts;
use quarterdeck::roles::{Reach, Role, TokenScope};
use quarterdeck::store::Db;
use quarterdeck::web::server;
use secrecy::ExposeSecret;

pub use super::browser::{Browser, Page};
use super::house::config;

/// What everybody's password is.
pub const PASSWORD: &str = "a long enough password of canary-9c41";

/// The panel's secret key.
pub const SECRET_KEY: &str = "canary-9c41-0123456789abcdef0123456789abcdef";

/// A serving panel; it stops when dropped.
pub struct Panel {
    pub context: Context,
    pub clock: Clock,
    url: String,
    client: reqwest::Client,
}

impl Panel {
    /// Over an empty, migrated database, reached by plain http.
    pub async fn over(db: Db) -> Self {
        Self::configured(db, |_| {}).await
    }

    /// With that public URL.
    pub async fn at(db: Db, public_url: &str) -> Self {
        Self::configured(db, |config| config.server.public_url = public_url.parse().unwrap()).await
    }

    /// With that changed of its configuration. The test's own address is a trusted proxy, so that browsers can have
    /// addresses of their own.
    pub async fn configured(db: Db, change: impl FnOnce(&mut Config)) -> Self {
        Self::connected(db, Vec::new(), change).await
    }

    /// The same with these sources.
    pub async fn connected(db: Db, sources: Vec<Connected>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        config.server.public_url = "http://panel.example.com".parse().unwrap();
        config.server.secret_key = SecretKeyConfig::Given(SECRET_KEY.into());
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        change(&mut config);
        db.unlock(&config.server.secret_key.obtain().unwrap()).await.expect("a test has one secret key");
        let http = Http::new();
        let client = http.client().clone();
        let parts = Parts { http, clock: db.clock.clone() };
        let context = Context { sources: sources.into(), ..Context::over(config, Vec::new(), parts, db) };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(server::serve(context.clone(), listener));
        Self { clock: context.clock.clone(), context, url, client }
    }

    /// A person who sees everything and can sign in with [`PASSWORD`].
    pub async fn person(&self, email: &str, role: Role) -> i64 {
        self.person_seeing(email, role, Reach::Everything).await
    }

    /// A person who sees that far.
    pub async fn person_seeing(&self, email: &str, role: Role, reach: Reach) -> i64 {
        users::add(&self.context, &Doer::command_line(), email, (role, reach), PASSWORD.into()).await.unwrap()
    }

    /// The token of a fresh setup link.
    pub async fn setup_token(&self) -> Option<String> {
        let link = setup::offer(&self.context).await.unwrap()?;
        link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())
    }

    /// Of its socket, for requests that no browser makes.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// A browser that nobody has used yet.
    pub fn browser(&self) -> Browser {
        Browser::at(&self.url, &self.client)
    }

    /// A browser in which that person is signed in.
    pub async fn signed_in(&self, email: &str) -> Browser {
        let browser = self.browser();
        let page = browser.sign_in(email, PASSWORD).await;
        assert_eq!(page.status, 303, "{email} cannot sign in: {}", page.text);
        browser
    }

    /// A token that may act, as a header has it; of the machine's own shell.
    pub async fn acting(&self) -> String {
        let wanted = Wanted { name: "machine".to_owned(), scope: TokenScope::Act, days: 1, networks: Vec::new() };
        let (_, token) = tokens::create(&self.context, &Doer::command_line(), None, wanted).await.unwrap();
        format!("Bearer {}", token.expose_secret())
    }

    /// A request with these headers and no cookies.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Page {
        self.send(method, path, headers, "").await
    }

    /// The same with a body.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Page::read(request.body(body.to_owned()).send().await.unwrap()).await
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.context.stop.cancel();
    }
}
