//! What stands beside each other in one object: pieces of a value that was split, and the two halves of a place.
//!
//! Pieces of one split count together when they stand in the same object (the same path but for its last step).
//! What was met is kept per part, within a bound; paths are rendered only for fields that are a piece of something.

use super::planted::Half;
use super::planted::notations::{Notations, Piece};
use crate::decode::Node;
use crate::model::{Step, Subject, display_path};
use std::collections::HashMap;

/// Pieces kept per part: a table of a million people's first names is no way to fill the memory.
const KEPT: usize = 4_096;

/// What was met in one part.
#[derive(Default)]
pub(super) struct Beside {
    /// Pieces by split and object: which of them, and where the first stands.
    met: HashMap<(u32, String), (u64, String)>,
    /// Halves by object and thing, with what they say and which sighting they are.
    halves: HashMap<(String, Option<Subject>, Half), (f64, usize)>,
}

/// A value that is whole now.
pub(super) struct Whole {
    pub(super) pattern: usize,
    pub(super) bits: f64,
    /// Says where the rest stands.
    pub(super) step: Step,
}

impl Beside {
    /// Takes in a field; the values whose last piece it is.
    pub(super) fn piece(&mut self, notations: &Notations, node: &Node<'_>) -> Vec<Whole> {
        let mut pieces = notations.pieces(node.bytes).peekable();
        if pieces.peek().is_none() {
            return Vec::new();
        }
        let path = node.chain.path();
        let around: Vec<String> = std::iter::once(object(&path)).chain(list(&path)).collect();
        let whole = |piece| around.iter().find_map(|object| self.one(notations, piece, object, &path));
        pieces.filter_map(whole).collect()
    }

    fn one(&mut self, notations: &Notations, piece: Piece, object: &str, path: &[Step]) -> Option<Whole> {
        let split = notations.split(piece);
        let key = (piece.split, object.to_owned());
        if self.met.len() >= KEPT && !self.met.contains_key(&key) {
            return None;
        }
        let (met, first) = self.met.entry(key).or_insert_with(|| (0, display_path(path)));
        let before = *met;
        *met |= 1 << piece.number;
        let all = (1 << split.pieces) - 1;
        let step = || Step { layer: "split", at: Some(format!("with {first}")) };
        (*met == all && before != all).then(|| Whole {
            pattern: split.pattern as usize,
            bits: split.bits,
            step: step(),
        })
    }

    /// Takes in a half that is the sighting `number` of `subject`; the other one, and what both say, if it was met.
    pub(super) fn half(
        &mut self,
        half: Half,
        subject: Subject,
        bits: f64,
        (path, number): (&[Step], usize),
    ) -> Option<(f64, usize)> {
        // The halves of a place are two values, those of a name one.
        let of = matches!(half, Half::First | Half::Last).then_some(subject);
        let object = object(path);
        let other = self.halves.get(&(object.clone(), of, half.other())).copied();
        if self.halves.len() < KEPT {
            self.halves.insert((object, of, half), (bits, number));
        }
        other.map(|(other, number)| (bits + other, number))
    }
}

/// The path without its last position, in a list of members of one name: `[{"name":"a","value":"b"},…]`.
fn list(path: &[Step]) -> Option<String> {
    let (last, before) = path.split_last()?;
    let at = last.at.as_deref()?;
    let (around, name) = at.rsplit_once("].")?;
    let (around, _) = around.rsplit_once('[')?;
    Some(format!("{} {} {around}[].{name}", display_path(before), last.layer))
}

/// The path without its last name: what fields of one object have in common.
fn object(path: &[Step]) -> String {
    let Some((last, before)) = path.split_last() else { return String::new() };
    let around = last.at.as_deref().and_then(|at| at.rfind(['.', '[']).map(|end| &at[..end])).unwrap_or_default();
    format!("{} {} {around}", display_path(before), last.layer)
}
