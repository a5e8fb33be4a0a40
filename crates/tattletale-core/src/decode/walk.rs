//! The walk over all layers, and the only place that enforces limits.
//!
//! Recursion goes as deep as [`Limits::depth`] and no further; every node and every decoded byte is counted. When
//! a limit is met, the walk winds up with one stated fault: what was found until then stands.

use super::chain::Chain;
use super::keys::{Key, Ring};
use super::look::Look;
use super::memory::{Inside, Memory, Outcome, Place, Whose};
use super::needs::{self, Asked};
use super::opening::Opening;
use super::{Hint, Layer, View};
use crate::model::{Fault, FaultKind};
use std::ops::Range;
use std::sync::Arc;

/// Shortest bytes that are offered to layers: below this anything looks like everything.
const SHORTEST: usize = 4;

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
///
/// A visitor that makes nothing of most texts may let those [pass](Self::pass) that it was told of before. It then
/// answers [`looks_for`](Self::looks_for) and what is behind it; all others are told of everything.
pub trait Visitor {
    /// A node begins.
    fn enter(&mut self, node: &Node<'_>);
    /// A node begins that is nothing but the digits of an alphabet, and what they stand for speaks for it: as they are
    /// written they mean nothing, if the node ends as decoded.
    fn enter_encoded(&mut self, node: &Node<'_>) {
        self.enter(node);
    }
    /// The same node ends.
    fn leave(&mut self, node: &Node<'_>, ending: &Ending);
    /// A node in which there is nothing begins and ends: most nodes do.
    fn leaf(&mut self, node: &Node<'_>, ending: &Ending) {
        self.enter(node);
        self.leave(node, ending);
    }

    /// Names what is looked for: whoever looks for the same makes the same of a text, wherever it stands. None for who
    /// has to be told of every node.
    fn looks_for(&self) -> Option<u64> {
        None
    }
    /// What was made of everything until now.
    fn tally(&self) -> Tally {
        Tally::default()
    }
    /// Where the next piece of the innermost open node may be something to it, at or behind `from`.
    fn ahead(&mut self, from: usize) -> usize {
        from
    }
    /// Whether a leaf may pass that is a piece in which nothing was found.
    fn lets_pass(&self, _bytes: &[u8], _look: Look) -> bool {
        false
    }
    /// Searches a leaf of fresh bytes; it may pass if there is nothing in it.
    fn finds_nothing(&mut self, _bytes: &[u8], _look: Look) -> bool {
        false
    }
    /// Nodes are passed over: leaves of these lengths, longer ones as 255, and so many bytes to search.
    fn pass(&mut self, _leaves: &[u8], _searched: u32) {}
}

/// What a visitor made of a walk so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Grows with everything that is more than a sum.
    pub told: u64,
    /// Bytes searched.
    pub searched: u64,
}

/// Two visitors of one walk.
pub struct Both<'v>(pub &'v mut dyn Visitor, pub &'v mut dyn Visitor);

impl Visitor for Both<'_> {
    fn enter(&mut self, node: &Node<'_>) {
        self.0.enter(node);
        self.1.enter(node);
    }

    fn enter_encoded(&mut self, node: &Node<'_>) {
        self.0.enter_encoded(node);
        self.1.enter_encoded(node);
    }

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        self.0.leave(node, ending);
        self.1.leave(node, ending);
    }

    fn leaf(&mut self, node: &Node<'_>, ending: &Ending) {
        self.0.leaf(node, ending);
        self.1.leaf(node, ending);
    }

    fn looks_for(&self) -> Option<u64> {
        Some(self.0.looks_for()?.rotate_left(32) ^ self.1.looks_for()?)
    }

    fn tally(&self) -> Tally {
        let (one, other) = (self.0.tally(), self.1.tally());
        Tally { told: one.told + other.told, searched: one.searched + other.searched }
    }

    fn ahead(&mut self, from: usize) -> usize {
        self.0.ahead(from).min(self.1.ahead(from))
    }

    fn lets_pass(&self, bytes: &[u8], look: Look) -> bool {
        self.0.lets_pass(bytes, look) && self.1.lets_pass(bytes, look)
    }

    fn finds_nothing(&mut self, bytes: &[u8], look: Look) -> bool {
        self.0.finds_nothing(bytes, look) && self.1.finds_nothing(bytes, look)
    }

    fn pass(&mut self, leaves: &[u8], searched: u32) {
        self.0.pass(leaves, searched);
        self.1.pass(leaves, searched);
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
    /// Which kinds of bytes there may be; of fresh bytes, those that there are.
    pub look: Look,
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
    /// True when these were digits of an alphabet that opened beyond doubt and without trouble inside.
    pub decoded: bool,
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
    let whose = Whose { deep: limits.deep, depth: limits.depth, visitor: visitor.looks_for() };
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
        lets_pass: whose.visitor.is_some(),
        memory: Memory::borrow(whose),
        leaves: Vec::new(),
        remembering: 0,
    };
    let (span, look) = (0..bytes.len(), Look::of(bytes));
    let node = Node { chain: &Chain::ROOT, bytes, span, fresh: true, guess: false, look, again: false };
    let reach = walker.place(&node, hint, Offer::Layers(None), FEW);
    walker.memory.give_back();
    let faults_dropped = walker.dropped.limits + walker.dropped.others;
    Walked { faults: walker.faults, faults_dropped, read: reach.read, opaque: reach.opaque }
}

