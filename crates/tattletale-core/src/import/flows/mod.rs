//! mitmproxy's flow files: tagged netstrings ([`tnet`]), one dictionary a flow, of any version since 0.11.
//!
//! Thirty versions differ in names and places of fields; [`exchange`] asks for each under every name it ever had
//! instead of converting from version to version. Kinds of flows: HTTP (with WebSocket messages inside, or in a flow of
//! their own before version 12), TCP and UDP (an exchange with messages only), DNS (a name, if no connection to it is
//! in the file). A flow's `backup` is its state before somebody
//! edited it in the interface: that is what the client said, so it is taken.
//!
//! Memory is bounded by the largest flow, and that by a limit beyond which a flow is passed over.

mod exchange;
mod tnet;

use std::io::Read;

use super::names::Names;
use super::{Each, Faults, ImportError, Importer, Wanted};
use crate::codec::window::Window;
use crate::model::{Fault, FaultKind};
use exchange::Flows as Reader;
use tnet::{Item, MOST_DIGITS};

/// Bytes of one flow; a longer one is passed over with a fault.
const MOST_FLOW: usize = 1 << 30;
/// Names that a flow's dictionary may start with, in one version or another.
const FIRST_NAMES: [&[u8]; 20] = [
    b"version",
    b"type",
    b"id",
    b"error",
    b"client_conn",
    b"server_conn",
    b"request",
    b"response",
    b"websocket",
    b"messages",
    b"intercepted",
    b"is_replay",
    b"marked",
    b"metadata",
    b"comment",
    b"timestamp_created",
    b"backup",
    b"mode",
    b"close_reason",
    b"close_sender",
];

/// The importer.
#[derive(Debug, Clone, Copy)]
pub struct Flows;

impl Importer for Flows {
    fn name(&self) -> &'static str {
        "flows"
    }

    fn about(&self) -> &'static str {
        "flow files of mitmproxy and mitmdump, any version"
    }

    fn sniff(&self, head: &[u8]) -> bool {
        starts_flow(head)
    }

    fn read(&self, input: &mut dyn Read, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError> {
        read(input, MOST_FLOW, wanted, each)
    }
}

/// Whether a flow's dictionary starts here.
fn starts_flow(bytes: &[u8]) -> bool {
    let Some((_, start)) = tnet::length(bytes) else { return false };
    let Some((length, name)) = tnet::length(&bytes[start..]) else { return false };
    let name = bytes[start + name..].get(..length);
    name.is_some_and(|name| FIRST_NAMES.contains(&name))
}

fn read(
    input: &mut dyn Read,
    most_flow: usize,
    wanted: Wanted,
    each: &mut Each<'_>,
) -> Result<Vec<Fault>, ImportError> {
    let mut window = Window::new(input);
    let (mut faults, mut names) = (Faults::default(), Names::default());
    let mut flows = Reader::new(wanted);
    let mut lost = false;
    loop {
        let offset = window.offset();
        let io = |source| ImportError::Io { offset, entry: 0, source };
        // Enough for a length and the first name behind it.
        while window.ahead().len() < 64 && window.fill().map_err(io)? {}
        let blank = window.ahead().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blank > 0 {
            window.pass(blank);
            continue;
        }
        let ahead = window.ahead();
        if ahead.is_empty() {
            break;
        }
        let Some((length, start)) = tnet::length(ahead).filter(|_| starts_flow(ahead)) else {
            let cut = ahead.len() < 64 && ahead.len() <= MOST_DIGITS;
            if !lost {
                let message = "what stands here is no flow; the next one was looked for";
                let kind = if cut { FaultKind::Truncated } else { FaultKind::Corrupt };
                faults.push(Fault::new(kind, if cut { "the file ends inside a flow" } else { message }).at(offset));
            }
            lost = true;
            find(&mut window, io)?;
            continue;
        };
        let whole = start.saturating_add(length).saturating_add(1);
        if whole > most_flow {
            let message = "the flow is longer than the limit for one flow";
            faults.push(Fault::new(FaultKind::Limit, message).at(offset));
            flows.skip();
            pass(&mut window, whole as u64, io)?;
            continue;
        }
        while window.ahead().len() < whole && window.fill().map_err(io)? {}
        match Item::read(window.ahead()) {
            Some((flow, _)) if flow.is_dict() => {
                lost = false;
                match flows.of_flow(flow, &mut names) {
                    Ok(captured) => {
                        for captured in captured {
                            if each(captured).is_break() {
                                return Ok(faults.into_list());
                            }
                        }
                    }
                    Err(message) => {
                        faults.push(Fault::new(FaultKind::Corrupt, message).at(offset));
                        flows.skip();
                    }
                }
                window.pass(whole);
            }
            _ => {
                let (kind, message) = match window.ahead().len() < whole {
                    true => (FaultKind::Truncated, "the file ends inside this flow"),
                    false => (FaultKind::Corrupt, "the flow does not end where it says; the next one was looked for"),
                };
                if !lost {
                    faults.push(Fault::new(kind, message).at(offset));
                }
                lost = true;
                window.pass(1);
                find(&mut window, io)?;
            }
        }
    }
    for blind in names.without_connection() {
        if each(blind.into()).is_break() {
            break;
        }
    }
    Ok(faults.into_list())
}

/// Passes so many bytes, without keeping them.
fn pass(
    window: &mut Window<'_>,
    mut count: u64,
    io: impl Fn(std::io::Error) -> ImportError,
) -> Result<(), ImportError> {
    while count > 0 {
        let passed = window.ahead().len().min(usize::try_from(count).unwrap_or(usize::MAX));
        window.pass(passed);
        count -= passed as u64;
        if count > 0 && !window.fill().map_err(&io)? {
            break;
        }
    }
    Ok(())
}

/// Goes to the next place where a flow ends and another starts, or to the end.
fn find(window: &mut Window<'_>, io: impl Fn(std::io::Error) -> ImportError) -> Result<(), ImportError> {
    loop {
        let ahead = window.ahead();
        let starts = |end: &usize| starts_flow(&ahead[end + 1..]);
        if let Some(end) = memchr::memchr_iter(b'}', ahead).find(starts) {
            window.pass(end + 1);
            return Ok(());
        }
        // A start may be cut off at the end of what is buffered.
        let kept = ahead.len().min(64);
        window.pass(ahead.len() - kept);
        if !window.fill().map_err(&io)? {
            window.pass(kept);
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
