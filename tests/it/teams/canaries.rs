//! Not a byte of what is another's: random houses, read page by page and answer by answer by a member of each team, now
//! and at moments of the past, with filters, orders, cursors and searches for what is not theirs.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use quarterdeck::roles::Role;
use quarterdeck::store::Db;

use super::smallest::smallest;
use super::world::{NOW, TEAMS, Thing, WORDS, build, member, things};
use crate::relations::KINDS;
use crate::support::browser::{Browser, Page, carried};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;
use crate::support::seed::minute;

/// So many houses on each database: one, three where tests may take minutes, or as many as somebody asks for.
fn houses() -> usize {
    let usual = if is_large() { 3 } else { 1 };
    std::env::var("QUARTERDECK_TEST_HOUSES").ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// Where tests may take minutes the houses are larger, and each is read at more moments of its past.
fn is_large() -> bool {
    std::env::var_os("QUARTERDECK_TEST_LARGE").is_some()
}

/// A house that fails is built again so often, and for so long, in search of a smaller one that does.
const TRIES: usize = 40;
const PATIENCE: Duration = Duration::from_secs(60);

/// What a member of a team may read, and as whom.
struct Reader<'w> {
    team: Option<usize>,
    browser: Browser,
    things: &'w [Thing],
}

impl Reader<'_> {
    /// Reads a page; nothing on it may be another's.
    async fn read(&self, path: &str) -> Page {
        let page = self.browser.get(path).await;
        assert!(page.status < 500, "{path}: {} {}", page.status, page.text);
        self.looks_at(path, &page.text);
        for (name, value) in &page.headers {
            self.looks_at(&format!("{path} {name}"), value.to_str().unwrap_or_default());
        }
        page
    }

    fn looks_at(&self, path: &str, text: &str) {
        for (owner, word) in WORDS.iter().enumerate() {
            if Some(owner) != self.team && text.contains(word) {
                let at = text.find(word).unwrap();
                let from = text.floor_char_boundary(at.saturating_sub(300));
                let around = &text[from..text.ceil_char_boundary((at + 100).min(text.len()))];
                panic!("{path} tells team {:?} of {word}: …{around}…\n{:#?}", self.team, self.things);
            }
        }
    }

    /// The resources of a kind that the team owns at a minute.
    fn expected(&self, kind: &str, minute: i64) -> BTreeSet<i64> {
        let own = |thing: &&Thing| thing.owner_at(minute).is_some() && thing.owner_at(minute) == self.team;
        self.things.iter().filter(|thing| thing.kind.name == kind).filter(own).map(|thing| thing.id).collect()
    }

    /// A list of the API, to its end by cursors, two rows at a time; what the cursors hold is read too.
    async fn listed(&self, path: &str, query: &str) -> BTreeSet<i64> {
        let mut listed = BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let page = self.read(&format!("/api/v1/{path}?limit=2{query}{cursor}")).await;
            assert_eq!(page.status, 200, "{path} {query}: {}", page.text);
            let page = page.json();
            for item in page["items"].as_array().unwrap() {
                assert!(listed.insert(item["id"].as_str().unwrap().parse().unwrap()), "{path} {query} repeats");
            }
            let Some(next) = page["next_cursor"].as_str() else { return listed };
            let held = URL_SAFE_NO_PAD.decode(next).unwrap();
            self.looks_at(&format!("the cursor of {path} {query}"), &String::from_utf8_lossy(&held));
            cursor = format!("&cursor={next}");
        }
    }
}

#[test]
fn no_byte_of_another_teams_appears() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    for _ in 0..houses() {
        let many = if is_large() { 8..22 } else { 6..12 };
        let things = things(many).new_tree(&mut runner).unwrap().current();
        // A panic is caught, so that the house can be made smaller before it is told.
        let read = |things: &[Thing]| {
            let reading = || runtime.block_on(on_each_database(async |db: Db| read_all(db, things).await));
            catch_unwind(AssertUnwindSafe(reading))
        };
        if read(&things).is_err() {
            let began = Instant::now();
            let fails = |house: &[Thing]| began.elapsed() < PATIENCE && !house.is_empty() && read(house).is_err();
            let house = smallest(things, TRIES, fails);
            panic!("something is told of what is another's in this house, and in none that is smaller: {house:#?}");
        }
    }
}

async fn read_all(db: Db, things: &[Thing]) {
    let panel = Panel::over(db).await;
    build(&panel, things).await;
    an_administrator_reads_the_words(&panel, things).await;
    for team in 0..TEAMS {
        let browser = panel.signed_in(&member(team)).await;
        let reader = Reader { team: Some(team), browser, things };
        for path in everywhere(things) {
            reader.read(&path).await;
        }
        counts_are_what_can_be_listed(&reader).await;
        changes_and_runs_are_whose_all_their_subjects_are(&reader).await;
        what_is_anothers_is_not_there(&reader).await;
    }
    let browser = panel.signed_in("nobody@example.com").await;
    let nobody = Reader { team: None, browser, things };
    for path in everywhere(things) {
        nobody.read(&path).await;
    }
    assert!(nobody.read("/").await.text.contains("you are in no team"));
    assert_eq!(nobody.listed("dns-records", "").await, BTreeSet::new());
}

