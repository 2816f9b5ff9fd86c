//! A yard for tests of runs: a database, an executor, and an action whose outside world is a set of words, so that a
//! test can see what was really done, how often, and in which order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use quarterdeck::audit::Doer;
use quarterdeck::context::Context;
use quarterdeck::net::http::Http;
use quarterdeck::providers::Parts;
use quarterdeck::runs::{
    self, Action, AfterCrash, Done, Executor, NewRun, NewStep, OnFailure, RunState, Settled, Shown, StepAt, Submitted,
    Trouble,
};
use quarterdeck::store::runs::{RunRow, StepRow, list, steps};
use quarterdeck::store::{Db, Scope};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::house::config;

/// The longest that a word takes to be said, as far as the lease asks.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What happens when a word is said.
#[derive(Clone, Debug)]
pub enum Turn {
    /// Not said, and no use trying.
    Fails,
    /// Not said this time.
    Busy,
    /// Said, but the answer is lost.
    SaidUnheard,
    /// Not said, and the answer is lost too.
    Lost,
    /// Waits, after its fence, until the gate opens; said then.
    Waits(Arc<Notify>),
    /// Waits before its fence.
    Dawdles(Arc<Notify>),
    /// What became of it cannot be read.
    Unreadable,
}

/// Says words into a world, and takes them back.
pub struct Saying {
    pub world: Mutex<BTreeSet<String>>,
    /// Everything that was done, in order: `+a`, `-a`.
    pub log: Mutex<Vec<String>>,
    /// What is different with a word the next times.
    script: Mutex<BTreeMap<String, Vec<Turn>>>,
    pub on_failure: Mutex<OnFailure>,
    /// Runs whose end it was told of.
    pub ended: Mutex<Vec<(i64, RunState)>>,
}

impl Saying {
    pub fn leaked() -> &'static Self {
        Box::leak(Box::new(Self {
            world: Mutex::default(),
            log: Mutex::default(),
            script: Mutex::default(),
            on_failure: Mutex::new(OnFailure::TakeBack),
            ended: Mutex::default(),
        }))
    }

    pub fn turns(&self, word: &str, turns: &[Turn]) {
        self.script.lock().unwrap().insert(word.to_owned(), turns.to_vec());
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().join(" ")
    }

    fn next(&self, word: &str) -> Option<Turn> {
        let mut script = self.script.lock().unwrap();
        let turns = script.get_mut(word)?;
        (!turns.is_empty()).then(|| turns.remove(0))
    }

    fn say(&self, word: &str) {
        match word.strip_prefix('-') {
            Some(back) => self.world.lock().unwrap().remove(back),
            None => self.world.lock().unwrap().insert(word.to_owned()),
        };
        let sign = if word.starts_with('-') { "" } else { "+" };
        self.log.lock().unwrap().push(format!("{sign}{word}"));
    }
}

#[async_trait]
impl Action for Saying {
    fn name(&self) -> &'static str {
        "say"
    }

    fn title(&self) -> &'static str {
        "Saying"
    }

    fn show(&self, _plan: &Value) -> Shown {
        Shown::default()
    }

    fn patience(&self, _context: &Context, _run: &RunRow) -> Duration {
        PATIENCE
    }

    async fn apply(&self, at: &StepAt<'_>, what: &Value) -> Result<Done, Trouble> {
        let word: String = at.what(what)?;
        at.sent(format!("say {word}"));
        let turn = self.next(&word);
        match turn {
            Some(Turn::Fails) => return Err(Trouble::Failed("The word cannot be said.".to_owned())),
            Some(Turn::Busy) => return Err(Trouble::Again { why: "Too busy.".to_owned(), after: None }),
            Some(Turn::Dawdles(gate)) => {
                gate.notified().await;
                at.send(async { self.say(&word) }).await?;
            }
            Some(Turn::Waits(gate)) => {
                at.send(async {
                    gate.notified().await;
                    self.say(&word);
                })
                .await?;
            }
            Some(Turn::SaidUnheard) => {
                at.send(async { self.say(&word) }).await?;
                return Err(Trouble::Unsure("No answer.".to_owned()));
            }
            Some(Turn::Lost | Turn::Unreadable) => {
                at.send(async {}).await?;
                return Err(Trouble::Unsure("No answer.".to_owned()));
            }
            None => at.send(async { self.say(&word) }).await?,
        }
        at.answered("said", Some("request-1"));
        Ok(Done::new("Said."))
    }

    async fn settle(&self, at: &StepAt<'_>, what: &Value) -> Result<Settled, Trouble> {
        let word: String = at.what(what)?;
        if matches!(self.next(&word), Some(Turn::Unreadable)) {
            return Ok(Settled::Unknown("Nobody listens.".to_owned()));
        }
        let (said, word) = match word.strip_prefix('-') {
            Some(back) => (!self.world.lock().unwrap().contains(back), back.to_owned()),
            None => (self.world.lock().unwrap().contains(&word), word),
        };
        Ok(match said {
            true => Settled::Applied(Done::new(format!("It turns out that {word} was said."))),
            false => Settled::NotApplied("It turns out that it was not said.".to_owned()),
        })
    }

    fn undo(&self, _run: &RunRow, steps: &[StepRow]) -> Option<Vec<NewStep>> {
        let done = steps.iter().rev().filter(|step| step.state() == runs::StepState::Succeeded);
        Some(
            done.map(|step| {
                let word: String = serde_json::from_str(&step.what).unwrap();
                NewStep::new(format!("Unsay {word}"), json!(format!("-{word}")), AfterCrash::Settle)
                    .undoing(step.position)
            })
            .collect(),
        )
    }

    fn on_failure(&self) -> OnFailure {
        *self.on_failure.lock().unwrap()
    }

    fn ended(
        &self,
        _connection: &mut quarterdeck::store::AnyConnection,
        run: &RunRow,
        state: RunState,
        _at: quarterdeck::clock::Instant,
    ) -> diesel::QueryResult<()> {
        self.ended.lock().unwrap().push((run.id, state));
        Ok(())
    }
}

