//! Follows a walk, searches what is new, and keeps for every match the deepest place that holds it.
//!
//! Only fresh bytes and pieces that are told apart are searched: other pieces are slices of bytes that were searched before, so a match is handed down
//! from a node to the piece that contains it, which costs nothing where nothing is. When a node ends, the matches
//! that are left in it become sightings, unless the same thing was seen deeper at the same place. An action whose
//! match lies around a value (the address of a results page around the searched term) is told with that value.

use super::beside::Beside;
use super::chance;
use super::closed::Closed;
use super::frame::{Frame, overlap};
use super::places::Places;
use super::planted::{By, Half, Hit, Planted};
use super::seen::{Seen, Unexplained};
use crate::decode::{Ending, Interest, Look, Node, Tally, Visitor};
use crate::model::{Among, Excerpt, Hashes, Odds, Sighting, Step, Subject};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// Opaque bytes kept per part; all are counted.
const OPAQUE_KEPT: usize = 8;

/// Unexplained runs kept per part; all are counted.
const UNEXPLAINED_KEPT: usize = 8;

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
    hashes: Hashes,
    unexplained: Vec<Unexplained>,
    beside: Beside,
    deep: bool,
    /// Hits that were looked at, fields that are known in another notation, closed places.
    told: u64,
}

impl<'p> Sighter<'p> {
    /// Before a walk; `places` goes on counting over many walks.
    pub fn new(planted: &'p Planted, places: &'p mut Places) -> Self {
        Self {
            planted,
            places,
            frames: Vec::new(),
            found: Vec::new(),
            kept: HashMap::new(),
            opaque: Vec::new(),
            hashes: Hashes::default(),
            unexplained: Vec::new(),
            beside: Beside::default(),
            deep: false,
            told: 0,
        }
    }

    /// Whether to look for keys of several bytes too.
    pub fn deep(self, deep: bool) -> Self {
        Self { deep, ..self }
    }

    /// After the walk.
    pub fn seen(self) -> Seen {
        self.places.runs += self.hashes.seen;
        let (opaque, hashes, unexplained) = (self.opaque, self.hashes, self.unexplained);
        let mut seen = Seen { opaque, hashes, unexplained, ..Seen::default() };
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
        self.told += hits.len() as u64;
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
                self.sight(node, &hit, ending, mark, value, action, None);
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
            let path_of_it = same && self.planted.is_address(hit) && is_path(sighting);
            if around || (same && !path_of_it && overlap(cover, &place)) {
                sighting.within = sighting.within.or((!same).then_some(action));
                joined = true;
            }
        }
        if !joined {
            self.sight(node, hit, ending, mark, action, None, None);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "what a sighting is made of")]
    fn sight(
        &mut self,
        node: &Node<'_>,
        hit: &Hit,
        ending: &Ending,
        mark: usize,
        subject: Subject,
        within: Option<Subject>,
        more: Option<Step>,
    ) {
        let place = place(node, hit);
        let deeper =
            |(sighting, cover): &(Sighting, Range<usize>)| sighting.subject == subject && overlap(cover, &place);
        let full = self.kept.get(&subject).is_some_and(|kept| *kept > PLACES_KEPT);
        let deeper = self.found[mark..].iter().position(deeper).map(|at| mark + at);
        // Of an address more was found than its path.
        let more_of_it = deeper.filter(|at| self.planted.is_address(hit) && is_path(&self.found[*at].0));
        if full || deeper != more_of_it {
            return;
        }
        if more_of_it.is_none() {
            let kept = self.kept.entry(subject).or_default();
            *kept += 1;
            if *kept > PLACES_KEPT {
                return;
            }
        }
        let mut path = node.chain.path();
        if let By::Digest { outer, inner, .. } = hit.by {
            self.hashes.seen += 1;
            self.hashes.explained += 1;
            path.extend([Some(outer), inner].into_iter().flatten().map(|layer| Step { layer, at: None }));
        }
        path.extend(more);
        if let By::Key(key) = hit.by {
            path.push(Step { layer: "xor", at: Some(format!("0x{key:02x}")) });
        }
        if let By::Repeated(key) = hit.by {
            let hex: String = key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            path.push(Step { layer: "xor", at: Some(format!("0x{hex}")) });
        }
        let whole = !ending.opened && hit.range.len() == node.bytes.len();
        let sighting = Sighting {
            subject,
            within,
            path,
            range: hit.range.clone(),
            whole,
            odds: self.odds(hit, whole, &node.bytes[hit.range.clone()]),
            excerpt: Excerpt::of(node.bytes, &hit.range),
        };
        match more_of_it {
            Some(at) => self.found[at] = (sighting, place),
            None => self.found.push((sighting, place)),
        }
        let pattern = self.planted.pattern(hit.pattern);
        if let (Some(half), None, false) = (pattern.half, more_of_it, matches!(hit.by, By::Notation(_))) {
            self.join(half, pattern.bits, node, self.found.len() - 1);
        }
    }
}

