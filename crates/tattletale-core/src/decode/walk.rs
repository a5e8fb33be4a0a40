//! The walk over all layers, and the only place that enforces limits.
//!
//! Recursion goes as deep as [`Limits::depth`] and no further; every node and every decoded byte is counted. When
//! a limit is met, the walk winds up with one stated fault: what was found until then stands.

use super::chain::Chain;
use super::keys::{Key, Ring};
use super::look::Look;
use super::memory::Place;
use super::needs::{self, Asked};
use super::opening::Opening;
use super::passing::Passing;
use super::visitor::{Ending, Node, Visitor};
use super::{Hint, Layer, View};
use crate::model::{Fault, FaultKind};
use std::sync::Arc;

/// Shortest bytes that are offered to layers: below this anything looks like everything.
pub(super) const SHORTEST: usize = 4;

/// How far a walk over one part may go, and what it may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Nested nodes; a JSON string holding base64 holding gzip holding JSON takes five.
    pub depth: usize,
    /// Nodes in all.
    pub nodes: u64,
    /// Bytes made by decoding, in all; also bounds memory.
    pub made: usize,
    /// Layers that are costly, or that nobody has met in the wild, are asked as well.
    pub deep: bool,
    /// Keys for what is encrypted.
    pub keys: Arc<Vec<Key>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 48, nodes: 4_000_000, made: 256 << 20, deep: false, keys: Arc::default() }
    }
}

/// What came of a walk.
#[derive(Debug, Default)]
pub struct Walked {
    /// Trouble on the way, limits included: the first [`Walked::FAULTS`].
    pub faults: Vec<Fault>,
    /// Trouble beyond these.
    pub faults_dropped: u64,
    /// Bytes that ended as text or numbers.
    pub read: u64,
    /// Bytes that stayed closed.
    pub opaque: u64,
}

impl Walked {
    /// Faults of one walk that are kept: millions of damaged pieces fit into one body.
    pub const FAULTS: usize = 1_000;

    /// True when everything that was there could be processed.
    pub fn complete(&self) -> bool {
        self.faults.is_empty() && self.faults_dropped == 0
    }
}

/// Unfolds `bytes` as far as the limits allow and tells `visitor` of every node.
pub fn walk(bytes: &[u8], hint: Hint<'_>, limits: &Limits, visitor: &mut dyn Visitor) -> Walked {
    let ring = Ring::gather(bytes, hint, limits);
    let passing = Passing::of(limits, visitor.looks_for());
    let mut walker = Walker {
        limits,
        ring: &ring,
        usable: needs::usable(limits.deep, !limits.keys.is_empty()),
        visitor,
        nodes: 0,
        made: 0,
        guesses: 0,
        stopped: false,
        faults: Vec::new(),
        stated: 0,
        dropped: Dropped::default(),
        passing,
    };
    let (span, look) = (0..bytes.len(), Look::of(bytes));
    let node = Node::made(&Chain::ROOT, bytes, span, look);
    let reach = walker.place(&node, hint, Offer::Layers(None), FEW);
    walker.tell_passed();
    walker.passing.finish();
    let faults_dropped = walker.dropped.limits + walker.dropped.others;
    Walked { faults: walker.faults, faults_dropped, read: reach.read, opaque: reach.opaque }
}

pub(super) struct Walker<'v> {
    pub(super) limits: &'v Limits,
    pub(super) ring: &'v Ring,
    /// Layers that these limits allow and that these keys can serve.
    usable: Asked,
    pub(super) visitor: &'v mut dyn Visitor,
    pub(super) nodes: u64,
    pub(super) made: usize,
    /// Guesses around the current node that nothing has borne out yet.
    pub(super) guesses: usize,
    pub(super) stopped: bool,
    pub(super) faults: Vec<Fault>,
    /// Faults that were stated, those of guesses that came to nothing included, and doubts.
    pub(super) stated: u64,
    dropped: Dropped,
    pub(super) passing: Passing,
}

/// Faults that are not kept.
#[derive(Debug, Clone, Copy, Default)]
struct Dropped {
    /// Limits of ours: they remain true when a guess comes to nothing.
    limits: u64,
    others: u64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    pub(super) read: u64,
    pub(super) opaque: u64,
    pub(super) opened: bool,
    /// See [`Ending::decoded`].
    pub(super) decoded: bool,
}

/// What becomes of a node.
#[derive(Clone, Copy)]
pub(super) enum Offer {
    /// Layers are asked; what becomes of a text with a place is remembered, if it was nothing.
    Layers(Option<Place>),
    /// It is a leaf.
    Nothing,
}

