//! Scripted misbehaviour: which requests, how often, and what happens instead of the answer.

use std::time::Duration;

use super::World;

/// A scripted fault. It applies to requests whose target (path and query) contains all of `parts`, `times` times.
pub struct Fault {
    pub parts: Vec<String>,
    /// Matching requests that still pass before it strikes.
    pub after: usize,
    pub times: usize,
    pub effect: Effect,
}

/// What happens.
pub enum Effect {
    /// 429, with or without `Retry-After`.
    Throttle(Option<u64>),
    /// An error in the API's own form.
    Refuse { status: u16, code: i64, message: String },
    /// An answer that is not the API's: a proxy's, a gateway's.
    Html { status: u16, body: String },
    /// 200, and `"success": false` with the results beside it.
    FalseSuccess,
    /// The connection ends after so many bytes of the body.
    Truncate(usize),
    /// The body comes in pieces of that size with a pause between them.
    Dribble(usize, Duration),
    /// It is done, and the answer is a gateway's that did not wait for it.
    LoseAnswer,
    /// The world changes, then the request is answered.
    Meanwhile(Box<dyn Fn(&mut World) + Send>),
}

impl Fault {
    /// Strikes once, at the first request whose target contains `part`.
    pub fn on(part: &str, effect: Effect) -> Self {
        Self { parts: vec![part.to_owned()], after: 0, times: 1, effect }
    }

    pub fn and(mut self, part: &str) -> Self {
        self.parts.push(part.to_owned());
        self
    }

    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    fn strikes(&mut self, target: &str) -> bool {
        if self.times == 0 || !self.parts.iter().all(|part| target.contains(part.as_str())) {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.times -= 1;
        true
    }
}

/// How an answer is spoiled on its way out.
pub enum Spoiled {
    No,
    Instead(Instead),
    FalseSuccess,
    LoseAnswer,
    Truncate(usize),
    Dribble(usize, Duration),
}

/// What is answered in place of the truth.
pub enum Instead {
    Throttle(Option<u64>),
    Refuse { status: u16, code: i64, message: String },
    Html { status: u16, body: String },
}

/// Takes the first fault that strikes `target`, and lets it change the world if that is what it does.
pub fn strike(world: &mut World, target: &str) -> Spoiled {
    let Some(index) = world.faults.iter_mut().position(|fault| fault.strikes(target)) else { return Spoiled::No };
    // Taken out while it works, since it may change everything.
    let fault = world.faults.remove(index);
    let spoiled = match &fault.effect {
        Effect::Throttle(after) => Spoiled::Instead(Instead::Throttle(*after)),
        Effect::Refuse { status, code, message } => {
            Spoiled::Instead(Instead::Refuse { status: *status, code: *code, message: message.clone() })
        }
        Effect::Html { status, body } => Spoiled::Instead(Instead::Html { status: *status, body: body.clone() }),
        Effect::FalseSuccess => Spoiled::FalseSuccess,
        Effect::LoseAnswer => Spoiled::LoseAnswer,
        Effect::Truncate(bytes) => Spoiled::Truncate(*bytes),
        Effect::Dribble(bytes, pause) => Spoiled::Dribble(*bytes, *pause),
        Effect::Meanwhile(change) => {
            change(world);
            world.lists.borrow_mut().clear();
            Spoiled::No
        }
    };
    world.faults.insert(index.min(world.faults.len()), fault);
    spoiled
}
