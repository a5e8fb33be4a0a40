//! What follows the walk beside the search for planted values: personal data, what every field held, and what may
//! be a salt.

use super::fields::Leaves;
use super::salting::Salts;
use crate::decode::{Ending, Node, Visitor};
use crate::detect::personal::Recogniser;

/// Those that are wanted for a part.
pub(super) struct Watchers<'s> {
    pub(super) recogniser: Option<Recogniser<'s>>,
    pub(super) leaves: Option<Leaves>,
    pub(super) salts: Option<Salts>,
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
        if let Some(salts) = &mut self.salts {
            salts.leave(node, ending);
        }
    }
}