impl Walker<'_> {
    /// A node that begins: a leaf, or one that layers are asked about.
    #[inline]
    pub(super) fn place(&mut self, node: &Node<'_>, hint: Hint<'_>, offer: Offer, few: usize) -> Reach {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            self.crowded(node.chain);
        }
        match offer {
            Offer::Layers(place) if node.bytes.len() >= SHORTEST && !self.stopped => self.node(node, hint, place, few),
            _ => self.leaf(node, few),
        }
    }

    #[inline]
    fn leaf(&mut self, node: &Node<'_>, few: usize) -> Reach {
        let reach = judge(node.bytes.len(), node.look, few, Reach::default());
        let (text, opaque) = (node.look.text(), reach.opaque > 0);
        self.left(node, &Ending { opened: false, text, opaque, decoded: false }, true);
        reach
    }

    /// A node ends, or begins and ends.
    #[inline]
    fn left(&mut self, node: &Node<'_>, ending: &Ending, leaf: bool) {
        if !ending.opened && !node.again {
            self.count(node.bytes.len());
        }
        match leaf {
            true => self.visitor.leaf(node, ending),
            false => self.visitor.leave(node, ending),
        }
    }

    fn node(&mut self, node: &Node<'_>, hint: Hint<'_>, place: Option<Place>, few: usize) -> Reach {
        let look = node.look;
        let view = View { bytes: node.bytes, look, hint };
        let asked = self.usable & needs::asked(node.bytes, look, hint);
        let stated = self.stated;
        let begun = place.map(|place| self.begin(place));
        let mut inside = Reach::default();
        let (mut entered, mut decoded) = (false, false);
        for layer in needs::layers(asked).filter(|layer| layer.glance(&view)) {
            let found = self.offer(node, &view, layer, &mut entered);
            if found.opened {
                inside = found;
                decoded = layer.digits().is_some() && self.stated == stated;
                break;
            }
            inside.opaque = inside.opaque.max(found.opaque);
        }
        if !entered && inside.opened {
            // Opened, but the limits let nothing of it in.
            self.visitor.enter(node);
            entered = true;
        }
        let reach = Reach { decoded, ..judge(node.bytes.len(), look, few, inside) };
        let opaque = !reach.opened && reach.opaque > 0 && inside.opaque == 0;
        let ending = Ending { opened: reach.opened, text: look.text(), opaque, decoded };
        let tally = begun.as_ref().map(|_| self.visitor.tally());
        self.left(node, &ending, !entered);
        if let (Some(begun), Some(tally)) = (begun, tally) {
            let nothing = self.stated == stated && reach.opaque == 0 && tally.told == begun.tally.told;
            self.end(&begun, node, (&ending, reach.read), tally, nothing);
        }
        reach
    }

    /// What a layer makes of a node.
    fn offer(&mut self, node: &Node<'_>, view: &View<'_>, layer: &dyn Layer, entered: &mut bool) -> Reach {
        let faults = (self.faults.len(), self.dropped.others);
        let (name, radix, reach) = (layer.name(), layer.digits().is_some(), Reach::default());
        let apart = Vec::new().into_iter();
        let mut opening =
            Opening { walker: self, node, entered, layer: name, radix, damaged: false, ahead: 0, apart, reach };
        layer.open(view, &mut opening);
        let reach = opening.reach;
        if !reach.opened && self.guesses > 0 && (self.faults.len(), self.dropped.others) > faults {
            self.forget_faults(faults);
        }
        reach
    }

    #[cold]
    fn crowded(&mut self, chain: &Chain<'_>) {
        self.stop(chain, format!("more than {} places in one part: the rest is not unfolded", self.limits.nodes));
    }

    /// A guess came to nothing, and so did the trouble inside it: random bytes are no damaged stream. Our own limits
    /// remain true whatever they were met by.
    fn forget_faults(&mut self, (from, dropped): (usize, u64)) {
        self.dropped.others = dropped;
        let kept: Vec<Fault> = self.faults.drain(from..).filter(|fault| fault.kind == FaultKind::Limit).collect();
        self.faults.extend(kept);
    }

    /// Trouble counts, and is kept within the bound.
    pub(super) fn state(&mut self, fault: Fault) {
        self.stated += 1;
        match fault.kind {
            _ if self.faults.len() < Walked::FAULTS => self.faults.push(fault),
            FaultKind::Limit => self.dropped.limits += 1,
            FaultKind::Truncated | FaultKind::Corrupt => self.dropped.others += 1,
        }
    }

    pub(super) fn stop(&mut self, chain: &Chain<'_>, message: String) {
        if !self.stopped {
            self.stopped = true;
            let mut fault = Fault::new(FaultKind::Limit, message);
            fault.path = chain.path();
            self.faults.push(fault);
        }
    }
}

/// Binary shorter than this is an identifier or a number, not something that is kept closed.
pub(super) const FEW: usize = 16;

/// Text is read; binary that nothing opened is opaque, unless it is too short to matter.
#[inline]
fn judge(len: usize, look: Look, few: usize, inside: Reach) -> Reach {
    let bytes = len as u64;
    match (inside.opened, look.text()) {
        (true, _) => inside,
        (false, true) if inside.opaque > 0 => Reach { read: 0, ..inside },
        (false, true) => Reach { read: bytes, ..Reach::default() },
        (false, false) if len < few => Reach { read: bytes, ..Reach::default() },
        (false, false) => Reach { opaque: bytes, ..Reach::default() },
    }
}

#[cfg(test)]
mod tests;
