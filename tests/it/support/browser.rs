//! Browsers that visit a panel, each with its own cookies and address, and the pages they get.

use std::cell::RefCell;
use std::collections::BTreeMap;

use reqwest::header::{self, HeaderMap};

use super::canary;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    /// Reads an answer to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers, url) = (response.status().as_u16(), response.headers().clone(), response.url().clone());
        let page = Self { status, headers, text: response.text().await.unwrap() };
        if !canary::shown_on_purpose(&url) {
            canary::none_in(&format!("what {} answered", url.path()), page.text.as_bytes());
            canary::none_in(&format!("the headers of {}", url.path()), format!("{:?}", page.headers).as_bytes());
        }
        page
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

/// The revision that a page of a resource carries.
pub fn carried(page: &Page) -> String {
    let document = scraper::Html::parse_document(&page.text);
    let part = scraper::Selector::parse("[data-revision]").unwrap();
    let revision = document.select(&part).next().and_then(|part| part.attr("data-revision"));
    revision.unwrap_or_else(|| panic!("the page carries no revision: {}", page.text)).to_owned()
}

/// What a revision knows of its page.
pub fn said(revision: &str) -> &str {
    &revision[revision.find('.').unwrap()..]
}

/// The same without when it was confirmed.
pub fn facts(revision: &str) -> &str {
    revision.split('.').nth(1).unwrap()
}

/// Somebody's browser.
pub struct Browser {
    /// Of the panel, without a final slash.
    url: String,
    client: reqwest::Client,
    pub cookies: RefCell<BTreeMap<String, String>>,
    pub address: String,
}

impl Browser {
    /// One that nobody has used yet, for the panel at `url`.
    pub fn at(url: &str, client: &reqwest::Client) -> Self {
        let cookies = RefCell::default();
        Self { url: url.to_owned(), client: client.clone(), cookies, address: "192.0.2.10".to_owned() }
    }

    /// The same cookies at another address, as a thief would have them.
    pub fn stolen(&self) -> Self {
        Self { cookies: self.cookies.clone(), ..Self::at(&self.url, &self.client) }.from("203.0.113.66")
    }

    pub fn from(mut self, address: &str) -> Self {
        self.address = address.to_owned();
        self
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.client.get(format!("{}{path}", self.url))).await
    }

    /// As a window that lies open asks by itself, with a revision on its screen.
    pub async fn asks_again(&self, path: &str, revision: &str) -> Page {
        let tag = format!("W/\"{revision}\"");
        self.get_with(path, &[("x-unattended", "1"), ("if-none-match", &tag)]).await
    }

    /// With these headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        let request = self.client.get(format!("{}{path}", self.url));
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// By any method, without a body.
    pub async fn ask(&self, method: &str, path: &str) -> Page {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.send(self.client.request(method, format!("{}{path}", self.url))).await
    }

    /// As a link on the page `from` does.
    pub async fn get_from(&self, path: &str, from: &str) -> Page {
        self.send(self.client.get(format!("{}{path}", self.url)).header(header::REFERER, from)).await
    }

    /// Sends a form as it is, without a token of ours.
    pub async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.client.post(format!("{}{path}", self.url)).form(fields)).await
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
