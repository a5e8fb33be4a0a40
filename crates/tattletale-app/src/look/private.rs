//! Code near private browsing that reaches an SDK: the shortest chains of calls.
//!
//! It begins at methods whose class, name or references speak of incognito or private browsing, and ends at a method of
//! an SDK. Such a chain shows what code can do, never that it did. Which rows of a file speak is marked before the pass
//! through its code ([`mark`]), so that only methods on the way to an SDK are read again ([`super::calls`]).

use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use tattletale_core::model::app::PrivatePath;

use super::Shown;
use super::calls::{Calls, Node};
use super::references::{Marks, SPEAKS, Spoken};
use super::sdks::Owners;
use super::unit::{Unit, java_name};
use crate::dex::{Index, text};

/// Chains that are shown.
const SHOWN: usize = 20;
/// Calls in a chain; a longer one says nothing.
const LONGEST: usize = 8;

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

/// Without any of these, no word can be there: most names are told by one look.
static HINT: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // Names are short: a search that prepares itself for each of them takes longer than one that walks through.
    let mut hint = AhoCorasick::builder();
    hint.ascii_case_insensitive(true).prefilter(false).kind(Some(AhoCorasickKind::DFA));
    hint.build(["cogn", "priv", "secret"]).expect("three words make a small automaton")
});

fn speaks(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    WORDS.iter().any(|word| plain.contains(word))
}

/// A quick look before the name is written out.
fn speaks_bytes(string: &[u8]) -> bool {
    string.len() < 200 && string.len() > 6 && HINT.is_match(string) && speaks(&text(string))
}

/// Marks the strings that speak, and the classes, fields and methods whose names do.
pub(crate) fn mark(unit: &Unit<'_>, strings: &[Option<&[u8]>], marks: &mut Marks) {
    for (mark, defined) in marks.classes.iter_mut().zip(&unit.classes) {
        let hinted = HINT.is_match(defined.descriptor);
        if hinted && speaks_bytes(simple(&java_name(defined.descriptor)).as_bytes()) {
            *mark |= SPEAKS;
        }
    }
    let mut any = false;
    for (mark, string) in marks.strings.iter_mut().zip(strings) {
        if string.is_some_and(speaks_bytes) {
            *mark |= SPEAKS;
            any = true;
        }
    }
    if !any {
        return;
    }
    let (words, dex) = (&marks.strings, &unit.dex);
    let spoken = |name: Option<u32>| name.and_then(|row| words.get(row as usize)).map_or(0, |mark| mark & SPEAKS);
    (0..).zip(&mut marks.fields).for_each(|(row, mark)| *mark |= spoken(dex.name_of_field(row)));
    (0..).zip(&mut marks.methods).for_each(|(row, mark)| *mark |= spoken(dex.name_of_method(row)));
}

/// A method that speaks of private browsing.
struct Start {
    node: Node,
    /// What it refers to, where it is not its name that speaks.
    refers: Option<(Index, u32)>,
}

/// The chains, shortest first.
pub(crate) fn find(shown: &Shown<'_, '_>, spoken: &[Vec<Spoken>], owners: &Owners) -> Vec<PrivatePath> {
    if owners.iter().flatten().all(Option::is_none) {
        return Vec::new();
    }
    let starts = starts(spoken, owners);
    if starts.is_empty() {
        return Vec::new();
    }
    Search { calls: Calls::new(shown.units), shown, owners, reached: Vec::new(), numbers: HashMap::new() }
        .paths(&starts)
}

/// Methods of the app's own that speak, in the order of files, classes and methods.
fn starts(spoken: &[Vec<Spoken>], owners: &Owners) -> Vec<Start> {
    let files = (0..).zip(spoken.iter().zip(owners));
    let own = files.flat_map(|(file, (spoken, owners))| {
        let own = spoken.iter().filter(|said| owners[said.class as usize].is_none());
        own.map(move |said| Start {
            node: Node { file, class: said.class, position: said.position },
            refers: said.refers,
        })
    });
    own.collect()
}

/// The name of a class without its package.
fn simple(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or_default()
}

/// A method that can be reached from a start.
struct Reached {
    node: Node,
    sdk: Option<usize>,
    /// What it calls, once that was asked; places in `reached`.
    calls: Option<Vec<u32>>,
}

/// A search that goes on from all starts at once and reads only what it reaches.
struct Search<'u, 'b> {
    calls: Calls<'u, 'b>,
    shown: &'u Shown<'u, 'b>,
    owners: &'u Owners,
    reached: Vec<Reached>,
    numbers: HashMap<Node, u32>,
}

/// The next method on the way to an SDK, and how many are left.
type Ways = Vec<Option<(u32, usize)>>;

