//! Proof from outside: each of a zone's own servers is asked until it answers with what was written, or time is up.
//!
//! The provider's API is asked too. Names that the provider answers with addresses of its own (proxied, flattened) are
//! judged by the API and by whether each server still answers them with any address, or no longer does where they are
//! deleted. What is written stays when time is up: nobody takes back blindly what may be served everywhere a second
//! later.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

use super::carry::Carried;
use super::write::is_like;
use crate::net::dns::{Answer, Question, Rcode, Server, Way, ask, servers};
use crate::rdata::{Proof, Verdict, above, is_answered_by_another, no_longer_answers, proof, served, still_answers};
use crate::runs::{Done, StepAt, Trouble};
use crate::store::dns_changes::checks::{self, Seen};
use crate::wire::dns::{SetChange, SetName, ZoneAt};

/// One server has so long for one answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Questions to one server at the same time: it serves the world beside us.
const AT_ONCE: usize = 8;

/// What is asked of one zone.
struct Asked<'c> {
    source: &'c str,
    at: &'c ZoneAt,
    changes: Vec<&'c SetChange>,
    /// Who serves all of it already.
    done: BTreeSet<String>,
}

/// Asks until every server of every zone serves what was written.
pub async fn verify(at: &StepAt<'_>, carried: &Carried) -> Result<Done, Trouble> {
    let began = tokio::time::Instant::now();
    let mut asked = of_zones(carried);
    loop {
        let (mut behind, mut served) = (Vec::new(), 0);
        for zone in &mut asked {
            let seen = zone.look(at).await;
            note(at, carried.change, &seen).await;
            zone.done.extend(seen.iter().filter(|seen| serves(seen)).map(|seen| seen.server.clone()));
            behind.extend(seen.into_iter().filter(|seen| !serves(seen)));
            served += zone.done.len();
        }
        let Some(first) = behind.first() else {
            return Ok(Done::new(format!("All {served} who were asked serve what was written.")));
        };
        let all = served + behind.len();
        if began.elapsed() >= at.context.config.dns.verify_for {
            return Err(Trouble::Unsure(format!(
                "{} of {all} who were asked do not serve it yet, {} among them ({}). What is written stays: ask that server yourself, \
                 then take the change back, or take note of this.",
                behind.len(),
                first.server,
                first.trouble
            )));
        }
        at.progress(&format!("{served} of {all} serve it; waiting for {}.", first.server)).await;
        if !at.pause(at.context.config.dns.verify_every).await {
            return Err(Trouble::Stopped);
        }
    }
}

fn of_zones(carried: &Carried) -> Vec<Asked<'_>> {
    let mut zones: BTreeMap<(&str, &ZoneAt), Vec<&SetChange>> = BTreeMap::new();
    for piece in &carried.pieces {
        zones.entry((&piece.source, &piece.at)).or_default().extend(&piece.changes);
    }
    let asked = |((source, at), changes)| Asked { source, at, changes, done: BTreeSet::new() };
    zones.into_iter().map(asked).collect()
}

fn serves(seen: &Seen) -> bool {
    seen.trouble.is_empty() && seen.served == seen.judged
}

/// What was seen, for the change's page.
async fn note(at: &StepAt<'_>, change: i64, seen: &[Seen]) {
    let (seen, now) = (seen.to_vec(), at.context.clock.now());
    let noted = at
        .context
        .db
        .write(move |connection| seen.iter().try_for_each(|seen| checks::write(connection, change, seen, now)));
    if let Err(error) = noted.await {
        tracing::warn!(change, %error, "what servers say could not be noted");
    }
}

