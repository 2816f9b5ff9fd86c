//! Many rows by few statements, in the words that each database is best at: PostgreSQL takes each column as one array,
//! in a statement that is the same for any number of rows; SQLite takes rows of values, by numbers for which it has the
//! statement prepared.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text, Timestamp};

use super::{Sql, Value};
use crate::store::AnyConnection;
use crate::store::moment::Moment;

/// How many values one statement may bind on SQLite (32,766), with room for others beside them.
const BINDS: usize = 30_000;
/// Rows of one statement.
const ON_SQLITE: usize = 512;
const ON_POSTGRES: usize = 4_096;

/// Inserts rows by as few statements as possible: `head` is `INSERT INTO t (a, b) VALUES `, `tail` what follows the
/// rows. Each row must have the same number of values, and each column values of one type. Who is told that it failed
/// rolls the transaction back: on SQLite a part of the rows may be there.
pub fn insert_rows(
    connection: &mut AnyConnection,
    head: &'static str,
    rows: Vec<Vec<Value>>,
    tail: &'static str,
) -> QueryResult<usize> {
    let Some(width) = rows.first().map(Vec::len) else { return Ok(0) };
    match connection {
        AnyConnection::Postgres(_) => insert_columns(connection, head, rows, tail),
        AnyConnection::Sqlite(_) => {
            let most = (BINDS / width.max(1)).min(ON_SQLITE);
            insert_values(connection, head, most, rows, tail)
        }
    }
}

/// The same into a table that refers to another one and has many indexes. SQLite keeps aside each page that a statement of
/// several rows changes, to take back what it has done if it fails in the middle; with a foreign key it does so even where
/// `OR FAIL` lets it be. Of a statement a row it keeps nothing, which spares a fifth of the time of a row of `resources`
/// and more (SQLite, "Temporary Files Used By SQLite", statement journals).
pub fn insert_singly(connection: &mut AnyConnection, head: &'static str, rows: Vec<Vec<Value>>) -> QueryResult<usize> {
    match connection {
        AnyConnection::Postgres(_) => insert_columns(connection, head, rows, ""),
        AnyConnection::Sqlite(_) => insert_values(connection, head, 1, rows, ""),
    }
}

fn insert_columns(
    connection: &mut AnyConnection,
    head: &'static str,
    rows: Vec<Vec<Value>>,
    tail: &'static str,
) -> QueryResult<usize> {
    let mut inserted = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut sql = Sql::new(head.strip_suffix("VALUES ").unwrap_or(head));
        sql.push("SELECT * FROM ");
        from_columns(&mut sql, &mut rows)?;
        sql.push(tail);
        inserted += sql.execute(connection)?;
    }
    Ok(inserted)
}

fn insert_values(
    connection: &mut AnyConnection,
    head: &'static str,
    most: usize,
    rows: Vec<Vec<Value>>,
    tail: &'static str,
) -> QueryResult<usize> {
    let mut inserted = 0;
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        // Powers of two: few distinct statements, each prepared once.
        let size = if left >= most { most } else { 1 << left.ilog2() };
        let mut sql = match head.strip_prefix("INSERT INTO ") {
            // What it has done before it fails need not be taken back, and no page is kept aside for that.
            Some(rest) if most > 1 => {
                let mut sql = Sql::new("INSERT OR FAIL INTO ");
                sql.push(rest);
                sql
            }
            _ => Sql::new(head),
        };
        for (position, row) in rows.by_ref().take(size).enumerate() {
            sql.push(if position == 0 { "(" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                if column > 0 {
                    sql.push(", ");
                }
                sql.bind(value);
            }
            sql.push(")");
        }
        sql.push(tail);
        inserted += sql.execute(connection)?;
        left -= size;
    }
    Ok(inserted)
}

