//! Search over everything that has a name, an address, a host, a tag or an id.
//!
//! Words are looked up in the terms, the word with the fewest terms leads, the others must each be in a term of the
//! same resource. Exact terms go before those that begin with the word, and these before those that contain it;
//! tombstones go last. Of a single word what contains it is a second question ([`Extent`]), for it costs several times
//! what the first one does and is rarely wanted by who has typed a whole address. What is weighed is capped, so that a search for `com` costs no more than one for a serial
//! number; [`Group::more`] says so. For a team only terms that something visible bears are terms at all, so that
//! neither the cap nor the order tells of others; where it sees little, they are read from what it sees.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::rows::ResourceRow;
use super::scope::Placed;
use super::sql::{Positional, Sql};
use super::{AnyConnection, Scope, listing, resources, words};
use crate::clock::Instant;
use crate::kinds::{KINDS, KindSpec};

mod fits;

use fits::{Fit, fit, terms_among, terms_of};

/// Resources that are weighed.
const CANDIDATES: i64 = 512;

/// How far a search for a single word goes; several words are looked for anywhere at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What is the word or begins with it; only where nothing does, what contains it.
    First,
    /// What contains the word and does not begin with it.
    Rest,
    /// Both in one answer, for who cannot ask twice.
    All,
}

/// What a search has come to.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In the order of the navigation.
    pub groups: Vec<Group>,
    /// What only contains the word was not looked for: [`Extent::Rest`] finds it.
    pub has_rest: bool,
}

/// What was found of one kind.
#[derive(Clone, Debug)]
pub struct Group {
    pub spec: &'static KindSpec,
    /// Best first; a tombstone has `row.gone_at`.
    pub hits: Vec<Hit>,
    /// There is more of this kind than is shown, or more than was weighed.
    pub more: bool,
}

/// A resource that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub row: ResourceRow,
    /// The term that the search met.
    pub term: String,
}

#[derive(Clone, Debug, Queryable)]
struct Candidate {
    id: i64,
    kind: String,
    name: String,
    gone: bool,
    term: String,
}

impl Positional for Candidate {
    type Columns = (BigInt, Text, Text, Bool, Text);
}

/// Finds what bears all the words of `text`, at most `limit_per_kind` of each kind.
pub fn search(
    connection: &mut AnyConnection,
    scope: &Scope,
    text: &str,
    extent: Extent,
    limit_per_kind: usize,
    at: Option<Instant>,
) -> QueryResult<Found> {
    let words = words::words(text);
    if scope.sees_nothing() || words.is_empty() {
        return Ok(Found::default());
    }
    let little = if at.is_none() && !scope.sees_everything() { listing::little(connection, scope)? } else { None };
    let own = little.as_ref().map(|ids| own_terms(connection, scope, ids)).transpose()?;
    let asked = Asked { scope, words: &words, little, own, borne: borne(scope, at), limit: limit_per_kind, at };
    let word = match &words[..] {
        [word] if extent != Extent::All => word,
        _ => {
            let best = asked.best(connection, &[Fit::Exact, Fit::Beginning, Fit::Part])?;
            return Ok(Found { groups: asked.groups(connection, best)?, has_rest: false });
        }
    };
    let first = asked.best(connection, &[Fit::Exact, Fit::Beginning])?;
    if extent == Extent::First && !first.found.is_empty() {
        // What has too many is too common for the middle of a word to tell anything apart.
        let has_rest =
            !first.terms_capped && !first.capped && word.iter().any(|spelling| words::is_looked_for_within(spelling));
        return Ok(Found { groups: asked.groups(connection, first)?, has_rest });
    }
    let mut rest = asked.best(connection, &[Fit::Part])?;
    let first: HashSet<i64> = first.found.iter().map(|(_, candidate)| candidate.id).collect();
    rest.found.retain(|(_, candidate)| !first.contains(&candidate.id));
    Ok(Found { groups: asked.groups(connection, rest)?, has_rest: false })
}

/// A search, but for how well a term must fit.
struct Asked<'a> {
    scope: &'a Scope,
    words: &'a [Vec<String>],
    /// What a team sees, if that is little.
    little: Option<Sql>,
    /// And the terms of that.
    own: Option<Vec<words::Term>>,
    borne: Sql,
    limit: usize,
    at: Option<Instant>,
}

/// What bears the words, each with the best fit of the leading one.
#[derive(Default)]
struct Best {
    found: Vec<(Fit, Candidate)>,
    /// There are more terms than are weighed.
    terms_capped: bool,
    /// There are more resources than are weighed.
    capped: bool,
}

