//! Zone files (RFC 1035 §5) of what is known, for the day when a provider's control plane is down.
//!
//! | file | holds |
//! | --- | --- |
//! | `text` | pure: the head with its age and completeness, and a line per record |
//! | `read` | a zone's records out of the inventory, page by page |
//! | `folder` | one file per zone in a folder, replaced whole or not at all |
//!
//! A file is made of facts as the last complete listing confirmed them; its head says of when. What a zone file cannot
//! say stands in it as a comment: an alias that is expanded on the way, a value that is kept and not served, a program.

pub mod folder;
pub mod read;
pub mod text;

pub use folder::keep;
pub use read::{Pages, Zone, is_for, of_zone};
