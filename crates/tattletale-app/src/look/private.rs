//! Code near private browsing that reaches an SDK: the shortest chains of calls.
//!
//! It begins at methods whose class, name or references speak of incognito or private browsing, and ends at a method of
//! an SDK. Calls are resolved by name, upwards to where a method is defined and downwards to those that override it; an
//! object that is made counts as calling what threads and callbacks call. Such a chain shows what code can do, never
//! that it did.

use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use regex::bytes::Regex;
use tattletale_core::model::app::PrivatePath;

use super::Shown;
use super::sdks::Owners;
use super::unit::java_name;
use crate::dex::{Index, text};

/// Chains that are shown.
const SHOWN: usize = 20;
/// Calls in a chain; a longer one says nothing.
const LONGEST: usize = 8;
/// Overriding methods that a call is taken to reach.
const MOST_OVERRIDES: usize = 16;

/// What speaks of private browsing, in lower case and without separators.
const WORDS: [&str; 9] = [
    "incognito",
    "privatebrows",
    "privatemode",
    "privatetab",
    "privatewindow",
    "inprivate",
    "privacymode",
    "secretmode",
    "isprivate",
];

/// What runs without being called by name.
const CALLBACKS: [&[u8]; 8] =
    [b"run", b"call", b"accept", b"invoke", b"apply", b"doInBackground", b"handleMessage", b"onReceive"];

fn speaks(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    WORDS.iter().any(|word| plain.contains(word))
}

/// A method of the app: file, class, and position in the class.
type Node = u32;

/// Class, name and prototype.
type Name<'b> = (&'b [u8], &'b [u8], Vec<&'b [u8]>);

struct Graph<'u, 'b> {
    /// File and class of every node, number of its method.
    nodes: Vec<(u32, u32, u32)>,
    /// By class, name and prototype.
    by_name: HashMap<Name<'b>, Node>,
    /// Superclass of every class of the app.
    parents: HashMap<&'b [u8], &'b [u8]>,
    /// Classes right below a class or interface.
    children: HashMap<&'b [u8], Vec<&'b [u8]>>,
    /// Callbacks that a class defines.
    callbacks: HashMap<&'b [u8], Vec<Node>>,
    shown: &'u Shown<'u, 'b>,
}

/// The chains, shortest first.
pub(crate) fn find(shown: &Shown<'_, '_>, owners: &Owners) -> Vec<PrivatePath> {
    let any_words = shown
        .units
        .iter()
        .any(|unit| (0..unit.dex.strings()).any(|row| unit.dex.string(row).is_some_and(speaks_bytes)));
    if !any_words || owners.iter().flatten().all(Option::is_none) {
        return Vec::new();
    }
    let graph = Graph::new(shown);
    graph.paths(owners)
}

/// Without any of these, no word can be there: most names are told by one look.
static HINT: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?i-u)cogn|priv|secret").expect("written as it must be"));

/// A quick look before the name is written out.
fn speaks_bytes(string: &[u8]) -> bool {
    string.len() < 200 && string.len() > 6 && HINT.is_match(string) && speaks(&text(string))
}

