//! What hosts really send: each target, the worst first.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::items::List;
use super::{answer, asked};
use crate::clock::Instant;
use crate::config::ProbeConfig;
use crate::context::Context;
use crate::served::{End, Sent};
use crate::store::Scope;
use crate::store::listing::MOST;
use crate::store::served_certificates::{self, Outcome, ServedRow};
use crate::web::PageError;
use crate::web::listing::ROWS;
use crate::web::pages::served_certificates::{is_stale, wanted};

/// What one target sends for a host.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServedCertificateItem {
    pub id: String,
    pub host: String,
    /// Empty for a host without any.
    pub address: String,
    pub port: i32,
    /// How the address is known: `record`, `resolver`, `proxy`, `balancer NAME`, `instance NAME` or `behind NAME`.
    pub via: String,
    /// A provider's proxy answers there.
    pub proxied: bool,
    /// How the last look ended: `waiting`, `read`, `unreachable`, `unresolved` or `not_probed`.
    pub outcome: String,
    /// Why nothing was read, or why the handshake broke off after that.
    pub error: String,
    /// The worst of `findings`.
    pub judgement: String,
    /// The worst first.
    pub findings: Vec<FindingItem>,
    /// Of the certificate that was read last: SHA-256, upper-case hex pairs with colons.
    pub fingerprint: String,
    pub not_after: Option<DateTime<Utc>>,
    /// What was read last, in the server's order, its own first.
    pub chain: Vec<SentItem>,
    /// `web_root`, `private`, `self_signed` or `hole`; null before anything was read.
    pub chain_ends: Option<String>,
    /// The certificate or app of the inventory that it is about.
    pub resource_id: Option<String>,
    pub checked_at: Option<DateTime<Utc>>,
    /// When something was read last: what is said of the certificate is as old as that.
    pub read_at: Option<DateTime<Utc>>,
    /// It should have been looked at since.
    pub stale: bool,
    /// Since when the judgement is what it is.
    pub since: DateTime<Utc>,
    /// When it was last seen to be good, or good enough.
    pub good_at: Option<DateTime<Utc>>,
}

/// Something to say of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingItem {
    pub judgement: String,
    pub text: String,
    /// What to do about it.
    pub advice: String,
    /// Of `ends_soon`: within how many days.
    pub days: Option<i64>,
}

/// A certificate of the chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentItem {
    pub subject: String,
    pub issuer: String,
    pub names: Vec<String>,
    pub serial: String,
    pub key: String,
    pub signature: String,
    pub not_before: Option<DateTime<Utc>>,
    pub not_after: Option<DateTime<Utc>>,
    pub fingerprint: String,
    pub is_ca: bool,
}

/// `GET /api/v1/served-certificates`.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let params = asked(&request, &["judgement", "host", "cursor", "limit"])?;
    let limit = params.limit(ROWS, MOST).map_err(PageError::Invalid)?;
    let wanted = wanted(&params, limit)?;
    let read = move |connection: &mut _| served_certificates::page(connection, &scope, &wanted);
    let page = context.db.read(read).await?;
    let now = context.clock.now();
    let items = page.rows.into_iter().map(|row| item(row, &context.config.probe, now)).collect();
    answer(&request, &List::<ServedCertificateItem>::of_own(items, page.next.map(|id| id.to_string())))
}

fn item(row: ServedRow, probe: &ProbeConfig, now: Instant) -> ServedCertificateItem {
    let chain = row.chain();
    let findings = row.findings().into_iter().map(|finding| FindingItem {
        judgement: finding.judgement.as_str().to_owned(),
        advice: finding.judgement.advice().to_owned(),
        text: finding.words,
        days: finding.days,
    });
    ServedCertificateItem {
        id: row.id.to_string(),
        host: row.host(),
        findings: findings.collect(),
        not_after: row.not_after(),
        chain_ends: chain.as_ref().map(|chain| ends(chain.end).to_owned()),
        chain: chain.into_iter().flat_map(|chain| chain.sent).map(SentItem::from).collect(),
        resource_id: row.resource_id.map(|id| id.to_string()),
        checked_at: row.checked_at(),
        read_at: row.read_at(),
        stale: row.outcome != Outcome::NotProbed.as_str() && is_stale(&row, probe, now),
        since: row.since(),
        good_at: row.good_at(),
        address: row.address,
        port: row.port,
        via: row.via,
        proxied: row.proxied,
        outcome: row.outcome,
        error: row.error,
        judgement: row.judgement,
        fingerprint: row.fingerprint,
    }
}

fn ends(end: End) -> &'static str {
    match end {
        End::WebRoot => "web_root",
        End::Private => "private",
        End::SelfSigned => "self_signed",
        End::Hole => "hole",
    }
}

impl From<Sent> for SentItem {
    fn from(sent: Sent) -> Self {
        let addresses = sent.ip_addresses.iter().map(ToString::to_string);
        Self {
            names: sent.dns_names.into_iter().chain(addresses).collect(),
            subject: sent.subject,
            issuer: sent.issuer,
            serial: sent.serial,
            key: sent.key,
            signature: sent.signature,
            not_before: sent.not_before,
            not_after: sent.not_after,
            fingerprint: sent.fingerprint,
            is_ca: sent.is_ca,
        }
    }
}