impl Sighter<'_> {
    fn odds(&self, hit: &Hit, whole: bool, found: &[u8]) -> Odds {
        let pattern = self.planted.pattern(hit.pattern);
        let among = if whole { Among::Fields } else { Among::Bytes };
        match hit.by {
            By::Digest { bits, .. } => chance::of_digest(pattern.bits, bits, self.planted.digests_tried()),
            By::Notation(bits) => Odds { bits, tried: pattern.tried, among },
            By::Key(_) => Odds { among, ..chance::of_turned(pattern.bits, found, pattern.tried) },
            By::Repeated(key) => {
                Odds { among, ..chance::of_repeated(pattern.bits, found, key.bytes().len(), pattern.tried) }
            }
            By::Text | By::Unexplained => Odds { bits: pattern.bits, tried: pattern.tried, among },
        }
    }

    /// Compares a field with what is known in other notations, and with pieces of what is known.
    fn compare(&mut self, node: &Node<'_>, ending: &Ending, mark: usize) {
        let notations = self.planted.notations();
        let mut alike = Vec::new();
        notations.alike(node.bytes, &mut alike);
        self.told += alike.len() as u64;
        for alike in alike {
            let pattern = self.planted.pattern(alike.pattern as usize);
            let by = By::Notation(alike.bits.unwrap_or(pattern.bits));
            let hit = Hit { pattern: alike.pattern as usize, range: alike.range.clone(), by };
            let (before, subject) = (self.found.len(), pattern.subjects[0]);
            self.sight(node, &hit, ending, mark, subject, None, None);
            // The other half of a place makes both say more, in whatever notation they were seen.
            let same = |(sighting, cover): &(Sighting, Range<usize>)| {
                sighting.subject == subject && overlap(cover, &alike.range)
            };
            let seen = (self.found.len() > before).then_some(before);
            let seen = seen.or_else(|| self.found[mark..].iter().rposition(same).map(|at| mark + at));
            if let (Some(number), Some(half), Some(bits)) = (seen, pattern.half, alike.bits) {
                self.join(half, bits, node, number);
            }
        }
        self.told += u64::from(notations.pieces(node.bytes).next().is_some());
        for whole in self.beside.piece(notations, node) {
            let subject = self.planted.pattern(whole.pattern).subjects[0];
            let hit = Hit { pattern: whole.pattern, range: 0..node.bytes.len(), by: By::Notation(whole.bits) };
            self.sight(node, &hit, ending, mark, subject, None, Some(whole.step));
        }
    }

    /// Beside its other half in one object each says what both say.
    fn join(&mut self, half: Half, bits: f64, node: &Node<'_>, number: usize) {
        let subject = self.found[number].0.subject;
        if let Some((bits, other)) = self.beside.half(half, subject, bits, (&node.chain.path(), number)) {
            for number in [number, other] {
                if let Some((Sighting { odds, .. }, _)) = self.found.get_mut(number) {
                    odds.bits = odds.bits.max(bits);
                }
            }
        }
    }

    /// A run that looks like a digest and is none of anything known. What is in a guess, or is looked at again, was
    /// counted where it was written.
    fn count_unexplained(&mut self, node: &Node<'_>, range: Range<usize>) {
        if node.guess || node.again {
            return;
        }
        self.told += 1;
        self.hashes.seen += 1;
        self.hashes.untried += 1;
        if self.unexplained.len() < UNEXPLAINED_KEPT {
            let text = node.bytes[range.clone()].to_vec();
            self.unexplained.push(Unexplained { way: node.chain.number(), range, text });
        }
    }
}

impl Sighter<'_> {
    /// What stands in a node that begins: found in its bytes where they are new, else handed down.
    fn hits_in(&mut self, node: &Node<'_>) -> Vec<Hit> {
        let mut hits = Vec::new();
        if node.is_unsearched() {
            self.search(node.bytes, &[], &mut hits);
        } else if let Some(around) = self.frames.last_mut()
            && around.reaches(&node.span)
        {
            around.hand_down(&node.span, &mut hits);
        }
        if !node.look.printable()
            && let Some(digest) = self.planted.as_bytes(node.bytes)
        {
            // What was written as text of a digest is told there.
            let told = self.frames.last().is_some_and(|around| around.has_digest(&node.span));
            self.told += u64::from(told);
            hits.extend((!told).then_some(digest));
        }
        hits
    }
}

impl Sighter<'_> {
    /// Finds what stands in bytes, but for what lies in pieces that are searched by themselves.
    fn search(&mut self, bytes: &[u8], apart: &[Range<usize>], hits: &mut Vec<Hit>) {
        self.places.bytes += (bytes.len() - apart.iter().map(Range::len).sum::<usize>()) as u64;
        self.planted.candidates(bytes, apart, hits);
        if self.deep {
            self.planted.repeated(bytes, apart, hits);
        }
        hits.sort_by_key(|hit| hit.range.start);
    }

    /// A piece that was announced has come.
    fn meet(&mut self, node: &Node<'_>) {
        if let (true, Some(around)) = (node.apart, self.frames.last_mut()) {
            around.apart.next();
        }
    }
}

