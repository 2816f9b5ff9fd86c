//! The benchmark's own programs, in one binary; `tests/bench/run` calls them.
//!
//! | subcommand | part |
//! | --- | --- |
//! | `fill` | puts the estate and its history into a database, through `sync` |
//! | `api` | answers as Cloudflare and EC2 do, from memory |
//! | `limit` | bare rows: what actix-web and SQLite alone can do |
//! | `hello` | 20 kB of nothing: what actix-web alone can do |
//! | `regions` | prints where the estate's instances lie, for the configuration of a source |

use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

mod api;
mod estate;
mod fill;
mod limit;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fill a database
    Fill(fill::Arguments),
    /// Serve a provider's API
    Api(api::Arguments),
    /// Serve bare rows of a SQLite file
    Limit {
        #[arg(long)]
        file: PathBuf,
        #[arg(long)]
        listen: String,
    },
    /// Serve 20 kB
    Hello {
        #[arg(long)]
        listen: String,
    },
    /// Print the provider's regions as a list in TOML
    Regions,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Fill(arguments) => fill::run(arguments).await,
        Command::Api(arguments) => api::run(arguments).await,
        Command::Limit { file, listen } => limit::rows(file, &listen).await,
        Command::Hello { listen } => limit::hello(&listen).await,
        Command::Regions => Ok(writeln!(std::io::stdout(), "{:?}", estate::REGIONS)?),
    }
}
