//! WARC 1.0 and 1.1 (ISO 28500), as we record it and as crawlers, archives and wget write it.
//!
//! The way of the data: [`source`] gives the decoded bytes of plain or gzipped files, [`records`] cuts them into
//! records, [`pairs`] finds the response to each request, [`exchange`] makes an exchange of both, and [`digests`]
//! holds the bytes against what was stated when they were written.
//!
//! What is an exchange: `request` with its `response` (or `revisit`), by `WARC-Concurrent-To`, else by target URI in
//! the file's order; a request without an answer; and, for crawlers that keep no requests, a response alone, whose
//! request then has only the target URI. `warcinfo`, `metadata`, `resource`, `conversion` and records that hold no
//! HTTP (DNS answers) are passed over: none of them is something that was sent. Recordings of ours have more ([`own`]):
//! WebSocket messages join their exchange; one that comes when its exchange has left the window makes another, which
//! has only the URL and the messages.
//!
//! Positions count these exchanges from 0 in the order of their first record. Memory is bounded by the window in
//! which the other half of an exchange is waited for and a few times the largest record, of which 256 MiB are kept.

mod digests;
mod exchange;
mod own;
mod pairs;
mod records;
mod source;

use std::io::Read;

use super::{Each, ImportError, Importer, Wanted};
use crate::codec::members::{MAGIC, Members, Piece};
use crate::model::Fault;
use pairs::Pairs;
use records::Records;
use source::Source;

/// The importer.
#[derive(Debug, Clone, Copy)]
pub struct Warc;

impl Importer for Warc {
    fn name(&self) -> &'static str {
        "warc"
    }

    fn about(&self) -> &'static str {
        "WARC 1.0 and 1.1, plain or gzipped, as we record and as web archives keep"
    }

    fn sniff(&self, head: &[u8]) -> bool {
        head.starts_with(b"WARC/1.") || (head.starts_with(MAGIC) && starts_so(head))
    }

    fn read(&self, input: &mut dyn Read, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError> {
        read(input, records::MOST_BLOCK, wanted, each)
    }
}

/// Whether the first member of a gzipped file starts with a record.
fn starts_so(mut head: &[u8]) -> bool {
    let mut start = [0; 7];
    let mut members = Members::new(&mut head);
    let mut filled = 0;
    while let Ok(Piece::Bytes { count, .. }) = members.read(&mut start[filled..]) {
        filled += count;
        if filled == start.len() {
            return start == *b"WARC/1.";
        }
    }
    false
}

fn read(
    input: &mut dyn Read,
    most_block: usize,
    wanted: Wanted,
    each: &mut Each<'_>,
) -> Result<Vec<Fault>, ImportError> {
    let source = Source::of(input).map_err(|source| ImportError::Io { offset: 0, entry: 0, source })?;
    let mut records = Records::new(source, most_block);
    let mut pairs = Pairs::new(wanted);
    loop {
        let record = match records.next_record() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            Err(source) => {
                return Err(ImportError::Io { offset: records.offset(), entry: pairs.position(), source });
            }
        };
        if pairs.take(record, each).is_break() {
            return Ok(records.into_faults());
        }
    }
    // Breaking off here only spares what is in the window; the file is read.
    let _ = pairs.finish(each);
    Ok(records.into_faults())
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;
