//! Captures in: any file that some tool wrote becomes a stream of exchanges, and of what could not be seen.
//!
//! An importer takes a reader and hands out one exchange after the other; it never holds the file. Parsing does not
//! fail over one bad entry: what is wrong with an entry travels with its exchange, what could not become an exchange
//! is returned as a fault, and an error is left for files in which there is nothing to read at all.
//!
//! A new format is one file here, its `mod` line and its line in [`IMPORTERS`].

mod blindness;
mod burp;
mod coding;
mod cookies;
mod error;
mod faults;
mod flows;
mod har;
mod http1;
mod http_pair;
mod metered;
mod names;
mod peer;
mod saz;
mod unicode;
mod warc;

use std::io::Read;
use std::ops::ControlFlow;

use crate::model::{Captured, Fault};
pub use burp::Burp;
pub use error::{ImportError, LooksLike};
use faults::Faults;
pub use flows::Flows;
pub use har::Har;
use metered::Metered;
pub use names::Names;
use peer::address;
pub use saz::Saz;
pub use warc::Warc;

/// Every format that can be read, most specific recognition first.
pub static IMPORTERS: &[&dyn Importer] = &[&Warc, &Flows, &Burp, &Saz, &Har];

/// How much of a file's start [`Importer::sniff`] gets to see, in bytes.
pub const PEEK: usize = 64 << 10;

/// Where each exchange, and each thing that could not be seen, goes; `Break` ends the import.
pub type Each<'a> = dyn FnMut(Captured) -> ControlFlow<()> + 'a;

/// One capture format.
pub trait Importer: Sync {
    /// The word for it in arguments and reports, e.g. `har`.
    fn name(&self) -> &'static str;

    /// One line for a person: what it is and who writes it.
    fn about(&self) -> &'static str;

    /// Whether a file that starts like this (up to [`PEEK`] bytes) is of this format, as far as that shows.
    fn sniff(&self, head: &[u8]) -> bool;

    /// Hands out every exchange, in the file's order and numbered from 0 with the unreadable ones counted.
    ///
    /// Returned are the faults that belong to no exchange that was handed out; the others are in
    /// [`Exchange::faults`](crate::model::Exchange::faults). What the caller has seen before an error remains valid.
    fn read(&self, input: &mut dyn Read, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError>;
}

/// Which bytes to hand out; headers, URLs, times and the fidelity of every body always come.
///
/// This spares the caller's memory more than time: fidelity cannot be stated without looking at the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Bodies of requests and the WebSocket messages that the client sent.
    pub request_bodies: bool,
    /// Bodies of responses and the WebSocket messages that the client received.
    pub response_bodies: bool,
}

impl Wanted {
    /// Everything.
    pub const ALL: Self = Self { request_bodies: true, response_bodies: true };
    /// What the client sent, and of the answers only their headers.
    pub const REQUESTS: Self = Self { request_bodies: true, response_bodies: false };
    /// No bodies at all.
    pub const HEADERS: Self = Self { request_bodies: false, response_bodies: false };
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// [`Importer::name`] of the format.
    pub format: &'static str,
    /// SHA-256 of the whole input, lower-case hex; none when the caller broke off, since the rest was not read.
    pub sha256: Option<String>,
    /// Bytes read: the whole input, unless the caller broke off.
    pub bytes: u64,
    /// Exchanges that were handed out.
    pub exchanges: u64,
    /// Connections and names that were handed out as blind.
    pub blind: u64,
    /// What is wrong with the file and with entries that could not become an exchange.
    pub faults: Vec<Fault>,
}

/// Recognises the format, hands out every exchange, and reads on to the end of the input.
pub fn read(
    input: impl Read,
    wanted: Wanted,
    mut each: impl FnMut(Captured) -> ControlFlow<()>,
) -> Result<Imported, ImportError> {
    let mut input = Metered::new(input);
    let head = input.peek(PEEK).map_err(|source| ImportError::Io { offset: 0, entry: 0, source })?;
    if head.is_empty() {
        return Err(ImportError::Empty);
    }
    let Some(importer) = IMPORTERS.iter().find(|importer| importer.sniff(head)) else {
        return Err(ImportError::UnknownFormat { looks_like: LooksLike::of(head) });
    };
    let (mut exchanges, mut blind, mut stopped) = (0u64, 0u64, false);
    let faults = importer.read(&mut input, wanted, &mut |captured| {
        *(if matches!(captured, Captured::Blind(_)) { &mut blind } else { &mut exchanges }) += 1;
        let flow = each(captured);
        stopped = flow.is_break();
        flow
    })?;
    if !stopped {
        let entry = exchanges as usize;
        let drained = input.drain();
        drained.map_err(|source| ImportError::Io { offset: input.passed(), entry, source })?;
    }
    let bytes = input.passed();
    let sha256 = (!stopped).then(|| input.sha256());
    Ok(Imported { format: importer.name(), sha256, bytes, exchanges, blind, faults })
}

#[cfg(test)]
mod tests;
