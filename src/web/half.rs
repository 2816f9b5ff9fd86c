//! The browser that has given the password and still owes the code: a cookie of its own, which is no session and opens
//! nothing.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;

use super::csrf::Cookies;
use super::error::PageError;
use crate::accounts::sign_in::HALF_LIFE;
use crate::secret::Secret;

const COOKIE: &str = "quarterdeck-half";

/// The token that this browser was given.
pub fn token(request: &HttpRequest) -> Option<Secret> {
    let cookies = request.app_data::<web::Data<Cookies>>()?;
    Some(Secret::from(request.cookie(&cookies.name(COOKIE))?.value().to_owned()))
}

/// Gives the token to the browser with this answer.
pub fn keep(response: &mut HttpResponse, cookies: &Cookies, token: &Secret) -> Result<(), PageError> {
    let mut cookie = cookie(cookies, token.expose_secret().to_owned());
    cookie.set_max_age(time::Duration::seconds(HALF_LIFE.num_seconds()));
    set(response, &cookie)
}

/// Takes it back.
pub fn forget(response: &mut HttpResponse, cookies: &Cookies) -> Result<(), PageError> {
    let mut cookie = cookie(cookies, String::new());
    cookie.make_removal();
    set(response, &cookie)
}

fn cookie(cookies: &Cookies, token: String) -> Cookie<'static> {
    let mut cookie = cookies.cookie(COOKIE, token);
    // Nobody comes from elsewhere into the middle of a sign-in.
    cookie.set_same_site(SameSite::Strict);
    cookie
}

fn set(response: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<(), PageError> {
    response.add_cookie(cookie).map_err(|error| PageError::Internal(error.into()))
}
