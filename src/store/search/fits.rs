//! How well the terms of a word fit it, and which are looked at.

use diesel::QueryResult;

use super::super::sql::Sql;
use super::super::terms::is_opaque;
use super::super::{AnyConnection, words};

/// Terms of one word that are weighed.
const TERMS: usize = 256;

/// How well a term fits; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Exact,
    Beginning,
    Part,
}

/// The terms that fit a word in one of these ways, best first, and whether there are more.
pub fn terms_of(
    connection: &mut AnyConnection,
    word: &[String],
    borne: &Sql,
    fits: &[Fit],
) -> QueryResult<(Vec<words::Term>, bool)> {
    let begins = fits.contains(&Fit::Beginning);
    let mut found = Vec::new();
    let mut capped = false;
    for spelling in word {
        // Bytewise order puts the word itself first, so that a cap never costs the exact one.
        let beginning = if begins { words::beginning(connection, spelling, borne, TERMS)? } else { Vec::new() };
        let wanted = fits.contains(&Fit::Part) && beginning.len() < TERMS && words::is_looked_for_within(spelling);
        let mut condition = borne.clone();
        if wanted && !begins {
            words::begins_not(&mut condition, spelling);
        }
        let part = if wanted { words::containing(connection, spelling, &condition, TERMS)? } else { Vec::new() };
        capped |= beginning.len() >= TERMS || part.len() >= TERMS;
        found.extend(beginning.into_iter().chain(part));
    }
    Ok((best_first(found, word, fits), capped))
}

/// Those that fit, each once.
fn best_first(mut found: Vec<words::Term>, word: &[String], fits: &[Fit]) -> Vec<words::Term> {
    found.retain(|term| fit(&term.term, word).is_some_and(|fit| fits.contains(&fit)));
    found.sort_by(|one, other| (fit(&one.term, word), &one.term).cmp(&(fit(&other.term, word), &other.term)));
    found.dedup();
    found
}

/// The terms that fit a word among a team's own, as [`terms_of`] gives them.
pub fn terms_among(own: &[words::Term], word: &[String], fits: &[Fit]) -> (Vec<words::Term>, bool) {
    let mut found: Vec<words::Term> = Vec::new();
    let mut capped = false;
    for spelling in word {
        let begins = if fits.contains(&Fit::Beginning) { TERMS } else { 0 };
        let beginning: Vec<&words::Term> =
            own.iter().filter(|term| term.term.starts_with(spelling.as_str())).take(begins).collect();
        let wanted = fits.contains(&Fit::Part) && beginning.len() < TERMS && words::is_looked_for_within(spelling);
        let is_new = |term: &words::Term| begins > 0 || !term.term.starts_with(spelling.as_str());
        let within =
            |term: &&words::Term| term.term.contains(spelling.as_str()) && !is_opaque(&term.term) && is_new(term);
        let part: Vec<&words::Term> = own.iter().filter(within).take(if wanted { TERMS } else { 0 }).collect();
        capped |= beginning.len() >= TERMS || part.len() >= TERMS;
        found.extend(beginning.into_iter().chain(part).cloned());
    }
    (best_first(found, word, fits), capped)
}

/// How well a term fits a word in the best of its spellings, if at all.
pub fn fit(term: &str, word: &[String]) -> Option<Fit> {
    word.iter()
        .filter_map(|word| match term {
            _ if term == word => Some(Fit::Exact),
            _ if term.starts_with(word) => Some(Fit::Beginning),
            _ if words::is_looked_for_within(word) && term.contains(word) => Some(Fit::Part),
            _ => None,
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn among_a_teams_own_terms_beginnings_take_no_room_from_parts() {
        let names = (0..TERMS).map(|number| format!("shop-{number:03}")).chain(["www.shop".to_owned()]);
        let own: Vec<words::Term> = (0..).zip(names).map(|(id, term)| words::Term { id, term }).collect();
        let word = ["shop".to_owned()];
        let (parts, capped) = terms_among(&own, &word, &[Fit::Part]);
        assert_eq!(
            (parts.iter().map(|term| term.term.as_str()).collect::<Vec<_>>(), capped),
            (vec!["www.shop"], false)
        );
        let (first, capped) = terms_among(&own, &word, &[Fit::Exact, Fit::Beginning]);
        assert_eq!((first.len(), capped), (TERMS, true));
    }
}
