//! One file per zone in a folder: for the day when this panel is down, too.
//!
//! A file is replaced by a rename, so that whoever reads it reads a whole one. Nothing is written of a listing that was
//! not complete: the last good file stays, and its head says of when it is. So does the file of a zone that is gone.

use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::read::{self, Zone};
use super::text;
use crate::store::{Db, Scope, StoreError, zone_scopes};

/// What came of one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub written: usize,
    /// Zones whose last listing was not complete, or that are being applied.
    pub waiting: usize,
    /// Files that could not be written, each with the reason.
    pub failed: Vec<String>,
}

/// Brings the files of `folder` up to date with what has been confirmed since they were written.
pub async fn keep(db: &Db, scope: &Scope, folder: &Path) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    for zone in db.read(zone_scopes::of_records).await? {
        let Some(confirmed_at) = zone.confirmed_at.filter(|_| zone.is_complete) else {
            kept.waiting += 1;
            continue;
        };
        let path = folder.join(file_name(&zone.source, &zone.name));
        if told_by(&path).is_some_and(|told| told == text::stamp(confirmed_at)) {
            continue;
        }
        let (zone_id, reach) = (zone.zone_id, scope.clone());
        let zone = db.read(move |connection| read::of_zone(connection, &reach, zone_id)).await?;
        match zone.filter(|zone| zone.head.complete) {
            None => kept.waiting += 1,
            Some(zone) => match write(db, scope, zone, folder, &path).await? {
                Ok(()) => kept.written += 1,
                Err(error) => kept.failed.push(format!("{}: {error}", path.display())),
            },
        }
    }
    Ok(kept)
}

/// Writes beside the file and renames over it.
async fn write(db: &Db, scope: &Scope, zone: Zone, folder: &Path, path: &Path) -> Result<io::Result<()>, StoreError> {
    let unfinished = folder.join(format!(".unfinished-{}", crate::secret::hex(&crate::secret::random_bytes::<8>())));
    let mut file = match begin(folder, &unfinished) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    let mut pages = zone.pages();
    let written = loop {
        match pages.next(db, scope).await {
            Ok(Some(text)) => match file.write_all(text.as_bytes()) {
                Ok(()) => {}
                Err(error) => break Ok(Err(error)),
            },
            Ok(None) => break Ok(file.sync_all().and_then(|()| std::fs::rename(&unfinished, path))),
            Err(error) => break Err(error),
        }
    };
    if !matches!(written, Ok(Ok(()))) {
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

fn begin(folder: &Path, unfinished: &Path) -> io::Result<std::fs::File> {
    std::fs::create_dir_all(folder)?;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(unfinished)
}

/// `source/zone` as one name that leads nowhere else, however odd they are.
fn file_name(source: &str, scope: &str) -> PathBuf {
    let safe = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
    };
    let (source, zone) = (safe(source), safe(scope));
    // Never hidden, never a path, never longer than a file's name may be.
    let name: String = format!("{}_{zone}", source.trim_start_matches('.')).chars().take(240).collect();
    PathBuf::from(format!("{name}.zone"))
}

/// Of when the file says it is.
fn told_by(path: &Path) -> Option<String> {
    let mut start = String::new();
    std::fs::File::open(path).ok()?.take(2_048).read_to_string(&mut start).ok()?;
    text::told(&start).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (source, zone, name) in [
            ("dns", "example.com", "dns_example.com.zone"),
            ("dns", "../../etc/passwd", "dns_.._.._etc_passwd.zone"),
            ("../x", "a/b\0c", "_x_a_b_c.zone"),
            ("dns", "example.com (5f)", "dns_example.com__5f_.zone"),
        ] {
            assert_eq!(file_name(source, zone), PathBuf::from(name));
        }
        let long = file_name("dns", &"x".repeat(400));
        assert!(long.as_os_str().len() < 255 && long.components().count() == 1);
    }
}