/// A database, a world, and whoever works.
#[derive(Clone)]
pub struct Yard {
    pub context: Context,
    pub saying: &'static Saying,
    pub executor: Executor,
    pub stop: CancellationToken,
}

impl Yard {
    pub fn over(db: Db) -> Self {
        let clock = db.clock.clone();
        let context = Context::over(config(), Vec::new(), Parts { http: Http::new(), clock }, db);
        let saying = Saying::leaked();
        let executor = Executor::new(context.clone(), Box::leak(Box::new([saying as &dyn Action])));
        Self { context, saying, executor, stop: CancellationToken::new() }
    }

    /// An executor of these words in another context, as that of a panel.
    pub fn executor_over(&self, context: Context) -> Executor {
        Executor::new(context, Box::leak(Box::new([self.saying as &dyn Action])))
    }

    /// Another worker of another process, as far as the database can tell.
    pub fn colleague(&self) -> Self {
        let context = Context { bell: runs::Bell::default(), ..self.context.clone() };
        let executor = Executor::new(context.clone(), Box::leak(Box::new([self.saying as &dyn Action])));
        Self { context, executor, stop: CancellationToken::new(), ..self.clone() }
    }

    /// A run that says words, each a step that is settled by looking.
    pub fn run(&self, words: &[&str], lanes: &[&str]) -> NewRun {
        self.run_with(words, lanes, AfterCrash::Settle)
    }

    pub fn run_with(&self, words: &[&str], lanes: &[&str], after_crash: AfterCrash) -> NewRun {
        let steps = words.iter().map(|word| NewStep::new(format!("Say {word}"), json!(word), after_crash)).collect();
        let new =
            NewRun::new(self.saying, format!("Say {}", words.join(" ")), json!(words), steps, Doer::command_line());
        NewRun {
            lanes: lanes.iter().map(|lane| (*lane).to_owned()).collect(),
            target: "the world".to_owned(),
            reason: "because".to_owned(),
            ..new
        }
    }

    pub async fn submit(&self, new: NewRun) -> i64 {
        match self.ask(new).await {
            Submitted::New(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub async fn ask(&self, new: NewRun) -> Submitted {
        let db = self.context.db.clone();
        self.context.db.write(move |connection| runs::submit(connection, &db, &new)).await.unwrap()
    }

    /// Claims once.
    pub async fn claim(&self) -> usize {
        self.executor.claim_all(&self.stop).await.unwrap()
    }

    /// Works as a worker does.
    pub async fn executor_until_stopped(self) {
        self.executor.work_until(self.stop.clone()).await;
    }

    /// Works until nothing waits or runs.
    pub async fn work_off(&self) {
        self.until("everything has ended", async || {
            self.claim().await;
            self.all().await.iter().all(|run| run.state().has_ended())
        })
        .await;
    }

    /// Works until that run has ended.
    pub async fn ended(&self, id: i64) -> RunRow {
        self.until("the run has ended", async || {
            self.claim().await;
            self.row(id).await.state().has_ended()
        })
        .await;
        self.row(id).await
    }

    pub async fn until(&self, what: &str, mut enough: impl AsyncFnMut() -> bool) {
        let patience = std::time::Instant::now() + Duration::from_secs(40);
        while !enough().await {
            assert!(std::time::Instant::now() < patience, "waited in vain until {what}: {}", self.saying.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn row(&self, id: i64) -> RunRow {
        let found = self.context.db.read(move |connection| list::find(connection, &Scope::unrestricted(), id)).await;
        found.unwrap().expect("the run is there")
    }

    pub async fn state(&self, id: i64) -> String {
        self.row(id).await.state().to_string()
    }

    pub async fn steps(&self, id: i64) -> Vec<StepRow> {
        self.context.db.read(move |connection| steps::of_run(connection, id)).await.unwrap()
    }

    /// `succeeded: Said. / failed: …`
    pub async fn story(&self, id: i64) -> String {
        let row = self.row(id).await;
        let steps = self.steps(id).await;
        let lines: Vec<String> =
            steps.iter().map(|step| format!("{}: {}: {}", step.title, step.state().as_str(), step.outcome)).collect();
        format!("{}: {}\n{}", row.state(), row.outcome, lines.join("\n"))
    }

    async fn all(&self) -> Vec<RunRow> {
        let wanted = list::Wanted::default();
        let page =
            self.context.db.read(move |connection| list::page(connection, &Scope::unrestricted(), &wanted, 1_000));
        page.await.unwrap().rows
    }
}
