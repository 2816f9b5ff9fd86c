//! `[zone_files]`: where a zone file of each zone is kept.

use std::path::PathBuf;

use super::reader::Reader;

/// Where zone files are kept; nowhere, unless a folder is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneFilesConfig {
    pub folder: Option<PathBuf>,
}

/// Reads where zone files are kept.
pub fn read(root: &mut Reader<'_>) -> ZoneFilesConfig {
    let mut zone_files = ZoneFilesConfig::default();
    let Some(table) = root.table("zone_files") else { return zone_files };
    let mut section = root.within(table);
    match section.text("folder") {
        Some(folder) if folder.trim().is_empty() => {
            section.fault("folder", "`folder` is empty", "name a folder, or leave [zone_files] out");
        }
        folder => zone_files.folder = folder.map(PathBuf::from),
    }
    section.finish();
    zone_files
}
