//! Is it the same code? Two apps compared class by class and method by method, whatever their names are now.
//!
//! Similarity is a share of instructions: those in methods that are equal, and of changed methods the part that runs
//! of three instructions have in common, over all instructions of both. Common libraries are left out of the first
//! figure and counted in the second, since half of most apps is the same half.

mod library;
mod matching;
mod print;

pub use print::{Hasher, Print};

use crate::look::unit::Unit;
use matching::{Matching, dice};
use print::{Class, Method, method_name};
use std::collections::HashMap;

/// Least similarity of two methods of one class that are told as one method changed.
const CHANGED: f64 = 0.5;

/// How many are the same, and how many are not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Equal but for names.
    pub same: u64,
    /// Recognised and different.
    pub changed: u64,
    /// Only in the first app.
    pub only_a: u64,
    /// Only in the second.
    pub only_b: u64,
}

/// How two apps compare.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Comparison {
    /// Of the apps' own code, without common libraries, 0 to 1; none when one has no code of its own.
    pub similarity: Option<f64>,
    /// Of all code, 0 to 1.
    pub with_libraries: f64,
    /// Share of the first app's own code that is in the second, 0 to 1.
    pub contained: Option<f64>,
    /// Classes of the apps' own code.
    pub classes: Counts,
    /// Methods of the apps' own code.
    pub methods: Counts,
    /// Classes that differ, the most similar first, with what differs in them; own code only.
    pub changed: Vec<ChangedClass>,
    /// Own classes only in the first app.
    pub only_a: Vec<String>,
    /// Own classes only in the second.
    pub only_b: Vec<String>,
}

/// A class that is in both and not the same.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ChangedClass {
    /// Name in the first app.
    pub a: String,
    /// Name in the second.
    pub b: String,
    /// Share of instructions that is the same, 0 to 1.
    pub similarity: f64,
    /// Methods that differ.
    pub methods: Vec<ChangedMethod>,
}

/// A method that differs.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ChangedMethod {
    /// Name and parameters in the first app; none when it is only in the second.
    pub a: Option<String>,
    /// In the second.
    pub b: Option<String>,
    /// Share of instructions that is the same; 0 when it is in one app only.
    pub similarity: f64,
}

/// One app with its print.
#[derive(Debug, Clone, Copy)]
pub struct Side<'s, 'b> {
    /// Its DEX files.
    pub units: &'s [Unit<'b>],
    /// Their print, with the same [`Hasher`] on both sides.
    pub print: &'s Print,
}

/// Instructions that are equal and all, over both sides.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    equal: f64,
    all: f64,
}

impl Share {
    fn of(self) -> f64 {
        if self.all == 0.0 { 1.0 } else { self.equal / self.all }
    }
}

/// Compares two apps.
pub fn compare(a: Side<'_, '_>, b: Side<'_, '_>) -> Comparison {
    let matching = Matching::new(a.print, b.print);
    let (mut own, mut all, mut own_a) = (Share::default(), Share::default(), Share::default());
    let (mut own_b, mut classes, mut methods) = (0.0, Counts::default(), Counts::default());
    let (mut changed, mut only_a, mut only_b) = (Vec::new(), Vec::new(), Vec::new());
    for (class, other) in matching.a.classes.iter().zip(&matching.of_a) {
        let weight = class.weight() as f64;
        let Some(other) = other.map(|other| &matching.b.classes[other as usize]) else {
            all.all += weight;
            if !class.library {
                own.all += weight;
                own_a.all += weight;
                classes.only_a += 1;
                methods.only_a += class.methods.len() as u64;
                only_a.push(class.name.clone());
            }
            continue;
        };
        let pair = pair(class, other);
        let (other_weight, equal) = (other.weight() as f64, pair.equal);
        all.all += weight + other_weight;
        all.equal += equal;
        // What has a library's name on one side is that library on the other.
        if class.library || other.library {
            continue;
        }
        own.all += weight + other_weight;
        own.equal += equal;
        own_a.all += weight;
        own_a.equal += equal / 2.0;
        own_b += other_weight;
        methods.same += pair.same;
        methods.changed += pair.methods.iter().filter(|method| method.0.is_some() && method.1.is_some()).count() as u64;
        methods.only_a += pair.methods.iter().filter(|method| method.1.is_none()).count() as u64;
        methods.only_b += pair.methods.iter().filter(|method| method.0.is_none()).count() as u64;
        if pair.methods.is_empty() {
            classes.same += 1;
            continue;
        }
        classes.changed += 1;
        let name = |units, method: Option<&Method>| method.map(|method| method_name(units, method));
        let told = |(x, y, similarity): &(Option<&Method>, Option<&Method>, f64)| ChangedMethod {
            a: name(a.units, *x),
            b: name(b.units, *y),
            similarity: *similarity,
        };
        changed.push(ChangedClass {
            a: class.name.clone(),
            b: other.name.clone(),
            similarity: equal / (weight + other_weight),
            methods: pair.methods.iter().map(told).collect(),
        });
    }
    for (class, _) in matching.b.classes.iter().zip(&matching.of_b).filter(|(_, other)| other.is_none()) {
        let weight = class.weight() as f64;
        all.all += weight;
        if !class.library {
            own.all += weight;
            own_b += weight;
            classes.only_b += 1;
            methods.only_b += class.methods.len() as u64;
            only_b.push(class.name.clone());
        }
    }
    changed.sort_by(|x, y| y.similarity.total_cmp(&x.similarity).then_with(|| x.a.cmp(&y.a)));
    let both = own_a.all > 0.0 && own_b > 0.0;
    Comparison {
        similarity: both.then(|| own.of()),
        with_libraries: all.of(),
        contained: both.then(|| own_a.of()),
        classes,
        methods,
        changed,
        only_a,
        only_b,
    }
}

