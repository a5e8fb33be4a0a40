//! What the proxy's writer tells: each event with what is shown of it, and no more.

use std::net::IpAddr;
use std::sync::mpsc::SyncSender;
use tattletale_core::model::{Blind, BlindKind, url};
use tattletale_proxy::{Notice, Seen, Watch};

/// Records that are looked at together for leaks as they happen, in bytes; the audit afterwards reads all.
const MOST_RECORDS: usize = 4 << 20;

/// Something that happened.
#[derive(Debug)]
pub(super) enum Event {
    Exchange { host: String, plaintext: bool, sent: u64, received: u64, whole: bool, records: Option<Vec<u8>> },
    Message { sent: bool, length: u64, records: Option<Vec<u8>> },
    Blind { host: String, kind: BlindKind, sent: u64, received: u64, detail: Option<String>, records: Option<Vec<u8>> },
    Notice(Notice),
}

/// Hands events over to whoever shows them.
pub(super) struct Reporter {
    events: SyncSender<Event>,
    /// Whether somebody looks for leaks.
    records: bool,
}

impl Reporter {
    pub(super) fn new(events: SyncSender<Event>, records: bool) -> Self {
        Self { events, records }
    }
}

impl Watch for Reporter {
    fn see(&mut self, seen: Seen<'_>) {
        let kept = |records: &[u8]| {
            let wanted = self.records && !records.is_empty() && records.len() <= MOST_RECORDS;
            wanted.then(|| records.to_vec())
        };
        let event = match seen {
            Seen::Exchange { url, sent, received, whole, records } => {
                let parts = url::Parts::of(url);
                Event::Exchange {
                    host: parts.host(),
                    plaintext: parts.scheme.eq_ignore_ascii_case("http"),
                    sent,
                    received,
                    whole,
                    records: kept(records),
                }
            }
            Seen::Message { sent, length, records } => Event::Message { sent, length, records: kept(records) },
            Seen::Blind { blind, records } => blind_event(blind, kept(records)),
            Seen::Notice(notice) => Event::Notice(notice.clone()),
            _ => return,
        };
        // Nobody looks any more: the recording goes on all the same.
        let _ = self.events.send(event);
    }
}

fn blind_event(blind: &Blind, records: Option<Vec<u8>>) -> Event {
    Event::Blind {
        host: blind.receiver(),
        kind: blind.kind,
        sent: blind.sent,
        received: blind.received,
        detail: blind.detail.clone(),
        records,
    }
}

/// A notice in words.
pub(super) fn words(notice: &Notice) -> String {
    let device = |address: &IpAddr| format!("device {address}");
    match notice {
        Notice::WaitsForPairing(address) => {
            format!(
                "{} waits: type the code into any http page on it, or into {}",
                device(address),
                tattletale_proxy::PAGE
            )
        }
        Notice::Paired(address) => format!("{} is recorded from now on", device(address)),
        Notice::PairingRefused(address) => format!("{} sent too many wrong codes", device(address)),
        Notice::AddressRefused { host, why } => format!("{host} is not reached: {why}"),
        Notice::NotReached { host, why } => format!("{host} could not be reached: {why}"),
        Notice::AuthorityTrusted(address) => format!("{} trusts the certificate", device(address)),
        Notice::PassedFromNowOn(host) => {
            format!("{host} is passed through unopened from now on, so that its app goes on working")
        }
        other => format!("{other:?}"),
    }
}
