//! The walk over all layers, and the only place that enforces limits.
//!
//! Recursion goes as deep as [`Limits::depth`] and no further; every node and every decoded byte is counted. When
//! a limit is met, the walk winds up with one stated fault: what was found until then stands.

use super::chain::{At, Chain};
use super::keys::{Key, Ring};
use super::look::Look;
use super::needs::{self, Layers};
use super::{Hint, LAYERS, Layer, View};
use crate::model::{Fault, FaultKind};
use std::ops::Range;
use std::sync::Arc;

/// Shortest bytes that are offered to layers: below this anything looks like everything.
const SHORTEST: usize = 4;

/// The step that says that something stands in a name instead of a value.
pub const NAME: &str = "key";

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

/// Who is told of every node, in depth-first order; `leave` mirrors `enter`.
pub trait Visitor {
    /// A node begins.
    fn enter(&mut self, node: &Node<'_>);
    /// The same node ends.
    fn leave(&mut self, node: &Node<'_>, ending: &Ending);
}

/// Two visitors of one walk.
pub struct Both<'v>(pub &'v mut dyn Visitor, pub &'v mut dyn Visitor);

impl Visitor for Both<'_> {
    fn enter(&mut self, node: &Node<'_>) {
        self.0.enter(node);
        self.1.enter(node);
    }

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        self.0.leave(node, ending);
        self.1.leave(node, ending);
    }
}

/// One place in a part.
#[derive(Debug)]
pub struct Node<'a> {
    /// How one gets there.
    pub chain: &'a Chain<'a>,
    /// What stands there.
    pub bytes: &'a [u8],
    /// Where it stands in the bytes of the node around it (what was decoded, for fresh bytes).
    pub span: Range<usize>,
    /// True when these bytes came to exist by decoding (or are the part itself); else they are a slice.
    pub fresh: bool,
    /// True when the layer that made these bytes is not sure of them.
    pub guess: bool,
    /// True when these bytes are the whole of a view whose pieces were given before, with its escapes resolved: only
    /// what lies across pieces is new here.
    pub again: bool,
}

/// What became of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// True when a layer opened it beyond doubt.
    pub opened: bool,
    /// True for UTF-8 without control characters.
    pub text: bool,
    /// True when these are bytes that nothing explains, and enough of them to matter.
    pub opaque: bool,
}

/// How sure a layer is of what it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A checksum or the result itself speaks for it: no other layer is asked.
    Sure,
    /// It may be coincidence; others are asked too, and only what opens inside decides.
    Guess,
}

/// What came of a walk.
#[derive(Debug, Default)]
pub struct Walked {
    /// Trouble on the way, limits included.
    pub faults: Vec<Fault>,
    /// Bytes that ended as text or numbers.
    pub read: u64,
    /// Bytes that stayed closed.
    pub opaque: u64,
}

/// Unfolds `bytes` as far as the limits allow and tells `visitor` of every node.
pub fn walk(bytes: &[u8], hint: Hint<'_>, limits: &Limits, visitor: &mut dyn Visitor) -> Walked {
    let ring = Ring::gather(bytes, hint, limits);
    let mut walker = Walker {
        limits,
        ring: &ring,
        usable: usable(limits),
        visitor,
        nodes: 0,
        made: 0,
        guesses: 0,
        stopped: false,
        faults: Vec::new(),
    };
    let node = Node { chain: &Chain::ROOT, bytes, span: 0..bytes.len(), fresh: true, guess: false, again: false };
    let reach = walker.node(&node, hint, Offer::Layers, FEW);
    Walked { faults: walker.faults, read: reach.read, opaque: reach.opaque }
}

/// Layers that are asked at all.
fn usable(limits: &Limits) -> Layers {
    let usable = |layer: &dyn Layer| (limits.deep || !layer.deep()) && !(layer.keyed() && limits.keys.is_empty());
    LAYERS.iter().enumerate().filter(|(_, layer)| usable(**layer)).fold(0, |layers, (number, _)| layers | 1 << number)
}

struct Walker<'v> {
    limits: &'v Limits,
    ring: &'v Ring,
    /// Layers that these limits allow and that these keys can serve.
    usable: Layers,
    visitor: &'v mut dyn Visitor,
    nodes: u64,
    made: usize,
    /// Guesses around the current node that nothing has borne out yet.
    guesses: usize,
    stopped: bool,
    faults: Vec<Fault>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    read: u64,
    opaque: u64,
    opened: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    Layers,
    Nothing,
}