impl Asked<'_> {
    /// What those say who did not serve all of it yet.
    async fn look(&self, at: &StepAt<'_>) -> Vec<Seen> {
        let api = format!("{} (its API)", self.source);
        let zone = match self.read(at).await {
            Ok(zone) => zone,
            Err(trouble) => {
                return vec![Seen { server: api, trouble: trouble.to_string(), ..self.nothing() }];
            }
        };
        let mut seen = vec![zone.by_api];
        let (servers, unknown) = servers(&zone.own, &zone.instead, PATIENCE).await;
        for (server, why) in unknown {
            seen.push(Seen { server, trouble: format!("its address is not known: {why}"), ..self.nothing() });
        }
        let asked = servers.into_iter().filter(|server| !self.done.contains(&called(server)));
        seen.extend(join_all(asked.map(|server| self.ask(server, &zone.taken_on))).await);
        seen.sort_by(|one, other| one.server.cmp(&other.server));
        seen
    }

    fn nothing(&self) -> Seen {
        Seen {
            zone: self.at.name.clone(),
            server: String::new(),
            served: 0,
            judged: i32::try_from(self.changes.len()).unwrap_or(i32::MAX),
            answering: 0,
            trouble: String::new(),
        }
    }

    async fn read(&self, at: &StepAt<'_>) -> Result<Zone, Trouble> {
        let provider = at.provider(self.source)?;
        let none = || Trouble::Failed(format!("The source {} changes no records.", self.source));
        let dns = provider.dns().ok_or_else(none)?;
        let mut names: BTreeSet<String> = self.changes.iter().map(|change| change.of.name.clone()).collect();
        let vanishes = |change: &SetChange| matches!(proof(change, &self.at.name), Proof::NoLongerAnswers(_));
        let vanishing: Vec<&SetName> =
            self.changes.iter().filter(|change| vanishes(change)).map(|change| &change.of).collect();
        names.extend(vanishing.iter().flat_map(|of| above(&of.name, &self.at.name)));
        let read = dns.read(self.at, Some(&names)).await?;
        let taken_on =
            vanishing.into_iter().filter(|of| is_answered_by_another(of, &self.at.name, &read.sets)).cloned().collect();
        let sets: BTreeMap<&SetName, _> = read.sets.iter().map(|set| (&set.of, set)).collect();
        let mut by_api = Seen { server: format!("{} (its API)", self.source), ..self.nothing() };
        for change in &self.changes {
            if is_like(sets.get(&change.of).copied(), change.after.as_ref()) {
                by_api.served += 1;
            } else if by_api.trouble.is_empty() {
                by_api.trouble = format!("{} is not as planned", change.of);
            }
        }
        Ok(Zone { own: read.name_servers, instead: dns.name_servers().to_vec(), by_api, taken_on })
    }

    /// Asks one server for every set that it can be judged by; one that is silent is not asked on.
    async fn ask(&self, server: Server, taken_on: &BTreeSet<SetName>) -> Seen {
        let mut seen = Seen { server: called(&server), judged: 0, ..self.nothing() };
        for some in self.changes.chunks(AT_ONCE) {
            let asked = some.iter().map(|change| Told::by(server.address, change, &self.at.name, taken_on));
            for Told { of, by, verdict } in join_all(asked).await {
                let trouble = match verdict {
                    Ok(Verdict::Unjudgeable(_)) => continue,
                    Ok(Verdict::Served) => {
                        seen.served += 1;
                        seen.answering += i32::from(matches!(by, Proof::StillAnswers(_)));
                        String::new()
                    }
                    Ok(Verdict::NotYet) => format!("{of} is still as it was"),
                    Ok(Verdict::Other(words)) => format!("{of}: {words}"),
                    Err(silent) => return Seen { trouble: silent, judged: self.nothing().judged, ..seen },
                };
                seen.judged += 1;
                if seen.trouble.is_empty() {
                    seen.trouble = trouble;
                }
            }
        }
        seen
    }
}

/// What the provider says of a zone.
struct Zone {
    /// The zone's servers, and those to be asked instead.
    own: Vec<String>,
    instead: Vec<String>,
    by_api: Seen,
    /// Sets that are gone and whose names something else answers for.
    taken_on: BTreeSet<SetName>,
}

/// What one server said of one set.
struct Told<'c> {
    of: &'c SetName,
    by: Proof,
    /// Or why it said nothing.
    verdict: Result<Verdict, String>,
}

impl<'c> Told<'c> {
    async fn by(server: SocketAddr, change: &'c SetChange, zone: &str, taken_on: &BTreeSet<SetName>) -> Self {
        let by = proof(change, zone);
        let verdict = match by {
            Proof::Itself => {
                answer(server, &change.of, &change.of.record_type).await.map(|answer| served(change, zone, &answer))
            }
            Proof::StillAnswers(_) => any_address(server, &change.of).await.map(|answer| still_answers(&answer)),
            Proof::NoLongerAnswers(why) if taken_on.contains(&change.of) => Ok(Verdict::Unjudgeable(why)),
            Proof::NoLongerAnswers(_) => any_address(server, &change.of).await.map(|answer| no_longer_answers(&answer)),
            Proof::Nothing(why) => Ok(Verdict::Unjudgeable(why)),
        };
        Self { of: &change.of, by, verdict }
    }
}

/// What a name is answered with, asked for an address of either sort.
async fn any_address(server: SocketAddr, of: &SetName) -> Result<Answer, String> {
    let four = answer(server, of, "A").await?;
    let none = four.rcode == Rcode::NoError && four.values.is_empty();
    if none { answer(server, of, "AAAA").await } else { Ok(four) }
}

async fn answer(server: SocketAddr, of: &SetName, record_type: &str) -> Result<Answer, String> {
    let question = Question { name: of.name.clone(), record_type: record_type.to_owned() };
    ask(server, &question, Way::Udp, PATIENCE).await.map_err(|silent| silent.to_string())
}

/// `ns1.example.net (192.0.2.53)`.
fn called(server: &Server) -> String {
    let address = server.address.ip().to_string();
    if server.name.contains(&address) { server.name.clone() } else { format!("{} ({address})", server.name) }
}
