//! `edge.example.net`: every machine that can be reached, and the ways to the balancers.

use std::net::Ipv4Addr;

use super::super::fleet::{self, OLD_SHOP};
use super::super::place::PLACES;
use super::super::zone_file::{ZoneFile, remark};
use super::super::{balancers, machine};

pub fn write(file: &mut ZoneFile<'_>) {
    file.no_mail();
    for place in PLACES {
        file.cname(place.code, &balancers::edge_host(place)).ttl = 60;
        file.cname(&format!("second.{}", place.code), &balancers::second_host(place)).ttl = 60;
        file.cname(&format!("*.{}", place.code), &format!("{}.edge.example.net", place.code));
    }
    for place in PLACES {
        for machine in fleet::machines(place) {
            // The billing machine gives its address back in the world, and nobody tells its record: hence the first
            // step's.
            let address = match machine.group.role {
                "shop-web" => machine::public(&machine, file.moment.step),
                _ => machine.public(),
            };
            let Some(address) = address else { continue };
            let record = file.a(&machine.name(), address);
            if machine.group.role == OLD_SHOP {
                remark(record, "take down with the old shop");
            }
            if let Some(v6) = machine.v6() {
                file.aaaa(&machine.name(), v6);
            }
        }
    }
    // In the office's network, where nobody has ever been seen.
    remark(file.a("vpn", Ipv4Addr::new(203, 0, 113, 197)), "ordered in 2023");
    remark(file.a("badge-printer", Ipv4Addr::new(203, 0, 113, 203)), "");
}
