//! The proof that a form was ours: a token in the form that only this browser's session could have been given.
//!
//! Signed in, the token is the session's. Before that (sign-in, setup) it is in a signed cookie of its own, so that a
//! stranger who opens the sign-in page costs no row. Each page writes it masked anew, so that compression cannot leak
//! it (BREACH).

use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::{HttpMessage, HttpRequest, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::session::Session;
use crate::secret::{random_bytes, random_token};

/// The form field.
pub const FIELD: &str = "csrf_token";
/// For scripts that send no form.
pub const HEADER: &str = "x-csrf-token";
/// In bytes.
const LENGTH: usize = 32;

/// What cookies are signed with, and whether they are for https alone.
#[derive(Clone)]
pub struct Cookies {
    pub key: Key,
    pub secure: bool,
}

impl Cookies {
    /// A cookie's name; `__Host-` makes browsers refuse one that another host or plain http has set.
    pub fn name(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// A cookie of the panel, for the browser's session.
    pub fn cookie(&self, name: &str, value: String) -> Cookie<'static> {
        Cookie::build(self.name(name), value)
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .finish()
    }
}

/// The token of a browser without a session, to be set as a cookie with the answer.
#[derive(Clone)]
struct Fresh(String);

const COOKIE: &str = "quarterdeck-form";

/// The token for a form of this request's page, masked.
pub fn token(request: &HttpRequest) -> String {
    let token = expected(request).unwrap_or_else(|| {
        let fresh = random_token();
        request.extensions_mut().insert(Fresh(fresh.clone()));
        fresh
    });
    mask(&token)
}

/// Whether a form's token is this browser's.
pub fn is_ours(request: &HttpRequest, given: &str) -> bool {
    let (Some(expected), Some(given)) = (expected(request), unmask(given)) else { return false };
    bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

/// The cookie that an answer has to set for its forms to be accepted, signed.
pub fn fresh_cookie(request: &HttpRequest) -> Option<Cookie<'static>> {
    let cookies = request.app_data::<web::Data<Cookies>>()?;
    let Fresh(token) = request.extensions().get::<Fresh>().cloned()?;
    let mut jar = CookieJar::new();
    jar.signed_mut(&cookies.key).add(cookies.cookie(COOKIE, token));
    jar.get(&cookies.name(COOKIE)).cloned()
}

fn expected(request: &HttpRequest) -> Option<String> {
    if let Some(token) = Session::of(request).csrf_token() {
        return Some(token);
    }
    if let Some(Fresh(token)) = request.extensions().get::<Fresh>() {
        return Some(token.clone());
    }
    let cookies = request.app_data::<web::Data<Cookies>>()?;
    let mut jar = CookieJar::new();
    jar.add_original(request.cookie(&cookies.name(COOKIE))?);
    let cookie = jar.signed(&cookies.key).get(&cookies.name(COOKIE))?;
    Some(cookie.value().to_owned())
}

fn mask(token: &str) -> String {
    let Some(token) = decoded::<LENGTH>(token) else { return String::new() };
    let pad = random_bytes::<LENGTH>();
    let masked = pad.iter().zip(token).map(|(pad, byte)| pad ^ byte);
    URL_SAFE_NO_PAD.encode(pad.iter().copied().chain(masked).collect::<Vec<_>>())
}

fn unmask(masked: &str) -> Option<String> {
    let bytes = decoded::<{ 2 * LENGTH }>(masked)?;
    let (pad, masked) = bytes.split_at(LENGTH);
    Some(URL_SAFE_NO_PAD.encode(pad.iter().zip(masked).map(|(pad, byte)| pad ^ byte).collect::<Vec<_>>()))
}

fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_looks_different_on_each_page_and_is_the_same() {
        let token = random_token();
        let (one, other) = (mask(&token), mask(&token));
        assert_ne!(one, other);
        assert_eq!(unmask(&one).as_deref(), Some(token.as_str()));
        assert_eq!(unmask(&other).as_deref(), Some(token.as_str()));
        for wrong in ["", "x", &token, &one[1..]] {
            assert_eq!(unmask(wrong), None, "{wrong}");
        }
    }
}
