//! What somebody sees: the one place where people and tokens are given their [`Scope`].
//!
//! It is read anew for each request, so that a change of a team, of its members or of somebody's reach is true with the
//! next one.

use serde::{Deserialize, Serialize};

use crate::roles::{Reach, Role};
use crate::store::users::UserRow;
use crate::store::{Db, Scope, StoreError, teams};

/// Whose eyes are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sight {
    Everything,
    /// What the teams of that person see.
    OfUser(i64),
    OfTeam(i64),
    #[default]
    Nothing,
}

impl Sight {
    /// A person's own: an administrator sees everything.
    pub fn of(user: &UserRow) -> Self {
        match (user.role(), user.reach()) {
            (Role::Admin, _) | (_, Reach::Everything) => Self::Everything,
            (_, Reach::Teams) => Self::OfUser(user.id),
        }
    }

    /// In the words of a list.
    pub fn reach(self) -> Reach {
        if self == Self::Everything { Reach::Everything } else { Reach::Teams }
    }

    /// The scope that these eyes have now.
    pub async fn scope(self, db: &Db) -> Result<Scope, StoreError> {
        match self {
            Self::Everything => Ok(Scope::unrestricted()),
            Self::OfUser(id) => {
                db.read(move |connection| teams::places_of_user(connection, id)).await.map(Scope::within)
            }
            Self::OfTeam(id) => {
                db.read(move |connection| teams::places_of_team(connection, id)).await.map(Scope::within)
            }
            Self::Nothing => Ok(Scope::nothing()),
        }
    }
}
