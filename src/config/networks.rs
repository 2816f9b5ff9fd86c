//! `[[network]]`: what counts as our own address space, besides every address that we ever held.

use std::net::IpAddr;

use ipnet::IpNet;

use super::names::Names;
use super::reader::Reader;

/// What counts as our own address space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkConfig {
    pub name: String,
    /// Without host bits.
    pub cidr: IpNet,
}

/// A network or a single address, without host bits.
pub fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let network = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Some(network.trunc())
}

/// Reads the networks; one that cannot be read is a fault and left out.
pub fn read(root: &mut Reader<'_>) -> Vec<NetworkConfig> {
    let mut names = Names::default();
    let mut networks = Vec::new();
    for table in root.tables("network") {
        let mut section = root.within(table);
        let name = names.read(&mut section, "office");
        let cidr = section.required_text("cidr", "198.51.100.0/24");
        networks.extend(cidr.and_then(|text| cidr_of(&section, &text)).map(|cidr| NetworkConfig { name, cidr }));
        section.finish();
    }
    networks
}

fn cidr_of(section: &Reader<'_>, text: &str) -> Option<IpNet> {
    let Ok(network) = text.parse::<IpNet>() else {
        section.fault("cidr", format!("{text:?} is not a network"), "write address/prefix, as in 198.51.100.0/24");
        return None;
    };
    if network != network.trunc() {
        // Whether the address or the prefix is the mistake, only a person knows.
        let remedy = format!(
            "write {} for the network, or {}/{} for the one address",
            network.trunc(),
            network.addr(),
            network.max_prefix_len()
        );
        section.fault("cidr", format!("{text:?} has bits beyond its prefix"), remedy);
    }
    Some(network.trunc())
}
