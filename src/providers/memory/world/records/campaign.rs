//! `spring-sale.example`: small, and the one whose records vanish on a day that nobody planned.

use super::super::drift;
use super::super::place::{EU, US};
use super::super::zone_file::ZoneFile;
use super::edge_of;

/// What is there before the loss, and stays.
const KEPT: [&str; 2] = ["www", "terms"];
const LOST: [&str; 9] =
    ["coupons", "countdown", "landing", "mail", "partners", "prizes", "stats", "survey", "tracking"];

pub fn write(file: &mut ZoneFile<'_>) {
    file.no_mail();
    for name in KEPT {
        file.cname(name, &edge_of(&EU));
    }
    if file.moment.step < drift::CAMPAIGN_LOSS {
        for name in LOST {
            file.cname(name, &edge_of(if name == "tracking" { &US } else { &EU }));
        }
    }
}
