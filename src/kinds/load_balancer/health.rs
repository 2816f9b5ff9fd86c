//! Target health in words and colours.
//!
//! `unused` means no listener or a stopped instance and `draining` means that it was taken out: neither is ill.

use super::{Cell, Section, Target, Tone};

/// How one target's health is meant.
pub(super) fn tone(health: &str) -> Tone {
    match health {
        "healthy" => Tone::Good,
        "unhealthy" | "unhealthy.draining" => Tone::Bad,
        "unavailable" | "unknown" => Tone::Warn,
        "unused" | "draining" => Tone::Muted,
        _ => Tone::Plain,
    }
}

/// `2 of 3 healthy`, over those that are meant to serve.
pub(super) fn summary(targets: &[Target], error: &str) -> Cell {
    if !error.is_empty() || targets.is_empty() {
        return Cell::badge(if error.is_empty() { "no targets" } else { "not known" }, Tone::Warn);
    }
    let serving: Vec<&Target> = targets.iter().filter(|target| tone(&target.health) != Tone::Muted).collect();
    if serving.is_empty() {
        return Cell::badge("none in use", Tone::Warn);
    }
    let healthy = serving.iter().filter(|target| target.health == "healthy").count();
    let ill = serving.iter().filter(|target| tone(&target.health) == Tone::Bad).count();
    let colour = match (healthy, ill) {
        (0, 1..) => Tone::Bad,
        _ if healthy < serving.len() => Tone::Warn,
        _ => Tone::Good,
    };
    Cell::badge(format!("{healthy} of {} healthy", serving.len()), colour)
}

/// Every target, the ill ones first. With an `error` they are those that were known before it.
pub(super) fn table(targets: &[Target], error: &str) -> Section {
    let health = if error.is_empty() { "Health" } else { "Last known health" };
    let mut targets: Vec<&Target> = targets.iter().collect();
    targets.sort_by_key(|target| std::cmp::Reverse(tone(&target.health)));
    let row = |target: &Target| {
        vec![
            Cell::code(&target.id),
            target.port.map_or(Cell::Empty, |port| Cell::Code(port.to_string())),
            Cell::badge(&target.health, tone(&target.health)),
            Cell::text(&target.reason),
            Cell::text(&target.group),
        ]
    };
    let rows = targets.into_iter().map(row).collect();
    Section::table("Targets", vec!["Target", "Port", health, "Reason", "Group"], rows)
}
