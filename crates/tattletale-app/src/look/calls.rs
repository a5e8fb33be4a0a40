//! What a method of an app may run, read off its code when it is asked.
//!
//! Calls are resolved by name across all files of the app, upwards to where a method is defined and downwards to those
//! that override it; an object that is made counts as calling what threads and callbacks call. Nothing is resolved
//! before it is asked for: of a large app a search reaches a small part.

use std::collections::HashMap;

use super::unit::Unit;
use crate::dex::{Index, MethodRef};

/// Overriding methods that a call is taken to reach.
const MOST_OVERRIDES: usize = 16;
/// Superclasses that are asked for a method; a hostile file makes rings of them.
const MOST_ABOVE: usize = 64;

/// What runs without being called by name.
const CALLBACKS: [&[u8]; 8] =
    [b"run", b"call", b"accept", b"invoke", b"apply", b"doInBackground", b"handleMessage", b"onReceive"];

/// A method of the app, in the order of its files, classes and methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    pub(super) file: u32,
    /// Position of the class in the file.
    pub(super) class: u32,
    /// Position of the method in the class.
    pub(super) position: u32,
}

/// Name and prototype.
type Signature<'b> = (&'b [u8], Vec<&'b [u8]>);
/// A class by file and position.
type Place = (u32, u32);

pub(super) struct Calls<'u, 'b> {
    units: &'u [Unit<'b>],
    /// Where a class is defined, more than once in an app that holds code twice.
    places: HashMap<&'b [u8], Vec<Place>>,
    /// Classes right below a class or interface.
    children: HashMap<&'b [u8], Vec<&'b [u8]>>,
    /// Methods of the classes that were asked for one.
    methods: HashMap<&'b [u8], HashMap<Signature<'b>, Node>>,
    /// What a row of a file's method table may run.
    targets: HashMap<(u32, u32), Vec<Node>>,
    /// Callbacks of the classes that were asked for theirs.
    callbacks: HashMap<&'b [u8], Vec<Node>>,
    /// Bytes of instructions that are still read of every file.
    budgets: Vec<usize>,
}

impl<'u, 'b> Calls<'u, 'b> {
    pub(super) fn new(units: &'u [Unit<'b>]) -> Self {
        let mut calls = Self {
            units,
            places: HashMap::with_capacity(units.iter().map(|unit| unit.classes.len()).sum()),
            children: HashMap::new(),
            methods: HashMap::new(),
            targets: HashMap::new(),
            callbacks: HashMap::new(),
            budgets: units.iter().map(|unit| unit.budget).collect(),
        };
        for (file, unit) in (0..).zip(units) {
            for (position, defined) in (0..).zip(&unit.classes) {
                calls.places.entry(defined.descriptor).or_default().push((file, position));
                let above = defined.class.superclass.into_iter().chain(unit.dex.interfaces(&defined.class));
                let above = above.filter_map(|kind| unit.dex.descriptor(kind));
                for above in above.filter(|above| *above != b"Ljava/lang/Object;") {
                    calls.children.entry(above).or_default().push(defined.descriptor);
                }
            }
        }
        calls
    }

    /// What a method may run, some of it more than once.
    pub(super) fn of(&mut self, node: Node) -> Vec<Node> {
        let unit = &self.units[node.file as usize];
        let entry = unit.classes[node.class as usize].data.methods.get(node.position as usize);
        let mut found = Vec::new();
        let Some(code) = entry.and_then(|entry| unit.dex.code(entry)) else { return found };
        let left = &mut self.budgets[node.file as usize];
        let Some(rest) = left.checked_sub(code.units.len()) else { return found };
        *left = rest;
        for instruction in code.instructions() {
            match instruction.index() {
                Some((Index::Method, row)) => {
                    if !self.targets.contains_key(&(node.file, row)) {
                        let targets = unit.dex.method(row).map(|method| self.targets(unit, method));
                        self.targets.insert((node.file, row), targets.unwrap_or_default());
                    }
                    found.extend_from_slice(&self.targets[&(node.file, row)]);
                }
                Some((Index::Type, row)) if instruction.opcode == 0x22 => {
                    if let Some(class) = unit.dex.descriptor(row) {
                        found.extend_from_slice(self.callbacks(class));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// What a call by name may run.
    fn targets(&mut self, unit: &Unit<'b>, method: MethodRef<'b>) -> Vec<Node> {
        let signature = (method.name, unit.dex.proto(method.proto).unwrap_or_default());
        let mut found = Vec::new();
        let mut at = Some(method.class);
        for _ in 0..=MOST_ABOVE {
            let Some(class) = at else { break };
            if let Some(node) = self.defined(class, &signature) {
                found.push(node);
                break;
            }
            at = self.above(class);
        }
        if method.name == b"<init>" {
            return found;
        }
        let mut below: Vec<&'b [u8]> = self.below(method.class).to_vec();
        for _ in 0..MOST_OVERRIDES {
            let Some(class) = below.pop() else { break };
            found.extend(self.defined(class, &signature));
            below.extend_from_slice(self.below(class));
        }
        found
    }

    /// Those right below a class that can still be asked.
    fn below(&self, class: &[u8]) -> &[&'b [u8]] {
        let all = self.children.get(class).map(Vec::as_slice).unwrap_or_default();
        &all[all.len().saturating_sub(MOST_OVERRIDES)..]
    }

    fn above(&self, class: &[u8]) -> Option<&'b [u8]> {
        let places = self.places.get(class)?;
        places.iter().rev().find_map(|(file, position)| {
            let unit = &self.units[*file as usize];
            unit.dex.descriptor(unit.classes[*position as usize].class.superclass?)
        })
    }

    /// The method of a class with this name and prototype.
    fn defined(&mut self, class: &'b [u8], signature: &Signature<'b>) -> Option<Node> {
        let places = self.places.get(class)?;
        let methods = self.methods.entry(class).or_insert_with(|| {
            let mut methods = HashMap::new();
            for (node, unit, method) in methods_of(self.units, places) {
                methods.entry((method.name, unit.dex.proto(method.proto).unwrap_or_default())).or_insert(node);
            }
            methods
        });
        methods.get(signature).copied()
    }

    fn callbacks(&mut self, class: &'b [u8]) -> &[Node] {
        let Some(places) = self.places.get(class) else { return &[] };
        self.callbacks.entry(class).or_insert_with(|| {
            let all = methods_of(self.units, places);
            all.filter(|(.., method)| CALLBACKS.contains(&method.name)).map(|(node, ..)| node).collect()
        })
    }
}

/// All methods of the classes at some places.
fn methods_of<'u, 'b>(
    units: &'u [Unit<'b>],
    places: &'u [Place],
) -> impl Iterator<Item = (Node, &'u Unit<'b>, MethodRef<'b>)> {
    places.iter().flat_map(move |&(file, class)| {
        let unit = &units[file as usize];
        let entries = (0..).zip(&unit.classes[class as usize].data.methods);
        entries.filter_map(move |(position, entry)| {
            Some((Node { file, class, position }, unit, unit.dex.method(entry.method)?))
        })
    })
}
