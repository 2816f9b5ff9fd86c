//! What calls about teams take and answer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A team: what it sees, and who is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamItem {
    pub id: String,
    pub name: String,
    pub note: String,
    /// What lies within one of these is seen.
    pub rules: Vec<TeamRuleItem>,
    pub members: Vec<MemberItem>,
    pub created_at: DateTime<Utc>,
}

/// Where a team looks: what is named must all hold, empty names nothing, `*` stands for any run of characters.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamRuleItem {
    pub id: String,
    pub region: String,
    pub cluster: String,
    pub app: String,
}

/// Somebody in a team.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberItem {
    pub user_id: String,
    pub email: String,
}

/// What a team is to be called.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamWanted {
    pub name: String,
    #[serde(default)]
    pub note: String,
}

/// Where a team is to look, too.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithinWanted {
    #[serde(default)]
    pub region: String,
    #[serde(default)]
    pub cluster: String,
    #[serde(default)]
    pub app: String,
}

/// Who is to be in a team.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberWanted {
    pub email: String,
}

/// How far somebody is to see: `everything` or `teams`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReachWanted {
    pub reach: String,
}
