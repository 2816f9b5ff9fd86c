//! SQL as text with values, for what is put together at run time: lists, batches, searches.
//!
//! A [`Sql`] is a diesel query of its own, because `diesel::sql_query` is never kept in the statement cache, and these
//! must be: equal texts are prepared once per connection. Values are always bound, never written into the text; the
//! text comes from constants only.

use std::marker::PhantomData;

mod bulk;

use bulk::Column;
pub use bulk::{insert_rows, insert_singly, update_rows};

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::result::Error::QueryBuilderError;
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Bool, Double, HasSqlType, Integer, Nullable, Text, Timestamp, Untyped};
use diesel::sqlite::Sqlite;

use super::AnyConnection;
use super::moment::Moment;
use super::pattern::Pattern;
use crate::clock::Instant;

/// A value of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Big(i64),
    Int(i32),
    Bool(bool),
    Double(f64),
    Time(Moment),
    MaybeTime(Option<Moment>),
}

/// A query in the making. Pieces of text are constants; values are bound.
#[derive(Clone, Debug, Default)]
pub struct Sql(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(&'static str),
    Value(Value),
    List(List),
    Column(Column),
    Pattern(Pattern),
}

/// What a list can be made of.
pub trait Listed: Sized {
    fn list(values: &[Self]) -> List;
}

impl Listed for i64 {
    fn list(values: &[Self]) -> List {
        List::Numbers(values.to_vec())
    }
}

impl Listed for String {
    fn list(values: &[Self]) -> List {
        List::Texts(values.to_vec())
    }
}

impl Listed for &str {
    fn list(values: &[Self]) -> List {
        List::Texts(values.iter().map(ToString::to_string).collect())
    }
}

/// A list of one type.
#[derive(Clone, Debug)]
pub enum List {
    Texts(Vec<String>),
    Numbers(Vec<i64>),
}

impl Sql {
    pub fn new(text: &'static str) -> Self {
        Self(vec![Piece::Text(text)])
    }

    /// Appends text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.0.push(Piece::Text(text));
        self
    }

    /// Appends a bound value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.0.push(Piece::Value(value.into()));
        self
    }

    /// Appends the condition that what stands before it matches the pattern.
    pub fn like(&mut self, pattern: &Pattern) -> &mut Self {
        self.0.push(Piece::Pattern(pattern.clone()));
        self
    }

    /// Appends another query's pieces.
    pub fn append(&mut self, other: Self) -> &mut Self {
        self.0.extend(other.0);
        self
    }

    /// These queries as one, each with an order and an end of its own: a statement for each would be a journey to the
    /// database for each. There must be one.
    pub fn union_all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.push(if all.0.is_empty() { "SELECT * FROM (" } else { ") x UNION ALL SELECT * FROM (" });
            all.append(part);
        }
        all.push(") x");
        all
    }

    /// Appends a column of rows, as one array; only PostgreSQL has them.
    fn bind_column(&mut self, column: Column) -> &mut Self {
        self.0.push(Piece::Column(column));
        self
    }

    /// Appends a list in parentheses, behind a text that ends with ` IN ` or ` NOT IN `. An empty one matches nothing.
    pub fn bind_list<V: Listed>(&mut self, values: &[V]) -> &mut Self {
        debug_assert!(matches!(self.0.last(), Some(Piece::Text(text)) if text.ends_with("IN ")), "of what, this list?");
        if values.is_empty() {
            return self.push("(NULL)");
        }
        self.0.push(Piece::List(V::list(values)));
        self
    }

    /// Runs it for its rows.
    pub fn load<R>(self, connection: &mut AnyConnection) -> QueryResult<Vec<R>>
    where
        for<'q> Self: LoadQuery<'q, PgConnection, R> + LoadQuery<'q, SqliteConnection, R>,
    {
        match connection {
            AnyConnection::Postgres(inner) => RunQueryDsl::load(self, inner),
            AnyConnection::Sqlite(inner) => RunQueryDsl::load(self, inner),
        }
    }

    /// Runs it for rows that are read by position, for what is loaded by the hundred: finding 23 columns of each row by
    /// their names costs as much as all the rest of a page.
    pub fn load_positional<R: Positional>(self, connection: &mut AnyConnection) -> QueryResult<Vec<R>>
    where
        for<'q> Typed<R::Columns>: LoadQuery<'q, PgConnection, R> + LoadQuery<'q, SqliteConnection, R>,
    {
        let typed = Typed { sql: self, columns: PhantomData };
        match connection {
            AnyConnection::Postgres(inner) => RunQueryDsl::load(typed, inner),
            AnyConnection::Sqlite(inner) => RunQueryDsl::load(typed, inner),
        }
    }

    /// Runs it for the first row, if there is one.
    pub fn first<R>(self, connection: &mut AnyConnection) -> QueryResult<Option<R>>
    where
        for<'q> Self: LoadQuery<'q, PgConnection, R> + LoadQuery<'q, SqliteConnection, R>,
    {
        Ok(self.load(connection)?.into_iter().next())
    }

    /// Runs it for its effect; gives the number of rows it touched.
    pub fn execute(self, connection: &mut AnyConnection) -> QueryResult<usize> {
        match connection {
            AnyConnection::Postgres(inner) => RunQueryDsl::execute(self, inner),
            AnyConnection::Sqlite(inner) => RunQueryDsl::execute(self, inner),
        }
    }
}

