//! `quarterdeck token create|list|revoke`: tokens for machines, by whoever has a shell here.

use std::io::Write;

use clap::Subcommand;
use ipnet::IpNet;
use secrecy::ExposeSecret;

use super::{Ending, open};
use crate::accounts::tokens::{self, Wanted};
use crate::audit::Doer;
use crate::config::{Environment, LoadFrom};
use crate::roles::TokenScope;

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Make a token and print it alone on standard output; it is never shown again
    Create {
        #[arg(long, value_parser = tokens::normal_name)]
        name: String,
        /// read, act or generated
        #[arg(long, value_parser = scope)]
        scope: TokenScope,
        /// Days until it ends, 365 at most
        #[arg(long, default_value_t = tokens::DEFAULT_DAYS, value_parser = clap::value_parser!(i64).range(1..=tokens::MAX_DAYS))]
        days: i64,
        /// A network or address from where it works; repeat it for several
        #[arg(long, value_parser = tokens::network)]
        network: Vec<IpNet>,
    },
    /// List tokens, one a line: number, name, scope, beginning, end, last use
    List,
    /// Revoke a token by its number
    Revoke { id: i64 },
}

fn scope(text: &str) -> Result<TokenScope, String> {
    TokenScope::parse(text).ok_or_else(|| "use read, act or generated".to_owned())
}

pub async fn run(arguments: Arguments, from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let context = open::context(from, environment).await?;
    let doer = Doer::command_line();
    let mut out = std::io::stdout().lock();
    match arguments {
        Arguments::Create { name, scope, days, network } => {
            let networks = network.iter().map(ToString::to_string).collect();
            let wanted = Wanted { name, scope, days, networks };
            let (_, token) = tokens::create(&context, &doer, None, wanted).await?;
            writeln!(out, "{}", token.expose_secret())?;
        }
        Arguments::List => {
            for token in tokens::list(&context, None).await? {
                let used = token
                    .last_used_at
                    .map_or("never used".to_owned(), |at| format!("used {}", at.format("%Y-%m-%d %H:%M")));
                let end = match token.revoked_at {
                    Some(at) => format!("revoked {}", at.format("%Y-%m-%d")),
                    None => format!("until {}", token.expires_at.format("%Y-%m-%d")),
                };
                writeln!(out, "{}  {}  {}  {}…  {end}  {used}", token.id, token.name, token.scope(), token.prefix)?;
            }
        }
        Arguments::Revoke { id } => {
            let token = tokens::revoke(&context, &doer, id, None).await?;
            writeln!(out, "revoked {}", token.name)?;
        }
    }
    Ok(Ending::Done)
}
