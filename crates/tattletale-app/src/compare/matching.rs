//! Which class of one app is which of the other.
//!
//! In rising order of doubt: the same name and the same print; a print that both sides have once; what stands at the
//! same place in code that is matched already; equal prints that cannot be told apart; the same name; and last, by
//! what is rare in both, the most similar class. Each step makes the next one surer, since equal code names its
//! neighbours by position.

use std::collections::HashMap;

use super::print::{Class, Method, Print};

/// Least similarity of two classes that have the same name.
const SAME_NAME: f64 = 0.2;
/// Least similarity of two classes that stand at the same place in matched code.
const NEIGHBOURS: f64 = 0.4;
/// Least similarity of two classes that have nothing in common but what is in them.
const STRANGERS: f64 = 0.5;
/// A string or call that so many classes have tells nothing.
const MOST_COMMON: usize = 24;
/// Classes of the other side that are looked at closely.
const CANDIDATES: usize = 5;
/// Instructions below which a class has nothing of its own to be recognised by.
const SMALLEST: u64 = 12;

/// Runs of instructions of every class, as far as they were asked for.
type Grams = Vec<Option<Vec<u64>>>;

/// Pairs of classes by position, one from each side.
pub(super) struct Matching<'p> {
    pub(super) a: &'p Print,
    pub(super) b: &'p Print,
    pub(super) of_a: Vec<Option<u32>>,
    pub(super) of_b: Vec<Option<u32>>,
    queue: Vec<(u32, u32)>,
    proposed: HashMap<(u32, u32), u32>,
    grams: (Grams, Grams),
}

impl<'p> Matching<'p> {
    pub(super) fn new(a: &'p Print, b: &'p Print) -> Self {
        let (of_a, of_b) = (vec![None; a.classes.len()], vec![None; b.classes.len()]);
        let grams = (vec![None; a.classes.len()], vec![None; b.classes.len()]);
        let mut matching = Self { a, b, of_a, of_b, queue: Vec::new(), proposed: HashMap::new(), grams };
        matching.same_name_and_print();
        matching.unique_prints();
        matching.spread();
        matching.equal_prints();
        matching.spread();
        matching.same_names();
        matching.neighbours();
        matching.spread();
        matching.similar();
        matching.spread();
        matching.neighbours();
        matching
    }

    fn pair(&mut self, a: u32, b: u32) -> bool {
        let free = self.of_a[a as usize].is_none() && self.of_b[b as usize].is_none();
        if free {
            self.of_a[a as usize] = Some(b);
            self.of_b[b as usize] = Some(a);
            self.queue.push((a, b));
        }
        free
    }

    fn by_name(print: &Print) -> HashMap<&str, u32> {
        let mut names = HashMap::new();
        for (position, class) in print.classes.iter().enumerate() {
            names.entry(class.name.as_str()).or_insert(position as u32);
        }
        names
    }

    fn by_digest(print: &Print, matched: &[Option<u32>]) -> HashMap<u64, Vec<u32>> {
        let mut digests: HashMap<u64, Vec<u32>> = HashMap::new();
        for (position, class) in print.classes.iter().enumerate().filter(|(position, _)| matched[*position].is_none()) {
            digests.entry(class.digest).or_default().push(position as u32);
        }
        digests
    }

    fn same_name_and_print(&mut self) {
        let names = Self::by_name(self.b);
        for (position, class) in self.a.classes.iter().enumerate() {
            if let Some(&other) = names.get(class.name.as_str())
                && self.b.classes[other as usize].digest == class.digest
            {
                self.pair(position as u32, other);
            }
        }
    }

    fn unique_prints(&mut self) {
        let others = Self::by_digest(self.b, &self.of_b);
        for (digest, of_a) in sorted(Self::by_digest(self.a, &self.of_a)) {
            if let ([a], Some([b])) = (&of_a[..], others.get(&digest).map(Vec::as_slice))
                && self.a.classes[*a as usize].weight() >= SMALLEST
            {
                self.pair(*a, *b);
            }
        }
    }

    /// Equal prints that several classes have: it does not matter which is which.
    fn equal_prints(&mut self) {
        let others = Self::by_digest(self.b, &self.of_b);
        for (digest, of_a) in sorted(Self::by_digest(self.a, &self.of_a)) {
            for (a, b) in of_a.iter().zip(others.get(&digest).into_iter().flatten()) {
                self.pair(*a, *b);
            }
        }
    }