pub(super) struct Walker<'v> {
    pub(super) limits: &'v Limits,
    pub(super) ring: &'v Ring,
    /// Layers that these limits allow and that these keys can serve.
    usable: Asked,
    pub(super) visitor: &'v mut dyn Visitor,
    nodes: u64,
    pub(super) made: usize,
    /// Guesses around the current node that nothing has borne out yet.
    pub(super) guesses: usize,
    pub(super) stopped: bool,
    pub(super) faults: Vec<Fault>,
    /// Faults that were stated, those of guesses that came to nothing included.
    pub(super) stated: u64,
    dropped: Dropped,
    /// True when the visitor may let something pass.
    pub(super) lets_pass: bool,
    memory: Memory,
    /// Lengths of the leaves inside texts that may be remembered, and the number of those texts.
    leaves: Vec<u8>,
    remembering: u32,
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
}

/// What becomes of a node.
#[derive(Clone, Copy)]
pub(super) enum Offer {
    /// Layers are asked; what becomes of a text with a place is remembered, if it was nothing.
    Layers(Option<Place>),
    /// It is a leaf.
    Nothing,
}

/// A piece about which the exchange says nothing.
pub(super) enum Met {
    /// It came before and means nothing: so many bytes are read.
    Passed(u64),
    /// It is a node.
    Node(Look, Offer),
}

/// Leaves that are counted at once for texts that may be remembered.
const LEAVES: usize = 256;

/// Where a walk was when a text began.
struct Before {
    tally: Tally,
    nodes: u64,
    made: usize,
    leaves: usize,
}

/// Room for decoding without which a layer may decline what it would open.
const ROOMY: usize = 1 << 20;

