//! Cuts a HAR into its entries while it streams by, whatever stands around or inside them.
//!
//! Memory is bounded by the largest entry, and that by a limit beyond which an entry is passed over. Names may come
//! in any order, `log` or `entries` may come twice, several HARs may follow one another. Where the JSON breaks
//! (bytes lost or written twice, an unescaped quote), the entry is handed out as far as it goes and the search
//! resumes at the next thing that starts like an entry, so that one bad entry does not hide the others.

use std::io::{self, Read};

use super::structure::{Mark, Structure};
use crate::codec::window::Window;
use crate::import::Faults;
use crate::model::{Fault, FaultKind};

/// Names that entries start with, in one tool or another; used only to find the way back after damage.
const FIRST_NAMES: [&[u8]; 14] = [
    b"startedDateTime",
    b"pageref",
    b"_initiator",
    b"_connectionId",
    b"_fromCache",
    b"_priority",
    b"_resourceType",
    b"_webSocketMessages",
    b"serverIPAddress",
    b"connection",
    b"request",
    b"response",
    b"time",
    b"timings",
];
/// How many of these, from the first, no object inside an entry starts with.
const SURE_NAMES: usize = 9;
/// Bytes that are looked at to see whether an entry starts: bracket, indentation, name.
const LOOK_AHEAD: usize = 256;

/// One element of `log.entries`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element<'w> {
    /// Position in the array, from 0.
    pub(super) index: usize,
    /// Of its first byte, in the file.
    pub(super) offset: u64,
    /// Its JSON; up to the damage if there is any, empty when it was too long.
    pub(super) bytes: &'w [u8],
    /// How it ended.
    pub(super) end: End,
}

/// How an element ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With its bracket.
    Whole,
    /// With the file, at this offset.
    Cut(u64),
    /// In the middle: from this offset on it is not JSON.
    Broken(u64),
    /// It is longer than the limit.
    TooLong,
    /// It never began: a value that is no object.
    NoObject,
}

/// The elements of `log.entries` of a reader.
pub(super) struct Entries<'r> {
    window: Window<'r>,
    structure: Structure,
    limit: usize,
    in_log: bool,
    /// Depth inside the array of entries while the scan is in it.
    level: Option<usize>,
    /// Offset of the element that is being collected.
    element: Option<u64>,
    too_long: bool,
    /// Set by damage: go back so far and look for the next entry before going on.
    lost: Option<usize>,
    /// Bytes gone back over in all; bounded by a multiple of what was read, so that hostile nesting costs no square.
    gone_back: u64,
    index: usize,
    found: bool,
    faults: Faults,
}

impl<'r> Entries<'r> {
    /// Starts at the beginning of a file; entries of more than `limit` bytes will be passed over.
    pub(super) fn new(input: &'r mut dyn Read, limit: usize) -> Self {
        Self {
            window: Window::new(input),
            structure: Structure::new(),
            limit,
            in_log: false,
            level: None,
            element: None,
            too_long: false,
            lost: None,
            gone_back: 0,
            index: 0,
            found: false,
            faults: Faults::default(),
        }
    }

