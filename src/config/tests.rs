//! Configurations as people write them, and what they are told.

use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;

fn read(text: &str) -> Result<Config, crate::error::Faults> {
    Config::from_text("quarterdeck.toml", text, &Environment::default())
}

/// What a person sees on standard error.
fn faults_of(text: &str) -> String {
    faults_in(text, &Environment::default())
}

fn faults_in(text: &str, environment: &Environment) -> String {
    Config::from_text("quarterdeck.toml", text, environment).expect_err("the configuration has faults").to_string()
}

const PLACES: &str = r#"
[[region]]
name = "eu"
[[region]]
name = "us"
[[cluster]]
name = "eu-production"
region = "eu"
[[source]]
name = "aws-eu"
provider = "aws"
"#;

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = read("").unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:8080");
    assert_eq!(config.server.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.server.database_url.expose_secret(), "sqlite://quarterdeck.sqlite3");
    assert!(
        matches!(&config.server.secret_key, SecretKeyConfig::File { path, make: true } if path == "quarterdeck.key")
    );
    assert!(config.sources.is_empty());
}

#[test]
fn the_example_of_the_documentation_is_valid() {
    let environment = Environment::default().with("CLOUDFLARE_TOKEN", "a-token");
    let text = include_str!("../../docs/quarterdeck.example.toml");
    let config = Config::from_text("docs/quarterdeck.example.toml", text, &environment).unwrap();
    assert_eq!(config.sources.len(), 3);
    assert_eq!(config.sources[0].every, Duration::from_secs(300));
    assert_eq!(config.regions[0].timezone, chrono_tz::Europe::Warsaw);
    // The README shows it, indented.
    let shown: String = include_str!("../../README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .fold(String::new(), |all, line| all + line + "\n");
    let compact = |text: &str| text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    assert!(compact(&shown).contains(&compact(text)), "the README shows another configuration than the example");
}

#[test]
fn every_section_is_read() {
    let config = read(&format!(
        r#"
        trusted_proxies = ["10.0.0.0/8", "192.0.2.7"]
        require_second_factor = "admins"
        metrics_listen = "[::1]:9100"
        {PLACES}
        region = "eu"
        cluster = "eu-production"
        every = "90s"
        settings = {{ aws_region = "eu-west-1" }}
        guard = {{ loss_of_many = 0.2, dns_record = {{ loss_of_many = 0.1 }} }}
        [[placement]]
        match = {{ source = "aws-eu", kind = "instance", "tag.role" = "postgres*", instance_type = "m5.*" }}
        set = {{ role = "database", cluster = "eu-production" }}
        [[network]]
        name = "office"
        cidr = "198.51.100.0/24"
        [[link]]
        kind = "instance"
        title = "Logs"
        url = "https://logs.example.com/?host={{name}}"
        "#
    ))
    .unwrap();
    let source = &config.sources[0];
    assert_eq!((source.every, source.cluster.as_deref()), (Duration::from_secs(90), Some("eu-production")));
    assert!(source.settings.entries.contains_key("aws_region"));
    assert_eq!(source.guard.of_kind("instance"), GuardThresholds { loss_of_many: 0.2, loss_of_few: 0.5 });
    assert_eq!(source.guard.of_kind("dns_record"), GuardThresholds { loss_of_many: 0.1, loss_of_few: 0.5 });
    assert_eq!(config.placements[0].matches["tag.role"], "postgres*");
    assert_eq!(config.placements[0].set.role.as_deref(), Some("database"));
    assert_eq!(config.networks[0].cidr.to_string(), "198.51.100.0/24");
    assert_eq!(config.links[0].title, "Logs");
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.server.require_second_factor, RequireSecondFactor::Admins);
    let mentioned: Vec<_> = config.mentions.into_iter().map(|mention| mention.mentioned).collect();
    let kind = |name: &str| Mentioned::Kind(name.to_owned());
    let facet = Mentioned::Facet("instance_type".to_owned());
    let field = Mentioned::LinkField { kind: "instance".to_owned(), field: "name".to_owned() };
    assert_eq!(mentioned, [kind("dns_record"), facet, kind("instance"), kind("instance"), field]);
}