impl Walker<'_> {
    fn node(&mut self, node: &Node<'_>, hint: Hint<'_>, offer: Offer, few: usize) -> Reach {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            self.stop(
                node.chain,
                format!("more than {} places in one part: the rest is not unfolded", self.limits.nodes),
            );
        }
        self.visitor.enter(node);
        let look = Look::of(node.bytes);
        let mut inside = Reach::default();
        if offer == Offer::Layers && node.bytes.len() >= SHORTEST && !self.stopped {
            inside = self.offer(node, View { bytes: node.bytes, look, hint });
        }
        let reach = judge(node.bytes.len(), look, few, inside);
        let opaque = !reach.opened && reach.opaque > 0 && inside.opaque == 0;
        self.visitor.leave(node, &Ending { opened: reach.opened, text: look.text(), opaque });
        reach
    }

    fn offer(&mut self, node: &Node<'_>, view: View<'_>) -> Reach {
        let mut guesses = Reach::default();
        let mut asked = self.usable & needs::asked(&view);
        while asked != 0 {
            let layer = LAYERS[asked.trailing_zeros() as usize];
            asked &= asked - 1;
            let faults = self.faults.len();
            let mut opening = Opening {
                walker: self,
                chain: node.chain,
                input: view.bytes,
                look: view.look,
                layer: layer.name(),
                damaged: false,
                reach: Reach::default(),
            };
            layer.open(&view, &mut opening);
            if opening.reach.opened {
                return opening.reach;
            }
            guesses.opaque = guesses.opaque.max(opening.reach.opaque);
            if self.guesses > 0 && self.faults.len() > faults {
                self.forget_faults(faults);
            }
        }
        guesses
    }

    /// A guess came to nothing, and so did the trouble inside it: random bytes are no damaged stream. Our own limits
    /// remain true whatever they were met by.
    fn forget_faults(&mut self, from: usize) {
        let kept: Vec<Fault> = self.faults.drain(from..).filter(|fault| fault.kind == FaultKind::Limit).collect();
        self.faults.extend(kept);
    }

    fn stop(&mut self, chain: &Chain<'_>, message: String) {
        if !self.stopped {
            self.stopped = true;
            let mut fault = Fault::new(FaultKind::Limit, message);
            fault.path = chain.path();
            self.faults.push(fault);
        }
    }
}

/// Binary shorter than this is an identifier or a number, not something that is kept closed.
const FEW: usize = 16;

/// Text is read; binary that nothing opened is opaque, unless it is too short to matter.
fn judge(len: usize, look: Look, few: usize, inside: Reach) -> Reach {
    let bytes = len as u64;
    match (inside.opened, look.text()) {
        (true, _) => inside,
        (false, true) if inside.opaque > 0 => Reach { read: 0, ..inside },
        (false, true) => Reach { read: bytes, opaque: 0, opened: false },
        (false, false) if len < few => Reach { read: bytes, opaque: 0, opened: false },
        (false, false) => Reach { read: 0, opaque: bytes, opened: false },
    }
}

/// Text of which chance does not make as much.
fn is_telling(bytes: &[u8]) -> bool {
    bytes.len() >= FEW && Look::of(bytes).text()
}

/// Where a layer puts what it opens.
pub struct Opening<'w, 'v> {
    walker: &'w mut Walker<'v>,
    chain: &'w Chain<'w>,
    input: &'w [u8],
    look: Look,
    layer: &'static str,
    /// True when this layer stated trouble with the view.
    damaged: bool,
    reach: Reach,
}

