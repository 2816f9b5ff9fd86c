//! Sessions in the database, behind actix-session: the cookie holds a random token, the table its hash.
//!
//! One read per request gives session and person together ([`Live`]), and it is also the check: expired, of an older
//! epoch, or of a disabled person, there is no session. Strangers have none; what a form needs before sign-in is in
//! `csrf`.

use std::collections::HashMap;

use actix_session::SessionExt;
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::http::header::{self, HeaderMap};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::accounts::reach::Sight;
use crate::accounts::view_as::{self, Seen};
use crate::accounts::{self, second_factor};
use crate::clock::Instant;
use crate::config::RequireSecondFactor;
use crate::roles::Role;
use crate::secret::{derived_token, random_token, token_hash};
use crate::store::sessions::{self, NewSession, SessionRow};
use crate::store::users::UserRow;
use crate::store::{Db, StoreError};

/// A session that nobody uses ends after this.
pub const IDLE: TimeDelta = TimeDelta::hours(2);
/// A session ends after this however much it is used (ASVS 3.3.2).
pub const ABSOLUTE: TimeDelta = TimeDelta::hours(12);
/// The last use is written at most this often.
const TOUCH_AFTER: TimeDelta = TimeDelta::minutes(1);

/// The header of what a page asks by itself.
const UNATTENDED: &str = "x-unattended";

/// The cookie's name, before the prefix that https allows.
pub const COOKIE: &str = "quarterdeck";

/// What is kept in the row.
const HELD: &str = "held";
/// What the row and the person's say, never written back.
const LIVE: &str = "live";
/// In place of both: the database did not answer, which is not the same as "signed out".
const TROUBLE: &str = "trouble";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    epoch: i64,
    csrf: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flash: Option<HeldFlash>,
}

/// A message for the next page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFlash {
    pub good: bool,
    pub text: String,
}

/// A session and its person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    pub user_id: i64,
    pub email: String,
    role: String,
    sight: Sight,
    second_factor: bool,
    /// As whom the panel is looked at, where that is another.
    pub view: Option<View>,
    /// Empty until the session is stored.
    pub token_hash: String,
    pub address: String,
    pub user_agent: String,
    /// Until when the session lives if it is used now; `None` where that was written down a moment ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prolonged: Option<Instant>,
}

/// As whom an administrator looks at the panel. It is looked at, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// `ada@example.com`, `the team Shop`.
    pub label: String,
    role: String,
    sight: Sight,
    pub until: Instant,
}

impl View {
    fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Viewer)
    }
}

impl Live {
    /// What this person may do, or the one as whom they look.
    pub fn role(&self) -> Role {
        self.view.as_ref().map_or_else(|| self.own_role(), View::role)
    }

    fn own_role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Viewer)
    }

    /// What this person sees, or the one as whom they look.
    pub fn sight(&self) -> Sight {
        self.view.as_ref().map_or(self.sight, |view| view.sight)
    }

    /// Whether this person has to make a second factor before anything else.
    pub fn owes_second_factor(&self, required: RequireSecondFactor) -> bool {
        second_factor::is_due(required, self.own_role(), self.second_factor)
    }
}

/// The session of a request, without raw keys.
pub struct Session(actix_session::Session);

impl Session {
    pub fn of(request: &HttpRequest) -> Self {
        Self(request.get_session())
    }

    /// Who is signed in.
    pub fn live(&self) -> Option<Live> {
        self.0.get(LIVE).ok().flatten()
    }

    /// Whether the database could not say who is signed in.
    pub fn is_troubled(&self) -> bool {
        self.0.contains_key(TROUBLE)
    }

    /// The token that this session's forms carry. A look as somebody else has one of its own: a form that is left open
    /// does not begin to act when the look ends.
    pub fn csrf_token(&self) -> Option<String> {
        let own = self.held()?.csrf;
        match self.live().and_then(|live| live.view) {
            Some(view) => Some(derived_token(&own, &view.until.to_rfc3339())),
            None => Some(own),
        }
    }

    /// Begins a session for a person, under a new token: whatever the browser had before is worth nothing any more.
    pub fn begin(&self, user: &UserRow, address: &str, user_agent: &str) {
        self.0.clear();
        self.begin_epoch(user.epoch);
        self.put(
            LIVE,
            &Live {
                user_id: user.id,
                email: user.email.clone(),
                role: user.role().to_string(),
                sight: Sight::of(user),
                view: None,
                second_factor: user.second_factor_at.is_some(),
                token_hash: String::new(),
                address: address.to_owned(),
                user_agent: user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
                prolonged: None,
            },
        );
    }

    /// Goes on in a new epoch, under a new token.
    pub fn begin_epoch(&self, epoch: i64) {
        self.put(HELD, &Held { epoch, csrf: random_token(), flash: None });
        self.0.renew();
    }

    /// Ends the session.
    pub fn end(&self) {
        self.0.purge();
    }

    /// Leaves a message for the next page.
    pub fn leave_flash(&self, good: bool, text: impl Into<String>) {
        if let Some(held) = self.held() {
            self.put(HELD, &Held { flash: Some(HeldFlash { good, text: text.into() }), ..held });
        }
    }