impl Search<'_, '_> {
    fn paths(&mut self, starts: &[Start]) -> Vec<PrivatePath> {
        let numbers: Vec<u32> = starts.iter().map(|start| self.number(start.node)).collect();
        let mut ways = Ways::new();
        // After every step outwards all chains of that many calls are known; only starts without one go on.
        for length in 1..=LONGEST {
            let known = |start: &u32| ways.get(*start as usize).is_some_and(|way| way.is_some_and(|(_, l)| l < length));
            let open: Vec<u32> = numbers.iter().copied().filter(|start| !known(start)).collect();
            if open.is_empty() || numbers.len() - open.len() >= SHOWN || !self.spread(open, length) {
                break;
            }
            ways = self.ways();
        }
        let found = starts.iter().zip(&numbers);
        let mut found: Vec<_> =
            found.filter_map(|(start, number)| Some((ways[*number as usize]?.1, start.node, start, *number))).collect();
        found.sort_unstable_by_key(|(left, node, ..)| (*left, *node));
        found.into_iter().take(SHOWN).filter_map(|(_, _, start, number)| self.path(start, number, &ways)).collect()
    }

    fn number(&mut self, node: Node) -> u32 {
        *self.numbers.entry(node).or_insert_with(|| {
            let sdk = self.owners[node.file as usize][node.class as usize];
            self.reached.push(Reached { node, sdk, calls: None });
            self.reached.len() as u32 - 1
        })
    }

    /// Reads what everything within so many calls of some methods calls; false when there is nothing more to read.
    fn spread(&mut self, mut border: Vec<u32>, length: usize) -> bool {
        let (mut news, mut seen) = (false, vec![false; self.reached.len()]);
        border.iter().for_each(|at| seen[*at as usize] = true);
        for _ in 0..length {
            let mut next = Vec::new();
            for at in border {
                news |= self.ask(at);
                seen.resize(self.reached.len(), false);
                let calls = self.reached[at as usize].calls.iter().flatten();
                next.extend(calls.filter(|to| !std::mem::replace(&mut seen[**to as usize], true)));
            }
            border = next;
        }
        news || !border.is_empty()
    }

    /// Reads what a method calls, once. A chain ends at the first method of an SDK.
    fn ask(&mut self, at: u32) -> bool {
        let Reached { node, sdk: None, calls: None } = self.reached[at as usize] else { return false };
        let mut called = self.calls.of(node);
        called.sort_unstable();
        called.dedup();
        self.reached[at as usize].calls = Some(called.into_iter().map(|node| self.number(node)).collect());
        true
    }

    /// The way from everything that was reached to its nearest SDK, searched backwards. Among ways of one length the
    /// one counts whose methods, from the SDK on, stand first in the app.
    fn ways(&self) -> Ways {
        let mut order: Vec<u32> = (0..self.reached.len() as u32).collect();
        order.sort_unstable_by_key(|at| self.reached[*at as usize].node);
        let mut back: Vec<Vec<u32>> = vec![Vec::new(); order.len()];
        for &from in &order {
            self.reached[from as usize].calls.iter().flatten().for_each(|to| back[*to as usize].push(from));
        }
        let mut ways: Ways = vec![None; order.len()];
        let mut queue: VecDeque<u32> = VecDeque::new();
        for at in order.into_iter().filter(|at| self.reached[*at as usize].sdk.is_some()) {
            ways[at as usize] = Some((at, 0));
            queue.push_back(at);
        }
        while let Some(at) = queue.pop_front() {
            let Some((_, left)) = ways[at as usize].filter(|(_, left)| *left < LONGEST) else { continue };
            for &before in &back[at as usize] {
                if ways[before as usize].is_none() {
                    ways[before as usize] = Some((at, left + 1));
                    queue.push_back(before);
                }
            }
        }
        ways
    }

    fn path(&self, start: &Start, number: u32, ways: &Ways) -> Option<PrivatePath> {
        let (mut methods, mut at) = (vec![self.name(start.node)], number);
        while let Some((after, _)) = ways[at as usize].filter(|(_, left)| *left > 0) {
            methods.push(self.name(self.reached[after as usize].node));
            at = after;
        }
        let sdk = self.shown.signatures.list[self.reached[at as usize].sdk?].name.clone();
        Some(PrivatePath { sdk, because: self.because(start)?, methods })
    }

    fn because(&self, start: &Start) -> Option<String> {
        let unit = &self.shown.units[start.node.file as usize];
        Some(match start.refers {
            None => {
                let class = java_name(unit.classes[start.node.class as usize].descriptor);
                let own = self.own_name(start.node);
                let name = [simple(&class), &own].into_iter().find(|name| speaks_bytes(name.as_bytes()))?.to_owned();
                format!("is called `{name}`")
            }
            Some((Index::String, row)) => format!("holds the text “{}”", text(unit.dex.string(row)?)),
            Some((Index::Field, row)) => format!("uses the field `{}`", text(unit.dex.field(row)?.name)),
            Some((_, row)) => format!("calls `{}`", text(unit.dex.method(row)?.name)),
        })
    }

    fn own_name(&self, node: Node) -> String {
        let unit = &self.shown.units[node.file as usize];
        let entry = unit.classes[node.class as usize].data.methods.get(node.position as usize);
        let method = entry.and_then(|entry| unit.dex.method(entry.method));
        method.map(|method| text(method.name).into_owned()).unwrap_or_default()
    }

    fn name(&self, node: Node) -> String {
        let unit = &self.shown.units[node.file as usize];
        format!("{}.{}", java_name(unit.classes[node.class as usize].descriptor), self.own_name(node))
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
