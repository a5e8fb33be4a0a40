//! What follows the walk beside the search for planted values: personal data, and what every field held.

use super::fields::Leaves;
use crate::decode::{At, Chain, Ending, Interest, Look, Node, Tally, Visitor};
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

    fn looks_for(&self) -> Option<Interest> {
        match (&self.recogniser, &self.leaves) {
            (_, Some(_)) => None,
            (Some(recogniser), None) => recogniser.looks_for(),
            (None, None) => Some(Interest { id: 0, names: false }),
        }
    }

    fn minds(&mut self, around: &Chain<'_>, at: &At<'_>) -> bool {
        self.recogniser.as_mut().is_some_and(|recogniser| recogniser.minds(around, at))
    }

    fn tally(&self) -> Tally {
        self.recogniser.as_ref().map(Visitor::tally).unwrap_or_default()
    }

    fn lets_pass(&self, bytes: &[u8], look: Look) -> bool {
        self.recogniser.as_ref().is_none_or(|recogniser| recogniser.lets_pass(bytes, look))
    }
}