    /// Takes the message that was left.
    pub fn take_flash(&self) -> Option<HeldFlash> {
        let held = self.held()?;
        let flash = held.flash.clone()?;
        self.put(HELD, &Held { flash: None, ..held });
        Some(flash)
    }

    fn held(&self) -> Option<Held> {
        self.0.get(HELD).ok().flatten()
    }

    fn put(&self, key: &str, value: &impl Serialize) {
        if let Err(error) = self.0.insert(key, value) {
            tracing::error!(error = %error, "a session could not be written as JSON");
        }
    }
}

/// Whether a page that lies open asks, and not somebody who looks at it: it says so in a header, or waits for events.
/// That keeps no session alive, and takes no message that was left for a person.
pub fn is_unattended(headers: &HeaderMap) -> bool {
    headers.contains_key(UNATTENDED) || headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/event-stream")
}

/// Writes down that a person uses their session, which lives the longer for it.
pub async fn note_use(db: &Db, person: &Live) {
    let Some(until) = person.prolonged else { return };
    let (used, at) = (person.token_hash.clone(), db.clock.now());
    // With a full disk or on a standby one can still read, and that is when the panel is needed most.
    if let Err(error) = db.write(move |connection| sessions::touch(connection, &used, at, until)).await {
        tracing::warn!(error = %error, "the last use of a session could not be written");
    }
}

/// The table `sessions` as actix-session wants it.
#[derive(Clone)]
pub struct Sessions(pub Db);

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        match self.find(key.as_ref()).await {
            Ok(state) => Ok(state),
            Err(error) => {
                tracing::error!(error = %error, "a session could not be read");
                Ok(Some(HashMap::from([(TROUBLE.to_owned(), "true".to_owned())])))
            }
        }
    }

    async fn save(&self, state: HashMap<String, String>, _: &Duration) -> Result<SessionKey, SaveError> {
        let live = state.get(LIVE).and_then(|text| serde_json::from_str::<Live>(text).ok());
        let (Some(live), Some(held)) = (live, state.get(HELD)) else {
            return Err(SaveError::Serialization(anyhow::anyhow!("a session without a person")));
        };
        let (token, at) = (random_token(), self.0.clock.now());
        let session = NewSession {
            token_hash: token_hash(&token),
            user_id: live.user_id,
            state: held.clone(),
            created_at: at.naive_utc(),
            used_at: at.naive_utc(),
            expires_at: (at + IDLE).naive_utc(),
            address: live.address,
            user_agent: live.user_agent,
        };
        self.0
            .write(move |connection| sessions::insert(connection, session))
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(token).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        let (hash, held) = (token_hash(key.as_ref()), state.get(HELD).cloned());
        if let Some(held) = held {
            self.0
                .write(move |connection| sessions::set_state(connection, &hash, &held))
                .await
                .map_err(|error| UpdateError::Other(error.into()))?;
        }
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        // The time to live follows from `used_at`, which `note_use` writes.
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let (hash, db) = (token_hash(key.as_ref()), self.0.clone());
        Ok(self.0.write(move |connection| accounts::sessions::end(connection, &db, &hash)).await?)
    }
}

impl Sessions {
    async fn find(&self, token: &str) -> Result<Option<HashMap<String, String>>, StoreError> {
        let (hash, at) = (token_hash(token), self.0.clock.now());
        let wanted = hash.clone();
        let found = self.0.glance(move |connection| sessions::live(connection, &wanted, at)).await?;
        let Some((row, user)) = found else { return Ok(None) };
        // What cannot be read proves no epoch.
        if !serde_json::from_str::<Held>(&row.state).is_ok_and(|held| held.epoch == user.epoch) {
            return Ok(None);
        }
        let view = self.view(&row, user.role(), at).await?;
        let live = Live {
            user_id: user.id,
            role: user.role().to_string(),
            sight: Sight::of(&user),
            view,
            second_factor: user.second_factor_at.is_some(),
            email: user.email,
            token_hash: hash,
            address: row.address,
            user_agent: row.user_agent,
            prolonged: (at - row.used_at.and_utc() >= TOUCH_AFTER)
                .then(|| (at + IDLE).min(row.created_at.and_utc() + ABSOLUTE)),
        };
        let live = serde_json::to_string(&live).unwrap_or_default();
        Ok(Some(HashMap::from([(LIVE.to_owned(), live), (HELD.to_owned(), row.state)])))
    }

    /// As whom this session looks at the panel.
    async fn view(&self, row: &SessionRow, own: Role, at: Instant) -> Result<Option<View>, StoreError> {
        if row.look_is_over(at)
            // One can still read where nothing can be written; the next who can writes it down.
            && let Err(error) = view_as::end_over(&self.0, &row.token_hash).await
        {
            tracing::warn!(error = %error, "that a look as somebody else is over could not be written");
        }
        let Some((viewed, until)) = row.viewed(at).filter(|_| own == Role::Admin) else { return Ok(None) };
        let Seen { label, role, sight } = self.0.read(move |connection| view_as::seen(connection, viewed)).await?;
        Ok(Some(View { label, role: role.to_string(), sight, until }))
    }
}
