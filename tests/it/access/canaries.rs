//! F20: secrets planted wherever one can be, with providers that say them back; then everything is swept that somebody
//! may read.

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use quarterdeck::clock::Clock;
use quarterdeck::kinds::KINDS;
use quarterdeck::web::routes;
use wiremock::ResponseTemplate;

use super::roles;
use crate::support::browser::Browser;
use crate::support::canary;
use crate::support::cloudflare::{Effect, FakeCloudflare, Fault, TOKEN};
use crate::support::device::enrol;
use crate::support::fake_aws::{EC2, FakeAws, SECRET, asked};
use crate::support::program::Program;
use crate::support::workflow::{self, FakeWorkflow, Flavour};

const SESSION_TOKEN: &str = "canary-9c41/session+token/FwoGZXIvYXdzEBYaDH";
const VALUE: &str = "canary-9c41-value-of-an-app/postgres://u:p@db";
const OWNERS_TOKEN: &str = "canary-9c41-owner-b3edc20f35fabd0c9de6db57a54a1a6c";
const PASSWORD: &str = "canary-9c41 password of ada";

/// What must not be seen, by what it is.
struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    /// The canaries that `text` holds: as they are, or as they would be in a URL, in JSON or in a header.
    fn within(&self, text: &[u8]) -> Vec<&'static str> {
        let spelled = |canary: &str| {
            [
                canary.to_owned(),
                BASE64_STANDARD.encode(canary),
                url::form_urlencoded::byte_serialize(canary.as_bytes()).collect(),
                canary.replace('/', "\\/"),
            ]
        };
        let holds = |part: &String| canary::find(text, part.as_bytes()).is_some();
        self.0.iter().filter(|(_, canary)| spelled(canary).iter().any(holds)).map(|(what, _)| *what).collect()
    }
}

/// Three providers that put the secrets they were sent, or hold, into whatever they say.
async fn telltales() -> (FakeCloudflare, FakeAws, FakeWorkflow) {
    let dns = FakeCloudflare::start().await;
    dns.world().add_zone("one.example");
    let message = format!("Invalid header Authorization: Bearer {TOKEN}");
    dns.script(Fault::on("dns_records", Effect::Refuse { status: 403, code: 9109, message }).times(999));
    let cloud = FakeAws::start().await;
    let said = format!(
        "<Response><Errors><Error><Code>AuthFailure</Code><Message>The key {SECRET} with {SESSION_TOKEN} is not \
         known.</Message></Error></Errors><RequestID>r</RequestID></Response>"
    );
    let refusal = ResponseTemplate::new(401).set_body_string(said);
    cloud.respond(asked(EC2, "DescribeInstances"), refusal, None).await;
    let paas = FakeWorkflow::start(Flavour::Hephy).await;
    let mut world = paas.world();
    let shop = world.add_app("shop", "alice");
    shop.config["values"]["DATABASE_URL"] = VALUE.into();
    shop.releases[0]["exception"] = format!("cannot connect to {VALUE}").into();
    drop(world);
    (dns, cloud, paas)
}