/// A row whose columns have one order wherever it is selected.
pub trait Positional {
    /// Their types, as a tuple.
    type Columns;
}

/// A query whose columns are known.
#[derive(Debug)]
pub struct Typed<C> {
    sql: Sql,
    columns: PhantomData<C>,
}

/// The value of an `until`: `at`, or the row's own `since` where a clock was set back in between.
pub fn no_sooner_than_since(sql: &mut Sql, at: Instant) -> &mut Sql {
    sql.push("CASE WHEN since > ").bind(at).push(" THEN since ELSE ").bind(at).push(" END")
}

impl QueryId for Sql {
    type QueryId = ();
    // The cache key is the text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Sql {}

impl<C> QueryId for Typed<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> Query for Typed<C> {
    type SqlType = C;
}

impl<C, Connection> RunQueryDsl<Connection> for Typed<C> {}

impl<C, DB: Backend> QueryFragment<DB> for Typed<C>
where
    Sql: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.sql.walk_ast(pass)
    }
}

/// A list is a bound value each. Their number is rounded up to a power of two by repeating the last one, so that few
/// texts exist and each is prepared once.
impl QueryFragment<Sqlite> for Sql {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => pass.push_sql(text),
                Piece::Value(value) => bind(value, &mut pass)?,
                Piece::List(List::Texts(values)) => bind_each::<Text, _>(values, &mut pass)?,
                Piece::List(List::Numbers(values)) => bind_each::<BigInt, _>(values, &mut pass)?,
                Piece::Column(_) => return Err(QueryBuilderError("SQLite has no arrays".into())),
                Piece::Pattern(pattern) => {
                    pass.push_sql(" GLOB ");
                    pass.push_bind_param::<Text, _>(&pattern.glob)?;
                }
            }
        }
        Ok(())
    }
}

/// A list is one array: with a thousand parameters the planner would compare each row with each of them. `ANY` of it is
/// a condition of an index; `IN (SELECT unnest(..))` is a join, and one that was planned while the table was empty goes
/// through the whole list for each of its rows.
impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = self.0.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Text(text) if matches!(pieces.peek(), Some(Piece::List(_))) => {
                    let (before, compared) = match text.strip_suffix("NOT IN ") {
                        Some(before) => (before, "<> ALL ("),
                        None => (text.strip_suffix("IN ").unwrap_or(text), "= ANY ("),
                    };
                    pass.push_sql(before);
                    pass.push_sql(compared);
                }
                Piece::Text(text) => pass.push_sql(text),
                Piece::Value(value) => bind(value, &mut pass)?,
                Piece::List(list) => {
                    match list {
                        List::Texts(values) => pass.push_bind_param::<Array<Text>, _>(values)?,
                        List::Numbers(values) => pass.push_bind_param::<Array<BigInt>, _>(values)?,
                    }
                    pass.push_sql(")");
                }
                Piece::Column(column) => column.bind(&mut pass)?,
                Piece::Pattern(pattern) => {
                    pass.push_sql(" LIKE ");
                    pass.push_bind_param::<Text, _>(&pattern.like)?;
                }
            }
        }
        Ok(())
    }
}

fn bind_each<'b, ST, T>(values: &'b [T], pass: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()>
where
    Sqlite: HasSqlType<ST>,
    T: ToSql<ST, Sqlite>,
{
    for position in 0..values.len().next_power_of_two() {
        pass.push_sql(if position == 0 { "(" } else { ", " });
        pass.push_bind_param::<ST, _>(&values[position.min(values.len() - 1)])?;
    }
    pass.push_sql(")");
    Ok(())
}

fn bind<'b, DB>(value: &'b Value, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
where
    DB: Backend
        + HasSqlType<Text>
        + HasSqlType<BigInt>
        + HasSqlType<Integer>
        + HasSqlType<Bool>
        + HasSqlType<Double>
        + HasSqlType<Timestamp>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
    bool: ToSql<Bool, DB>,
    f64: ToSql<Double, DB>,
    Moment: ToSql<Timestamp, DB>,
    Option<Moment>: ToSql<Nullable<Timestamp>, DB>,
{
    match value {
        Value::Text(text) => pass.push_bind_param::<Text, _>(text),
        Value::Big(number) => pass.push_bind_param::<BigInt, _>(number),
        Value::Int(number) => pass.push_bind_param::<Integer, _>(number),
        Value::Bool(flag) => pass.push_bind_param::<Bool, _>(flag),
        Value::Double(number) => pass.push_bind_param::<Double, _>(number),
        Value::Time(at) => pass.push_bind_param::<Timestamp, _>(at),
        Value::MaybeTime(at) => pass.push_bind_param::<Nullable<Timestamp>, _>(at),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Big(number)
    }
}
impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number)
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}
impl From<Instant> for Value {
    fn from(at: Instant) -> Self {
        Self::Time(at.into())
    }
}
impl From<Option<Instant>> for Value {
    fn from(at: Option<Instant>) -> Self {
        Self::MaybeTime(at.map(Moment::from))
    }
}
