//! The whole tree of one part, kept: what `decode` and `show` print. Audits never build one.

use super::Hint;
use super::chain::Chain;
use super::opening::NAME;
use super::visitor::{Ending, Node, Visitor};
use super::walk::{Limits, Walked, walk};
use crate::model::Step;
use std::ops::Range;

/// A node with what is inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The layer that led here and the place in it; none for the root.
    pub step: Option<Step>,
    /// Where it stands in the bytes of the node around it.
    pub span: Range<usize>,
    /// What stands here, unescaped.
    pub bytes: Vec<u8>,
    /// UTF-8 without control characters.
    pub text: bool,
    /// Nothing explains these bytes.
    pub opaque: bool,
    guess: bool,
    /// What layers opened it into; guesses that came to nothing are left out.
    pub children: Vec<Tree>,
}

/// Unfolds `bytes` and keeps everything: memory is that of all layers together, within the limits.
pub fn tree(bytes: &[u8], hint: Hint<'_>, limits: &Limits) -> (Tree, Walked) {
    let mut builder = Builder { open: vec![Tree::at(None, 0..bytes.len(), b"")] };
    let walked = walk(bytes, hint, limits, &mut builder);
    let mut root = builder.open.pop().expect("every enter has its leave");
    (root.children.pop().expect("the root node was left"), walked)
}

struct Builder {
    open: Vec<Tree>,
}

impl Tree {
    fn at(step: Option<Step>, span: Range<usize>, bytes: &[u8]) -> Self {
        Self { step, span, bytes: bytes.to_vec(), text: false, opaque: false, guess: false, children: Vec::new() }
    }

    /// Everything but a guess that led nowhere (not to text, nor to something that opened, nor to bytes worth naming)
    /// and a name with nothing in it.
    fn is_worth_showing(&self) -> bool {
        let name = self.step.as_ref().is_some_and(|step| step.layer == NAME);
        let nothing = self.guess && !self.text && !self.opaque;
        !self.children.is_empty() || !name && !nothing
    }

    /// A piece that only had to be unescaped is shown as what it means.
    fn without_mere_escapes(mut self) -> Self {
        if let [only] = self.children.as_slice()
            && only.step.is_none()
            && let Some(meaning) = self.children.pop()
        {
            return Tree { step: self.step, span: self.span, ..meaning };
        }
        self
    }
}

impl Visitor for Builder {
    fn enter(&mut self, node: &Node<'_>) {
        let tree = Tree::at(Chain::last(node.chain), node.span.clone(), node.bytes);
        self.open.push(Tree { guess: node.guess, ..tree });
    }

    fn leave(&mut self, _: &Node<'_>, ending: &Ending) {
        let Some(mut tree) = self.open.pop() else { return };
        tree.text = ending.text;
        tree.opaque = ending.opaque;
        tree.children.retain(|child| child.is_worth_showing());
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(tree.without_mere_escapes());
        }
    }
}