impl Visitor for Sighter<'_> {
    fn enter(&mut self, node: &Node<'_>) {
        self.meet(node);
        let hits = self.hits_in(node);
        self.frames.push(Frame::new(hits, self.found.len()));
    }

    fn enter_around(&mut self, node: &Node<'_>, apart: &[Range<usize>]) {
        self.meet(node);
        let mut hits = Vec::new();
        self.search(node.bytes, apart, &mut hits);
        self.frames.push(Frame::around(hits, apart.to_vec(), self.found.len()));
    }

    fn enter_encoded(&mut self, node: &Node<'_>) {
        // What is planted may have been encoded when it was planted.
        if !node.is_unsearched() || self.planted.may_be_encoded() {
            return self.enter(node);
        }
        self.meet(node);
        self.frames.push(Frame::encoded(self.found.len()));
    }

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        let Some(mut frame) = self.frames.pop() else { return };
        let mark = frame.mark;
        let missed = std::mem::take(&mut frame.apart);
        // A magic number alone proves nothing: anything can be written behind it.
        let mut hits = match frame.encoded && !ending.decoded {
            true => self.hits_in(node),
            false => frame.left(),
        };
        // The limits were met before these came.
        for span in missed {
            let mut inside = Vec::new();
            self.search(&node.bytes[span.clone()], &[], &mut inside);
            inside.iter_mut().for_each(|hit| hit.shift(span.start));
            hits.extend(inside);
        }
        self.end(node, ending, hits, mark);
    }

    fn leaf(&mut self, node: &Node<'_>, ending: &Ending) {
        // Most leaves are printable pieces of something in which nothing was found, or a run that nothing explains.
        while let Some(run) =
            self.frames.last_mut().filter(|_| !node.is_unsearched()).and_then(|around| around.unexplained(&node.span))
        {
            self.count_unexplained(node, run);
        }
        let empty = self.frames.last_mut().is_none_or(|around| !around.reaches(&node.span));
        if empty && !node.is_unsearched() && node.look.printable() {
            match self.planted.notations().may_know(node.bytes, node.look) {
                true => self.end(node, ending, Vec::new(), self.found.len()),
                false => self.places.fields[node.bytes.len().min(255)] += 1,
            }
            return;
        }
        self.meet(node);
        let hits = self.hits_in(node);
        self.end(node, ending, hits, self.found.len());
    }

    fn looks_for(&self) -> Option<Interest> {
        Some(Interest { id: self.planted.id() << 1 | u64::from(self.deep), names: false })
    }

    fn tally(&self) -> Tally {
        Tally { told: self.told, searched: self.places.bytes }
    }

    fn ahead(&mut self, from: usize) -> usize {
        self.frames.last_mut().map_or(from, |around| around.ahead(from))
    }

    #[inline]
    fn lets_pass(&self, bytes: &[u8], look: Look) -> bool {
        let digest = !look.printable() && Planted::may_be_digest(bytes);
        !digest && !self.planted.notations().may_know(bytes, look)
    }

    fn finds_nothing(&mut self, bytes: &[u8], look: Look) -> bool {
        let mut hits = Vec::new();
        if !self.deep {
            self.planted.candidates(bytes, &[], &mut hits);
        }
        !self.deep && hits.is_empty() && self.lets_pass(bytes, look)
    }

    #[inline]
    fn pass(&mut self, leaves: &[u8], searched: u32) {
        self.places.bytes += u64::from(searched);
        for &length in leaves {
            self.places.fields[usize::from(length)] += 1;
        }
    }
}

impl Sighter<'_> {
    /// Settles what is left in a node that ends; what was found since `own` lies in it.
    fn end(&mut self, node: &Node<'_>, ending: &Ending, mut hits: Vec<Hit>, own: usize) {
        // The pieces of a view that is looked at again were seen before: they count as deeper.
        let mark = match (node.again, self.frames.last()) {
            (true, Some(around)) => around.mark,
            _ => own,
        };
        if !ending.opened && !node.again {
            self.places.fields[node.bytes.len().min(255)] += 1;
        }
        if !hits.is_empty() {
            self.planted.settle(node.bytes, &mut hits, 0);
            for run in hits.extract_if(.., |hit| hit.by == By::Unexplained).filter(|_| !ending.opened) {
                self.count_unexplained(node, run.range);
            }
        }
        if !hits.is_empty() {
            self.settle(node, hits, ending, mark);
        }
        // Of what digits may stand for, only an id as it is in memory: nothing else is exact. It may be written in them.
        let in_digits = || self.frames.last().is_some_and(|around| around.has_known(&node.span));
        let exact = !node.guess || (!node.look.printable() && !in_digits());
        if exact && !node.again && self.planted.notations().may_know(node.bytes, node.look) {
            self.compare(node, ending, mark);
        }
        self.told += u64::from(ending.opaque);
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

/// Seen by a path alone, which a whole address that is found around it says better.
fn is_path(sighting: &Sighting) -> bool {
    sighting.excerpt.found.starts_with(b"/")
}