    /// The next element; none at the end of the file.
    pub(super) fn next_element(&mut self) -> io::Result<Option<Element<'_>>> {
        let end = loop {
            if let Some(back) = self.lost.take()
                && !self.find_entry(back)?
            {
                return Ok(None);
            }
            let (passed, mark) = self.structure.scan(self.window.ahead());
            self.window.pass(passed);
            if let Some(end) = self.hold_limit() {
                break end;
            }
            match mark {
                Some(mark) => {
                    if let Some(end) = self.take(mark) {
                        break end;
                    }
                }
                None if self.window.fill()? => {}
                None => match self.cut() {
                    Some(end) => break end,
                    None => return Ok(None),
                },
            }
        };
        Ok(Some(self.hand_out(end)))
    }

    /// Whether there was an array of entries, be it empty.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Whether the JSON around the entries is whole, as far as it was read.
    pub(super) fn is_whole(&self) -> bool {
        self.structure.is_at_root() && self.faults.is_empty()
    }

    /// The number that the next element will have.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Bytes passed.
    pub(super) fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// What is wrong around the entries.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_list()
    }

    /// Follows the nesting; an end when that completes an element.
    fn take(&mut self, mark: Mark) -> Option<End> {
        let depth = self.structure.depth();
        if mark == Mark::Broken {
            return self.broken();
        }
        let Some(level) = self.level else {
            self.enter(mark, depth);
            return None;
        };
        match mark {
            Mark::Open if depth == level + 1 => {
                self.window.release();
                self.window.keep_from_last();
                self.element = Some(self.window.offset() - 1);
                self.too_long = false;
            }
            Mark::Close if depth == level && self.too_long => return Some(End::TooLong),
            // Even with all brackets in balance: those that close the file may stand in for those that were lost.
            Mark::Close if depth == level => return Some(self.swallowed(true).unwrap_or(End::Whole)),
            Mark::Close if depth < level => self.level = None,
            Mark::Text | Mark::Bare if depth == level => return Some(End::NoObject),
            _ => {}
        }
        None
    }

    /// Outside the entries: notices `log`, and the array `entries` in it (or, for want of `log`, at the top).
    fn enter(&mut self, mark: Mark, depth: usize) {
        match mark {
            Mark::Open if depth == 2 && self.structure.name() == b"log" => self.in_log = true,
            Mark::Close if depth == 1 => self.in_log = false,
            Mark::Open if self.opens_entries(depth) => {
                self.level = Some(depth);
                self.found = true;
            }
            _ => {}
        }
    }

    fn opens_entries(&self, depth: usize) -> bool {
        let place = depth == 2 || (depth == 3 && self.in_log);
        place && self.structure.in_array() && self.structure.name() == b"entries"
    }

    fn broken(&mut self) -> Option<End> {
        let offset = self.window.offset();
        // A string that ended too late may have swallowed the bracket and ended at the quote of the first name.
        let passed = if self.element.is_some() { self.window.kept() } else { self.window.behind(LOOK_AHEAD) };
        let back = bracket_before_quote(passed).unwrap_or(0);
        if self.element.is_some() {
            return self.swallowed(false).or_else(|| {
                self.lost = Some(back);
                Some(End::Broken(offset))
            });
        }
        self.lost = Some(back);
        self.faults.push(Fault::new(FaultKind::Corrupt, "not JSON between the entries").at(offset));
        None
    }

    /// At the end of the file: the end of the element that it cuts, or a fault if anything is left open.
    fn cut(&mut self) -> Option<End> {
        let offset = self.window.offset();
        if self.element.is_some() && self.too_long {
            return Some(End::TooLong);
        }
        if self.element.is_some() {
            return Some(self.swallowed(false).unwrap_or_else(|| {
                self.structure = Structure::new();
                End::Cut(offset)
            }));
        }
        if !self.structure.is_at_root() && self.found {
            let message = format!("the file ends before its JSON does, after {} entries", self.index);
            self.faults.push(Fault::new(FaultKind::Truncated, message).at(offset));
            self.structure = Structure::new();
        }
        None
    }

    fn hold_limit(&mut self) -> Option<End> {
        if self.element.is_none() || self.too_long || self.window.kept().len() <= self.limit {
            return None;
        }
        let swallowed = self.swallowed(false);
        if swallowed.is_none() {
            self.too_long = true;
            self.window.release();
        }
        swallowed
    }

    /// The end of an element whose own brackets were lost, if it took in others that follow: before the first of them
    /// (when `whole`: that has no name, since a tool's own addition might hold an entry under one).
    fn swallowed(&mut self, whole: bool) -> Option<End> {
        let kept = self.window.kept();
        let start = memchr::memchr_iter(b'{', kept).find(|&at| {
            at > 0 && starts_entry(&kept[at..], SURE_NAMES) && !(whole && kept[..at].trim_ascii_end().ends_with(b":"))
        })?;
        let back = kept.len() - start;
        let offset = self.window.offset();
        if self.gone_back > offset.saturating_mul(4) {
            return None;
        }
        self.gone_back += back as u64;
        self.lost = Some(back);
        Some(End::Broken(offset - back as u64))
    }

    fn hand_out(&mut self, end: End) -> Element<'_> {
        let offset = self.element.take().unwrap_or_else(|| self.window.offset().saturating_sub(1));
        let index = self.index;
        self.index += 1;
        let bytes = match end {
            End::NoObject | End::TooLong => &[],
            _ => self.window.kept(),
        };
        let bytes = &bytes[..bytes.len().saturating_sub(self.lost.unwrap_or(0))];
        Element { index, offset, bytes, end }
    }

    /// After damage: goes to the next thing that starts like an entry; false if there is none.
    fn find_entry(&mut self, back: usize) -> io::Result<bool> {
        self.window.back(back);
        self.window.release();
        loop {
            let Some(next) = memchr::memchr(b'{', self.window.ahead()) else {
                self.window.pass(self.window.ahead().len());
                if self.window.fill()? {
                    continue;
                }
                self.structure = Structure::new();
                return Ok(false);
            };
            self.window.pass(next);
            while self.window.ahead().len() < LOOK_AHEAD && self.window.fill()? {}
            if starts_entry(self.window.ahead(), FIRST_NAMES.len()) {
                self.structure = Structure::in_entries();
                self.level = Some(self.structure.depth());
                self.in_log = true;
                self.found = true;
                return Ok(true);
            }
            self.window.pass(1);
        }
    }
}

