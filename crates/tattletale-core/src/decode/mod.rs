//! Unfolding: every part of an exchange becomes a tree of layers, whatever the tracker is called.
//!
//! A [`Layer`] knows one encoding: it opens a view of bytes into pieces or into other bytes, or declines. The
//! [`walk`] offers every node to every layer of the [registry](LAYERS), enforces the [`Limits`], and tells a
//! [`Visitor`] where it is. No layer knows of any other, so any nesting opens; nothing is allocated for the path
//! until a visitor asks for it.
//!
//! Two kinds of node matter to visitors: a *piece* is a slice of its parent's bytes (a JSON string, a form field),
//! while *fresh* bytes came to exist by decoding. Whoever searches needs to look at fresh bytes only,
//! and at long pieces that are told [apart](Node::apart).

mod chain;
pub mod keys;
mod layers;
mod look;
mod memory;
mod needs;
mod opening;
mod parts;
mod passing;
pub mod transport;
mod tree;
mod visitor;
mod walk;

pub(crate) use chain::Name;
pub use chain::{At, Chain, JsonStep, Slot};
pub use layers::LAYERS;
pub use look::Look;
pub use needs::Needs;
pub(crate) use opening::begins_stream;
pub use opening::{NAME, Opening, Proof};
pub use parts::{PartView, parts};
pub use tree::{Tree, tree};
pub use visitor::{Both, Ending, Interest, Node, Tally, Visitor};
pub use walk::{Limits, Walked, walk};

/// How the digits of an alphabet are read, wherever they were cut.
#[derive(Debug, Clone, Copy)]
pub struct Digits {
    /// So many of them stand for whole bytes.
    pub group: usize,
    /// What whole groups stand for; none where they are no digits of this alphabet.
    pub read: fn(&[u8]) -> Option<Vec<u8>>,
}

/// One encoding around some bytes.
pub trait Layer: Sync {
    /// Name in paths, lower case.
    fn name(&self) -> &'static str;

    /// What it is and where it is specified or was seen, in one sentence for the documentation.
    fn about(&self) -> &'static str;

    /// A small input that this layer opens; documentation and the tests of all layers use it.
    fn example(&self) -> &'static [u8];

    /// True when it is asked only on request: it is costly, or nobody has reported it in the wild.
    fn deep(&self) -> bool {
        false
    }

    /// True when it needs a key of the user's.
    fn keyed(&self) -> bool {
        false
    }

    /// How to read a piece of what it opens, where that is nothing but the digits of an alphabet.
    fn digits(&self) -> Option<Digits> {
        None
    }

    /// What undeclared bytes must be like, or this layer declines: spares the asking.
    fn needs(&self) -> Needs {
        Needs::NOTHING
    }

    /// Whether a closer look is worth it: false only if [`open`](Self::open) would do nothing. A node that no layer
    /// wants a closer look at is a leaf, and told as one.
    fn glance(&self, _view: &View<'_>) -> bool {
        true
    }

    /// Opens `view` into `out`, or does nothing. May be called with anything; must take time linear in the view.
    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>);
}

/// Bytes offered to a layer, with what is cheaply known about them.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Which classes of bytes occur.
    pub look: Look,
    /// What the exchange declares of a part, and what a layer declares of a piece.
    pub hint: Hint<'a>,
}

/// What headers or the place in the exchange say about a part. A hint opens doors, it never closes one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// Declared content type.
    pub media_type: Option<&'a str>,
    /// Declared content encoding.
    pub content_encoding: Option<&'a str>,
    /// True for the query of a URL: it is a form by definition.
    pub query: bool,
}

impl Hint<'_> {
    /// Whether the declared content encoding names `coding`.
    pub fn encoded_as(&self, coding: &str) -> bool {
        let names = |declared: &str| declared.split(',').any(|name| name.trim().eq_ignore_ascii_case(coding));
        self.content_encoding.is_some_and(names)
    }

    /// True when the exchange says nothing about the bytes.
    pub fn declares_nothing(&self) -> bool {
        self.media_type.is_none() && self.content_encoding.is_none() && !self.query
    }

    /// Whether the declared content type contains `word`.
    pub fn typed_as(&self, word: &str) -> bool {
        let word = word.as_bytes();
        let of_word = |part: &[u8]| part.eq_ignore_ascii_case(word);
        self.media_type.is_some_and(|declared| declared.as_bytes().windows(word.len()).any(of_word))
    }
}
