//! API tokens: `qd_`, 40 random characters and 6 of checksum. The checksum lets scanners find leaked ones, and refuses
//! typing mistakes without a question to the database.

use std::net::IpAddr;

use chrono::TimeDelta;
use ipnet::IpNet;
use sha2::{Digest, Sha256};

use super::AccountError;
use super::reach::Sight;
use crate::audit::{self, Act, Doer, Outcome};
use crate::config;
use crate::context::Context;
use crate::roles::{Role, TokenScope};
use crate::secret::{Secret, random_bytes, token_hash};
use crate::store::StoreError;
use crate::store::tokens::{self, NewToken, TokenRow};
use crate::store::users::UserRow;

const MARK: &str = "qd_";
const RANDOM: usize = 40;
const CHECKSUM: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a token lives unless told otherwise.
pub const DEFAULT_DAYS: i64 = 90;
/// No token lives longer.
pub const MAX_DAYS: i64 = 365;
/// The last use is written at most this often.
const TOUCH_AFTER: TimeDelta = TimeDelta::minutes(1);

/// A token as somebody wants it.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub name: String,
    pub scope: TokenScope,
    pub days: i64,
    /// Networks or addresses from where it works; none is everywhere.
    pub networks: Vec<String>,
}

/// Makes a token; its text is given this once and never again. `owner` bounds it by role, and takes it along when
/// disabled.
pub async fn create(
    context: &Context,
    doer: &Doer,
    owner: Option<&UserRow>,
    wanted: Wanted,
) -> Result<(i64, Secret), AccountError> {
    let name = normal_name(&wanted.name)?;
    let networks = wanted.networks.iter().map(|text| network(text)).collect::<Result<Vec<_>, _>>()?;
    if !(1..=MAX_DAYS).contains(&wanted.days) {
        return Err(AccountError::TokenDays);
    }
    if wanted.scope == TokenScope::Act && owner.is_some_and(|owner| owner.role() < Role::Operator) {
        return Err(AccountError::TokenScope(wanted.scope));
    }
    let (token, at) = (generate(), context.clock.now());
    let new = NewToken {
        name: name.clone(),
        prefix: token.chars().take(MARK.len() + 5).collect(),
        token_hash: token_hash(&token),
        scope: wanted.scope,
        created_by: doer.actor.clone(),
        user_id: owner.map(|owner| owner.id),
        allowed_networks: networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        created_at: at,
        expires_at: at + TimeDelta::days(wanted.days),
    };
    let begun = audit::begin(&context.db, doer, Act::new("token.create", &name)).await?;
    let db = context.db.clone();
    let id = context
        .db
        .write(move |connection| {
            let id = tokens::insert(connection, &new)?;
            let after = format!("number {id}, scope {}, until {}", new.scope, new.expires_at.format("%Y-%m-%d"));
            begun.complete_in(connection, &db, Outcome::Succeeded, &after)?;
            Ok(id)
        })
        .await?;
    Ok((id, Secret::from(token)))
}

/// All tokens, or those of one person; the newest first.
pub async fn list(context: &Context, user_id: Option<i64>) -> Result<Vec<TokenRow>, StoreError> {
    context.db.read(move |connection| tokens::all(connection, user_id)).await
}

/// Revokes a token; with `owner` given, only one of that person's.
pub async fn revoke(context: &Context, doer: &Doer, id: i64, owner: Option<i64>) -> Result<TokenRow, AccountError> {
    let token = context.db.read(move |connection| tokens::by_id(connection, id)).await?;
    let token = token.filter(|token| owner.is_none() || token.user_id == owner).ok_or(AccountError::NoToken(id))?;
    let act = Act::new("token.revoke", &token.name).before(format!("number {id}, scope {}", token.scope()));
    let begun = audit::begin(&context.db, doer, act).await?;
    let (db, at) = (context.db.clone(), context.clock.now());
    let revoked = context
        .db
        .write(move |connection| {
            let revoked = tokens::revoke(connection, id, at)?;
            let outcome = if revoked { Outcome::Succeeded } else { Outcome::Refused };
            begun.complete_in(connection, &db, outcome, "")?;
            Ok(revoked)
        })
        .await?;
    if revoked { Ok(token) } else { Err(AccountError::NoToken(id)) }
}

/// A token that was let in, and what it may do.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub id: i64,
    pub name: String,
    /// Who made it: names are not unique, and a machine acts for a person.
    pub created_by: String,
    /// Its owner, who is a person.
    pub user_id: Option<i64>,
    /// Its owner's; one without an owner was made by whoever has a shell on the machine.
    pub role: Role,
    /// Its own scope, or less where its owner's role is less.
    pub scope: TokenScope,
    /// What its owner sees now; the shell sees everything.
    pub sight: Sight,
}

