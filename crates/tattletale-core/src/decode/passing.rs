//! Texts that came before are passed over: what the walk asks of its [memory](super::memory), and what it puts there.

use super::look::Look;
use super::memory::{Inside, Memory, Outcome, Place, Whose};
use super::visitor::{Ending, Interest, Node, Tally, Visitor};
use super::walk::{Limits, Offer, Walker};

/// A piece about which the exchange says nothing.
pub(super) enum Met {
    /// It came before and means nothing: so many bytes are read.
    Passed(u64),
    /// It is a node.
    Node(Look, Offer),
}

/// Leaves that are counted at once for texts that may be remembered.
const LEAVES: usize = 256;

/// What a walk needs to pass over texts.
pub(super) struct Passing {
    /// True when the visitor may let something pass.
    pub(super) allowed: bool,
    /// True when names of fields may mean something to it.
    pub(super) names: bool,
    memory: Memory,
    /// Lengths of leaves that were passed over and that the visitor has not been told of yet.
    passed: Vec<u8>,
    /// Lengths of the leaves inside texts that may be remembered, and the number of those texts.
    leaves: Vec<u8>,
    remembering: u32,
}

/// Leaves that are passed over before the visitor is told of them.
const PASSED: usize = 256;

impl Passing {
    /// For one walk. To be ended.
    pub(super) fn of(limits: &Limits, interest: Option<Interest>) -> Self {
        let visitor = interest.map(|interest| interest.id);
        let memory = Memory::borrow(Whose { deep: limits.deep, depth: limits.depth, visitor });
        let names = interest.is_some_and(|interest| interest.names);
        // Keys may open what nothing became of without them.
        let allowed = interest.is_some() && limits.keys.is_empty();
        let passed = Vec::with_capacity(if allowed { PASSED } else { 0 });
        Self { allowed, names, memory, passed, leaves: Vec::new(), remembering: 0 }
    }

    pub(super) fn finish(self) {
        self.memory.give_back();
    }

    /// Leaves were told, or passed over.
    #[inline]
    fn count_all(&mut self, lengths: &[u8]) {
        if self.remembering > 0 && self.leaves.len() < LEAVES {
            self.leaves.extend_from_slice(lengths);
        }
    }
}

/// A text that may be remembered, and where the walk was when it began.
pub(super) struct Begun {
    place: Place,
    /// What the visitor had made of everything before.
    pub(super) tally: Tally,
    nodes: u64,
    made: usize,
    leaves: usize,
}

/// Room for decoding without which a layer may decline what it would open.
const ROOMY: usize = 1 << 20;

