//! The regions of the made-up platform and their address plans.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The account that owns the machines.
pub const ACCOUNT: &str = "123456789012";

/// A region: a part of the cloud and the controller that runs on it.
#[derive(Debug)]
pub struct Place {
    /// Ours: `eu`, `us`, `ap`; a part of names.
    pub code: &'static str,
    /// The cloud's.
    pub provider_region: &'static str,
    pub network: &'static str,
    /// The column of this region in tables of three.
    pub column: usize,
    public: [u8; 3],
    private: [u8; 2],
    v6: u16,
}

pub const EU: Place = Place {
    code: "eu",
    provider_region: "eu-central-1",
    network: "vpc-0e5f2a1c9d3b47e60",
    column: 0,
    public: [192, 0, 2],
    private: [10, 10],
    v6: 0x10,
};

pub const US: Place = Place {
    code: "us",
    provider_region: "us-east-1",
    network: "vpc-0a81c4d7e2f9365b1",
    column: 1,
    public: [198, 51, 100],
    private: [10, 20],
    v6: 0x20,
};

pub const AP: Place = Place {
    code: "ap",
    provider_region: "ap-northeast-1",
    network: "vpc-0c6b93f0d5a8e1742",
    column: 2,
    public: [203, 0, 113],
    private: [10, 30],
    v6: 0x30,
};

/// All of them.
pub const PLACES: [&Place; 3] = [&EU, &US, &AP];

impl Place {
    /// The scope of the cloud's listings.
    pub fn scope(&self) -> String {
        format!("{ACCOUNT}/{}", self.provider_region)
    }

    /// The host name of the platform's controller, which is the scope of its listings.
    pub fn controller(&self) -> String {
        format!("deis.{}.apps.example.com", self.code)
    }

    /// The public address with that last byte.
    pub fn public(&self, last: u8) -> Ipv4Addr {
        let [a, b, c] = self.public;
        Ipv4Addr::new(a, b, c, last)
    }

    /// The private address with that last byte, in one of the subnets.
    pub fn private(&self, subnet: u8, last: u8) -> Ipv4Addr {
        let [a, b] = self.private;
        Ipv4Addr::new(a, b, subnet, last)
    }

    pub fn v6(&self, last: u16) -> Ipv6Addr {
        Ipv6Addr::new(0x2001, 0xdb8, self.v6, 0, 0, 0, 0, last)
    }

    /// The availability zone of the machine that is the `index`th of its group.
    pub fn zone(&self, index: u8) -> String {
        format!("{}{}", self.provider_region, ["a", "b", "c"][usize::from(index % 3)])
    }
}