/// Why a token was not let in. Whoever shows one that was ours deserves to know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    #[error("this is no token of this panel")]
    Unknown,
    #[error("the token has expired")]
    Expired,
    #[error("the token has been revoked")]
    Revoked,
    #[error("the owner of the token cannot sign in any more")]
    OwnerDisabled,
    #[error("the token is not accepted from this address")]
    Network,
}

/// Lets a token in, or says why not.
pub async fn authenticate(
    context: &Context,
    token: &str,
    address: IpAddr,
) -> Result<Result<Bearer, TokenRefusal>, StoreError> {
    if !is_well_formed(token) {
        return Ok(Err(TokenRefusal::Unknown));
    }
    let hash = token_hash(token);
    let Some((row, owner)) = context.db.read(move |connection| tokens::by_hash(connection, &hash)).await? else {
        return Ok(Err(TokenRefusal::Unknown));
    };
    let at = context.clock.now();
    let refusal = match () {
        () if row.revoked_at.is_some() => Some(TokenRefusal::Revoked),
        () if row.expires_at.and_utc() <= at => Some(TokenRefusal::Expired),
        () if owner.as_ref().is_some_and(|owner| owner.disabled_at.is_some()) => Some(TokenRefusal::OwnerDisabled),
        () if !is_allowed(&row.allowed_networks, address) => Some(TokenRefusal::Network),
        () => None,
    };
    if let Some(refusal) = refusal {
        return Ok(Err(refusal));
    }
    if row.last_used_at.is_none_or(|last| at - last.and_utc() >= TOUCH_AFTER) {
        let (id, from) = (row.id, address.to_string());
        // Reading must go on where nothing can be written.
        if let Err(error) = context.db.write(move |connection| tokens::touch(connection, id, at, &from)).await {
            tracing::warn!(error = %error, "the last use of a token could not be written");
        }
    }
    let sight = owner.as_ref().map_or(Sight::Everything, Sight::of);
    let role = owner.map_or(Role::Admin, |owner| owner.role());
    let bounded = role < Role::Operator && row.scope() == TokenScope::Act;
    let scope = if bounded { TokenScope::Read } else { row.scope() };
    Ok(Ok(Bearer { id: row.id, name: row.name, created_by: row.created_by, user_id: row.user_id, role, scope, sight }))
}

/// A token's name as it is kept.
pub fn normal_name(text: &str) -> Result<String, AccountError> {
    let name: String = text.trim().chars().filter(|c| !c.is_control()).take(100).collect();
    if name.is_empty() { Err(AccountError::TokenName) } else { Ok(name) }
}

/// A network from where a token works, or a single address.
pub fn network(text: &str) -> Result<IpNet, AccountError> {
    config::network(text).ok_or_else(|| AccountError::TokenNetwork(text.trim().to_owned()))
}

/// A list that cannot be read allows nothing.
fn is_allowed(networks: &str, address: IpAddr) -> bool {
    networks.is_empty()
        || networks.split(' ').any(|network| network.parse::<IpNet>().is_ok_and(|network| network.contains(&address)))
}

fn generate() -> String {
    let mut body = String::with_capacity(RANDOM);
    while body.len() < RANDOM {
        // 248 is the largest multiple of 62 in a byte: beyond it some characters would come more often.
        let letters = random_bytes::<64>().into_iter().filter(|byte| *byte < 248);
        body.extend(letters.map(|byte| char::from(ALPHABET[usize::from(byte) % 62])).take(RANDOM - body.len()));
    }
    format!("{MARK}{body}{}", checksum(&body))
}

fn is_well_formed(token: &str) -> bool {
    token
        .strip_prefix(MARK)
        .filter(|rest| rest.is_ascii() && rest.len() == RANDOM + CHECKSUM)
        .and_then(|rest| rest.split_at_checked(RANDOM))
        .is_some_and(|(body, sum)| checksum(body) == sum)
}

fn checksum(body: &str) -> String {
    Sha256::digest(body.as_bytes())
        .iter()
        .take(CHECKSUM)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_token_is_known_without_asking_the_database() {
        let token = generate();
        assert_eq!(token.len(), 49);
        assert!(is_well_formed(&token));
        let swapped = if token.ends_with('a') { "b" } else { "a" };
        assert!(!is_well_formed(&format!("{}{swapped}", &token[..48])));
        assert!(!is_well_formed("qd_"));
        assert!(!is_well_formed(&token.replace("qd_", "qx_")));
        assert_ne!(generate(), token);
    }

    #[test]
    fn a_token_bound_to_a_network_works_from_there_alone() {
        assert!(is_allowed("", "203.0.113.9".parse().unwrap()));
        assert!(is_allowed("192.0.2.0/24 2001:db8::/32", "192.0.2.9".parse().unwrap()));
        assert!(!is_allowed("192.0.2.0/24 2001:db8::/32", "203.0.113.9".parse().unwrap()));
        assert!(!is_allowed("nonsense", "203.0.113.9".parse().unwrap()));
    }
}