impl<'v> Opening<'_, 'v> {
    /// A piece of the view, to be unfolded further. Pieces of a view come in order and do not overlap.
    pub fn piece(&mut self, at: At<'_>, span: Range<usize>) {
        self.place(&self.chain.child(Some((self.layer, at))), span, None, Offer::Layers);
    }

    /// A piece that is a number or a literal: nothing can be inside.
    pub fn atom(&mut self, at: At<'_>, span: Range<usize>) {
        self.place(&self.chain.child(Some((self.layer, at))), span, None, Offer::Nothing);
    }

    /// A piece of the view that means `bytes` once its escapes are resolved; those are unfolded further.
    pub fn unescaped(&mut self, at: At<'_>, span: Range<usize>, bytes: &[u8]) {
        self.place(&self.chain.child(Some((self.layer, at))), span, Some(bytes), Offer::Layers);
    }

    /// A piece of the view that is a number in binary, told as the decimal digits that a person would write.
    pub fn number(&mut self, at: At<'_>, span: Range<usize>, digits: &str) {
        self.place(&self.chain.child(Some((self.layer, at))), span, Some(digits.as_bytes()), Offer::Nothing);
    }

    /// The name of a member or field of what is at `at`, and what it means if it had escapes: names carry data too.
    pub fn name(&mut self, at: At<'_>, span: Range<usize>, meaning: Option<&[u8]>) {
        let around = self.chain.child(Some((self.layer, at)));
        self.place(&around.child(Some((NAME, At::Whole))), span, meaning, Offer::Layers);
    }

    fn place(&mut self, chain: &Chain<'_>, span: Range<usize>, meaning: Option<&[u8]>, offer: Offer) {
        self.reach.opened = true;
        if !self.allowed(chain, meaning.map_or(0, <[u8]>::len)) {
            return;
        }
        let node = Node {
            chain,
            bytes: &self.input[span.clone()],
            span: span.clone(),
            fresh: false,
            guess: false,
            again: false,
        };
        let reach = match meaning {
            None => self.walker.node(&node, Hint::default(), offer, FEW),
            Some(bytes) => {
                self.walker.visitor.enter(&node);
                let chain = chain.child(None);
                let inner = Node { chain: &chain, bytes, span: 0..span.len(), fresh: true, guess: false, again: false };
                let reach = self.walker.node(&inner, Hint::default(), offer, FEW);
                self.walker.visitor.leave(&node, &Ending { opened: true, text: true, opaque: false });
                reach
            }
        };
        self.add(reach);
    }

    /// The whole view turned into other bytes.
    pub fn made(&mut self, bytes: &[u8], proof: Proof) {
        self.made_at(At::Whole, bytes, proof);
    }

    /// The same, where there is more to say about how: with which key.
    pub fn made_at(&mut self, at: At<'_>, bytes: &[u8], proof: Proof) {
        let chain = self.chain.child(Some((self.layer, at)));
        if !self.allowed(&chain, bytes.len()) {
            return;
        }
        // Bytes of a guess that look like a stream and then break off are random, unless what came out speaks for it.
        let doubted = self.damaged && self.walker.guesses > 0 && !is_telling(bytes);
        let proof = if doubted { Proof::Guess } else { proof };
        let guess = proof == Proof::Guess;
        let node = Node { chain: &chain, bytes, span: 0..self.input.len(), fresh: true, guess, again: false };
        // What merely fits an alphabet is mostly an identifier: only long runs of mixed digits count as closed.
        let few = match (proof, self.look.mixed()) {
            (Proof::Sure, _) => FEW,
            (Proof::Guess, true) => 4 * FEW,
            (Proof::Guess, false) => usize::MAX,
        };
        self.walker.guesses += usize::from(guess);
        let reach = self.walker.node(&node, Hint::default(), Offer::Layers, few);
        self.walker.guesses -= usize::from(guess);
        self.add(reach);
        self.reach.opened = reach.opened || proof == Proof::Sure;
    }

    /// The whole view once more with its escapes resolved, after its pieces were given: for what lies across them.
    pub fn again(&mut self, layer: &'static str, bytes: &[u8]) {
        let chain = self.chain.child(Some((layer, At::Whole)));
        if self.allowed(&chain, bytes.len()) {
            let span = 0..self.input.len();
            let node = Node { chain: &chain, bytes, span, fresh: true, guess: true, again: true };
            self.walker.node(&node, Hint::default(), Offer::Nothing, usize::MAX);
        }
    }

    /// Whether what was put in so far ends the asking.
    pub(super) fn opened(&self) -> bool {
        self.reach.opened
    }

    /// Keys, and what stands beside the view that may belong to them.
    pub(super) fn ring(&self) -> &'v Ring {
        self.walker.ring
    }

    /// Bytes that may still be made by decoding: the limit for decompressors.
    pub fn room(&self) -> usize {
        if self.walker.stopped { 0 } else { self.walker.limits.made - self.walker.made }
    }

    /// States trouble at a byte of the view; what was opened stands. Inside a guess it counts if the guess does.
    pub fn fault(&mut self, kind: FaultKind, offset: usize, message: impl Into<String>) {
        let mut fault = Fault::new(kind, message).at(offset as u64);
        fault.path = self.chain.child(Some((self.layer, At::Whole))).path();
        self.walker.faults.push(fault);
        self.damaged = true;
    }

    fn allowed(&mut self, chain: &Chain<'_>, made: usize) -> bool {
        let limits = self.walker.limits;
        if chain.depth > limits.depth {
            self.walker.stop(chain, format!("more than {} layers deep: not unfolded further", limits.depth));
        }
        if made > self.room() {
            self.walker.stop(chain, format!("more than {} bytes would be unfolded from one part", limits.made));
        }
        self.walker.made += made.min(self.room());
        !self.walker.stopped
    }

    fn add(&mut self, reach: Reach) {
        self.reach.read += reach.read;
        self.reach.opaque += reach.opaque;
    }
}

#[cfg(test)]
mod tests;