impl<'u, 'b> Graph<'u, 'b> {
    fn new(shown: &'u Shown<'u, 'b>) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            by_name: HashMap::new(),
            parents: HashMap::new(),
            children: HashMap::new(),
            callbacks: HashMap::new(),
            shown,
        };
        for (file, unit) in shown.units.iter().enumerate() {
            for (position, defined) in unit.classes.iter().enumerate() {
                let above = defined.class.superclass.and_then(|kind| unit.dex.descriptor(kind));
                if let Some(above) = above {
                    graph.parents.insert(defined.descriptor, above);
                }
                let interfaces = unit.dex.interfaces(&defined.class);
                let interfaces = interfaces.into_iter().filter_map(|kind| unit.dex.descriptor(kind));
                for above in above.into_iter().chain(interfaces).filter(|above| *above != b"Ljava/lang/Object;") {
                    graph.children.entry(above).or_default().push(defined.descriptor);
                }
                for entry in &defined.data.methods {
                    let Some(method) = unit.dex.method(entry.method) else { continue };
                    let node = graph.nodes.len() as Node;
                    graph.nodes.push((file as u32, position as u32, entry.method));
                    let types = unit.dex.proto(method.proto).unwrap_or_default();
                    graph.by_name.entry((defined.descriptor, method.name, types)).or_insert(node);
                    if CALLBACKS.contains(&method.name) {
                        graph.callbacks.entry(defined.descriptor).or_default().push(node);
                    }
                }
            }
        }
        graph
    }

    /// What a call by name may run.
    fn targets(&self, class: &'b [u8], name: &'b [u8], types: Vec<&'b [u8]>, out: &mut Vec<Node>) {
        let (mut at, mut steps) = (class, 0);
        let mut key = (at, name, types);
        loop {
            if let Some(node) = self.by_name.get(&key) {
                out.push(*node);
                break;
            }
            match self.parents.get(at) {
                Some(above) if steps < 64 => at = above,
                _ => break,
            }
            steps += 1;
            key.0 = at;
        }
        if name == b"<init>" {
            return;
        }
        let mut below: Vec<&'b [u8]> = self.children.get(class).cloned().unwrap_or_default();
        let mut seen = 0;
        while let Some(class) = below.pop().filter(|_| seen < MOST_OVERRIDES) {
            seen += 1;
            key.0 = class;
            out.extend(self.by_name.get(&key));
            below.extend(self.children.get(class).into_iter().flatten());
        }
    }

    fn paths(&self, owners: &Owners) -> Vec<PrivatePath> {
        let mut edges: Vec<Vec<Node>> = vec![Vec::new(); self.nodes.len()];
        let mut because: Vec<Option<String>> = vec![None; self.nodes.len()];
        let of: HashMap<(u32, u32, u32), Node> =
            self.nodes.iter().enumerate().map(|(node, at)| (*at, node as Node)).collect();
        let units: &'u [_] = self.shown.units;
        for (file, unit) in units.iter().enumerate() {
            let words: Vec<bool> =
                (0..unit.dex.strings()).map(|row| unit.dex.string(row).is_some_and(speaks_bytes)).collect();
            // What a row of the method table may run is asked once.
            let mut targets: HashMap<u32, Vec<Node>> = HashMap::new();
            unit.each_method(|class, entry, code| {
                let Some(&node) = of.get(&(file as u32, class as u32, entry.method)) else { return };
                let own =
                    unit.dex.method(entry.method).map(|method| text(method.name).into_owned()).unwrap_or_default();
                let class_name = java_name(unit.classes[class].descriptor);
                let simple = class_name.rsplit('.').next().unwrap_or_default();
                let mut why = [simple, &own]
                    .into_iter()
                    .find(|name| speaks_bytes(name.as_bytes()))
                    .map(|name| format!("is called `{name}`"));
                for instruction in code.instructions() {
                    match instruction.index() {
                        Some((Index::String, row)) if why.is_none() && words.get(row as usize) == Some(&true) => {
                            let string = unit.dex.string(row).map(|string| text(string).into_owned());
                            why = string.map(|string| format!("holds the text “{string}”"));
                        }
                        Some((Index::Field, row)) if why.is_none() => {
                            let name = unit.dex.field(row).map(|field| field.name);
                            why = name
                                .filter(|name| speaks_bytes(name))
                                .map(|name| format!("uses the field `{}`", text(name)));
                        }
                        Some((Index::Method, row)) => {
                            let Some(method) = unit.dex.method(row) else { continue };
                            if why.is_none() && speaks_bytes(method.name) {
                                why = Some(format!("calls `{}`", text(method.name)));
                            }
                            let known = targets.entry(row).or_insert_with(|| {
                                let mut found = Vec::new();
                                let types = unit.dex.proto(method.proto).unwrap_or_default();
                                self.targets(method.class, method.name, types, &mut found);
                                found
                            });
                            edges[node as usize].extend_from_slice(known);
                        }
                        Some((Index::Type, row)) if instruction.opcode == 0x22 => {
                            let made = unit.dex.descriptor(row).and_then(|class| self.callbacks.get(class));
                            edges[node as usize].extend(made.into_iter().flatten());
                        }
                        _ => {}
                    }
                }
                because[node as usize] = why;
            });
        }
        self.shortest(&edges, &because, owners)
    }

    /// From every start to its nearest SDK, the shortest first. Searched backwards from the SDKs, all starts at once.
    fn shortest(&self, edges: &[Vec<Node>], because: &[Option<String>], owners: &Owners) -> Vec<PrivatePath> {
        let owner = |node: Node| {
            let (file, class, _) = self.nodes[node as usize];
            owners[file as usize][class as usize]
        };
        let mut back: Vec<Vec<Node>> = vec![Vec::new(); edges.len()];
        for (from, to) in edges.iter().enumerate() {
            to.iter().for_each(|to| back[*to as usize].push(from as Node));
        }
        // The next method on the way to an SDK, and how many are left.
        let mut next: Vec<Option<(Node, usize)>> = vec![None; edges.len()];
        let mut queue: VecDeque<Node> = VecDeque::new();
        for node in (0..edges.len() as Node).filter(|node| owner(*node).is_some()) {
            next[node as usize] = Some((node, 0));
            queue.push_back(node);
        }
        while let Some(node) = queue.pop_front() {
            let Some((_, steps)) = next[node as usize].filter(|(_, steps)| *steps < LONGEST) else { continue };
            for &before in &back[node as usize] {
                if next[before as usize].is_none() {
                    next[before as usize] = Some((node, steps + 1));
                    queue.push_back(before);
                }
            }
        }
        let starts =
            (0..edges.len() as Node).filter(|node| because[*node as usize].is_some() && owner(*node).is_none());
        let mut starts: Vec<(usize, Node)> = starts.filter_map(|node| Some((next[node as usize]?.1, node))).collect();
        starts.sort_unstable();
        let path = |(_, start): (usize, Node)| {
            let (mut methods, mut at) = (vec![self.name(start)], start);
            while let Some((after, steps)) = next[at as usize].filter(|(_, steps)| *steps > 0) {
                methods.push(self.name(after));
                at = after;
                if steps == 1 {
                    break;
                }
            }
            let sdk = owner(at).map(|owner| self.shown.signatures.list[owner].name.clone())?;
            Some(PrivatePath { sdk, because: because[start as usize].clone()?, methods })
        };
        starts.into_iter().filter_map(path).take(SHOWN).collect()
    }

    fn name(&self, node: Node) -> String {
        let (file, class, method) = self.nodes[node as usize];
        let unit = &self.shown.units[file as usize];
        let name = unit.dex.method(method).map(|method| text(method.name).into_owned()).unwrap_or_default();
        format!("{}.{name}", java_name(unit.classes[class as usize].descriptor))
    }
}

#[cfg(test)]
mod tests {
    use super::speaks;

    #[test]
    fn what_speaks_of_private_browsing() {
        for name in ["IncognitoTab", "is_incognito", "private_browsing_mode", "isPrivateMode", "InPrivate"] {
            assert!(speaks(name), "{name}");
        }
        for name in ["private", "privateKey", "PrivacyPolicy", "browse", "tab"] {
            assert!(!speaks(name), "{name}");
        }
    }
}
