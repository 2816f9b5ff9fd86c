//! `media.example`: origins behind the provider's edge, channels that stream through the ingest balancers.

use super::super::place::{AP, EU, PLACES, US};
use super::super::zone_file::{ZoneFile, proxied};
use super::super::{balancers, fleet};
use super::edge_of;

const CHANNELS: [&str; 10] =
    ["concerts", "cooking", "cycling", "docs", "kids", "lectures", "nature", "news", "theatre", "trains"];

pub fn write(file: &mut ZoneFile<'_>) {
    file.no_mail();
    file.caa("issuewild", "ca.example.net");
    proxied(file.cname("www", &edge_of(&EU)));
    file.cname("player", &edge_of(&EU));
    file.cname("*.thumbs", &edge_of(&EU));
    for place in PLACES {
        let region = place.code;
        for origin in fleet::of_role(place, "media-origin") {
            origin.public().into_iter().for_each(|address| proxied(file.a(&format!("cdn.{region}"), address)));
        }
        file.cname(&format!("upload.{region}"), &edge_of(place));
        file.txt(&format!("cdn.{region}"), &format!("cache-key={region}-7"));
    }
    for place in [&US, &AP] {
        file.cname(&format!("ingest.{}", place.code), &balancers::second_host(place)).ttl = 60;
    }
    for (channel, place) in CHANNELS.iter().zip([&US, &AP].into_iter().cycle()) {
        let ingest = format!("ingest.{}.media.example", place.code);
        file.cname(&format!("live.{channel}"), &ingest);
        file.cname(channel, "cdn.eu.media.example");
        file.srv(&format!("_rtmp._tcp.{channel}"), 1935, &ingest);
        file.txt(&format!("_channel.{channel}"), &format!("channel={channel}"));
    }
}