    /// What matched code refers to at the same place is the same class, if it has the same print; else it is proposed.
    fn spread(&mut self) {
        while let Some((a, b)) = self.queue.pop() {
            let (of_a, of_b) = (&self.a.classes[a as usize], &self.b.classes[b as usize]);
            let mut pairs: Vec<(u32, u32)> = Vec::new();
            if of_a.above.len() == of_b.above.len() {
                pairs.extend(of_a.above.iter().copied().zip(of_b.above.iter().copied()));
            }
            let mut by_digest: HashMap<u64, Vec<&Method>> = HashMap::new();
            of_b.methods.iter().rev().for_each(|method| by_digest.entry(method.digest).or_default().push(method));
            for method in &of_a.methods {
                let Some(other) = by_digest.get_mut(&method.digest).and_then(Vec::pop) else { continue };
                if method.refers.len() == other.refers.len() {
                    pairs.extend(method.refers.iter().copied().zip(other.refers.iter().copied()));
                }
            }
            pairs.sort_unstable();
            pairs.dedup();
            for (a, b) in pairs {
                if self.of_a[a as usize].is_some() || self.of_b[b as usize].is_some() {
                    continue;
                }
                match self.a.classes[a as usize].digest == self.b.classes[b as usize].digest {
                    true => {
                        self.pair(a, b);
                    }
                    false => *self.proposed.entry((a, b)).or_default() += 1,
                }
            }
        }
    }

    fn same_names(&mut self) {
        let names = Self::by_name(self.b);
        for (position, class) in self.a.classes.iter().enumerate() {
            let Some(&other) = names.get(class.name.as_str()) else { continue };
            let free = self.of_a[position].is_none() && self.of_b[other as usize].is_none();
            if free && self.similarity(position as u32, other) >= SAME_NAME {
                self.pair(position as u32, other);
            }
        }
    }

    fn neighbours(&mut self) {
        let mut proposed: Vec<(u32, (u32, u32))> =
            std::mem::take(&mut self.proposed).into_iter().map(|(pair, votes)| (votes, pair)).collect();
        proposed.sort_unstable_by(|x, y| y.cmp(x));
        for (_, (a, b)) in proposed {
            let free = self.of_a[a as usize].is_none() && self.of_b[b as usize].is_none();
            if free && self.similarity(a, b) >= NEIGHBOURS {
                self.pair(a, b);
            }
        }
    }

    /// By what is rare: every class votes with its strings and calls for the classes that have them too.
    fn similar(&mut self) {
        let mut holders: HashMap<u64, Vec<u32>> = HashMap::new();
        for (position, class) in self.b.classes.iter().enumerate().filter(|(at, _)| self.of_b[*at].is_none()) {
            class.traits.iter().for_each(|feature| holders.entry(*feature).or_default().push(position as u32));
        }
        let mut candidates: Vec<(f64, u32, u32)> = Vec::new();
        for (position, class) in self.a.classes.iter().enumerate() {
            if self.of_a[position].is_some() || class.weight() < SMALLEST {
                continue;
            }
            let mut votes: HashMap<u32, f64> = HashMap::new();
            for feature in &class.traits {
                let of = holders.get(feature).map(Vec::as_slice).unwrap_or_default();
                if of.len() <= MOST_COMMON {
                    of.iter().for_each(|other| *votes.entry(*other).or_default() += 1.0 / of.len() as f64);
                }
            }
            let mut best: Vec<(u32, f64)> = votes.into_iter().collect();
            best.sort_unstable_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
            for (other, _) in best.into_iter().take(CANDIDATES) {
                let similarity = self.similarity(position as u32, other);
                if similarity >= STRANGERS {
                    candidates.push((similarity, position as u32, other));
                }
            }
        }
        candidates.sort_unstable_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        for (_, a, b) in candidates {
            self.pair(a, b);
        }
    }

    fn similarity(&mut self, a: u32, b: u32) -> f64 {
        fn of<'g>(slot: &'g mut Option<Vec<u64>>, class: &Class) -> &'g [u64] {
            slot.get_or_insert_with(|| {
                let mut grams: Vec<u64> = class.methods.iter().flat_map(Method::grams).collect();
                grams.sort_unstable();
                grams
            })
        }
        let (grams_a, grams_b) = &mut self.grams;
        let of_a = of(&mut grams_a[a as usize], &self.a.classes[a as usize]);
        dice(of_a, of(&mut grams_b[b as usize], &self.b.classes[b as usize]))
    }
}

/// In an order that does not change from run to run.
fn sorted(digests: HashMap<u64, Vec<u32>>) -> Vec<(u64, Vec<u32>)> {
    let mut digests: Vec<(u64, Vec<u32>)> = digests.into_iter().collect();
    digests.sort_unstable_by(|x, y| x.1.cmp(&y.1));
    digests
}

/// Twice what two sorted lists have in common, over what both have (Dice 1945); 1 for two empty ones.
pub(super) fn dice(a: &[u64], b: &[u64]) -> f64 {
    let (mut common, mut at) = (0usize, 0usize);
    for gram in a {
        while b.get(at).is_some_and(|other| other < gram) {
            at += 1;
        }
        if b.get(at) == Some(gram) {
            common += 1;
            at += 1;
        }
    }
    match a.len() + b.len() {
        0 => 1.0,
        both => 2.0 * common as f64 / both as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::dice;

    #[test]
    fn similarity_of_lists() {
        assert_eq!(dice(&[1, 1, 2], &[1, 2, 2]), 4.0 / 6.0);
        assert_eq!(dice(&[], &[]), 1.0);
        assert_eq!(dice(&[1], &[2]), 0.0);
    }
}
