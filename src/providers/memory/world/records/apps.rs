//! `example.com`: the wildcards of the platform's controllers, and the domains that developers put before their apps.

use super::super::apps;
use super::super::place::{EU, US};
use super::super::zone_file::{ZoneFile, proxied};
use super::edge_of;

pub fn write(file: &mut ZoneFile<'_>) {
    file.mail();
    file.caa("issue", "ca.example.net");
    proxied(file.cname("www", &edge_of(&EU)));
    for place in [&EU, &US] {
        file.cname(&format!("*.{}.apps", place.code), &edge_of(place));
        file.cname(&format!("deis.{}.apps", place.code), &edge_of(place));
        for (domain, has_record) in apps::custom_domains(place) {
            let Some(name) = domain.strip_suffix(".example.com").filter(|_| has_record) else { continue };
            file.cname(name, &edge_of(place));
        }
    }
    for team in ["storefront", "payments", "media"] {
        file.txt(&format!("_owner.{team}"), &format!("team={team}"));
    }
}
