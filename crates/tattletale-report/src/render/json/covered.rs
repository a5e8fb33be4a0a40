//! What could be read and what could not, as rows of the JSON report.

use super::{StepRow, View};
use crate::render::hashes;
use serde::Serialize;
use std::collections::BTreeMap;
use tattletale_core::model::{BlindCount, BlindKind, Coverage, Fidelity};

#[derive(Serialize)]
pub(super) struct CoverageRow {
    exchanges: u64,
    captured: u64,
    read: u64,
    opaque: u64,
    bodies: BTreeMap<&'static str, u64>,
    /// Connections of which the content is not known, by kind.
    blind: Vec<BlindRow>,
    responses: bool,
    hashes: hashes::Row,
    receivers: Vec<ReceiverCoverageRow>,
    /// Exchanges and connections of hosts that have no row of their own, and count in that of their site or of nobody.
    hosts_dropped: u64,
    opaque_places: Vec<OpaqueRow>,
}

#[derive(Serialize)]
struct ReceiverCoverageRow {
    host: String,
    exchanges: u64,
    captured: u64,
    read: u64,
    opaque: u64,
    bodies: BTreeMap<&'static str, u64>,
    /// Addresses of its servers that the captures name; none where the host is masked.
    addresses: Vec<String>,
    /// Connections to it of which the content is not known, by kind.
    blind: Vec<BlindRow>,
}

/// Sizes in bytes as they passed.
#[derive(Serialize)]
struct BlindRow {
    kind: &'static str,
    connections: u64,
    sent: u64,
    received: u64,
}

fn blind_row(kind: BlindKind, count: BlindCount) -> BlindRow {
    let BlindCount { connections, sent, received } = count;
    BlindRow { kind: kind.name(), connections, sent, received }
}

#[derive(Serialize)]
struct OpaqueRow {
    capture: String,
    exchange: usize,
    host: String,
    part: String,
    path: Vec<StepRow>,
    bytes: u64,
    entropy: f64,
    kind: &'static str,
}

impl View<'_, '_> {
    pub(super) fn coverage(&self, coverage: &Coverage) -> CoverageRow {
        let receivers = coverage.receivers.iter();
        let bodies = |count: &dyn Fn(Fidelity) -> u64| {
            Fidelity::ALL.iter().map(|&fidelity| (fidelity.name(), count(fidelity))).collect()
        };
        CoverageRow {
            exchanges: coverage.total(|receiver| receiver.exchanges),
            captured: coverage.total(|receiver| receiver.captured),
            read: coverage.total(|receiver| receiver.read),
            opaque: coverage.total(|receiver| receiver.opaque),
            bodies: bodies(&|fidelity| coverage.bodies(fidelity)),
            blind: BlindKind::ALL
                .into_iter()
                .map(|kind| blind_row(kind, coverage.blind(kind)))
                .filter(|row| row.connections > 0)
                .collect(),
            responses: coverage.responses,
            hashes: hashes::Row::of(&coverage.hashes),
            receivers: receivers
                .map(|receiver| ReceiverCoverageRow {
                    host: self.masks.host(&receiver.host),
                    exchanges: receiver.exchanges,
                    captured: receiver.captured,
                    read: receiver.read,
                    opaque: receiver.opaque,
                    bodies: bodies(&|fidelity| receiver.bodies[fidelity as usize]),
                    addresses: match self.masks.shows_host(&receiver.host) {
                        true => receiver.addresses.iter().map(|at| self.masks.name(&at.to_string())).collect(),
                        false => Vec::new(),
                    },
                    blind: receiver.blind.iter().map(|(kind, count)| blind_row(*kind, *count)).collect(),
                })
                .collect(),
            hosts_dropped: coverage.hosts_dropped,
            opaque_places: coverage
                .opaque
                .iter()
                .map(|place| OpaqueRow {
                    capture: self.capture(place.capture),
                    exchange: place.exchange,
                    host: self.masks.host(&place.host),
                    part: self.masks.part(&place.part),
                    path: self.path(&place.path),
                    bytes: place.bytes,
                    entropy: (place.entropy * 100.0).round() / 100.0,
                    kind: place.kind.name(),
                })
                .collect(),
        }
    }
}