#[test]
fn five_mistakes_are_five_faults_at_once() {
    insta::assert_snapshot!(faults_of(r#"
publik_url = "https://panel.example.com"
listen = 8080

[[region]]
name = "eu"
timezone = "Europe/Warschau"

[[source]]
name = "AWS"
provider = "aws"
every = "5 minutes"
"#), @r#"
quarterdeck.toml:2:1: `publik_url` is unknown here; did you mean `public_url`?
quarterdeck.toml:3:1: `listen` is a number; write a text in quotes
quarterdeck.toml:7:1: "Europe/Warschau" is not a time zone; write an IANA name, as in "Europe/Warsaw"
quarterdeck.toml:10:1: "AWS" cannot be a name; use lower-case letters, digits, `.`, `_` and `-`, with a letter or digit first
quarterdeck.toml:12:1: `every` is not a duration: "5 minutes"; write 90s, 5m, 2h or 3d
"#);
}

#[test]
fn what_refers_to_nothing_is_told_so() {
    insta::assert_snapshot!(faults_of(r#"
[[region]]
name = "eu"
watched_by = "us"
[[region]]
name = "ap"
watched_by = "ap"
[[region]]
name = "eu"
[[cluster]]
name = "main"
region = "mars"
[[cluster]]
name = "second"
region = "ap"
[[source]]
name = "aws"
provider = "aws"
region = "eu"
cluster = "second"
[[source]]
name = "dns"
provider = "cloudflare"
region = "moon"
cluster = "third"
[[placement]]
match = { source = "aws-eu" }
set = { cluster = "fourth", region = "venus" }
"#), @r#"
quarterdeck.toml:4:1: no region is named "us"; name a region that is configured
quarterdeck.toml:7:1: a region cannot watch itself from outside; name another region
quarterdeck.toml:9:1: the name "eu" is already taken in line 3; give each its own name
quarterdeck.toml:12:1: no region is named "mars"; name a region that is configured, or add its [[region]]
quarterdeck.toml:20:1: the cluster "second" lies in the region "ap"; leave `region` out, or name a cluster of that region
quarterdeck.toml:24:1: no region is named "moon"; name a region that is configured, or add its [[region]]
quarterdeck.toml:25:1: no cluster is named "third"; name a cluster that is configured, or add its [[cluster]]
quarterdeck.toml:27:11: no source is named "aws-eu"; name a source that is configured
quarterdeck.toml:28:9: no cluster is named "fourth"; name a cluster that is configured
quarterdeck.toml:28:29: no region is named "venus"; name a region that is configured
"#);
}

#[test]
fn values_that_mean_nothing_are_told_so() {
    insta::assert_snapshot!(faults_of(r#"
public_url = "https://panel.example.com/deck"
listen = "8080"
metrics_listen = "::1:9100"
trusted_proxies = ["proxy.example.com"]
require_second_factor = "somebody"
[[region]]
name = "eu"
latitude = 152.2
[[source]]
name = "aws"
provider = "aws"
every = "0s"
guard = { loss_of_many = 30, loss_of_some = 0.2, instance = { lost = 1 } }
[[placement]]
match = { tag.role = "db" }
set = {}
[[placement]]
[[network]]
name = "office"
cidr = "198.51.100.7/24"
[[network]]
name = "home"
cidr = "198.51.100.0"
[[link]]
kind = "instance"
title = "Logs"
url = "http://logs.example.com/"
[[link]]
kind = "instance"
title = "Shell"
url = "https://{name}/"
[[link]]
kind = "instance"
title = "Graphs"
url = "https://graphs.example.com/{name"
"#), @r#"
quarterdeck.toml:2:1: `public_url` has a path, and pages lie at the root; write https://panel.example.com; the panel has a host of its own
quarterdeck.toml:3:1: `listen` is not an address with a port: "8080"; write host:port, as in 127.0.0.1:8080 or [::1]:8080
quarterdeck.toml:4:1: `metrics_listen` is not an address with a port: "::1:9100"; write host:port, as in 127.0.0.1:8080 or [::1]:8080
quarterdeck.toml:5:1: `trusted_proxies` holds "proxy.example.com", which is no network; write addresses or networks, as in ["10.0.0.0/8", "192.0.2.7"]
quarterdeck.toml:6:1: `require_second_factor` is "somebody"; write "nobody", "admins" or "everybody"
quarterdeck.toml:9:1: `latitude` is given without `longitude`; add longitude, or remove it
quarterdeck.toml:9:1: `latitude` is out of range: 152.2; write degrees from -90 to 90
quarterdeck.toml:13:1: `every` is out of bounds; write 10s at least and 30d at most, or leave it out
quarterdeck.toml:14:11: `loss_of_many` is not a share: 30; write a number from 0 to 1, as in 0.3 for 30 %
quarterdeck.toml:14:30: `loss_of_some` is no threshold of the guard; write loss_of_many, loss_of_few or loss_of_some = { loss_of_many = 0.3 }
quarterdeck.toml:14:63: `lost` is unknown here; remove it, or use one of: loss_of_few, loss_of_many
quarterdeck.toml:16:11: `tag` is a table, not a pattern; put the whole name into quotes: "tag.NAME" = "…"
quarterdeck.toml:17:1: the rule sets nothing; set any of region, cluster, app, role, app_type, environment
quarterdeck.toml:18:1: `match` is missing; add match = { kind = "instance" }, or match = {} for everything
quarterdeck.toml:18:1: `set` is missing; add set = { role = "database" }
quarterdeck.toml:21:1: "198.51.100.7/24" has bits beyond its prefix; write 198.51.100.0/24 for the network, or 198.51.100.7/32 for the one address
quarterdeck.toml:24:1: "198.51.100.0" is not a network; write address/prefix, as in 198.51.100.0/24
quarterdeck.toml:28:1: a link must begin with https://; write https://logs.example.com/?host={name}
quarterdeck.toml:32:1: a field cannot stand in a link's host; put it into the path or the query
quarterdeck.toml:36:1: the braces in "https://graphs.example.com/{name" do not match; write https://logs.example.com/?host={name}
"#);
}

#[test]
fn a_key_that_could_be_guessed_is_told_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("panel.key");
    std::fs::write(&path, "guess me\n").unwrap();
    let fault = faults_of(&format!("\nsecret_key_file = {:?}", path.display().to_string()));
    assert!(fault.starts_with("quarterdeck.toml:2:1: ") && fault.contains("32 characters at least"), "{fault}");
    std::fs::remove_file(&path).unwrap();
    let text = format!("secret_key_file = {:?}", path.display().to_string());
    assert!(Config::from_text("quarterdeck.toml", &text, &Environment::default()).is_ok(), "the start makes it");
    assert!(!path.exists(), "and reading the configuration does not");
}

#[test]
fn what_cannot_both_be_true_is_told_so() {
    insta::assert_snapshot!(faults_of(r#"
secret_key_env = "PANEL_KEY"
secret_key_file = "panel.key"
[[region]]
name = "eu"
[[region]]
name = "us"
[[cluster]]
name = "main"
region = "eu"
[[source]]
name = "dns"
provider = "cloudflare"
every = "1s"
settings = { large = 99999999999999999999, list = [0xffffffffffffffffff] }
[[source]]
name = "aws"
provider = "aws"
every = "31d"
[[placement]]
match = {}
set = { region = "us", cluster = "main" }
"#), @r#"
quarterdeck.toml:2:1: the environment variable PANEL_KEY is not set; set it to a long random text (openssl rand -base64 48)
quarterdeck.toml:3:1: `secret_key_env` and `secret_key_file` are both given; keep one
quarterdeck.toml:14:1: `every` is out of bounds; write 10s at least and 30d at most, or leave it out
quarterdeck.toml:15:14: the number needs more than 64 bits; write a smaller one
quarterdeck.toml:15:52: the number needs more than 64 bits; write a smaller one
quarterdeck.toml:19:1: `every` is out of bounds; write 10s at least and 30d at most, or leave it out
quarterdeck.toml:22:24: the cluster "main" lies in the region "eu"; leave `region` out, or name a cluster of that region
"#);
}

#[test]
fn a_broken_line_does_not_hide_the_faults_of_the_others() {
    insta::assert_snapshot!(faults_of("listen = \n\n[[region]]\nname = \"eu\"\ntimezone = \"CET/CEST\"\n"), @r#"
quarterdeck.toml:1:10: string values must be quoted, expected literal string; see https://toml.io for the syntax
quarterdeck.toml:5:1: "CET/CEST" is not a time zone; write an IANA name, as in "Europe/Warsaw"
"#);
}

#[test]
fn a_mistyped_database_is_refused_without_repeating_its_password() {
    insta::assert_snapshot!(faults_of("database_url = \"postgress://panel:hunter2@db/panel\""), @r#"
quarterdeck.toml:1:1: the database's URL has the unknown scheme `postgress`, and is not taken for the name of a SQLite file; write sqlite://quarterdeck.sqlite3 or postgres://user:password@host/database
"#);
    let environment = Environment::default().with("DATABASE_URL", "panel:hunter2@db/panel");
    insta::assert_snapshot!(faults_in("", &environment), @r#"
DATABASE_URL:0:0: the database's URL has no scheme, and is not taken for the name of a SQLite file; write sqlite://quarterdeck.sqlite3 or postgres://user:password@host/database
"#);
}

#[test]
fn postgresql_wants_a_key_that_every_process_has() {
    let postgres = Environment::default().with("DATABASE_URL", "postgres://db/panel");
    insta::assert_snapshot!(faults_in("", &postgres), @r#"quarterdeck.toml:1:1: with PostgreSQL the secret key must be given, since every process needs the same one; write secret_key_env = "NAME" or secret_key_file = "path""#);
    insta::assert_snapshot!(faults_in("secret_key_env = \"PANEL_KEY\"", &postgres), @r#"quarterdeck.toml:1:1: the environment variable PANEL_KEY is not set; set it to a long random text (openssl rand -base64 48)"#);
    insta::assert_snapshot!(faults_in("secret_key_file = \"/nowhere/panel.key\"", &postgres), @r#"quarterdeck.toml:1:1: the key file /nowhere/panel.key: No such file or directory (os error 2); make it once (`openssl rand -base64 48`) and give the same to every process"#);
    let short = postgres.clone().with("PANEL_KEY", "a short text");
    insta::assert_snapshot!(faults_in("secret_key_env = \"PANEL_KEY\"", &short), @r#"quarterdeck.toml:1:1: the variable: a secret key has 32 characters at least; make it once (`openssl rand -base64 48`) and give the same to every process"#);
    let given = postgres.with("PANEL_KEY", "a text that is long enough for nobody to guess it");
    let config = Config::from_text("quarterdeck.toml", "secret_key_env = \"PANEL_KEY\"", &given).unwrap();
    assert!(matches!(config.server.secret_key, SecretKeyConfig::Given(_)));
}

#[test]
fn the_environment_goes_before_the_file_and_arguments_before_both() {
    let text = "listen = \"127.0.0.1:1\"\ndatabase_url = \"sqlite://file.sqlite3\"";
    let environment = Environment::default()
        .with("PORT", "2")
        .with("DATABASE_URL", "sqlite://environment.sqlite3")
        .with("QUARTERDECK_CONFIG_TOML", text);
    let config = Config::load(&LoadFrom::default(), &environment).unwrap();
    assert_eq!(config.server.listen, "0.0.0.0:2");
    assert_eq!(config.server.public_url.as_str(), "http://localhost:2/");
    assert_eq!(config.server.database_url.expose_secret(), "sqlite://environment.sqlite3");
    let argument = LoadFrom { listen: Some("[::1]:3".to_owned()), ..LoadFrom::default() };
    assert_eq!(Config::load(&argument, &environment).unwrap().server.listen, "[::1]:3");
    insta::assert_snapshot!(Config::load(&LoadFrom::default(), &environment.with("PORT", "http")).unwrap_err(), @r#"PORT:0:0: `PORT` is not an address with a port: "0.0.0.0:http"; write host:port, as in 127.0.0.1:8080 or [::1]:8080"#);
}

#[test]
fn the_file_of_the_argument_goes_before_the_variables_and_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write("quarterdeck.toml", "listen = \"folder:1\"");
    let argument = write("argument.toml", "listen = \"argument:1\"");
    let variable = write("variable.toml", "listen = \"variable:1\"");
    let listen = |from: &LoadFrom, environment: &Environment| Config::load(from, environment).unwrap().server.listen;

    let in_folder = LoadFrom { folder: folder.path().to_owned(), ..LoadFrom::default() };
    assert_eq!(listen(&in_folder, &Environment::default()), "folder:1");
    let text = Environment::default().with("QUARTERDECK_CONFIG_TOML", "listen = \"text:1\"");
    assert_eq!(listen(&in_folder, &text), "text:1");
    let environment = text.with("QUARTERDECK_CONFIG", &variable.display().to_string());
    assert_eq!(listen(&in_folder, &environment), "variable:1");
    let by_argument = LoadFrom { file: Some(argument), ..in_folder };
    assert_eq!(listen(&by_argument, &environment), "argument:1");

    let missing = LoadFrom { file: Some("no/such.toml".into()), ..LoadFrom::default() };
    let faults = Config::load(&missing, &Environment::default()).unwrap_err();
    insta::assert_snapshot!(faults, @r#"no/such.toml:0:0: cannot be read: No such file or directory (os error 2); check --config"#);
}

#[test]
fn history_is_kept_for_more_than_a_year_unless_it_is_said_otherwise() {
    const DAY: u64 = 86_400;
    assert_eq!(read("").unwrap().history.keep, Duration::from_secs(400 * DAY));
    assert_eq!(read("[history]\nkeep = \"30d\"").unwrap().history.keep, Duration::from_secs(30 * DAY));
    insta::assert_snapshot!(faults_of("[history]\nkeep = \"5m\"\nkept = 1"), @r"
    quarterdeck.toml:2:1: `keep` is less than a day; write 1d or more; 400d is the default
    quarterdeck.toml:3:1: `kept` is unknown here; did you mean `keep`?
    ");
}