/// Two classes that are one.
struct Pair<'p> {
    /// Instructions of both that are equal.
    equal: f64,
    same: u64,
    /// Methods that differ: first, second, similarity.
    methods: Vec<(Option<&'p Method>, Option<&'p Method>, f64)>,
}

fn pair<'p>(a: &'p Class, b: &'p Class) -> Pair<'p> {
    let mut pair = Pair { equal: 0.0, same: 0, methods: Vec::new() };
    if a.methods.is_empty() && b.methods.is_empty() {
        pair.equal = 2.0;
        return pair;
    }
    let mut by_digest: HashMap<u64, Vec<&Method>> = HashMap::new();
    b.methods.iter().rev().for_each(|method| by_digest.entry(method.digest).or_default().push(method));
    let mut rest_a = Vec::new();
    for method in &a.methods {
        match by_digest.get_mut(&method.digest).and_then(Vec::pop) {
            Some(other) => {
                pair.same += 1;
                pair.equal += (method.weight() + other.weight()) as f64;
            }
            None => rest_a.push((method, method.grams())),
        }
    }
    let mut rest_b: Vec<(&Method, Vec<u64>)> = by_digest.into_values().flatten().map(|m| (m, m.grams())).collect();
    rest_b.sort_unstable_by_key(|(method, _)| (method.unit, method.number));
    let mut near: Vec<(f64, usize, usize)> = Vec::new();
    for (x, (method, grams)) in rest_a.iter().enumerate() {
        for (y, (other, others)) in rest_b.iter().enumerate() {
            // Far from each other in length they cannot have half in common.
            let (less, more) = (grams.len().min(others.len()), grams.len().max(others.len()));
            if less * 3 < more {
                continue;
            }
            let similarity = dice(grams, others);
            let likeness = similarity + if method.shape == other.shape { 0.1 } else { 0.0 };
            if similarity >= CHANGED {
                near.push((likeness, x, y));
            }
        }
    }
    near.sort_unstable_by(|p, q| q.0.total_cmp(&p.0).then((p.1, p.2).cmp(&(q.1, q.2))));
    let (mut of_a, mut of_b) = (vec![false; rest_a.len()], vec![false; rest_b.len()]);
    for (_, x, y) in near {
        if of_a[x] || of_b[y] {
            continue;
        }
        (of_a[x], of_b[y]) = (true, true);
        let (method, other) = (rest_a[x].0, rest_b[y].0);
        let similarity = dice(&rest_a[x].1, &rest_b[y].1);
        pair.equal += similarity * (method.weight() + other.weight()) as f64;
        pair.methods.push((Some(method), Some(other), similarity));
    }
    pair.methods.extend(rest_a.iter().zip(&of_a).filter(|(_, used)| !**used).map(|((m, _), _)| (Some(*m), None, 0.0)));
    pair.methods.extend(rest_b.iter().zip(&of_b).filter(|(_, used)| !**used).map(|((m, _), _)| (None, Some(*m), 0.0)));
    pair
}
