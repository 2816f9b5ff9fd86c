//! `shop.example`: a storefront for each city, and the shop itself. The largest zone.

use super::super::fleet::{self, OLD_SHOP};
use super::super::place::{AP, EU, Place, US};
use super::super::zone_file::{ZoneFile, proxied, remark};
use super::super::{balancers, drift};
use super::edge_of;

const CITIES: &[(&Place, &[&str])] = &[
    (
        &EU,
        &[
            "amsterdam",
            "athens",
            "barcelona",
            "berlin",
            "brussels",
            "budapest",
            "cologne",
            "copenhagen",
            "dublin",
            "gdansk",
            "hamburg",
            "helsinki",
            "krakow",
            "lisbon",
            "london",
            "lyon",
            "madrid",
            "milan",
            "munich",
            "oslo",
            "paris",
            "porto",
            "prague",
            "riga",
            "rome",
            "stockholm",
            "tallinn",
            "vienna",
            "warsaw",
            "zurich",
        ],
    ),
    (
        &US,
        &[
            "atlanta",
            "austin",
            "boston",
            "chicago",
            "dallas",
            "denver",
            "houston",
            "miami",
            "montreal",
            "new-york",
            "portland",
            "san-diego",
            "seattle",
            "toronto",
        ],
    ),
    (&AP, &["bangkok", "jakarta", "kyoto", "manila", "osaka", "seoul", "singapore", "taipei", "tokyo"]),
];

pub fn write(file: &mut ZoneFile<'_>) {
    file.mail();
    file.caa("issue", "ca.example.net");
    for router in fleet::of_role(&EU, "router") {
        router.public().into_iter().for_each(|address| file.a("@", address).ttl = 60);
        router.v6().into_iter().for_each(|address| file.aaaa("@", address).ttl = 60);
    }
    proxied(file.cname("www", &edge_of(&EU)));
    proxied(file.cname("checkout", &edge_of(&EU)));
    file.cname("api", &edge_of(&EU)).ttl = 60;
    file.cname("*.preview", &edge_of(&EU));
    file.cname("m", "www.shop.example");
    remark(file.cname("static", &balancers::second_host(&EU)), "move to the edge");
    for (place, cities) in CITIES {
        for (store, city) in cities.iter().enumerate() {
            proxied(file.cname(city, &edge_of(place)));
            file.txt(&format!("_store.{city}"), &format!("store={}-{:03}", place.code, store + 1));
        }
        // Only the largest storefronts have a door for their partners.
        for city in cities.iter().step_by(3) {
            file.cname(&format!("partners.{city}"), &format!("{city}.shop.example"));
        }
    }
    write_old_shop(file);
    write_what_changes(file);
}

/// Records that were forgotten: the machines that had these addresses go, and these stay.
fn write_old_shop(file: &mut ZoneFile<'_>) {
    for place in [&EU, &US] {
        for machine in fleet::of_role(place, OLD_SHOP) {
            let Some(address) = machine.public() else { continue };
            remark(file.a(&format!("old-{}", place.code), address), "redirects to www, ask storefront");
            file.cname(&format!("outlet-{}", place.code), &format!("old-{}.shop.example", place.code));
        }
    }
}

fn write_what_changes(file: &mut ZoneFile<'_>) {
    let step = file.moment.step;
    file.txt("_build", &format!("build={}", drift::build(step))).ttl = 60;
    if drift::challenge_is_there(step) {
        file.txt("_acme-challenge", &format!("made-up-challenge-{}", step / 4)).ttl = 60;
    }
}
