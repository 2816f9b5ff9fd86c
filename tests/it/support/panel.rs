//! A panel that really serves, on a port of its own, and browsers that visit it: each with its own cookies and address.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

use quarterdeck::accounts::{setup, users};
use quarterdeck::audit::Doer;
use quarterdeck::clock::Clock;
use quarterdeck::config::SecretKeyConfig;
use quarterdeck::context::Context;
use quarterdeck::net::http::Http;
use quarterdeck::passwords::Passwords;
use quarterdeck::roles::Role;
use quarterdeck::store::Db;
use quarterdeck::telemetry::Metrics;
use quarterdeck::web::server;
use reqwest::header::{self, HeaderMap};
use tokio_util::sync::CancellationToken;

use super::house::config;

/// What everybody's password is.
pub const PASSWORD: &str = "a long enough password";

/// A serving panel; it stops when dropped.
pub struct Panel {
    pub context: Context,
    pub clock: Clock,
    url: String,
    client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Panel {
    /// Over an empty, migrated database, reached by plain http.
    pub async fn over(db: Db) -> Self {
        Self::at(db, "http://panel.example.com").await
    }

    /// With that public URL. The test's own address is a trusted proxy, so that browsers can have addresses of their own.
    pub async fn at(db: Db, public_url: &str) -> Self {
        let mut config = config();
        config.server.public_url = public_url.parse().unwrap();
        config.server.secret_key = SecretKeyConfig::Given("0123456789abcdef0123456789abcdef".into());
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        let http = Http::new();
        let client = http.client().clone();
        let context = Context {
            config: Arc::new(config),
            clock: db.clock.clone(),
            http,
            metrics: Metrics::new(),
            db,
            sources: Arc::new([]),
            passwords: Passwords::new(),
            stop: CancellationToken::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(server::serve(context.clone(), listener));
        Self { clock: context.clock.clone(), context, url, client }
    }

    /// A person who can sign in with [`PASSWORD`].
    pub async fn person(&self, email: &str, role: Role) -> i64 {
        users::add(&self.context, &Doer::command_line(), email, role, PASSWORD.into()).await.unwrap()
    }

    /// The token of a fresh setup link.
    pub async fn setup_token(&self) -> Option<String> {
        let link = setup::offer(&self.context).await.unwrap()?;
        link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())
    }

    /// A browser that nobody has used yet.
    pub fn browser(&self) -> Browser<'_> {
        Browser { panel: self, cookies: RefCell::default(), address: "192.0.2.10".to_owned() }
    }

    /// A browser in which that person is signed in.
    pub async fn signed_in(&self, email: &str) -> Browser<'_> {
        let browser = self.browser();
        let page = browser.sign_in(email, PASSWORD).await;
        assert_eq!(page.status, 303, "{email} cannot sign in: {}", page.text);
        browser
    }

    /// A request with these headers and no cookies.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Page {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Page::read(request.send().await.unwrap()).await
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.context.stop.cancel();
    }
}

impl Page {
    async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The token of the page's first form.
    pub fn csrf_token(&self) -> String {
        let page = scraper::Html::parse_document(&self.text);
        let field = scraper::Selector::parse("input[name=csrf_token]").unwrap();
        let field = page.select(&field).next().and_then(|field| field.attr("value"));
        field.unwrap_or_else(|| panic!("no form on the page: {}", self.text)).to_owned()
    }
}

/// Somebody's browser.
pub struct Browser<'a> {
    panel: &'a Panel,
    pub cookies: RefCell<BTreeMap<String, String>>,
    pub address: String,
}

impl Browser<'_> {
    /// The same cookies at another address, as a thief would have them.
    pub fn stolen(&self) -> Self {
        Self { panel: self.panel, cookies: self.cookies.clone(), address: "203.0.113.66".to_owned() }
    }

    pub fn from(mut self, address: &str) -> Self {
        self.address = address.to_owned();
        self
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.panel.client.get(format!("{}{path}", self.panel.url))).await
    }

    /// Sends a form as it is, without a token of ours.
    pub async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.panel.client.post(format!("{}{path}", self.panel.url)).form(fields)).await
    }

    /// Sends the form of the page `on` to `path`.
    pub async fn post(&self, on: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get(on).await.csrf_token();
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", &token));
        self.post_bare(path, &fields).await
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Page {
        self.post("/sign-in", "/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Whether the panel knows who this is.
    pub async fn is_signed_in(&self) -> bool {
        self.get("/account").await.status == 200
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<_> = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request
            .header(header::COOKIE, cookies.join("; "))
            .header(header::USER_AGENT, "a browser of the tests")
            .header("x-forwarded-for", &self.address);
        let page = Page::read(request.send().await.unwrap()).await;
        for cookie in page.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }
}