/// Writes over rows that are known by the last of `columns`, each row's values in their order; `also` is what all of
/// them are set to besides, with a comma in front.
pub fn update_rows(
    connection: &mut AnyConnection,
    table: &'static str,
    columns: &[&'static str],
    also: &'static str,
    rows: Vec<Vec<Value>>,
) -> QueryResult<()> {
    let Some((known_by, set)) = columns.split_last() else { return Ok(()) };
    let begin = || {
        let mut sql = Sql::new("UPDATE ");
        sql.push(table).push(" SET ");
        sql
    };
    match connection {
        AnyConnection::Postgres(_) => {
            let mut rows = rows.into_iter().peekable();
            while rows.peek().is_some() {
                let mut sql = begin();
                for (position, column) in set.iter().enumerate() {
                    sql.push(if position == 0 { "" } else { ", " }).push(column).push(" = x.").push(column);
                }
                sql.push(also).push(" FROM ");
                from_columns(&mut sql, &mut rows)?;
                for (position, column) in columns.iter().enumerate() {
                    sql.push(if position == 0 { " AS x (" } else { ", " }).push(column);
                }
                sql.push(") WHERE ").push(table).push(".").push(known_by).push(" = x.").push(known_by);
                sql.execute(connection)?;
            }
        }
        AnyConnection::Sqlite(_) => {
            for row in rows {
                let mut sql = begin();
                for (position, value) in row.into_iter().enumerate() {
                    match set.get(position) {
                        Some(column) => sql.push(if position == 0 { "" } else { ", " }).push(column).push(" = "),
                        None => sql.push(also).push(" WHERE ").push(known_by).push(" = "),
                    };
                    sql.bind(value);
                }
                sql.execute(connection)?;
            }
        }
    }
    Ok(())
}

/// Appends the next rows as a table of columns.
fn from_columns(sql: &mut Sql, rows: &mut impl Iterator<Item = Vec<Value>>) -> QueryResult<()> {
    let mut columns: Vec<Column> = Vec::new();
    for row in rows.take(ON_POSTGRES) {
        for (position, value) in row.into_iter().enumerate() {
            match columns.get_mut(position) {
                Some(column) => column.push(value)?,
                None => columns.push(Column::of(value)),
            }
        }
    }
    for (position, column) in columns.into_iter().enumerate() {
        sql.push(if position == 0 { "unnest(" } else { ", " }).bind_column(column);
    }
    sql.push(")");
    Ok(())
}

/// The values of one column.
#[derive(Clone, Debug)]
pub(super) enum Column {
    Texts(Vec<String>),
    Bigs(Vec<i64>),
    Ints(Vec<i32>),
    Bools(Vec<bool>),
    Doubles(Vec<f64>),
    Times(Vec<Option<Moment>>),
}

impl Column {
    fn of(first: Value) -> Self {
        match first {
            Value::Text(text) => Self::Texts(vec![text]),
            Value::Big(number) => Self::Bigs(vec![number]),
            Value::Int(number) => Self::Ints(vec![number]),
            Value::Bool(flag) => Self::Bools(vec![flag]),
            Value::Double(number) => Self::Doubles(vec![number]),
            Value::Time(at) => Self::Times(vec![Some(at)]),
            Value::MaybeTime(at) => Self::Times(vec![at]),
        }
    }

    fn push(&mut self, value: Value) -> QueryResult<()> {
        match (self, value) {
            (Self::Texts(texts), Value::Text(text)) => texts.push(text),
            (Self::Bigs(numbers), Value::Big(number)) => numbers.push(number),
            (Self::Ints(numbers), Value::Int(number)) => numbers.push(number),
            (Self::Bools(flags), Value::Bool(flag)) => flags.push(flag),
            (Self::Doubles(numbers), Value::Double(number)) => numbers.push(number),
            (Self::Times(times), Value::Time(at)) => times.push(Some(at)),
            (Self::Times(times), Value::MaybeTime(at)) => times.push(at),
            (_, value) => {
                let words = format!("{value:?} is of another type than the column's first value");
                return Err(diesel::result::Error::QueryBuilderError(words.into()));
            }
        }
        Ok(())
    }

    pub(super) fn bind<'b>(&'b self, pass: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Texts(texts) => pass.push_bind_param::<Array<Text>, _>(texts),
            Self::Bigs(numbers) => pass.push_bind_param::<Array<BigInt>, _>(numbers),
            Self::Ints(numbers) => pass.push_bind_param::<Array<Integer>, _>(numbers),
            Self::Bools(flags) => pass.push_bind_param::<Array<Bool>, _>(flags),
            Self::Doubles(numbers) => pass.push_bind_param::<Array<Double>, _>(numbers),
            Self::Times(times) => pass.push_bind_param::<Array<Nullable<Timestamp>>, _>(times),
        }
    }
}
