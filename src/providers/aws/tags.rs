//! Tags, as EC2 and both generations of balancers tell them.

use serde::Deserialize;

use super::line::Request;
use super::xml::Members;

/// A name and its value; EC2 writes the elements in lower case.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Tag {
    #[serde(alias = "key")]
    key: String,
    #[serde(alias = "value")]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagsPage {
    #[serde(default)]
    pub tag_descriptions: Members<Tagged>,
}

/// A balancer's tags.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Tagged {
    /// The ARN, or the name of a classic one.
    #[serde(alias = "ResourceArn", alias = "LoadBalancerName")]
    pub balancer: String,
    pub tags: Members<Tag>,
}

/// Asks for the tags of up to 20 balancers, by the name that their generation has for them.
pub(super) type TagsOf = fn(&[String]) -> Request;

impl Tag {
    pub fn into_pair(self) -> (String, String) {
        (self.key, self.value)
    }
}
