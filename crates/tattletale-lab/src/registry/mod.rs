//! Who runs the lab's servers, as registries would tell it: RDAP-shaped records and DNS answers, for lab names only.
//!
//! The reported servers were rented from Alibaba, stood in Singapore and Russia, and had domains registered in
//! Beijing. Operator, registry country and place are three different facts, so the records keep them apart. Reported
//! host names and addresses stand in them as labels; nothing here ever resolves or asks for them.

pub(crate) mod dns;
pub(crate) mod rdap;

use crate::wire::{RUSSIA, SINGAPORE};
use std::net::Ipv4Addr;

/// Name of the plain-HTTP server; loopback address 127.0.0.2, like Singapore.
pub const PLAIN: &str = "plain-collector.localhost";

/// What the registries know of one server.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) address: Ipv4Addr,
    /// ISO 3166 code of the place that the server stands for.
    pub(crate) country: &'static str,
    pub(crate) city: &'static str,
    /// What was reported, as a label.
    pub(crate) stands_for: &'static str,
}

/// The servers. Sources: Forbes, 30 April 2020 (Singapore, Russia, Alibaba, Beijing); W. Palant, 4 May 2020 and the
/// second channel's public listing (host names).
pub(crate) const RECORDS: [Record; 3] = [
    Record {
        name: SINGAPORE,
        address: Ipv4Addr::new(127, 0, 0, 2),
        country: "SG",
        city: "Singapore",
        stands_for: "sa.api.intl.miui.com",
    },
    Record {
        name: RUSSIA,
        address: Ipv4Addr::new(127, 0, 0, 3),
        country: "RU",
        city: "Moscow",
        stands_for: "a collection server in Russia, whose name was not reported",
    },
    Record {
        name: PLAIN,
        address: Ipv4Addr::new(127, 0, 0, 2),
        country: "SG",
        city: "Singapore",
        stands_for: "tracking.intl.miui.com",
    },
];

/// True for a name that the lab may speak of.
pub(crate) fn is_lab_name(name: &str) -> bool {
    name.strip_suffix(".localhost").is_some_and(|label| !label.is_empty())
}
