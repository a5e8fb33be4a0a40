//! What follows the walk beside the search for planted values: personal data, and what every field held.

use super::fields::Leaves;
use crate::decode::{Ending, Node, Visitor};
use crate::detect::personal::Recogniser;

/// Those that are wanted for a part.
pub(super) struct Watchers<'s> {
    pub(super) recogniser: Option<Recogniser<'s>>,
    pub(super) leaves: Option<Leaves>,
}

impl Visitor for Watchers<'_> {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        if let Some(recogniser) = &mut self.recogniser {
            recogniser.leave(node, ending);
        }
        if let Some(leaves) = &mut self.leaves {
            leaves.leave(node, ending);
        }
    }
}
