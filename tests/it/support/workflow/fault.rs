//! Scripted misbehaviour: which requests, how often, and what happens instead of the answer.

use super::World;
use super::answers::Answer;

/// A scripted fault. It applies to requests whose target (path and query) contains `part`, `times` times.
pub struct Fault {
    part: String,
    times: usize,
    effect: Effect,
}

/// What happens.
pub enum Effect {
    /// 429, with or without `Retry-After`.
    Throttle(Option<u64>),
    /// An answer of any status and text: a refusal, a proxy's page, nonsense.
    Say(u16, String),
    /// The connection ends after so many bytes of the body.
    Truncate(usize),
    /// The world changes, then the request is answered.
    Meanwhile(Box<dyn Fn(&mut World) + Send>),
}

impl Fault {
    /// Strikes once, at the first request whose target contains `part`.
    pub fn on(part: &str, effect: Effect) -> Self {
        Self { part: part.to_owned(), times: 1, effect }
    }

    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }
}

/// How an answer is spoiled on its way out.
pub enum Spoiled {
    No,
    Instead(Answer),
    Truncate(usize),
}

/// Takes the first fault that strikes `target`, and lets it change the world if that is what it does.
pub fn strike(world: &mut World, target: &str) -> Spoiled {
    let strikes = |fault: &Fault| fault.times > 0 && target.contains(fault.part.as_str());
    let Some(index) = world.faults.iter().position(strikes) else { return Spoiled::No };
    // Taken out while it works, since it may change everything.
    let mut fault = world.faults.remove(index);
    fault.times -= 1;
    let spoiled = match &fault.effect {
        Effect::Throttle(after) => Spoiled::Instead(Answer::throttled(*after)),
        Effect::Say(status, body) => Spoiled::Instead(Answer::new(*status, body.clone())),
        Effect::Truncate(bytes) => Spoiled::Truncate(*bytes),
        Effect::Meanwhile(change) => {
            change(world);
            Spoiled::No
        }
    };
    world.faults.insert(index.min(world.faults.len()), fault);
    spoiled
}