#[tokio::test(flavor = "multi_thread")]
async fn f20_no_planted_secret_is_on_a_page_in_an_answer_in_the_log_or_in_the_database() {
    let (dns, cloud, paas) = telltales().await;
    let program = Program::with(&format!(
        "[[source]]\nname = \"dns\"\nprovider = \"cloudflare\"\n\
         settings = {{ token_env = \"TOKEN\", endpoint_url = \"{}\" }}\n\
         [[source]]\nname = \"cloud\"\nprovider = \"aws\"\n\
         settings = {{ aws_region = \"eu-west-1\", endpoint_url = \"{}\" }}\n\
         [[source]]\nname = \"paas\"\nprovider = \"workflow\"\nsettings = {{ token_env = \"PAAS\", endpoint_url = \"{}\", \
         owner_tokens = [{{ user = \"alice\", token_env = \"ALICE\" }}] }}\n",
        dns.url(),
        cloud.url(),
        paas.url()
    ));
    let program = program
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("PAAS", workflow::TOKEN)
        .env("ALICE", OWNERS_TOKEN)
        .env("QUARTERDECK_LOG", "debug,quarterdeck=trace");
    let user = program
        .run_with(&["user", "add", "ada@example.com", "--role", "admin", "--password-stdin"], &format!("{PASSWORD}\n"));
    assert_eq!(user.code, 0, "{user:?}");
    let token = program.run(&["token", "create", "--name", "a machine", "--scope", "act"]);
    assert_eq!(token.code, 0, "{token:?}");

    let mut running = program.serve().await;
    let ada = program.browser();
    assert_eq!(ada.sign_in("ada@example.com", PASSWORD).await.status, 303);
    let shown = ada
        .post("/tokens", "/tokens", &[("name", "another"), ("scope", "read"), ("days", "30"), ("networks", "")])
        .await;
    let made = shown.text.split("qd_").nth(1).map(|rest| format!("qd_{}", &rest[..46])).expect("it is shown once");
    let (device, recovery) = enrol(&ada, PASSWORD, &Clock::system()).await;
    let invited = ada.post("/users", "/invitations", &[("email", "grace@example.com"), ("role", "viewer")]).await;
    let invitation = invited.text.split("/invitation?token=").nth(1).expect("it is shown once")[..43].to_owned();
    assert_eq!(ada.get(&format!("/invitation?token={invitation}")).await.status, 200, "also into the log");
    let half = program.browser();
    assert_eq!(half.sign_in("ada@example.com", PASSWORD).await.header("location"), "/sign-in");
    assert_eq!(half.post("/sign-in", "/sign-in", &[("code", &recovery[0])]).await.status, 303);
    told_of(&ada, "/sources/dns").await;
    told_of(&ada, "/sources/cloud").await;
    // The owner's token is refused and said back.
    told_of(&ada, "/sources/paas").await;
    let apps = ada.get("/api/v1/apps").await.json();
    let shop = apps["items"][0]["id"].to_string().replace('"', "");

    let mut canaries = Canaries(vec![
        ("the provider\u{2019}s token", TOKEN.to_owned()),
        ("the secret access key", SECRET.to_owned()),
        ("the session token", SESSION_TOKEN.to_owned()),
        ("the controller\u{2019}s token", workflow::TOKEN.to_owned()),
        ("the owner\u{2019}s token", OWNERS_TOKEN.to_owned()),
        ("an app\u{2019}s value", VALUE.to_owned()),
        ("the password", PASSWORD.to_owned()),
        ("a token made by command", token.out.trim().to_owned()),
        ("a token made on the page", made),
        ("the secret of a second factor", device.letters.clone()),
        (
            "the same in groups",
            device
                .letters
                .as_bytes()
                .chunks(4)
                .map(|four| std::str::from_utf8(four).unwrap())
                .collect::<Vec<_>>()
                .join(" "),
        ),
        ("a recovery code", recovery[1].clone()),
        ("a recovery code that was used", recovery[0].clone()),
        ("the same without dashes", recovery[0].replace('-', "")),
        ("an invitation", invitation),
        (
            "the panel\u{2019}s own key",
            fs::read_to_string(program.folder.path().join("key")).unwrap().trim().to_owned(),
        ),
    ]);
    let mut sung = Vec::new();
    let its = [format!("/apps/{shop}"), format!("/apps/{shop}/history"), format!("/api/v1/apps/{shop}")];
    let apps = ["/apps?format=csv&columns=name,config", "/api/v1/apps", "/search?q=shop"].map(str::to_owned);
    for path in everything().into_iter().chain(its).chain(apps) {
        let page = ada.get(&path).await;
        sung.extend(canaries.within(page.text.as_bytes()).into_iter().map(|what| format!("{what} on {path}")));
    }
    // Cookies are for the browser alone; a form's token is on its page and nowhere else.
    canaries.0.extend(half.cookies.borrow().values().map(|value| ("a cookie of half a sign-in", value.clone())));
    canaries.0.extend(ada.cookies.borrow().values().map(|value| ("a cookie", value.clone())));
    for command in [&["doctor"][..], &["sync"], &["sync", "--json"], &["token", "list"], &["user", "list"], &["task"]] {
        let ran = program.run(command);
        let said = format!("{}{}", ran.out, ran.err);
        sung.extend(canaries.within(said.as_bytes()).into_iter().map(|what| format!("{what} said by {command:?}")));
    }
    running.terminate();
    let kept = fs::read_dir(program.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut swept = 0;
    for file in kept.filter(|path| path.is_file() && !path.ends_with("key")) {
        let bytes = fs::read(&file).unwrap();
        swept += bytes.len();
        sung.extend(canaries.within(&bytes).into_iter().map(|what| format!("{what} in {}", file.display())));
        if canary::find(&bytes, device.bytes()).is_some() {
            sung.push(format!("the bytes of the second factor's secret in {}", file.display()));
        }
    }
    assert!(sung.is_empty(), "{}", sung.join("\n"));
    assert!(swept > 100_000, "the database and the log are there: {swept} bytes");
}

/// Waits until the page tells that the provider refused, with something struck out of its words.
async fn told_of(ada: &Browser, path: &str) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !ada.get(path).await.text.contains("[redacted]") {
        assert!(Instant::now() < patience, "{path} never told what the provider said: the canary was not planted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Every path that can be read.
fn everything() -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for entry in routes::all().iter().filter(|entry| entry.method == "GET") {
        match entry.path.contains("{kind}") {
            true => paths.extend(KINDS.iter().map(|spec| roles::example(entry).replace("instances", spec.path))),
            false => paths.push(roles::example(entry)),
        }
    }
    paths.extend(
        ["dns", "cloud", "paas"]
            .iter()
            .flat_map(|name| [format!("/sources/{name}"), format!("/api/v1/sources/{name}")]),
    );
    paths.extend(["/zones?format=csv", "/search?q=one", "/api/v1/search?q=one"].map(str::to_owned));
    paths
}