impl Asked<'_> {
    fn best(&self, connection: &mut AnyConnection, fits: &[Fit]) -> QueryResult<Best> {
        let mut lead: Option<Leading<'_>> = None;
        for word in self.words {
            let (terms, capped) = match &self.own {
                Some(own) => terms_among(own, word, fits),
                None => terms_of(connection, word, &self.borne, fits)?,
            };
            if terms.is_empty() {
                return Ok(Best::default());
            }
            if lead.as_ref().is_none_or(|lead| terms.len() < lead.terms.len()) {
                lead = Some(Leading { word, terms, capped });
            }
        }
        let Some(lead) = lead else { return Ok(Best::default()) };
        let (candidates, capped) = candidates(connection, self.scope, &lead, self.little.as_ref(), self.at)?;
        let others: Vec<_> = self.words.iter().filter(|word| *word != lead.word).collect();
        let found = weigh(connection, candidates, lead.word, &others, self.at)?;
        Ok(Best { found, terms_capped: lead.capped, capped })
    }

    fn groups(&self, connection: &mut AnyConnection, best: Best) -> QueryResult<Vec<Group>> {
        groups(connection, self.scope, best.found, self.limit, self.at, best.capped || best.terms_capped)
    }
}

/// The word with the fewest terms.
struct Leading<'w> {
    word: &'w [String],
    terms: Vec<words::Term>,
    capped: bool,
}

/// That somebody bears the term `m` whom the asker may see; nothing for who sees everybody.
fn borne(scope: &Scope, at: Option<Instant>) -> Sql {
    let mut sql = Sql::default();
    if !scope.sees_everything() {
        sql.push(
            " AND EXISTS (SELECT 1 FROM resource_terms t CROSS JOIN resources r WHERE t.term_id = m.id AND r.id = t.resource_id",
        );
        bearing(&mut sql, at);
        visible(&mut sql, scope, at);
        sql.push(")");
    }
    sql
}

/// That the resource `r` of the bearing `t` is visible, now or then.
fn visible(sql: &mut Sql, scope: &Scope, at: Option<Instant>) {
    match at {
        None => scope.restrict(sql, Placed::Resource),
        Some(at) => scope.restrict_known(sql, "t.resource_id", at),
    }
}

/// All terms of a team that sees little: read once, where looking for a word among everybody's would pass over those of
/// all others.
fn own_terms(connection: &mut AnyConnection, scope: &Scope, ids: &Sql) -> QueryResult<Vec<words::Term>> {
    let mut sql = Sql::new("SELECT DISTINCT m.id, m.term FROM ");
    bearers(&mut sql, ids);
    bearing(&mut sql, None);
    visible(&mut sql, scope, None);
    let mut terms: Vec<words::Term> = sql.load_positional(connection)?;
    terms.retain(|term| !term.term.is_empty());
    terms.sort_by(|one, other| one.term.cmp(&other.term));
    Ok(terms)
}

/// Those resources `r` with the terms `m` that they bear.
fn bearers<'s>(sql: &'s mut Sql, ids: &Sql) -> &'s mut Sql {
    sql.push("(").append(ids.clone()).push(
        ") little CROSS JOIN resources r CROSS JOIN resource_terms t CROSS JOIN terms m \
         WHERE r.id = little.id AND t.resource_id = r.id AND m.id = t.term_id",
    )
}

/// The resources that bear a term of the leading word, best terms first.
fn candidates(
    connection: &mut AnyConnection,
    scope: &Scope,
    lead: &Leading<'_>,
    little: Option<&Sql>,
    at: Option<Instant>,
) -> QueryResult<(Vec<Candidate>, bool)> {
    let mut candidates: Vec<Candidate> = Vec::new();
    // The best terms first and alone: an address that is one resource's own must not drown among those that contain it.
    for wanted in [Fit::Exact, Fit::Beginning, Fit::Part] {
        let left = CANDIDATES - i64::try_from(candidates.len()).unwrap_or(CANDIDATES);
        let terms = lead.terms.iter().filter(|term| fit(&term.term, lead.word) == Some(wanted));
        let ids: Vec<i64> = terms.map(|term| term.id).collect();
        if ids.is_empty() || left <= 0 {
            continue;
        }
        let mut sql = Sql::new(
            "SELECT r.id, r.kind, r.name, CASE WHEN r.gone_at IS NULL THEN FALSE ELSE TRUE END AS gone, m.term FROM ",
        );
        match little {
            // A term may be borne by a million others.
            Some(ids) => bearers(&mut sql, ids).push(" AND m.id IN "),
            None => sql.push(
                "resource_terms t CROSS JOIN terms m CROSS JOIN resources r \
                 WHERE m.id = t.term_id AND r.id = t.resource_id AND t.term_id IN ",
            ),
        };
        sql.bind_list(&ids);
        bearing(&mut sql, at);
        visible(&mut sql, scope, at);
        sql.push(" LIMIT ").bind(left);
        candidates.extend(sql.load_positional::<Candidate>(connection)?);
    }
    let capped = i64::try_from(candidates.len()).is_ok_and(|found| found >= CANDIDATES);
    Ok((candidates, capped))
}

