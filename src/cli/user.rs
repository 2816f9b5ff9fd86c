//! `quarterdeck user add|passwd|reset-second-factor|list`: people, by whoever has a shell on the machine.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use secrecy::ExposeSecret;

use super::{Ending, open};
use crate::accounts::reach::Sight;
use crate::accounts::{self, second_factor, users};
use crate::audit::Doer;
use crate::config::{Environment, LoadFrom};
use crate::roles::{Reach, Role};
use crate::secret::Secret;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Add a person
    Add {
        #[arg(value_parser = accounts::normal_email)]
        email: String,
        /// admin, operator or viewer
        #[arg(long, value_parser = role)]
        role: Role,
        /// everything, or teams: what the teams of the person see
        #[arg(long, value_parser = reach, default_value = "everything")]
        reach: Reach,
        /// Read the password as one line from standard input, without asking
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set a person's password; ends their sessions
    Passwd {
        #[arg(value_parser = accounts::normal_email)]
        email: String,
        /// Read the password as one line from standard input, without asking
        #[arg(long)]
        password_stdin: bool,
    },
    /// Take away a second factor that was lost with its recovery codes; ends the person's sessions and tokens
    ResetSecondFactor {
        #[arg(value_parser = accounts::normal_email)]
        email: String,
    },
    /// List people, one a line: e-mail address, role, state, what they see, and whether they have a second factor
    List,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "use admin, operator or viewer".to_owned())
}

fn reach(text: &str) -> Result<Reach, String> {
    Reach::parse(text).ok_or_else(|| "use everything or teams".to_owned())
}

pub async fn run(arguments: Arguments, from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let context = open::context(from, environment).await?;
    let doer = Doer::command_line();
    match arguments {
        Arguments::Add { email, role, reach, password_stdin } => {
            users::add(&context, &doer, &email, (role, reach), ask(password_stdin)?).await?;
        }
        Arguments::Passwd { email, password_stdin } => {
            let user = users::find(&context, &email).await?;
            users::set_password(&context, &doer, &user, ask(password_stdin)?).await?;
        }
        Arguments::ResetSecondFactor { email } => {
            let user = users::find(&context, &email).await?;
            second_factor::enrol::reset(&context, &doer, &user).await?;
        }
        Arguments::List => {
            let mut out = std::io::stdout().lock();
            for user in users::list(&context).await? {
                let state = if user.disabled_at.is_some() { "disabled" } else { "enabled" };
                let factor = if user.second_factor_at.is_some() { "  second factor" } else { "" };
                let sees = Sight::of(&user).reach();
                writeln!(out, "{}  {}  {state}  sees {sees}{factor}", user.email, user.role())?;
            }
        }
    }
    Ok(Ending::Done)
}

/// A password from standard input; where somebody types it, it is asked for twice and not shown.
fn ask(from_stdin: bool) -> anyhow::Result<Secret> {
    if from_stdin || !std::io::stdin().is_terminal() {
        return line();
    }
    let first = typed("Password: ")?;
    if first.expose_secret() != typed("The same again: ")?.expose_secret() {
        bail!("the two passwords differ");
    }
    Ok(first)
}

fn typed(prompt: &str) -> anyhow::Result<Secret> {
    Ok(Secret::from(rpassword::prompt_password(prompt).context("cannot ask for the password")?))
}

fn line() -> anyhow::Result<Secret> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(Secret::from(line.trim_end_matches(['\r', '\n']).to_owned()))
}
