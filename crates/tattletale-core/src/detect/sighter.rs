//! Follows a walk, searches what is new, and keeps for every match the deepest place that holds it.
//!
//! Only fresh bytes are searched: pieces are slices of bytes that were searched before, so a match is handed down
//! from a node to the piece that contains it, which costs nothing where nothing is. When a node ends, the matches
//! that are left in it become sightings, unless the same thing was seen deeper at the same place. An action whose
//! match lies around a value (the address of a results page around the searched term) is told with that value.

use super::closed::Closed;
use super::planted::{Form, Hit, Planted};
use crate::decode::{Ending, Node, Visitor};
use crate::model::{Excerpt, Sighting, Step, Subject};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// Opaque bytes kept per part; all are counted.
const OPAQUE_KEPT: usize = 8;

/// Hits of one pattern that are looked at per place: one place holds a thing once, and of the others most are dropped
/// because the thing was seen deeper.
const LOOKS: usize = 64;

/// Places of one thing that are kept per part.
const PLACES_KEPT: usize = 1_000;

/// Watches one part.
pub struct Sighter<'p> {
    planted: &'p Planted,
    places: &'p mut Places,
    frames: Vec<Frame>,
    /// Sightings with where they lie in the bytes of the innermost node that is still open.
    found: Vec<(Sighting, Range<usize>)>,
    kept: HashMap<Subject, usize>,
    opaque: Vec<Closed>,
}

/// An open node: the matches in its bytes by their start, none once a piece has taken them; how many sightings there
/// were before it.
struct Frame {
    hits: Vec<Option<Hit>>,
    mark: usize,
}

/// How many places there were where a value could have stood by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Bytes searched.
    pub bytes: u64,
    /// Fields (leaves of the walk) by their length; longer ones count as the last.
    pub fields: [u64; 256],
}

/// What was seen in one part.
#[derive(Debug, Default)]
pub struct Seen {
    /// Each thing once per place, in the order of the walk.
    pub sightings: Vec<Sighting>,
    /// The first few closed places.
    pub opaque: Vec<Closed>,
    /// Things that were seen in more places than are kept.
    pub crowded: Vec<Subject>,
}

impl Default for Places {
    fn default() -> Self {
        Self { bytes: 0, fields: [0; 256] }
    }
}

impl Places {
    /// Adds what another walk counted.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.fields.iter_mut().zip(other.fields).for_each(|(sum, more)| *sum += more);
    }

    /// Where something of that length could have stood: as a whole field, or anywhere.
    pub fn for_length(&self, length: usize, whole: bool) -> u64 {
        if whole { self.fields[length.min(255)] } else { self.bytes }
    }
}

impl<'p> Sighter<'p> {
    /// Before a walk; `places` goes on counting over many walks.
    pub fn new(planted: &'p Planted, places: &'p mut Places) -> Self {
        Self { planted, places, frames: Vec::new(), found: Vec::new(), kept: HashMap::new(), opaque: Vec::new() }
    }

    /// After the walk.
    pub fn seen(self) -> Seen {
        let mut seen = Seen { opaque: self.opaque, ..Seen::default() };
        seen.crowded.extend(self.kept.iter().filter(|(_, places)| **places > PLACES_KEPT).map(|(subject, _)| *subject));
        seen.crowded.sort_unstable();
        let mut known: HashMap<(Subject, Vec<Step>), usize> = HashMap::new();
        for (sighting, _) in self.found {
            match known.entry((sighting.subject, sighting.path.clone())) {
                Entry::Occupied(at) => {
                    let first = &mut seen.sightings[*at.get()];
                    first.within = first.within.or(sighting.within);
                }
                Entry::Vacant(at) => {
                    at.insert(seen.sightings.len());
                    seen.sightings.push(sighting);
                }
            }
        }
        seen
    }

    /// Values first, so that an action around one can join it.
    fn settle(&mut self, node: &Node<'_>, mut hits: Vec<Hit>, ending: &Ending, mark: usize) {
        let mut looks: HashMap<usize, usize> = HashMap::new();
        let is_action =
            |hit: &Hit| matches!(self.planted.pattern(hit.pattern).subjects.first(), Some(Subject::Action(_)));
        hits.sort_by_key(|hit| (is_action(hit), hit.range.start, usize::MAX - hit.range.end));
        for hit in hits {
            let looks = looks.entry(hit.pattern).or_default();
            *looks += 1;
            if *looks > LOOKS {
                continue;
            }
            let subjects = &self.planted.pattern(hit.pattern).subjects;
            let action = subjects.iter().copied().find(|subject| matches!(subject, Subject::Action(_)));
            let values = subjects.iter().copied().filter(|subject| matches!(subject, Subject::Value(_)));
            let mut alone = true;
            for value in values {
                alone = false;
                self.sight(node, &hit, ending, mark, value, action);
            }
            if let (true, Some(action)) = (alone, action) {
                self.sight_action(node, &hit, ending, mark, action);
            }
        }
    }

