//! A house in which something is told is made as small as it can be, so that the failure shows what it takes.

use super::world::Thing;

/// The house without whatever it fails without as well: things, by halves and then one by one, and what they were
/// before. `fails` is asked at most `most` times.
pub fn smallest(things: Vec<Thing>, most: usize, mut fails: impl FnMut(&[Thing]) -> bool) -> Vec<Thing> {
    let mut left = most;
    let mut still = move |house: &[Thing]| {
        left = left.saturating_sub(1);
        left > 0 && fails(house)
    };
    let mut house = things;
    let mut chunk = house.len().div_ceil(2);
    while chunk > 0 {
        let mut at = 0;
        while at < house.len() {
            let rest = [&house[..at], &house[house.len().min(at + chunk)..]].concat();
            if still(&rest) { house = rest } else { at += chunk }
        }
        chunk /= 2;
    }
    for at in 0..house.len() {
        while house[at].stints.len() > 1 {
            let mut settled = house.clone();
            settled[at].stints.remove(0);
            if !still(&settled) {
                break;
            }
            house = settled;
        }
    }
    house
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teams::world::Stint;

    fn things(count: i64) -> Vec<Thing> {
        let stints =
            |id: i64| (0..3).map(move |n| Stint { owner: 0, from: id + n, until: (n < 2).then_some(id + n + 1) });
        (1..=count).map(|id| Thing::at(id, "instance", stints(id).collect())).collect()
    }

    #[test]
    fn what_it_does_not_take_is_dropped() {
        let needs = |house: &[Thing]| [3, 17].iter().all(|id| house.iter().any(|thing| thing.id == *id));
        let house = smallest(things(20), 200, needs);
        assert_eq!(house.iter().map(|thing| (thing.id, thing.stints.len())).collect::<Vec<_>>(), [(3, 1), (17, 1)]);
        let mut asked = 0;
        let tired = smallest(things(20), 5, |house| {
            asked += 1;
            needs(house)
        });
        assert!(asked < 5 && needs(&tired), "it never gives up what it takes");
    }
}