impl Walker<'_> {
    /// A node that begins: a leaf, or one that layers are asked about.
    #[inline]
    pub(super) fn place(&mut self, node: &Node<'_>, hint: Hint<'_>, offer: Offer, few: usize) -> Reach {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            self.crowded(node.chain);
        }
        match offer {
            Offer::Layers(word) if node.bytes.len() >= SHORTEST && !self.stopped => self.node(node, hint, word, few),
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
        if self.remembering > 0 && !ending.opened && !node.again && self.leaves.len() < LEAVES {
            self.leaves.push(node.bytes.len().min(255) as u8);
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
        let place = place.map(|place| (place, self.begin()));
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
        let reach = judge(node.bytes.len(), look, few, inside);
        let opaque = !reach.opened && reach.opaque > 0 && inside.opaque == 0;
        let ending = Ending { opened: reach.opened, text: look.text(), opaque, decoded };
        let told = place.as_ref().map(|_| self.visitor.tally());
        self.left(node, &ending, !entered);
        if let (Some((place, before)), Some(told)) = (place, told) {
            let nothing = self.stated == stated && reach.opaque == 0 && told.told == before.tally.told;
            self.end(node, &ending, reach.read, nothing.then_some(place), (before, told));
        }
        reach
    }

    /// What a layer makes of a node.
    fn offer(&mut self, node: &Node<'_>, view: &View<'_>, layer: &dyn Layer, entered: &mut bool) -> Reach {
        let faults = (self.faults.len(), self.dropped.others);
        let (name, radix, reach) = (layer.name(), layer.digits().is_some(), Reach::default());
        let mut opening = Opening { walker: self, node, entered, layer: name, radix, damaged: false, ahead: 0, reach };
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

    /// Bytes about which the exchange says nothing, so many steps from the part; `quiet` for a piece in which nothing
    /// was found.
    #[inline]
    pub(super) fn meet(&mut self, bytes: &[u8], depth: usize, quiet: bool) -> Met {
        if !self.limits.keys.is_empty() || self.stopped {
            return Met::Node(Look::of(bytes), Offer::Layers(None));
        }
        let known = match self.memory.find(bytes) {
            Ok(known) => known,
            Err(place) => return Met::Node(Look::of(bytes), Offer::Layers(place)),
        };
        let Inside { nodes, made, searched } = known.inside;
        let fits = known.depth as usize >= depth
            && depth <= self.limits.depth
            && self.nodes + u64::from(nodes) < self.limits.nodes
            && self.made + made as usize <= self.limits.made;
        let passes = fits && quiet && known.quiet;
        let inner = match passes {
            true => known.leaves(),
            false if nodes == 0 => return Met::Node(known.look, Offer::Nothing),
            // What was made of a text does not depend on what was found in it; its pieces do.
            false if fits && !known.ending.opened => known.inner_leaves(),
            false => return Met::Node(known.look, Offer::Layers(None)),
        };
        self.nodes += u64::from(nodes);
        self.made += made as usize;
        if self.remembering > 0 && self.leaves.len() < LEAVES {
            self.leaves.extend_from_slice(inner);
        }
        self.visitor.pass(inner, searched);
        if passes {
            self.nodes += 1;
            return Met::Passed(u64::from(known.read));
        }
        Met::Node(known.look, Offer::Nothing)
    }

    /// Passes over a leaf in which nothing was found, if the visitor lets it.
    #[inline]
    pub(super) fn passes(&mut self, bytes: &[u8], look: Look, depth: usize) -> bool {
        let passes = self.has_room(look, depth) && self.visitor.lets_pass(bytes, look);
        if passes {
            self.pass(bytes.len(), 0);
        }
        passes
    }

    /// The same for a piece that stands for `meaning`, which is a leaf and fresh.
    pub(super) fn passes_turned(&mut self, piece: &[u8], meaning: &[u8], look: Look, depth: usize) -> bool {
        let passes = self.has_room(look, depth)
            && self.made + meaning.len() <= self.limits.made
            && self.visitor.lets_pass(piece, Look::ANY)
            && self.visitor.finds_nothing(meaning, look);
        if passes {
            self.made += meaning.len();
            self.pass(meaning.len(), meaning.len() as u32);
        }
        passes
    }

    #[inline]
    fn has_room(&self, look: Look, depth: usize) -> bool {
        look.text() && !self.stopped && depth <= self.limits.depth && self.nodes < self.limits.nodes
    }

    #[inline]
    fn pass(&mut self, length: usize, searched: u32) {
        self.nodes += 1;
        let length = length.min(255) as u8;
        if self.remembering > 0 && self.leaves.len() < LEAVES {
            self.leaves.push(length);
        }
        self.visitor.pass(&[length], searched);
    }

    /// A text begins that may be remembered.
    fn begin(&mut self) -> Before {
        self.remembering += 1;
        Before { tally: self.visitor.tally(), nodes: self.nodes, made: self.made, leaves: self.leaves.len() }
    }

    /// It ends, and is remembered if it has a place and nothing kept anybody from anything.
    fn end(
        &mut self,
        node: &Node<'_>,
        ending: &Ending,
        read: u64,
        place: Option<Place>,
        (before, told): (Before, Tally),
    ) {
        self.remembering -= 1;
        let leaves = self.leaves.get(before.leaves..).filter(|_| self.leaves.len() < LEAVES);
        let outcome = leaves.and_then(|leaves| Outcome::new(node.look, *ending, leaves));
        if self.remembering == 0 {
            self.leaves.clear();
        }
        let (Some(place), Some(mut outcome)) = (place, outcome) else { return };
        let fits = |sum: usize| u32::try_from(sum).ok();
        let (made, searched) = (self.made - before.made, told.searched - before.tally.searched);
        let nodes = fits((self.nodes - before.nodes) as usize);
        let (Some(nodes), Some(made), Some(searched), Some(read), Some(depth)) =
            (nodes, fits(made), fits(searched as usize), fits(read as usize), fits(node.chain.depth))
        else {
            return;
        };
        // What has nothing inside may stand as deep as anything.
        let depth = if nodes == 0 { u32::MAX } else { depth };
        // Of fresh bytes the search counts, too.
        let alone = nodes == 0 || !node.fresh;
        if alone && !self.stopped && self.limits.keys.is_empty() && self.limits.made - self.made >= ROOMY {
            let quiet = self.visitor.tally().told == told.told;
            let inside = Inside { nodes, made, searched };
            (outcome.quiet, outcome.depth, outcome.read, outcome.inside) = (quiet, depth, read, inside);
            self.memory.add(place, node.bytes, outcome);
        }
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
        (false, true) => Reach { read: bytes, opaque: 0, opened: false },
        (false, false) if len < few => Reach { read: bytes, opaque: 0, opened: false },
        (false, false) => Reach { read: 0, opaque: bytes, opened: false },
    }
}

#[cfg(test)]
mod tests;
