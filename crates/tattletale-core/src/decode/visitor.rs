//! Who is told of what a walk comes to.

use super::chain::{At, Chain};
use super::look::Look;
use std::ops::Range;

/// Who is told of every node, in depth-first order; `leave` mirrors `enter`.
///
/// A visitor that makes nothing of most texts may let those [pass](Self::pass) that it was told of before. It then
/// answers [`looks_for`](Self::looks_for) and what is behind it; all others are told of everything.
pub trait Visitor {
    /// A node begins.
    fn enter(&mut self, node: &Node<'_>);
    /// A node begins in which these pieces, in order, are told [apart](Node::apart).
    fn enter_around(&mut self, node: &Node<'_>, _apart: &[Range<usize>]) {
        self.enter(node);
    }
    /// A node begins that is nothing but the digits of an alphabet, and what they stand for speaks for it, or a long piece
    /// with escapes, which may be such digits: as they are written they mean nothing, if the node ends as decoded.
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

    /// What is looked for. None for who has to be told of every node.
    fn looks_for(&self) -> Option<Interest> {
        None
    }
    /// Whether the name of a field at `at` in the innermost open node means something to it.
    fn minds(&mut self, _around: &Chain<'_>, _at: &At<'_>) -> bool {
        false
    }
    /// What was made of everything until now.
    fn tally(&self) -> Tally {
        Tally::default()
    }
    /// Where the next piece of the innermost open node may be something to it, at or behind `from`: nowhere, for who
    /// does not search.
    fn ahead(&mut self, _from: usize) -> usize {
        usize::MAX
    }
    /// Whether a leaf may pass that is a piece in which nothing was found, in a field whose name means nothing.
    fn lets_pass(&self, _bytes: &[u8], _look: Look) -> bool {
        false
    }
    /// Searches a leaf of fresh bytes; it may pass if there is nothing in it.
    fn finds_nothing(&mut self, bytes: &[u8], look: Look) -> bool {
        self.lets_pass(bytes, look)
    }
    /// Nodes are passed over: leaves of these lengths, longer ones as 255, and so many bytes to search.
    fn pass(&mut self, _leaves: &[u8], _searched: u32) {}
}

/// What a visitor looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    /// Whoever looks for the same has the same, and makes the same of a text wherever it stands, in fields whose names
    /// mean nothing.
    pub id: u64,
    /// True when there are names that mean something: see [`Visitor::minds`].
    pub names: bool,
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

    fn enter_around(&mut self, node: &Node<'_>, apart: &[Range<usize>]) {
        self.0.enter_around(node, apart);
        self.1.enter_around(node, apart);
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

    fn looks_for(&self) -> Option<Interest> {
        let (one, other) = (self.0.looks_for()?, self.1.looks_for()?);
        Some(Interest { id: one.id.rotate_left(32) ^ other.id, names: one.names || other.names })
    }

    fn minds(&mut self, around: &Chain<'_>, at: &At<'_>) -> bool {
        self.0.minds(around, at) || self.1.minds(around, at)
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
    /// True for a slice that is so long that it is searched by itself, not with the bytes around it: what it stands for
    /// may make that needless.
    pub apart: bool,
    /// True when the layer that made these bytes is not sure of them.
    pub guess: bool,
    /// Which kinds of bytes there may be; of fresh bytes, those that there are.
    pub look: Look,
    /// True when these bytes are the whole of a view whose pieces were given before, with its escapes resolved: only
    /// what lies across pieces is new here.
    pub again: bool,
}

impl<'a> Node<'a> {
    /// Bytes that came to exist, in place of `span`.
    pub(super) fn made(chain: &'a Chain<'a>, bytes: &'a [u8], span: Range<usize>, look: Look) -> Self {
        Self { chain, bytes, span, fresh: true, apart: false, guess: false, look, again: false }
    }

    /// True where a search of the bytes around it has not come.
    pub fn is_unsearched(&self) -> bool {
        self.fresh || self.apart
    }
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
    /// True when these were digits of an alphabet, perhaps with escapes, that opened beyond doubt and without trouble
    /// inside.
    pub decoded: bool,
}
