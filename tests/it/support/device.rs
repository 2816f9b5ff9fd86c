//! Somebody's phone: an app that was given a secret by the page and shows its codes.

use quarterdeck::clock::Clock;
use quarterdeck::secret::totp::{TotpKey, step_at};

use super::browser::{Browser, Page};

/// An app with one secret.
pub struct Device {
    key: TotpKey,
    /// As the page showed it.
    pub letters: String,
}

impl Device {
    /// Types the letters off the page.
    pub fn reading(page: &Page) -> Self {
        let html = scraper::Html::parse_document(&page.text);
        let code = scraper::Selector::parse(".secret code").unwrap();
        let shown = html.select(&code).next().unwrap_or_else(|| panic!("no secret on the page: {}", page.text));
        let letters: String = shown.text().collect::<String>().split_whitespace().collect();
        Self { key: TotpKey::from_bytes(&decoded(&letters)).unwrap(), letters }
    }

    /// The secret itself.
    pub fn bytes(&self) -> &[u8] {
        self.key.bytes()
    }

    /// What the app shows now.
    pub fn code(&self, clock: &Clock) -> String {
        self.code_of(clock, 0)
    }

    /// What it shows so many steps from now.
    pub fn code_of(&self, clock: &Clock, steps: i64) -> String {
        self.key.code(step_at(clock.now()) + steps)
    }

    /// A code that is none of those that count.
    pub fn wrong_code(&self, clock: &Clock) -> String {
        let right = (-2..=2).map(|steps| self.code_of(clock, steps)).collect::<Vec<_>>();
        (0..9).map(|digit| digit.to_string().repeat(6)).find(|code| !right.contains(code)).unwrap()
    }
}

/// Turns a second factor on for whoever is signed in there; gives the device and the recovery codes.
pub async fn enrol(browser: &Browser, password: &str, clock: &Clock) -> (Device, Vec<String>) {
    let path = "/account/second-factor";
    let shown = browser.post(path, path, &[("password", password)]).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let device = Device::reading(&shown);
    let token = shown.csrf_token();
    let form = [("code", device.code(clock)), ("csrf_token", token)];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let on = browser.post_bare("/account/second-factor/confirm", &form).await;
    assert_eq!(on.status, 200, "{}", on.text);
    (device, recovery_codes(&on))
}

/// The recovery codes that a page shows.
pub fn recovery_codes(page: &Page) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.text);
    let code = scraper::Selector::parse(".recovery code").unwrap();
    html.select(&code).map(|code| code.text().collect()).collect()
}

/// Base32 (RFC 4648) as apps read it, said here once more and the other way round.
fn decoded(letters: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in letters.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            other => panic!("{other} is no letter of base32"),
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 255) as u8);
        }
    }
    bytes
}
