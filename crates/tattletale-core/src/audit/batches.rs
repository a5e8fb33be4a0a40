//! Reading a capture in batches, for others to search while the next is read.

use super::Capture;
use crate::import::{self, ImportError, Imported, Wanted};
use crate::model::{Captured, Exchange};
use std::ops::ControlFlow;
use std::sync::mpsc::SyncSender;

/// A batch ends at so many exchanges or bytes of bodies, whichever comes first; three are held at once.
const EXCHANGES: usize = 256;
const BYTES: usize = 8 << 20;

/// Hands a capture on in batches, and waits while one is in hand and another is ready.
pub(super) fn read(
    capture: &Capture<'_>,
    wanted: Wanted,
    full: SyncSender<Vec<Captured>>,
) -> Result<Imported, ImportError> {
    let (mut batch, mut held) = (Vec::new(), 0);
    // Nobody takes batches any more only when whoever searches has panicked, which is told elsewhere.
    let hand_on = |batch: &mut Vec<Captured>| match full.send(std::mem::take(batch)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    let result = import::read(capture.input()?, wanted, |captured| {
        held += match &captured {
            Captured::Exchange(exchange) => bytes_of(exchange),
            Captured::Blind(_) => 0,
        };
        batch.push(captured);
        if batch.len() < EXCHANGES && held < BYTES {
            return ControlFlow::Continue(());
        }
        held = 0;
        hand_on(&mut batch)
    });
    let _ = hand_on(&mut batch);
    result
}

/// Bytes of both bodies.
fn bytes_of(exchange: &Exchange) -> usize {
    let answered = exchange.response.as_ref().map_or(0, |response| response.body.bytes.len());
    exchange.request.body.bytes.len() + answered
}