    fn sight_action(&mut self, node: &Node<'_>, hit: &Hit, ending: &Ending, mark: usize, action: Subject) {
        let mut joined = false;
        for (sighting, cover) in &mut self.found[mark..] {
            let same = sighting.subject == action;
            let value = matches!(sighting.subject, Subject::Value(_));
            let place = place(node, hit);
            // Around a value means all around it: a short word that chance put into an encoded text is not.
            let around = value && place.start <= cover.start && cover.end <= place.end;
            if around || (same && overlap(cover, &place)) {
                sighting.within = sighting.within.or((!same).then_some(action));
                joined = true;
            }
        }
        if !joined {
            self.sight(node, hit, ending, mark, action, None);
        }
    }

    fn sight(
        &mut self,
        node: &Node<'_>,
        hit: &Hit,
        ending: &Ending,
        mark: usize,
        subject: Subject,
        within: Option<Subject>,
    ) {
        let place = place(node, hit);
        let deeper =
            |(sighting, cover): &(Sighting, Range<usize>)| sighting.subject == subject && overlap(cover, &place);
        let full = self.kept.get(&subject).is_some_and(|kept| *kept > PLACES_KEPT);
        if full || self.found[mark..].iter().any(deeper) {
            return;
        }
        let kept = self.kept.entry(subject).or_default();
        *kept += 1;
        if *kept > PLACES_KEPT {
            return;
        }
        let pattern = self.planted.pattern(hit.pattern);
        let mut path = node.chain.path();
        if let Form::Digest(name) = pattern.form {
            path.push(Step { layer: name, at: None });
        }
        let sighting = Sighting {
            subject,
            within,
            path,
            range: hit.range.clone(),
            whole: !ending.opened && hit.range.len() == node.bytes.len(),
            bits: pattern.bits,
            excerpt: excerpt(node.bytes, &hit.range),
        };
        self.found.push((sighting, place));
    }
}

impl Frame {
    /// Moves the matches that lie inside `span` out, counted from its start.
    fn hand_down(&mut self, span: &Range<usize>, into: &mut Vec<Hit>) {
        let start = |hit: &Option<Hit>| hit.as_ref().map(|hit| hit.range.start);
        if self.hits.is_empty() {
            return;
        }
        // Those that were taken lie before the span or overlap it: pieces come in order.
        let first = self.hits.partition_point(|hit| start(hit).is_none_or(|start| start < span.start));
        for slot in &mut self.hits[first..] {
            match slot.take_if(|hit| hit.range.end <= span.end) {
                Some(hit) => {
                    let range = hit.range.start - span.start..hit.range.end - span.start;
                    into.push(Hit { range, ..hit });
                }
                None if start(slot).is_some_and(|start| start >= span.end) => break,
                None => {}
            }
        }
    }
}

impl Visitor for Sighter<'_> {
    fn enter(&mut self, node: &Node<'_>) {
        let mut hits = Vec::new();
        if node.fresh {
            self.places.bytes += node.bytes.len() as u64;
            self.planted.candidates(node.bytes, &mut hits);
            hits.sort_by_key(|hit| hit.range.start);
        } else if let Some(around) = self.frames.last_mut() {
            around.hand_down(&node.span, &mut hits);
        }
        let hits = hits.into_iter().map(Some).collect();
        self.frames.push(Frame { hits, mark: self.found.len() });
    }

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        let Some(Frame { hits, mark: own }) = self.frames.pop() else { return };
        // The pieces of a view that is looked at again were seen before: they count as deeper.
        let mark = match (node.again, self.frames.last()) {
            (true, Some(around)) => around.mark,
            _ => own,
        };
        let mut hits: Vec<Hit> = hits.into_iter().flatten().collect();
        self.planted.settle(node.bytes, &mut hits, 0);
        if !ending.opened && !node.again {
            self.places.fields[node.bytes.len().min(255)] += 1;
        }
        if !hits.is_empty() {
            self.settle(node, hits, ending, mark);
        }
        if ending.opaque && self.opaque.len() < OPAQUE_KEPT {
            self.opaque.push(Closed::at(node.chain.path(), node.bytes));
        }
        for (_, cover) in &mut self.found[own..] {
            *cover = match node.fresh {
                true => node.span.clone(),
                false => cover.start + node.span.start..cover.end + node.span.start,
            };
        }
    }
}

/// Where a hit lies for comparison with what was seen deeper: in a view that is looked at again, anywhere.
fn place(node: &Node<'_>, hit: &Hit) -> Range<usize> {
    if node.again { node.span.clone() } else { hit.range.clone() }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn excerpt(bytes: &[u8], range: &Range<usize>) -> Excerpt {
    Excerpt {
        before: bytes[range.start.saturating_sub(Excerpt::AROUND)..range.start].to_vec(),
        found: bytes[range.clone()].to_vec(),
        after: bytes[range.end..(range.end + Excerpt::AROUND).min(bytes.len())].to_vec(),
    }
}
