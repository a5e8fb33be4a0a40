//! Where a layer puts what it opens: pieces of the view, or other bytes that it was turned into.
//!
//! Everything that is put in goes on to the walk at once, in order, so nothing is collected. How sure a layer is of
//! what it made decides whether other layers are asked, too.

use super::Hint;
use super::chain::{At, Chain};
use super::keys::Ring;
use super::look::{CONTROL, Look};
use super::passing::Met;
use super::visitor::{Ending, Node, Visitor};
use super::walk::{FEW, Offer, Reach, SHORTEST, Walker};
use crate::codec::inflate::{End, Framing, inflate};
use crate::model::{Fault, FaultKind};
use std::ops::Range;
use std::vec;

/// The step that says that something stands in a name instead of a value.
pub const NAME: &str = "key";

/// Fewest bytes of what digits stand for that are unfolded further though they are no text: nothing that can be told
/// from chance fits into less.
pub(super) const FEWEST_BINARY: usize = 12;

/// How sure a layer is of what it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A checksum or the result itself speaks for it: no other layer is asked.
    Sure,
    /// It may be coincidence; others are asked too, and only what opens inside decides.
    Guess,
}

/// Whether what digits of some alphabet stand for speaks so well for itself that they are nothing else: a text that
/// is long, or what begins as a compressed stream does.
fn is_telling(bytes: &[u8], look: Look) -> bool {
    const LONG: usize = 48;
    bytes.len() >= LONG && (look.text() || begins_stream(bytes))
}

