//! `example.org`: the company's own mail and telephones; and the zone of the data centre that it once had.

use std::net::Ipv4Addr;

use super::super::fleet;
use super::super::place::EU;
use super::super::zone_file::ZoneFile;
use super::edge_of;

pub fn write(file: &mut ZoneFile<'_>) {
    file.mail();
    file.caa("issue", "ca.example.net");
    file.cname("www", &edge_of(&EU));
    for name in ["wiki", "status", "careers", "blog"] {
        file.cname(name, &edge_of(&EU));
    }
    for bastion in fleet::of_role(&EU, "bastion") {
        bastion.public().into_iter().for_each(|address| file.a("ssh", address).ttl = 60);
    }
    for monitor in fleet::of_role(&EU, "monitor") {
        monitor.public().into_iter().for_each(|address| file.a("grafana", address).ttl = 60);
    }
    // Somebody else's addresses: no finding, whoever holds them.
    file.a("mx1", Ipv4Addr::new(192, 0, 2, 250));
    file.a("mx2", Ipv4Addr::new(192, 0, 2, 251));
    file.txt("_spf", "v=spf1 ip4:192.0.2.250/31 -all");
    file.txt("selector1._domainkey", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ");
    file.srv("_sip._tcp", 5060, "sip.partner.example");
    file.srv("_xmpp-client._tcp", 5222, "chat.partner.example");
    file.txt("_github-challenge", "made-up-5f2d");
}

/// What the old data centre's name server still says.
pub fn write_data_centre(file: &mut ZoneFile<'_>) {
    for rack in 1..=6 {
        file.a(&format!("pdu-{rack}"), Ipv4Addr::new(10, 90, 0, 10 + rack));
        file.a(&format!("switch-{rack}"), Ipv4Addr::new(10, 90, 1, 10 + rack));
    }
    file.a("backup", Ipv4Addr::new(10, 90, 2, 5));
    file.cname("ftp", "backup.dc.example.org");
    file.txt("@", "closed since 2021, ask platform");
}
