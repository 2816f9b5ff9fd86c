//! The demo's teams: whose apps are whose on the made-up platform, with a member of each, for whoever wants to try what
//! a team sees. The members are looked at by "View as" and sign in nowhere: nobody is told their passwords.

use super::demo::password;
use crate::accounts::{AccountError, teams, users};
use crate::audit::Doer;
use crate::context::Context;
use crate::placement::Within;
use crate::roles::{Reach, Role};

/// A team, its member, the apps that it sees wherever they run, and a whole cluster or region.
struct DemoTeam {
    name: &'static str,
    note: &'static str,
    member: &'static str,
    role: Role,
    apps: &'static [&'static str],
    within: (&'static str, &'static str),
}

const TEAMS: [DemoTeam; 3] = [
    DemoTeam {
        name: "Storefront",
        note: "Its apps everywhere, and staging",
        member: "sofia@storefront.example",
        role: Role::Operator,
        apps: &[
            "shop",
            "cart",
            "catalog",
            "checkout",
            "coupons",
            "gift-cards",
            "loyalty",
            "recommendations",
            "returns",
            "reviews",
            "search",
            "stores",
            "wishlist",
        ],
        within: ("", "eu-staging"),
    },
    DemoTeam {
        name: "Payments",
        note: "Its apps everywhere, and whatever runs in the US",
        member: "pavel@payments.example",
        role: Role::Operator,
        apps: &[
            "billing",
            "dunning",
            "exchange-rates",
            "fraud-check",
            "invoices",
            "ledger",
            "payouts",
            "receipts",
            "refunds",
            "statements",
            "subscriptions",
            "tax",
        ],
        within: ("us", ""),
    },
    DemoTeam {
        name: "Media",
        note: "Its apps everywhere, and the cluster in Asia",
        member: "mei@media.example",
        role: Role::Viewer,
        apps: &[
            "archive",
            "artwork",
            "captions",
            "live",
            "media-upload",
            "player",
            "playlists",
            "podcasts",
            "radio",
            "subtitles",
            "thumbnails",
            "transcoder",
            "trailers",
        ],
        within: ("", "ap-production"),
    },
];

/// Makes them.
pub async fn make(context: &Context) -> Result<(), AccountError> {
    let doer = Doer::command_line();
    for demo in TEAMS {
        let id = teams::create(context, &doer, demo.name, demo.note).await?.row.id;
        let (region, cluster) = demo.within;
        let whole = Within { region: region.to_owned(), cluster: cluster.to_owned(), app: String::new() };
        let apps = demo.apps.iter().map(|app| Within { app: (*app).to_owned(), ..Within::default() });
        for within in apps.chain([whole]) {
            teams::add_rule(context, &doer, id, within).await?;
        }
        users::add(context, &doer, demo.member, (demo.role, Reach::Teams), password()).await?;
        teams::add_member(context, &doer, id, &users::find(context, demo.member).await?).await?;
    }
    Ok(())
}