/// The words are where they would be found: an administrator is told them by the pages that a team reads without.
async fn an_administrator_reads_the_words(panel: &Panel, things: &[Thing]) {
    panel.person("ada@example.com", Role::Admin).await;
    let ada = panel.signed_in("ada@example.com").await;
    let tells = async |path: &str| {
        let page = ada.get(path).await;
        WORDS.iter().any(|word| page.text.contains(word))
    };
    let always = [
        "/",
        "/pulse",
        "/alerts",
        "/served-certificates",
        "/changes?from=400d",
        "/changes?from=400d&net=1",
        "/sources",
        "/search?q=example.com",
        "/api/v1/alerts",
        "/api/v1/changes?from=400d",
        "/api/v1/sources",
        "/api/v1/search?q=example.com",
        "/dns-changes?plans=true",
        "/api/v1/dns-changes",
        "/runs",
    ];
    for path in always {
        assert!(tells(path).await, "{path} tells an administrator nothing: {things:#?}");
    }
    let paths = everywhere(things);
    let mut telling = 0;
    for path in &paths {
        telling += usize::from(tells(path).await);
    }
    assert!(telling * 3 > paths.len(), "only {telling} of {} pages would tell", paths.len());
}

/// Every page and answer that anybody could think of, asked for what is there and for what is not.
fn everywhere(things: &[Thing]) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/",
        "/pulse",
        "/alerts",
        "/alerts?state=resolved",
        "/served-certificates",
        "/changes",
        "/changes?from=400d",
        "/changes?from=400d&net=1",
        "/findings",
        "/findings/dangling-record",
        "/findings/dangling-record?format=csv",
        "/findings/instance-without-record",
        "/sources",
        "/sources/shared-source",
        "/map",
        "/regions",
        "/clusters",
        "/clusters/staging",
        "/api/v1/regions",
        "/api/v1/clusters",
        "/api/v1/clusters/staging",
        "/dns-changes",
        "/dns-changes?plans=true",
        "/dns-changes/new?record=101",
        "/api/v1/dns-changes",
        "/runs",
        "/api/v1/runs",
        "/syncs",
        "/placement",
        "/tasks",
        "/account",
        "/tokens",
        "/teams",
        "/users",
        "/audit",
        "/metrics",
        "/search?q=example.com",
        "/search?q=192.0.2.1",
        "/search?q=running",
        "/api/v1/alerts",
        "/api/v1/served-certificates",
        "/api/v1/changes?from=400d",
        "/api/v1/changes?from=400d&net=1",
        "/api/v1/findings",
        "/api/v1/findings/dangling-record",
        "/api/v1/sources",
        "/api/v1/sources/shared-source",
        "/api/v1/tasks",
        "/api/v1/search?q=example.com",
        "/api/v1/search?q=zone",
        "/api/v1/addresses/192.0.2.1",
        "/api/v1/addresses/192.0.2.2",
        "/api/v1/addresses/192.0.2.3",
    ]
    .map(str::to_owned)
    .to_vec();
    let moments = moments(things);
    for word in WORDS {
        // A part of it, so that what was asked is not itself the word.
        let part = &word[1..];
        paths.extend([format!("/search?q={part}"), format!("/search?q={part}&parts=1")]);
        paths.push(format!("/api/v1/search?q={part}&limit=100"));
        for at in &moments {
            paths.push(format!("/search?q={part}&at={at}"));
            paths.push(format!("/api/v1/search?q={part}&at={at}"));
        }
    }
    for kind in KINDS {
        let path = quarterdeck::kinds::KindSpec::by_name(kind).unwrap().path;
        for query in
            ["", "?sort=-name&limit=1", "?sort=changed_at", "?sort=due_at", "?gone=1", "?format=csv", "?q=example"]
        {
            paths.push(format!("/{path}{query}"));
        }
        for at in &moments {
            paths.extend([format!("/{path}?at={at}"), format!("/{path}?at={at}&sort=-changed_at")]);
            paths.push(format!("/{path}?at={at}&format=csv"));
        }
    }
    for told in 1..=2 * things.len() {
        paths.extend(["dns-changes", "api/v1/dns-changes", "runs"].map(|path| format!("/{path}/{told}")));
    }
    for thing in things {
        let path = format!("{}/{}", thing.kind.path, thing.id);
        for rest in ["", "/revision", "/history", "/touches", "/values"] {
            paths.push(format!("/{path}{rest}"));
        }
        paths.extend([format!("/api/v1/{path}"), format!("/api/v1/{path}/touches")]);
        for at in &moments {
            paths.extend([
                format!("/{path}?at={at}"),
                format!("/{path}/touches?at={at}"),
                format!("/api/v1/{path}?at={at}"),
            ]);
        }
        paths.extend([
            format!("/findings/dangling-record/{}", thing.id),
            format!("/api/v1/findings/dangling-record/{}", thing.id),
        ]);
    }
    paths
}