impl Walker<'_> {
    /// Whether a leaf passes that is a piece in which nothing was found, in a field whose name means nothing: of such
    /// words as it nothing became before. This is asked of every piece, and answered with yes for most.
    #[inline(always)]
    pub(super) fn passes_again(&mut self, bytes: &[u8]) -> bool {
        let passes = self.has_room() && self.passing.memory.has_nothing(bytes);
        if passes {
            self.pass(bytes.len());
        }
        passes
    }

    /// Bytes about which the exchange says nothing, so many steps from the part; `quiet` for a piece in which nothing
    /// was found. The visitor is asked whether it `minds` the name of the field, and told whether there is anything inside.
    #[inline]
    pub(super) fn meet(
        &mut self,
        bytes: &[u8],
        depth: usize,
        quiet: bool,
        minds: impl FnOnce(&mut dyn Visitor, bool) -> bool,
    ) -> Met {
        if !self.limits.keys.is_empty() || self.stopped {
            return Met::Node(Look::of(bytes), Offer::Layers(None));
        }
        let known = match self.passing.memory.find(bytes) {
            Ok(known) => *known,
            Err(place) => return Met::Node(Look::of(bytes), Offer::Layers(place)),
        };
        let Inside { nodes, made, searched } = known.inside;
        let fits = known.depth as usize >= depth
            && depth <= self.limits.depth
            && self.nodes + u64::from(nodes) < self.limits.nodes
            && self.made + made as usize <= self.limits.made;
        let passes = fits && quiet && known.quiet && !minds(self.visitor, nodes > 0);
        let inner = match passes {
            true => known.leaves(),
            false if nodes == 0 => return Met::Node(known.look, Offer::Nothing),
            // What was made of a text does not depend on what was found in it; its pieces do.
            false if fits && !known.ending.opened => known.inner_leaves(),
            false => return Met::Node(known.look, Offer::Layers(None)),
        };
        self.nodes += u64::from(nodes) + u64::from(passes);
        self.made += made as usize;
        self.tell_passed();
        self.visitor.pass(inner, searched);
        self.passing.count_all(inner);
        match passes {
            true => Met::Passed(u64::from(known.read)),
            false => Met::Node(known.look, Offer::Nothing),
        }
    }

    /// Passes over a leaf in which nothing was found, if the visitor lets it.
    #[inline]
    pub(super) fn passes(&mut self, bytes: &[u8], look: Look) -> bool {
        let passes = look.text() && self.has_room() && self.visitor.lets_pass(bytes, look);
        if passes {
            self.pass(bytes.len());
        }
        passes
    }

    /// The same for a piece that stands for `meaning`, which is a leaf and fresh.
    pub(super) fn passes_turned(&mut self, piece: &[u8], meaning: &[u8], look: Look) -> bool {
        let passes = look.text()
            && self.has_room()
            && self.made + meaning.len() <= self.limits.made
            && self.visitor.lets_pass(piece, Look::ANY)
            && self.visitor.finds_nothing(meaning, look);
        if passes {
            self.made += meaning.len();
            self.nodes += 1;
            self.tell_passed();
            self.visitor.pass(&[meaning.len().min(255) as u8], meaning.len() as u32);
            self.passing.count_all(&[meaning.len().min(255) as u8]);
        }
        passes
    }

    #[inline]
    fn has_room(&self) -> bool {
        !self.stopped && self.nodes < self.limits.nodes
    }

    #[inline]
    fn pass(&mut self, length: usize) {
        self.nodes += 1;
        if self.passing.passed.len() == PASSED {
            self.tell_passed();
        }
        self.passing.passed.push(length.min(255) as u8);
    }

    /// Tells the visitor of what was passed over: only sums, and so not at once.
    pub(super) fn tell_passed(&mut self) {
        if self.passing.passed.is_empty() {
            return;
        }
        let passed = std::mem::take(&mut self.passing.passed);
        self.visitor.pass(&passed, 0);
        self.passing.count_all(&passed);
        self.passing.passed = passed;
        self.passing.passed.clear();
    }

    /// A leaf of that many bytes was told.
    #[inline]
    pub(super) fn count(&mut self, length: usize) {
        if self.passing.remembering > 0 {
            self.tell_passed();
            self.passing.count_all(&[length.min(255) as u8]);
        }
    }

    /// A text begins that may be remembered.
    pub(super) fn begin(&mut self, place: Place) -> Begun {
        self.tell_passed();
        self.passing.remembering += 1;
        let (tally, leaves) = (self.visitor.tally(), self.passing.leaves.len());
        Begun { place, tally, nodes: self.nodes, made: self.made, leaves }
    }

    /// It ended, and is remembered if that is `worth` it; `tally` is that of before it was told.
    pub(super) fn end(
        &mut self,
        begun: &Begun,
        node: &Node<'_>,
        (ending, read): (&Ending, u64),
        tally: Tally,
        worth: bool,
    ) {
        self.tell_passed();
        let passing = &mut self.passing;
        passing.remembering -= 1;
        let leaves = passing.leaves.get(begun.leaves..).filter(|_| passing.leaves.len() < LEAVES);
        let outcome = leaves.and_then(|leaves| Outcome::new(node.look, *ending, leaves));
        if passing.remembering == 0 {
            passing.leaves.clear();
        }
        let fits = |sum: u64| u32::try_from(sum).ok();
        let inside = Inside::of(
            self.nodes - begun.nodes,
            (self.made - begun.made) as u64,
            tally.searched - begun.tally.searched,
        );
        let (Some(mut outcome), Some(inside), Some(read), true) = (outcome, inside, fits(read), worth) else { return };
        // What has nothing inside may stand as deep as anything. Who lets nothing pass is told of what is inside, too; and
        // of fresh bytes the search counts.
        let alone = inside.nodes == 0;
        outcome.depth = if alone { u32::MAX } else { fits(node.chain.depth as u64).unwrap_or_default() };
        outcome.quiet = self.visitor.tally().told == tally.told;
        (outcome.read, outcome.inside) = (read, inside);
        let roomy = !self.stopped && self.limits.made - self.made >= ROOMY;
        if roomy && self.limits.keys.is_empty() && (alone || (self.passing.allowed && !node.fresh)) {
            self.passing.memory.add(begun.place, node.bytes, outcome);
        }
    }
}
