//! How a database means to answer: the statements that a question sends, explained by the database itself.

use diesel::prelude::*;
use diesel::sql_types::Text;
use quarterdeck::store::sql::{Positional, Sql};
use quarterdeck::store::{AnyConnection, Backend};

/// What PostgreSQL does with a table of a hundred rows, and not with one of a million.
const WAYS_OF_SMALL_TABLES: [&str; 3] =
    ["SET enable_seqscan = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off"];

/// The plan of a statement, a step a line, as it would be for large tables.
pub fn explained(connection: &mut AnyConnection, backend: Backend, statement: Sql) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Detail {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    #[derive(Queryable)]
    struct Line(String);
    impl Positional for Line {
        type Columns = (Text,);
    }
    match backend {
        Backend::Sqlite => {
            let mut sql = Sql::new("EXPLAIN QUERY PLAN ");
            sql.append(statement);
            sql.load::<Detail>(connection).unwrap().into_iter().map(|row| row.detail).collect()
        }
        Backend::Postgres => {
            for way in WAYS_OF_SMALL_TABLES {
                Sql::new(way).execute(connection).unwrap();
            }
            let mut sql = Sql::new("EXPLAIN ");
            sql.append(statement);
            let lines = sql.load_positional::<Line>(connection).unwrap().into_iter().map(|Line(line)| line).collect();
            Sql::new("RESET ALL").execute(connection).unwrap();
            lines
        }
    }
}

/// The steps that read one of these tables from its beginning to its end, or an index from its beginning to its end.
pub fn whole<'p>(plan: &'p [String], tables: &[&str]) -> Vec<&'p String> {
    let reads = |position: usize, step: &str| {
        let table = tables
            .iter()
            .any(|table| step.contains(&format!("Seq Scan on {table} ")) || step.contains(&format!("SCAN {table}")));
        // PostgreSQL says below a node what it looks for in the index; one that looks for nothing reads all of it.
        let index = step.contains("Index Scan") || step.contains("Index Only Scan");
        let below = plan[position + 1..].iter().take_while(|line| !line.contains("->"));
        table || (index && !below.clone().any(|line| line.contains("Index Cond")))
    };
    plan.iter().enumerate().filter(|(position, step)| reads(*position, step)).map(|(_, step)| step).collect()
}
