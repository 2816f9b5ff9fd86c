//! What is told of several things at once in the made-up house: DNS changes, and the runs that carry them out.

use chrono::TimeDelta;
use quarterdeck::actions::dns_change::DnsChange;
use quarterdeck::audit::Doer;
use quarterdeck::clock::Instant;
use quarterdeck::dns_plan::{Code, Plan, PlannedChange, Refusal, Touch};
use quarterdeck::runs::{self, AfterCrash, NewRun, NewStep};
use quarterdeck::store::dns_changes::{self, NewChange};
use quarterdeck::store::{AnyConnection, Db};
use quarterdeck::wire::dns::{RecordSet, RecordValue, SetChange, SetName, ZoneAt};
use serde_json::json;

use super::world::{Thing, WORDS};

/// A plan and a run for each thing, in their order, and then one of each about two things that are not one's.
pub fn told(connection: &mut AnyConnection, db: &Db, things: &[Thing], now: Instant) -> diesel::QueryResult<()> {
    for (position, thing) in things.iter().enumerate() {
        let mut others = things.iter().cycle().skip(position).take(things.len());
        let another = others.find(|other| other.last_owner() != thing.last_owner());
        tell(connection, db, &[thing], another, now)?;
    }
    for pair in things.windows(2).filter(|pair| pair[0].last_owner() != pair[1].last_owner()) {
        tell(connection, db, &[&pair[0], &pair[1]], None, now)?;
    }
    Ok(())
}

/// Its title has the words of all that it is about; what hangs on it, and the words in which it was told to somebody
/// who sees everything, have the word of another.
fn tell(
    connection: &mut AnyConnection,
    db: &Db,
    about: &[&Thing],
    another: Option<&Thing>,
    now: Instant,
) -> diesel::QueryResult<()> {
    let word = |thing: &Thing| WORDS[thing.last_owner()];
    let words = about.iter().map(|thing| word(thing)).collect::<Vec<_>>().join(" and ");
    let foreign = another.map_or("nobody", word);
    let touch = another.map(|other| Touch {
        kind: other.kind.name.to_owned(),
        id: other.id,
        name: foreign.to_owned(),
        harm: "lost".to_owned(),
        left: format!("{foreign} would be left"),
    });
    let planned = |thing: &&Thing| {
        let of = SetName { name: format!("{}-{}.example.com", word(thing), thing.id), record_type: "A".to_owned() };
        let value = RecordValue { content: "192.0.2.1".to_owned(), ttl: 300, ..RecordValue::default() };
        let after = Some(RecordSet { of: of.clone(), values: vec![value], comments: Vec::new() });
        PlannedChange {
            source: "shared-source".to_owned(),
            at: ZoneAt { id: "1".to_owned(), name: "example.com".to_owned() },
            change: SetChange { of, before: None, after },
            why: "was asked for".to_owned(),
            touches: touch.iter().cloned().collect(),
            warnings: Vec::new(),
        }
    };
    let plan = Plan {
        changes: about.iter().map(planned).collect(),
        refusals: vec![Refusal::soft(Code::Unsure, format!("the listing of {foreign} is old"))],
        notes: vec![format!("{foreign} is left alone")],
        ..Plan::default()
    };
    let subjects: Vec<i64> = about.iter().map(|thing| thing.id).collect();
    let change = NewChange {
        action: "edit".to_owned(),
        title: format!("Edit {words}"),
        plan: serde_json::to_string(&plan).unwrap(),
        subjects: subjects.clone(),
        ..NewChange::default()
    };
    dns_changes::insert(connection, &change, now, now + TimeDelta::minutes(15))?;
    let steps = vec![NewStep::new(format!("Write {words}"), json!({}), AfterCrash::Again)];
    let run = NewRun {
        subjects,
        target: words.clone(),
        ..NewRun::new(&DnsChange, format!("Edit {words}"), json!({}), steps, Doer::command_line())
    };
    runs::submit(connection, db, &run).map(|_| ())
}
