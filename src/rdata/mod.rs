//! What the content of a record means, whoever keeps it: one spelling of each value, and the spelling of zone files
//! (RFC 1035 §5).
//!
//! | file | holds |
//! | --- | --- |
//! | `text` | TXT: quotes, escapes and strings of 255 bytes, and the text that they amount to |
//! | `content` | the other types: canonical content to zone-file form and back |
//! | `structured` | a value of any provider in zone-file form: content, priority and structured parts together |
//! | `judge` | whether a name server's answer is what a change asked for |
//!
//! **One more type with a host in it**: its line in `content::HOSTS`. **One more structured type**: its arm in
//! `structured`.

pub mod content;
pub mod judge;
pub mod structured;
pub mod text;

pub use content::{canonical, presented};
pub use judge::{Proof, Verdict, Why, above, is_answered_by_another, no_longer_answers, proof, served, still_answers};
pub use structured::{IN_PARTS, parts, preference_apart, zone_file_form};
