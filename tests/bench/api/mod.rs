//! `api`: a provider that answers as fast as the loopback carries it, so that a sync measures the panel and not its
//! source.
//!
//! Every answer is rendered before the server listens, in the shape that was recorded from the provider (field for
//! field, in its order and spelling), and handed out from memory. Nothing is filtered, ordered or checked: the panel
//! asks for everything in one way.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use chrono::{DateTime, Utc};

use crate::estate::Estate;

mod cloudflare;
mod ec2;
mod powerdns;

/// Which provider to be.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shape {
    Cloudflare,
    Ec2,
    /// One zone of all records.
    Powerdns,
}

/// What to serve, and where.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[arg(long)]
    shape: Shape,
    #[arg(long)]
    listen: String,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Records are ten times as many
    #[arg(long, default_value_t = 100_000)]
    instances: usize,
    #[arg(long)]
    present: DateTime<Utc>,
}

/// Answers by what is asked for: the path with the page, or the action with the region and the token.
type Answers = HashMap<String, Bytes>;

pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let estate = Estate { seed: arguments.seed, instances: arguments.instances, present: arguments.present };
    let (answers, kind) = match arguments.shape {
        Shape::Cloudflare => (cloudflare::answers(&estate), "application/json"),
        Shape::Ec2 => (ec2::answers(&estate), "text/xml;charset=UTF-8"),
        Shape::Powerdns => (powerdns::answers(&estate), "application/json"),
    };
    let (answers, shape) = (Arc::new(answers), arguments.shape);
    let answer = move |request: HttpRequest, body: Bytes| {
        let key = match shape {
            Shape::Cloudflare => cloudflare::key(&request),
            Shape::Ec2 => ec2::key(&request, &body),
            Shape::Powerdns => powerdns::key(&request),
        };
        let found = answers.get(&key).cloned();
        async move {
            match found {
                Some(answer) => HttpResponse::Ok().content_type(kind).body(answer),
                None => HttpResponse::NotFound().body(format!("nothing is prepared for {key}")),
            }
        }
    };
    let serve =
        move || App::new().route("/healthz", web::get().to(HttpResponse::Ok)).default_service(web::to(answer.clone()));
    Ok(HttpServer::new(serve).workers(1).bind(arguments.listen)?.run().await?)
}
