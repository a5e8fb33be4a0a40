//! Which response answers which request.
//!
//! `WARC-Concurrent-To` says so, in either record and in either order: wget writes the request first, warcio the
//! response. Where neither says, the oldest waiting record of the same target URI is taken. Records wait in a window
//! of bounded size; exchanges leave it in the order of their first record.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::records::Record;
use super::{exchange, own};
use crate::import::{Each, Wanted};

/// Exchanges that wait for their other half. Writers put both halves next to each other; several connections at once
/// may interleave.
const MOST_WAITING: usize = 64;
/// Bytes of blocks that wait, beyond the newest.
const MOST_BYTES: usize = 16 << 20;

/// One exchange as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) request: Option<Record>,
    pub(super) response: Option<Record>,
    /// WebSocket messages.
    pub(super) messages: Vec<Record>,
}

impl Pair {
    /// Whether nothing more is waited for: after an upgrade messages may follow.
    fn is_done(&self) -> bool {
        self.request.is_some() && self.response.as_ref().is_some_and(|response| !is_upgrade(response))
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.request.iter().chain(&self.response)
    }

    fn bytes(&self) -> usize {
        self.records().chain(&self.messages).map(|record| record.block.len()).sum()
    }
}

/// The window.
pub(super) struct Pairs {
    waiting: VecDeque<Pair>,
    /// Position of the first that waits.
    position: usize,
    wanted: Wanted,
}

impl Pairs {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { waiting: VecDeque::new(), position: 0, wanted }
    }

    /// Position of the exchange that is handed out next.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Takes a record in, and hands out what became whole or has waited long enough.
    pub(super) fn take(&mut self, record: Record, each: &mut Each<'_>) -> ControlFlow<()> {
        let is_request = match &*record.kind() {
            "request" => true,
            "response" | "revisit" => false,
            _ if own::is_message(&record) => {
                let at = self.upgraded(&record).unwrap_or_else(|| self.push());
                self.waiting[at].messages.push(record);
                return self.hand_out_done(each);
            }
            _ => return own::blind(&record).map_or(ControlFlow::Continue(()), |blind| each(blind.into())),
        };
        if !exchange::is_http(&record) {
            return ControlFlow::Continue(());
        }
        let at = self.partner(&record, is_request).unwrap_or_else(|| self.push());
        let pair = &mut self.waiting[at];
        *(if is_request { &mut pair.request } else { &mut pair.response }) = Some(record);
        self.hand_out_done(each)
    }

    fn push(&mut self) -> usize {
        self.waiting.push_back(Pair::default());
        self.waiting.len() - 1
    }

    /// Hands out from the front what waits for nothing, and what cannot wait longer.
    fn hand_out_done(&mut self, each: &mut Each<'_>) -> ControlFlow<()> {
        let mut bytes: usize = self.waiting.iter().rev().skip(1).map(Pair::bytes).sum();
        while let Some(first) = self.waiting.front() {
            let full = self.waiting.len() > MOST_WAITING || bytes > MOST_BYTES;
            if !first.is_done() && !full {
                break;
            }
            bytes = bytes.saturating_sub(first.bytes());
            self.hand_out(each)?;
        }
        ControlFlow::Continue(())
    }

    /// Hands out what still waits: nothing more comes.
    pub(super) fn finish(&mut self, each: &mut Each<'_>) -> ControlFlow<()> {
        while !self.waiting.is_empty() {
            self.hand_out(each)?;
        }
        ControlFlow::Continue(())
    }

    fn hand_out(&mut self, each: &mut Each<'_>) -> ControlFlow<()> {
        let Some(pair) = self.waiting.pop_front() else { return ControlFlow::Continue(()) };
        let index = self.position;
        self.position += 1;
        each(exchange::of_records(index, pair, self.wanted).into())
    }

    /// Which of the waiting ones a WebSocket message belongs to: the one with its request, or with others of its kind.
    fn upgraded(&self, message: &Record) -> Option<usize> {
        let request = message.field("warc-concurrent-to")?;
        let is_it = |pair: &Pair| {
            pair.records().any(|record| record.field("warc-record-id") == Some(request))
                || pair.messages.first().is_some_and(|other| other.field("warc-concurrent-to") == Some(request))
        };
        self.waiting.iter().position(is_it)
    }

    /// Which of the waiting ones the record belongs to.
    fn partner(&self, record: &Record, is_request: bool) -> Option<usize> {
        let other =
            |pair: &'_ Pair| -> bool { if is_request { pair.request.is_none() } else { pair.response.is_none() } };
        let lacking = || self.waiting.iter().enumerate().filter(|(_, pair)| other(pair));
        let is_its = |(_, pair): &(usize, &Pair)| {
            pair.records().chain(pair.messages.first()).any(|waiting| concurrent(waiting, record))
        };
        let stated = lacking().find(is_its);
        let says_nothing = |record: &Record| record.field("warc-concurrent-to").is_none();
        let same_target = |waiting: &Record| {
            says_nothing(waiting) && says_nothing(record) && exchange::target(waiting) == exchange::target(record)
        };
        let found = stated.or_else(|| lacking().find(|(_, pair)| pair.records().any(same_target)));
        found.map(|(at, _)| at)
    }
}

/// Whether the response ends HTTP on its connection.
fn is_upgrade(response: &Record) -> bool {
    let status = response.block.get(..12).and_then(|line| line.strip_prefix(b"HTTP/1."));
    status.is_some_and(|status| status.ends_with(b" 101"))
}

/// Whether one of both names the other.
fn concurrent(one: &Record, other: &Record) -> bool {
    let names = |from: &Record, to: &Record| {
        let id = to.field("warc-record-id");
        id.is_some_and(|id| from.every("warc-concurrent-to").any(|named| named == id))
    };
    names(one, other) || names(other, one)
}
