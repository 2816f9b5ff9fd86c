//! `billing.example`: few records, and the ones that cost money when they are wrong.

use super::super::fleet;
use super::super::place::PLACES;
use super::super::zone_file::{ZoneFile, remark};
use super::edge_of;

pub fn write(file: &mut ZoneFile<'_>) {
    file.mail();
    file.caa("issue", "ca.example.net");
    file.caa("iodef", "mailto:security@example.org");
    file.txt("@", "bank-site-verification=4f9c2b7e");
    file.txt("selector1._domainkey", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ");
    for place in PLACES {
        let region = place.code;
        for machine in fleet::of_role(place, "billing-web") {
            let Some(address) = machine.public() else { continue };
            if region == "eu" {
                file.a("@", address).ttl = 60;
            }
            file.a(&format!("pay.{region}"), address).ttl = 60;
            machine.v6().into_iter().for_each(|v6| file.aaaa(&format!("pay.{region}"), v6).ttl = 60);
            remark(file.a(&format!("pay-{}.{region}", machine.index + 1), address), "allow-listed at the bank");
        }
        for name in ["invoices", "payouts", "webhooks"] {
            file.cname(&format!("{name}.{region}"), &edge_of(place));
        }
    }
    for name in ["www", "api", "status", "receipts"] {
        file.cname(name, "eu.edge.example.net");
    }
    file.cname("pay", "pay.eu.billing.example").ttl = 60;
}