/// Whether bytes begin as gzip, zstd, an archive or a binary property list does, or as zlib does, of whose header chance
/// makes one in 16,000: then text must come out, too.
pub(crate) fn begins_stream(bytes: &[u8]) -> bool {
    match bytes {
        [0x1f, 0x8b, 8, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => true,
        [b'P', b'K', 3, 4, ..] => true,
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => is_zlib_of_text(bytes),
        _ => bytes.starts_with(b"bplist0"),
    }
}

fn is_zlib_of_text(bytes: &[u8]) -> bool {
    const ENOUGH: usize = 16;
    let mut begin = Vec::new();
    let end = inflate(Framing::Zlib, bytes, &mut begin, 4 * ENOUGH);
    let whole = end == End::Complete && !begin.is_empty();
    whole || (begin.len() >= ENOUGH && !Look::of(&begin).has(CONTROL))
}

/// Where a layer puts what it opens.
pub struct Opening<'w, 'v> {
    pub(super) walker: &'w mut Walker<'v>,
    pub(super) node: &'w Node<'w>,
    /// True once the visitor knows that the node has something in it.
    pub(super) entered: &'w mut bool,
    pub(super) layer: &'static str,
    pub(super) radix: bool,
    /// True when this layer stated trouble with the view.
    pub(super) damaged: bool,
    /// Where the visitor may find something next in the view; what ends before means nothing to it.
    pub(super) ahead: usize,
    /// Pieces still to come that the visitor is told apart.
    pub(super) apart: vec::IntoIter<Range<usize>>,
    pub(super) reach: Reach,
}

/// Shortest piece that is told apart: such as are never remembered, and much longer than most of what is looked for.
const APART: usize = 512;

impl<'v> Opening<'_, 'v> {
    /// Pieces that will all come, in this order, before the first of them: the long ones are told apart.
    pub fn announce(&mut self, pieces: impl Iterator<Item = Range<usize>>) {
        if self.node.is_unsearched() && !*self.entered {
            self.apart = pieces.filter(|span| span.len() >= APART).collect::<Vec<_>>().into_iter();
        }
    }

    /// Whether a piece is told apart, of those that were announced the next.
    #[inline]
    fn comes_apart(&mut self, span: &Range<usize>) -> bool {
        let apart = span.len() >= APART && self.apart.as_slice().first() == Some(span);
        if apart {
            self.apart.next();
        }
        apart
    }

    /// A piece of the view, to be unfolded further. Pieces of a view come in order and do not overlap.
    #[inline(always)]
    pub fn piece(&mut self, at: At<'_>, span: Range<usize>) {
        if self.may_pass(&span, &at) && self.walker.passes_again(&self.node.bytes[span.clone()]) {
            return self.passed(span.len() as u64);
        }
        self.text(at, span);
    }

    /// A piece that no word is of which nothing became.
    #[inline(never)]
    fn text(&mut self, at: At<'_>, span: Range<usize>) {
        if span.len() < SHORTEST {
            return self.atom(at, span);
        }
        if let Some((look, offer)) = self.met(&span, Some(&at)) {
            self.part(&self.node.chain.child(Some((self.layer, at))), span, look, Hint::default(), offer);
        }
    }

    /// A piece of which the view says what it is.
    pub fn declared(&mut self, at: At<'_>, span: Range<usize>, media_type: &str) {
        let hint = Hint { media_type: Some(media_type), ..Hint::default() };
        let (look, offer) = (Look::of(&self.node.bytes[span.clone()]), Offer::Layers(None));
        self.part(&self.node.chain.child(Some((self.layer, at))), span, look, hint, offer);
    }

    /// A piece that is a number or a literal: nothing can be inside.
    pub fn atom(&mut self, at: At<'_>, span: Range<usize>) {
        let bytes = &self.node.bytes[span.clone()];
        let look = Look::of(bytes);
        if self.may_pass(&span, &at) && self.walker.passes(bytes, look) {
            return self.passed(bytes.len() as u64);
        }
        self.part(&self.node.chain.child(Some((self.layer, at))), span, look, Hint::default(), Offer::Nothing);
    }

    /// A piece of the view that means `bytes` once its escapes are resolved; those are unfolded further.
    pub fn unescaped(&mut self, at: At<'_>, span: Range<usize>, bytes: &[u8]) {
        let (look, offer) = self.met_fresh(bytes, 1);
        self.turned(&self.node.chain.child(Some((self.layer, at))), span, bytes, look, offer);
    }

    /// A piece of the view that is a number in binary, told as the decimal digits that a person would write.
    pub fn number(&mut self, at: At<'_>, span: Range<usize>, digits: &str) {
        let digits = digits.as_bytes();
        let look = Look::of(digits);
        if self.may_pass(&span, &at) && self.walker.passes_turned(&self.node.bytes[span.clone()], digits, look) {
            return self.passed(digits.len() as u64);
        }
        self.turned(&self.node.chain.child(Some((self.layer, at))), span, digits, look, Offer::Nothing);
    }

    /// The name of a member or field of what is at `at`, and what it means if it had escapes: names carry data too.
    #[inline(always)]
    pub fn name(&mut self, at: At<'_>, span: Range<usize>, meaning: Option<&[u8]>) {
        if meaning.is_none() && self.quiet(&span) && self.walker.passes_again(&self.node.bytes[span.clone()]) {
            return self.passed(span.len() as u64);
        }
        self.name_of(at, span, meaning);
    }

    #[inline(never)]
    fn name_of(&mut self, at: At<'_>, span: Range<usize>, meaning: Option<&[u8]>) {
        let met = match meaning {
            Some(meaning) => Some(self.met_fresh(meaning, 2)),
            None => self.met(&span, None),
        };
        let Some((look, offer)) = met else { return };
        let around = self.node.chain.child(Some((self.layer, at)));
        let chain = around.child(Some((NAME, At::Whole)));
        match meaning {
            Some(meaning) => self.turned(&chain, span, meaning, look, offer),
            None => self.part(&chain, span, look, Hint::default(), offer),
        }
    }

    /// Whether the visitor found nothing in a piece, which may therefore pass, and its name too.
    #[inline]
    fn quiet(&mut self, span: &Range<usize>) -> bool {
        span.end <= self.ahead || self.looks_ahead(span)
    }

    fn looks_ahead(&mut self, span: &Range<usize>) -> bool {
        let deep = self.node.chain.depth + 2 > self.walker.limits.depth;
        if deep || !self.walker.passing.allowed || !*self.entered {
            return false;
        }
        self.ahead = self.walker.visitor.ahead(span.start);
        span.end <= self.ahead
    }

    /// Whether a piece at `at` may pass, if it means nothing.
    #[inline]
    fn may_pass(&mut self, span: &Range<usize>, at: &At<'_>) -> bool {
        self.quiet(span) && !(self.walker.passing.names && self.walker.visitor.minds(self.node.chain, at))
    }

    /// What becomes of a piece at `at`, or of a name; none if it was passed over.
    #[inline]
    fn met(&mut self, span: &Range<usize>, at: Option<&At<'_>>) -> Option<(Look, Offer)> {
        let (quiet, names, chain) = (self.quiet(span), self.walker.passing.names, self.node.chain);
        let depth = chain.depth + if at.is_some() { 1 } else { 2 };
        let minds = |visitor: &mut dyn Visitor, inside: bool| names && at.map_or(inside, |at| visitor.minds(chain, at));
        match self.walker.meet(&self.node.bytes[span.clone()], depth, quiet, minds) {
            Met::Node(look, offer) => Some((look, offer)),
            Met::Passed(read) => {
                self.passed(read);
                None
            }
        }
    }

    /// The same for what is no piece: nothing of it was searched.
    fn met_fresh(&mut self, bytes: &[u8], steps: usize) -> (Look, Offer) {
        match self.walker.meet(bytes, self.node.chain.depth + steps, false, |_, _| true) {
            Met::Node(look, offer) => (look, offer),
            Met::Passed(_) => (Look::of(bytes), Offer::Layers(None)),
        }
    }

    #[inline]
    fn passed(&mut self, read: u64) {
        self.reach.opened = true;
        self.reach.read += read;
    }

    #[inline]
    fn part(&mut self, chain: &Chain<'_>, span: Range<usize>, look: Look, hint: Hint<'_>, offer: Offer) {
        self.reach.opened = true;
        if self.allowed(chain, 0) {
            self.enter();
            let (bytes, apart) = (&self.node.bytes[span.clone()], self.comes_apart(&span));
            let node = Node { chain, bytes, span, fresh: false, apart, guess: false, look, again: false };
            let reach = self.walker.place(&node, hint, offer, FEW);
            self.add(reach);
        }
    }

    fn turned(&mut self, chain: &Chain<'_>, span: Range<usize>, meaning: &[u8], look: Look, offer: Offer) {
        self.reach.opened = true;
        if self.allowed(chain, meaning.len()) {
            self.enter();
            let (bytes, length, apart) = (&self.node.bytes[span.clone()], span.len(), self.comes_apart(&span));
            let node = Node { chain, bytes, span, fresh: false, apart, guess: false, look: Look::ANY, again: false };
            match apart {
                true => self.walker.visitor.enter_encoded(&node),
                false => self.walker.visitor.enter(&node),
            }
            let chain = chain.child(None);
            let span = 0..length;
            let inner = Node::made(&chain, meaning, span, look);
            let reach = self.walker.place(&inner, Hint::default(), offer, FEW);
            let ending = Ending { opened: true, text: true, opaque: false, decoded: reach.decoded };
            self.walker.visitor.leave(&node, &ending);
            self.add(reach);
        }
    }

    /// The whole view turned into other bytes.
    pub fn made(&mut self, bytes: &[u8], proof: Proof) {
        self.made_that_looks(At::Whole, bytes, Look::of(bytes), proof);
    }

    /// The same, where there is more to say about how: with which key.
    pub fn made_at(&mut self, at: At<'_>, bytes: &[u8], proof: Proof) {
        self.made_that_looks(at, bytes, Look::of(bytes), proof);
    }

    /// The same, where the layer had to look at the bytes itself.
    pub(super) fn made_that_looks(&mut self, at: At<'_>, bytes: &[u8], look: Look, proof: Proof) {
        let chain = self.node.chain.child(Some((self.layer, at)));
        if !self.allowed(&chain, bytes.len()) {
            return;
        }
        match self.radix && is_telling(bytes, look) {
            true => self.enter_as(Visitor::enter_encoded),
            false => self.enter(),
        }
        // Bytes of a guess that look like a stream and then break off are random, unless what came out speaks for it.
        let telling = look.text() && bytes.len() >= FEW;
        let proof = if self.damaged && self.walker.guesses > 0 && !telling { Proof::Guess } else { proof };
        let guess = proof == Proof::Guess;
        let node = Node { guess, ..Node::made(&chain, bytes, 0..self.node.bytes.len(), look) };
        // What merely fits an alphabet is mostly an identifier: only long runs of mixed digits count as closed.
        let few = match (proof, self.node.look.mixed()) {
            (Proof::Sure, _) => FEW,
            (Proof::Guess, true) => 4 * FEW,
            (Proof::Guess, false) => usize::MAX,
        };
        let offer = match self.radix && !look.text() && bytes.len() < FEWEST_BINARY {
            true => Offer::Nothing,
            false => Offer::Layers(None),
        };
        self.walker.guesses += usize::from(guess);
        let reach = self.walker.place(&node, Hint::default(), offer, few);
        self.walker.guesses -= usize::from(guess);
        self.add(reach);
        self.reach.opened = reach.opened || proof == Proof::Sure;
    }

    /// The whole view once more with its escapes resolved, after its pieces were given: for what lies across them.
    pub fn again(&mut self, layer: &'static str, bytes: &[u8]) {
        let chain = self.node.chain.child(Some((layer, At::Whole)));
        if self.allowed(&chain, bytes.len()) {
            self.enter();
            let (span, look) = (0..self.node.bytes.len(), Look::of(bytes));
            let node = Node { guess: true, again: true, ..Node::made(&chain, bytes, span, look) };
            self.walker.place(&node, Hint::default(), Offer::Nothing, usize::MAX);
        }
    }

    #[inline]
    fn enter(&mut self) {
        if *self.entered {
            return;
        }
        match self.apart.as_slice() {
            [] => self.enter_as(Visitor::enter),
            apart => {
                *self.entered = true;
                self.walker.visitor.enter_around(self.node, apart);
            }
        }
    }

    fn enter_as(&mut self, how: fn(&mut (dyn Visitor + 'v), &Node<'_>)) {
        if !*self.entered {
            *self.entered = true;
            how(self.walker.visitor, self.node);
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
        fault.path = self.node.chain.child(Some((self.layer, At::Whole))).path();
        self.walker.state(fault);
        self.damaged = true;
    }

    /// Says that there is more in the view than what was opened, which is no fault: digits that stand for the view do not
    /// prove themselves by it.
    pub(super) fn doubt(&mut self) {
        self.walker.stated += 1;
    }

    #[inline]
    fn allowed(&mut self, chain: &Chain<'_>, made: usize) -> bool {
        if chain.depth > self.walker.limits.depth || made > self.room() {
            self.limit(chain, made);
        }
        self.walker.made += made.min(self.room());
        !self.walker.stopped
    }

    #[cold]
    fn limit(&mut self, chain: &Chain<'_>, made: usize) {
        let limits = self.walker.limits;
        if chain.depth > limits.depth {
            self.walker.stop(chain, format!("more than {} layers deep: not unfolded further", limits.depth));
        }
        if made > self.room() {
            self.walker.stop(chain, format!("more than {} bytes would be unfolded from one part", limits.made));
        }
    }

    #[inline]
    fn add(&mut self, reach: Reach) {
        self.reach.read += reach.read;
        self.reach.opaque += reach.opaque;
    }
}
