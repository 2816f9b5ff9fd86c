//! Pages of lists by id: they read one row more than they show, and so know whether there is another page.

/// Rows, and where the next page begins.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// The id of the last row, if there are more behind it.
    pub next: Option<i64>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: None }
    }
}

impl<T> Page<T> {
    /// The first `limit` of `rows`, which are all or at least one more.
    pub fn of(mut rows: Vec<T>, limit: usize, id: impl Fn(&T) -> i64) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(id);
        Self { rows, next }
    }
}

/// How many rows to read for a page of `limit`.
pub fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}