/// `{ "name" :` with one of the first so many names that entries start with.
fn starts_entry(bytes: &[u8], names: usize) -> bool {
    let Some(inside) = bytes.strip_prefix(b"{") else { return false };
    let Some(text) = inside.trim_ascii_start().strip_prefix(b"\"") else { return false };
    FIRST_NAMES.iter().take(names).any(|name| {
        let after = text.strip_prefix(*name).and_then(|rest| rest.strip_prefix(b"\""));
        after.is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
    })
}

/// If the bytes end in `{ "`, how many back the bracket is; white space may be anywhere in it.
fn bracket_before_quote(bytes: &[u8]) -> Option<usize> {
    let before = bytes.trim_ascii_end().strip_suffix(b"\"")?.trim_ascii_end();
    // The first byte of an element is its own bracket: going back there would find the same entry again.
    (before.len() > 1 && before.ends_with(b"{")).then(|| bytes.len() - before.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every element as text with its end, and what is wrong around them.
    fn split(file: &str, limit: usize) -> (Vec<(String, End)>, Vec<Fault>) {
        let mut input = file.as_bytes();
        let mut entries = Entries::new(&mut input, limit);
        let mut all = Vec::new();
        while let Some(element) = entries.next_element().unwrap() {
            assert_eq!(element.index, all.len());
            assert!(file.as_bytes()[element.offset as usize..].starts_with(element.bytes));
            all.push((String::from_utf8_lossy(element.bytes).into_owned(), element.end));
        }
        (all, entries.into_faults())
    }

    fn whole(file: &str) -> Vec<String> {
        let (all, faults) = split(file, 1 << 20);
        assert_eq!(faults, []);
        assert!(all.iter().all(|(_, end)| *end == End::Whole), "{all:?}");
        all.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn entries_wherever_they_are() {
        assert_eq!(whole(r#"{"log":{"entries":[{"a":"]}"},{"b":[{}]}]}}"#), [r#"{"a":"]}"}"#, r#"{"b":[{}]}"#]);
        assert_eq!(
            whole(r#"{"x":{"entries":[{"no":1}]},"log":{"pages":[{"entries":[{}]}],"entries":[ {} ]}}"#),
            ["{}"]
        );
        assert_eq!(whole(r#"{"log":{"entries":[]},"x":[{"log":{"entries":[{}]}}]}"#), [""; 0]);
        assert_eq!(whole(r#"{"entries":[{"bare":1}]}"#), [r#"{"bare":1}"#]);
        assert_eq!(whole(r#"{"\u006cog":{"entries":[{}],"entries":[{"again":1}]}}"#), ["{}", r#"{"again":1}"#]);
        assert_eq!(whole("{\"log\":{\"entries\":[{}]}}\n{\"log\":{\"entries\":[{}{}]}}").len(), 3);
        assert_eq!(whole(r#"{"log":"entries","entries":{"log":[1]}}"#), [""; 0]);
    }

    #[test]
    fn what_is_no_object_keeps_its_number() {
        let (all, _) = split(r#"{"log":{"entries":[null,"x",{"a":1},17]}}"#, 99);
        let ends: Vec<End> = all.iter().map(|(_, end)| *end).collect();
        assert_eq!(ends, [End::NoObject, End::NoObject, End::Whole, End::NoObject]);
    }

    #[test]
    fn too_long_is_passed_over() {
        let file = format!(r#"{{"log":{{"entries":[{{"a":1}},{{"a":"{}"}},{{"b":2}}]}}}}"#, "x".repeat(700_000));
        let (all, faults) = split(&file, 1000);
        assert_eq!(all.len(), 3);
        assert_eq!(all[1], (String::new(), End::TooLong));
        assert_eq!(all[2], (r#"{"b":2}"#.to_owned(), End::Whole));
        assert_eq!(faults, []);
    }

    #[test]
    fn cut_files_say_so() {
        let file = r#"{"log":{"entries":[{"a":1},{"b":"text"}]}}"#;
        for end in 0..file.len() {
            let (all, faults) = split(&file[..end], 99);
            let cut = all.iter().filter(|(_, end)| *end != End::Whole).count() + faults.len();
            assert_eq!(cut, usize::from(end >= 19), "{end}: {all:?} {faults:?}");
            assert_eq!(all.first().is_some_and(|(_, end)| *end == End::Whole), end >= 26, "{end}");
        }
    }

    #[test]
    fn damage_hides_no_neighbour() {
        let good = r#"{"startedDateTime":"x","request":{"url":"u"}}"#;
        let damaged = [
            r#"{"startedDateTime":"say "hi"","request":{}}"#,
            r#"{"startedDateTime":"x","request":{"a":[}"#,
            r#"{"startedDateTime":"x","request":{"a":"cut off"#,
            r#"{"startedDateTime":"x","request":{"a":1"#,
            r#"{"startedDateTime":"x"}}}}}"#,
            r#"{"startedDateTime""#,
            r#"{"startedDateTime":"x","request":{"headers":[{"name":"a"}"#,
            r#"{"startedDateTime":"x","request":{"headers":["#,
        ];
        for bad in damaged {
            for between in [",", ",\n   ", ""] {
                let file = format!(r#"{{"log":{{"entries":[{good},{bad}{between}{good},{good}]}}}}"#);
                let (all, faults) = split(&file, 9999);
                let readable = all.iter().filter(|(text, end)| text == good && *end == End::Whole).count();
                assert_eq!(readable, 3, "{file}: {all:?}");
                assert!(all.len() == 4 || !faults.is_empty(), "{file}: {all:?}");
            }
        }
    }

    #[test]
    fn damage_before_the_entries() {
        let (all, faults) = split(r#"{"log":{"comment":"a "b" c","entries":[{"request":{}},{"request":1}]}}"#, 99);
        assert_eq!(all.len(), 2);
        assert_eq!(faults.len(), 1);
    }
}
