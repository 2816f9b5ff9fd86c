//! `/{kind}`: the list of a kind, with filters, columns, search, a past moment, and CSV.

use askama::Template;
use askama_web::WebTemplate;

use crate::kinds::{Cell, KindSpec};
use crate::web::view::{Age, FilterGroup, Kept, Pager};
use crate::web::{Shell, filters};

/// A page of a kind's list.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/list.html")]
pub struct ListPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    pub list_path: String,
    pub age: Age,
    /// How many match, where that is known without counting.
    pub total: Option<i64>,
    pub query: String,
    pub filters: Vec<FilterGroup>,
    /// The list without any condition, if there is one.
    pub clear_href: Option<String>,
    /// The query without `q` and `cursor`, for the form that searches.
    pub kept: Vec<Kept>,
    /// The query without `at` and `cursor`, for the forms that change another part of it.
    pub kept_all: Vec<Kept>,
    /// In the order of `cells`.
    pub headings: Vec<Heading>,
    pub choices: Vec<Choice>,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub csv_href: String,
}

impl ListPage {
    /// `No load balancers are known`.
    fn none_known(&self) -> String {
        format!("No {} are known", self.spec.titles.to_lowercase().replace("dns", "DNS"))
    }
}

/// The head of a column.
#[derive(Clone, Debug)]
pub struct Heading {
    pub title: &'static str,
    pub priority: u8,
    /// Sorts by it, or turns the order around.
    pub href: Option<String>,
    pub sorted: Option<Order>,
}

/// In which order a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

impl Order {
    /// As `aria-sort` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// Its arrow.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

/// A column that can be shown.
#[derive(Clone, Debug)]
pub struct Choice {
    pub id: &'static str,
    pub title: &'static str,
    pub on: bool,
}

/// A resource in the list; the first cell is its name.
#[derive(Clone, Debug)]
pub struct Row {
    pub href: String,
    pub name: String,
    pub cells: Vec<Cell>,
    pub is_gone: bool,
    /// Missing in a complete listing, while the guard holds the loss.
    pub is_missing: bool,
}
