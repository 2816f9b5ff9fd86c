//! What every page carries around its content: who looks at it, when, at which moment, and how true the whole is.
//!
//! Each page struct has a field `shell`, and `templates/base.html` reads nothing else. Pages made before a session
//! exists (sign-in, setup, errors) use [`Shell::bare`].

use diesel::QueryResult;

use super::params::Params;
use super::{PageError, cells, moment};
use crate::clock::Instant;
use crate::kinds::{KINDS, KindSpec, Tone};
use crate::store::standing::{self, Standing};
use crate::store::{AnyConnection, Scope};

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Shell {
    pub now: Instant,
    pub theme: Theme,
    /// Path and query of this very page: where a form that changes nothing of it comes back to.
    pub here: String,
    pub viewer: Option<Viewer>,
    /// What may be asked of the store for this page.
    pub scope: Scope,
    /// For the hidden field `csrf_token` of each form.
    pub csrf_token: String,
    pub flash: Option<Flash>,
    /// The line that says on every page how things stand; `None` where nobody is signed in.
    pub standing: Option<Standing>,
    /// The past moment that this page shows.
    pub past: Option<Past>,
}

/// Who is signed in, as far as pages differ by it.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub email: String,
    /// `admin`, `operator` or `viewer`.
    pub role: String,
    /// May sync and decide about held losses.
    pub operates: bool,
    /// May manage users, tokens of others and tasks, and read the audit.
    pub administers: bool,
    /// As whom an administrator looks.
    pub view: Option<ViewedAs>,
}

/// As whom the panel is looked at, and until when.
#[derive(Clone, Debug)]
pub struct ViewedAs {
    pub label: String,
    pub until: Instant,
}

/// A message about what has just been done, shown once.
#[derive(Clone, Debug)]
pub struct Flash {
    pub tone: Tone,
    pub text: String,
}

/// A past moment, and the way out of it.
#[derive(Clone, Debug)]
pub struct Past {
    pub at: Instant,
    /// The same page, now.
    pub now_href: String,
}

/// Light, dark, or as the system prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Shell {
    /// The frame of a page for somebody unknown.
    pub fn bare(now: Instant) -> Self {
        Self {
            now,
            theme: Theme::Auto,
            here: "/".to_owned(),
            viewer: None,
            scope: Scope::nothing(),
            csrf_token: String::new(),
            flash: None,
            standing: None,
            past: None,
        }
    }

    /// Every kind, for the navigation.
    pub fn kinds(&self) -> &'static [&'static KindSpec] {
        KINDS
    }

    /// Reads `?at=`: the page shows that moment, says so, and offers nothing to do.
    ///
    /// # Errors
    /// [`PageError::Invalid`] for what is no past moment.
    pub fn look_back(&mut self, params: &Params, path: &str) -> Result<Option<Instant>, PageError> {
        let Some(text) = params.get("at") else { return Ok(None) };
        let at = moment::parse(text, self.now).map_err(PageError::Invalid)?;
        self.past = Some(Past { at, now_href: params.without(&["at", "cursor"]).href(path) });
        Ok(Some(at))
    }

    /// What keeps a link at the past moment that this page shows; empty now.
    pub fn at_query(&self) -> String {
        cells::href_query(self.past.as_ref().map(|past| past.at))
    }

    /// The same as a hidden field's value.
    pub fn at_value(&self) -> String {
        self.past.as_ref().map(|past| moment::said(past.at)).unwrap_or_default()
    }

    /// Reads how things stand, for somebody who is signed in.
    pub fn stand(&mut self, connection: &mut AnyConnection) -> QueryResult<()> {
        // Of a house of which somebody sees nothing, nothing is said either.
        if self.viewer.is_some() && !self.scope.sees_nothing() {
            self.standing = Some(standing::read(connection, &self.scope, self.now)?);
        }
        Ok(())
    }

    /// Whether somebody is signed in who belongs to no team, and so sees nothing.
    pub fn sees_nothing(&self) -> bool {
        self.viewer.is_some() && self.scope.sees_nothing()
    }

    /// Whether nothing is hidden from whoever looks.
    pub fn sees_everything(&self) -> bool {
        self.scope.sees_everything()
    }

    /// Whether nobody has named anything to watch.
    pub fn is_without_sources(&self) -> bool {
        self.standing.is_some_and(|standing| standing.sources == 0)
    }

    /// The worst of how things stand, as a colour.
    pub fn standing_tone(&self) -> Tone {
        match &self.standing {
            None => Tone::Plain,
            Some(standing) if standing.troubled > 0 => Tone::Bad,
            Some(standing) if standing.held > 0 || standing.confirmed_at.is_none() => Tone::Warn,
            Some(_) => Tone::Good,
        }
    }

    pub fn operates(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.operates)
    }

    pub fn administers(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.administers)
    }

    /// Whether this page lies at or below `path`, for the navigation.
    pub fn is_at(&self, path: &str) -> bool {
        let here = self.here.split('?').next().unwrap_or_default();
        here == path || here.strip_prefix(path).is_some_and(|rest| path != "/" && rest.starts_with('/'))
    }
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// As in the cookie, the form and `data-bs-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Anything unknown is [`Theme::Auto`].
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_page_lights_up_its_list_in_the_navigation() {
        let mut shell = Shell::bare(Instant::UNIX_EPOCH);
        shell.here = "/zones/7?at=2h".to_owned();
        assert!(shell.is_at("/zones"));
        assert!(!shell.is_at("/zone"));
        assert!(!shell.is_at("/"));
    }
}