/// Borne now, or at the end of what is gone; or the same of then.
fn bearing(sql: &mut Sql, at: Option<Instant>) {
    let Some(at) = at else {
        sql.push(" AND (t.until IS NULL OR (r.gone_at IS NOT NULL AND t.until >= r.gone_at))");
        return;
    };
    sql.push(" AND t.since <= ").bind(at).push(" AND (t.until IS NULL OR t.until > ").bind(at);
    sql.push(" OR (r.gone_at <= ").bind(at).push(" AND t.until >= r.gone_at)");
    // It has returned since, and only its last version of before knows when it went.
    sql.push(" OR (r.changed_at > ").bind(at);
    sql.push(
        " AND EXISTS (SELECT 1 FROM resource_versions v WHERE v.ended_gone AND t.since < v.valid_until AND t.until >= v.valid_until \
         AND v.id = (SELECT MAX(n.id) FROM resource_versions n WHERE n.resource_id = t.resource_id AND n.valid_from <= ",
    );
    sql.bind(at).push("))))");
}

/// Keeps the candidates that bear the other words too, each once, with its best fit.
fn weigh(
    connection: &mut AnyConnection,
    candidates: Vec<Candidate>,
    lead: &[String],
    others: &[&Vec<String>],
    at: Option<Instant>,
) -> QueryResult<Vec<(Fit, Candidate)>> {
    let mut best: HashMap<i64, (Fit, Candidate)> = HashMap::new();
    for candidate in candidates {
        let Some(fit) = fit(&candidate.term, lead) else { continue };
        if best.get(&candidate.id).is_none_or(|(known, _)| fit < *known) {
            best.insert(candidate.id, (fit, candidate));
        }
    }
    if !others.is_empty() {
        let mut borne: HashMap<i64, Vec<String>> = HashMap::new();
        let ids: Vec<i64> = best.keys().copied().collect();
        for ids in ids.chunks(1_024) {
            let mut sql = Sql::new(
                "SELECT r.id, r.kind, r.name, FALSE AS gone, m.term FROM resource_terms t CROSS JOIN terms m CROSS JOIN resources r \
                 WHERE m.id = t.term_id AND r.id = t.resource_id AND t.resource_id IN ",
            );
            sql.bind_list(ids);
            bearing(&mut sql, at);
            for row in sql.load_positional::<Candidate>(connection)? {
                borne.entry(row.id).or_default().push(row.term);
            }
        }
        best.retain(|id, _| {
            let terms = borne.get(id).map(Vec::as_slice).unwrap_or_default();
            others.iter().all(|word| terms.iter().any(|term| fit(term, word).is_some()))
        });
    }
    Ok(best.into_values().collect())
}

fn groups(
    connection: &mut AnyConnection,
    scope: &Scope,
    mut found: Vec<(Fit, Candidate)>,
    limit: usize,
    at: Option<Instant>,
    capped: bool,
) -> QueryResult<Vec<Group>> {
    // It may have another name by now, in a place where it is not to be seen.
    let known = at.is_none() || scope.sees_everything();
    let name = |candidate: &Candidate| known.then(|| candidate.name.clone());
    found.sort_by(|(one_fit, one), (other_fit, other)| {
        let gone = |candidate: &Candidate| at.is_none() && candidate.gone;
        (gone(one), one_fit, name(one), one.id).cmp(&(gone(other), other_fit, name(other), other.id))
    });
    let mut by_kind: BTreeMap<String, Vec<(Fit, Candidate)>> = BTreeMap::new();
    for (fit, candidate) in found {
        by_kind.entry(candidate.kind.clone()).or_default().push((fit, candidate));
    }
    // What each was called at a past moment is known of its state of then alone, and so is whether it was gone.
    let most = if at.is_some() { usize::MAX } else { limit };
    let shown = by_kind.values().flat_map(|of_kind| of_kind.iter().take(most));
    let ids: Vec<i64> = shown.map(|(_, candidate)| candidate.id).collect();
    let mut rows: HashMap<i64, ResourceRow> = HashMap::new();
    for ids in ids.chunks(1_024) {
        rows.extend(resources::known(connection, scope, ids, at)?.into_iter().map(|row| (row.id, row)));
    }
    let mut groups = Vec::new();
    for &spec in KINDS {
        let Some(candidates) = by_kind.remove(spec.name) else { continue };
        let found = candidates.len();
        let mut hits: Vec<(Fit, Hit)> = candidates
            .into_iter()
            .take(most)
            .filter_map(|(fit, candidate)| Some((fit, Hit { row: rows.remove(&candidate.id)?, term: candidate.term })))
            .collect();
        let more = capped || if at.is_some() { hits.len() } else { found } > limit;
        if at.is_some() {
            hits.sort_by(|(one_fit, one), (other_fit, other)| {
                let key = |hit: &Hit| (hit.row.gone_at.is_some(), hit.row.name.clone(), hit.row.id);
                let ((one_gone, name, id), (other_gone, other_name, other_id)) = (key(one), key(other));
                (one_gone, one_fit, name, id).cmp(&(other_gone, other_fit, other_name, other_id))
            });
            hits.truncate(limit);
        }
        if !hits.is_empty() {
            groups.push(Group { spec, hits: hits.into_iter().map(|(_, hit)| hit).collect(), more });
        }
    }
    Ok(groups)
}