/// A few moments at which something was other than now.
fn moments(things: &[Thing]) -> Vec<String> {
    let ends: BTreeSet<i64> =
        things.iter().flat_map(|thing| thing.stints.iter().filter_map(|stint| stint.until)).collect();
    let last = ends.iter().next_back().copied();
    let first = ends.iter().next().copied().filter(|_| is_large());
    let chosen: BTreeSet<i64> = first.into_iter().chain(last).flat_map(|end| [end - 1, end]).collect();
    chosen.into_iter().map(|at| minute(at).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).collect()
}

/// Lists have exactly what is the team's, now and then, in whatever order, and the numbers beside them say the same.
async fn counts_are_what_can_be_listed(reader: &Reader<'_>) {
    for kind in KINDS {
        let path = quarterdeck::kinds::KindSpec::by_name(kind).unwrap().path;
        let expected = reader.expected(kind, NOW);
        for query in ["", "&sort=-name", "&sort=changed_at", "&sort=due_at", "&sort=status", "&sort=-first_seen_at"] {
            assert_eq!(reader.listed(path, query).await, expected, "{path} {query}");
        }
        for foreign in
            ["&cluster=cluster-zecho", "&region=region-zecho", "&source=source-zecho", "&scope=zone-zecho", "&q=zecho"]
        {
            // The question is echoed where a page goes on, so it is asked of the API, whose cursors are looked into.
            assert_eq!(listed_quietly(reader, path, foreign).await, BTreeSet::new(), "{path} {foreign}");
        }
        let page = reader.read(&format!("/{path}")).await;
        let document = scraper::Html::parse_document(&page.text);
        let total = scraper::Selector::parse(".head-count").unwrap();
        let shown = document.select(&total).next().map(|found| found.text().collect::<String>()).unwrap_or_default();
        assert_eq!(shown, expected.len().to_string(), "the number of {path}");
        for at in [11, 60, 120, 200] {
            let moment = minute(at).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            let then = reader.listed(path, &format!("&at={moment}")).await;
            assert_eq!(then, reader.expected(kind, at), "{path} at {at}");
        }
    }
}

/// Of changes and runs, those about one's own things alone.
async fn changes_and_runs_are_whose_all_their_subjects_are(reader: &Reader<'_>) {
    let own = reader.things.iter().filter(|thing| Some(thing.last_owner()) == reader.team).count();
    for path in ["/api/v1/dns-changes?limit=100", "/api/v1/runs?limit=100"] {
        let page = reader.read(path).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), own, "{path}");
    }
}

/// A filter for what is another's answers as one for what does not exist.
async fn listed_quietly(reader: &Reader<'_>, path: &str, query: &str) -> BTreeSet<i64> {
    let foreign = reader.browser.get(&format!("/api/v1/{path}?limit=2{query}")).await;
    let absent = reader.browser.get(&format!("/api/v1/{path}?limit=2{}", query.replace("zecho", "zzzzz"))).await;
    assert_eq!(foreign.text, absent.text, "{path} {query}");
    let items = foreign.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["id"].as_str().unwrap().parse().unwrap()).collect()
}

/// What is another's answers as what never was.
async fn what_is_anothers_is_not_there(reader: &Reader<'_>) {
    // The version of the static files may hold the same digits.
    let normal = |page: &Page, id: i64| {
        let version = page.text.split("/static/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("-");
        page.text.replace(version, "").replace(&id.to_string(), "ID")
    };
    for thing in reader.things {
        let visible = Some(thing.last_owner()) == reader.team;
        if visible {
            let path = format!("/{}/{}", thing.kind.path, thing.id);
            let told = reader.browser.get(&format!("{path}/revision")).await.text;
            assert_eq!(carried(&reader.browser.get(&path).await), told, "{path} as it is read again");
        }
        for (begin, end) in
            [("/", ""), ("/", "/revision"), ("/", "/history"), ("/", "/touches"), ("/", "/values"), ("/api/v1/", "")]
        {
            let path = |id: i64| format!("{begin}{}/{id}{end}", thing.kind.path);
            let page = reader.browser.get(&path(thing.id)).await;
            if visible {
                assert!(page.status == 200 || end == "/values", "{} {}", path(thing.id), page.status);
            } else {
                let absent = reader.browser.get(&path(999_999)).await;
                assert_eq!((page.status, absent.status), (404, 404), "{}", path(thing.id));
                if begin == "/" {
                    assert_eq!(normal(&page, thing.id), normal(&absent, 999_999), "{}", path(thing.id));
                }
            }
        }
    }
}
