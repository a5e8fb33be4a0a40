//! HAR 1.2 (HTTP Archive; Jan Odvarko and others, 2010) as browsers, proxies and apps really write it.
//!
//! The way of the data: [`window`](crate::codec::window) buffers, [`structure`] follows brackets and strings, [`entries`] cuts the file
//! into its entries, [`object`] gives a lenient view of one, [`exchange`] makes an exchange of it with [`headers`],
//! [`body`] (and [`form`]), [`messages`] and [`time`]. Nothing here refuses a file in which one entry can be read.
//!
//! A HAR loses things by its nature: header bytes that are no text, the content coding of responses, with some tools
//! the bodies of requests. What was lost is stated as fidelity, not guessed.

mod body;
mod entries;
mod exchange;
mod form;
mod headers;
mod messages;
mod object;
mod structure;
mod time;

use std::io::Read;

use super::unicode::{self, Utf8};
use super::{Each, Faults, ImportError, Importer, PEEK, Wanted};
use crate::codec::json::{Broken, Kind, Tokens, Why, unescape};
use crate::model::Fault;
use entries::Entries;

/// Bytes of one entry; a longer one is passed over with a fault.
const MOST_ENTRY_BYTES: usize = 1 << 30;

/// The importer.
#[derive(Debug, Clone, Copy)]
pub struct Har;

impl Importer for Har {
    fn name(&self) -> &'static str {
        "har"
    }

    fn about(&self) -> &'static str {
        "HAR 1.2, as browsers and most proxies export it"
    }

    fn sniff(&self, head: &[u8]) -> bool {
        let text = unicode::head_as_utf8(head);
        let text = text.trim_ascii_start();
        if !text.starts_with(b"{") {
            return false;
        }
        memchr::memmem::find(text, b"\"startedDateTime\"").is_some() || has_log(text, head.len() >= PEEK)
    }

    fn read(&self, input: &mut dyn Read, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError> {
        read(input, MOST_ENTRY_BYTES, wanted, each)
    }
}

/// Whether the object names `log` or `entries` at its top level; one that is not seen whole may still.
fn has_log(text: &[u8], more_follows: bool) -> bool {
    let mut tokens = Tokens::new(text);
    let mut depth = 0;
    loop {
        let token = match tokens.next_token() {
            Ok(Some(token)) => token,
            Ok(None) => return false,
            Err(Broken { why, .. }) => return more_follows && why != Why::Unexpected,
        };
        match token.kind {
            Kind::ObjectStart | Kind::ArrayStart => depth += 1,
            Kind::ObjectEnd | Kind::ArrayEnd => depth -= 1,
            Kind::Key | Kind::EscapedKey if depth == 1 => {
                if matches!(&*unescape(&text[token.span]), b"log" | b"entries") {
                    return true;
                }
            }
            _ => {}
        }
    }
}

fn read(input: &mut dyn Read, limit: usize, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError> {
    let io = |offset, entry, source| ImportError::Io { offset, entry, source };
    let mut input = Utf8::new(input).map_err(|source| io(0, 0, source))?;
    let mut entries = Entries::new(&mut input, limit);
    let mut faults = Faults::default();
    let mut nodes = Vec::new();
    loop {
        // Taken before, since an element borrows the buffer until the next one.
        let (offset, index) = (entries.offset(), entries.index());
        let element = match entries.next_element() {
            Ok(Some(element)) => element,
            Ok(None) => break,
            Err(source) => return Err(io(offset, index, source)),
        };
        match exchange::of_element(&element, wanted, &mut nodes) {
            Ok(exchange) => {
                if each(exchange.into()).is_break() {
                    return Ok(faults.into_list());
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    let (found, whole, offset) = (entries.found(), entries.is_whole(), entries.offset());
    let mut faults = faults.into_list();
    faults.extend(entries.into_faults());
    match (found, whole) {
        (true, _) => Ok(faults),
        (false, true) => Err(ImportError::NoEntries { offset }),
        (false, false) => Err(broken(&faults, offset)),
    }
}

fn broken(faults: &[Fault], end: u64) -> ImportError {
    match faults.first().and_then(|fault| fault.offset) {
        Some(offset) => ImportError::Broken { offset, why: "it is not JSON from there on" },
        None => ImportError::Broken { offset: end, why: "the file ends before it" },
    }
}

#[cfg(test)]
mod tests;
