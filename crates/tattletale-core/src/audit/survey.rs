//! The first pass: navigations, what was typed into them, and when the capture was made.

use super::Capture;
use super::inferred::{Typed, typed};
use super::navigation::{From, Navigation, Navigations, made_by};
use crate::decode::keys::{Key, SeenKeys};
use crate::decode::{Limits, parts, walk};
use crate::import::{self, ImportError, Imported, Wanted};
use crate::model::{Captured, Exchange, Fault, FaultKind, Timestamp, url};
use std::ops::ControlFlow;

/// Navigations kept per capture. A person does not make more, but whoever writes the capture may.
const NAVIGATIONS_KEPT: usize = 10_000;

/// What the first pass learnt of one capture.
pub(super) struct Survey {
    /// Digest, size, number of exchanges, faults of the file.
    pub(super) imported: Imported,
    /// In the order of the capture.
    pub(super) navigations: Vec<Navigation>,
    /// The exchanges of `navigations`, where they may carry an action in their query or body.
    pub(super) submits: Vec<Exchange>,
    /// What was typed into first-party forms.
    pub(super) typed: Vec<Typed>,
    /// Earliest and latest time of an exchange, or of something that could not be seen.
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

impl Survey {
    /// What the capture shows of the user: navigations and what was typed.
    pub(super) fn shown(&self) -> (&[Navigation], &[Typed]) {
        (&self.navigations, &self.typed)
    }
}

/// Keys that a capture shows, and responses with them: an app may fetch its key. A pass of its own, since whoever
/// wants it has time.
pub(super) fn keys(capture: &Capture<'_>, limits: &Limits, responses: bool) -> Result<Vec<Key>, ImportError> {
    let mut seen = SeenKeys::default();
    let wanted = Wanted { request_bodies: true, response_bodies: responses };
    import::read(capture.input()?, wanted, |captured| {
        let Captured::Exchange(exchange) = captured else { return ControlFlow::Continue(()) };
        seen.at(exchange.index);
        for view in parts(&exchange, responses) {
            walk(view.bytes, view.hint, limits, &mut seen);
        }
        ControlFlow::Continue(())
    })?;
    Ok(seen.keys())
}

/// Reads a capture once.
pub(super) fn survey(capture: &Capture<'_>) -> Result<Survey, ImportError> {
    let input = capture.input()?;
    let mut navigations = Navigations::default();
    let mut submits: Vec<Exchange> = Vec::new();
    let mut entered: Vec<Typed> = Vec::new();
    let mut span: Option<(Timestamp, Timestamp)> = None;
    let mut full = false;
    let mut imported = import::read(input, Wanted::REQUESTS, |captured| {
        let at = match &captured {
            Captured::Exchange(exchange) => exchange.at,
            Captured::Blind(blind) => blind.at,
        };
        if let Some(at) = at {
            span = Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        let Captured::Exchange(exchange) = captured else { return ControlFlow::Continue(()) };
        full |= navigations.len() >= NAVIGATIONS_KEPT;
        if !full && navigations.add(&exchange) {
            typed(&exchange, true, &mut entered);
            if exchange.request.url.contains('?') || !exchange.request.body.bytes.is_empty() {
                submits.push(exchange);
            }
            return ControlFlow::Continue(());
        }
        let host = url::Parts::of(&exchange.request.url).host();
        if made_by(&exchange, &host) != From::Elsewhere && navigations.lately_at(&host) {
            typed(&exchange, false, &mut entered);
        }
        ControlFlow::Continue(())
    })?;
    if full {
        let message = format!("more than {NAVIGATIONS_KEPT} navigations: those after them are not taken for actions");
        imported.faults.push(Fault::new(FaultKind::Limit, message));
    }
    let navigations = navigations.finish();
    let kept = |exchange: &Exchange| navigations.binary_search_by_key(&exchange.index, |page| page.exchange).is_ok();
    submits.retain(kept);
    Ok(Survey { imported, navigations, submits, typed: entered, span })
}
