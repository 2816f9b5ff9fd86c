//! Where a question is asked: what was quick so far where the caller stands, and all else on the database's own threads.

use std::pin::pin;
use std::thread::{self, ThreadId};
use std::time::Duration;

use diesel::{RunQueryDsl, sql_query};
use futures_util::future::join_all;
use futures_util::poll;
use quarterdeck::store::{AnyConnection, Backend, Db, Likeness, StoreError};

use crate::support::database::on_each_database;

/// Longer than anything that counts as quick.
const SLOW: Duration = Duration::from_millis(50);
/// Far more than it takes to be known, for on a busy machine anything is slow now and then.
const OFTEN: usize = 2_000;

async fn asked_on(db: &Db, likeness: Likeness, pause: Duration) -> ThreadId {
    let question = move |connection: &mut AnyConnection| {
        sql_query("SELECT 1").execute(connection)?;
        thread::sleep(pause);
        Ok(thread::current().id())
    };
    db.read_like(likeness, question).await.unwrap()
}

async fn asked_here(db: &Db, likeness: Likeness) -> bool {
    asked_on(db, likeness, Duration::ZERO).await == thread::current().id()
}

/// Asks until it is asked here, which it never is on PostgreSQL.
async fn comes_to_be_asked_here(db: &Db, likeness: Likeness) -> bool {
    for _ in 0..OFTEN {
        if asked_here(db, likeness).await {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn what_was_quick_so_far_is_asked_where_the_caller_stands() {
    on_each_database(async |db| {
        let (list, search) = (Likeness::of("list"), Likeness::of("search"));
        assert!(!asked_here(&db, list).await, "nobody knows yet");
        assert_eq!(comes_to_be_asked_here(&db, list).await, db.backend() == Backend::Sqlite);
        assert!(!asked_here(&db, search).await, "it is like another");
        asked_on(&db, list, SLOW).await;
        assert!(!asked_here(&db, list).await, "one that was slow is the last that holds up who stands here");
    })
    .await;
}

#[tokio::test]
async fn where_many_ask_at_a_time_they_are_served_by_threads_that_do_nothing_else() {
    on_each_database(async |db| {
        let list = Likeness::of("list");
        let is_sqlite = db.backend() == Backend::Sqlite;
        assert_eq!(comes_to_be_asked_here(&db, list).await, is_sqlite);
        let many = 2 * thread::available_parallelism().unwrap().get();
        // None is answered before all have come.
        let asked_on = join_all((0..many).map(|_| asked_on(&db, list, SLOW))).await;
        assert!(!asked_on.contains(&thread::current().id()), "{asked_on:?}");
        assert_eq!(comes_to_be_asked_here(&db, list).await, is_sqlite, "they have gone");
        for _ in 0..many {
            let mut given_up = pin!(db.read_like(list, |_| Ok(())));
            assert!(poll!(&mut given_up).is_pending(), "it had begun, and was not answered");
        }
        assert_eq!(comes_to_be_asked_here(&db, list).await, is_sqlite, "who gives up is gone");
    })
    .await;
}

#[tokio::test]
async fn a_panic_where_the_caller_stands_is_an_error_like_any_other() {
    on_each_database(async |db| {
        let list = Likeness::of("list");
        comes_to_be_asked_here(&db, list).await;
        let panicked = db.read_like(list, |_| -> diesel::QueryResult<()> { panic!("on purpose") }).await;
        assert!(matches!(panicked, Err(StoreError::Cancelled)), "{panicked:?}");
        let refused = db.read_like(list, |_| -> diesel::QueryResult<()> { Err(diesel::result::Error::NotFound) }).await;
        assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
        assert_eq!(comes_to_be_asked_here(&db, list).await, db.backend() == Backend::Sqlite);
    })
    .await;
}
