//! What the apps are configured with: names that every app has, and values that are nobody's.

use super::seed;
use crate::kinds::SecretValue;
use crate::kinds::app::App;
use crate::providers::Listing;
use crate::secret::Secret;

/// The values of an app; their digests go into it.
pub fn seal(app: &mut App, listing: &Listing) -> Vec<SecretValue> {
    let values: Vec<SecretValue> =
        settings(app).into_iter().map(|(name, value)| listing.secret(&app.name, name, Secret::from(value))).collect();
    app.config = values.iter().map(|value| (value.name.clone(), value.digest.clone())).collect();
    values
}

fn settings(app: &App) -> Vec<(&'static str, String)> {
    let made_up = |what: &str, length| seed::hex(&format!("{what} of {}", app.uuid), length);
    let mut settings = vec![
        ("DATABASE_URL", format!("postgres://{0}:{1}@db.example.net/{0}", app.name, made_up("password", 20))),
        ("FEATURE_FLAGS", format!("checkout-{}", app.release)),
        ("PORT", "8080".to_owned()),
        ("SECRET_KEY_BASE", made_up("key", 32)),
    ];
    if app.processes.contains_key("worker") {
        settings.push(("worker/QUEUE", format!("redis://{}@queue.example.net/0", made_up("queue", 16))));
    }
    settings
}
