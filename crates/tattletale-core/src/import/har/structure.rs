//! The outline of a JSON text: its brackets and strings, over pieces of any size, without looking into values.
//!
//! Marks are given for the outermost [`WATCHED`] levels only, where `log`, `entries` and the entries themselves
//! stand; everything deeper just passes. Besides the balance of brackets, the scan checks the few rules of neighbours
//! that a lost or unescaped quote or bracket breaks at once (nothing but `, : ] }` may follow a string, a bracket in
//! an object follows a colon, a colon follows a name). So damage in one entry shows near its place and not at the end of the file.

use crate::codec::json::unescape;

/// Levels of nesting at which marks are given: the root, its members, those of `log`, and the elements in those.
const WATCHED: usize = 3;
/// Levels whose kind of bracket is remembered; deeper ones only count.
const REMEMBERED: usize = 1024;
/// Bytes of a string at the watched levels that are remembered.
const NAME: usize = 64;

/// Stands for any number or literal in [`Structure::before`].
const BARE: u8 = b'0';

/// What the scan came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// An object or array opened; the last byte passed is its bracket.
    Open,
    /// One closed.
    Close,
    /// A string or a name ended.
    Text,
    /// A number or literal began.
    Bare,
    /// Not JSON from the next byte on.
    Broken,
}

/// Where in the nesting the scan is.
pub(super) struct Structure {
    depth: usize,
    /// A bit per level: 1 in an object.
    objects: [u64; REMEMBERED / 64],
    in_string: bool,
    after_backslash: bool,
    /// The last byte outside strings that was no white space; `"` after a string, 0 at the start.
    before: u8,
    /// Start of the last string at a watched level, still escaped.
    name: Vec<u8>,
    /// Whether a colon stood before the last bracket, so that [`Self::name`] is its name.
    named: bool,
}

impl Structure {
    pub(super) fn new() -> Self {
        Self {
            depth: 0,
            objects: [0; REMEMBERED / 64],
            in_string: false,
            after_backslash: false,
            before: 0,
            name: Vec::new(),
            named: false,
        }
    }

    /// Behind a comma in an array at the depth of `log.entries`.
    pub(super) fn in_entries() -> Self {
        let mut structure = Self { before: b',', ..Self::new() };
        structure.open(b'{');
        structure.open(b'{');
        structure.open(b'[');
        structure
    }

    /// Containers that are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// True between values of the root level.
    pub(super) fn is_at_root(&self) -> bool {
        self.depth == 0 && !self.in_string
    }

    /// Whether the innermost container is an array.
    pub(super) fn in_array(&self) -> bool {
        self.depth > 0 && !self.in_object()
    }

    /// Name of the container that opened last, at a watched level; empty when it has none.
    pub(super) fn name(&self) -> Vec<u8> {
        if self.named { unescape(&self.name).into_owned() } else { Vec::new() }
    }

    /// Passes bytes up to the next mark: how many, and which; no mark when all were passed.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> (usize, Option<Mark>) {
        let mut at = 0;
        loop {
            if self.in_string {
                at += self.string(&bytes[at..]);
                if self.in_string {
                    return (at, None);
                }
                if self.depth <= WATCHED {
                    return (at, Some(Mark::Text));
                }
            }
            let Some(&byte) = bytes.get(at) else { return (at, None) };
            let allowed = match byte {
                b' ' | b'\n' | b'\r' | b'\t' => {
                    at += 1;
                    continue;
                }
                b'"' => !matches!(self.before, b'"' | b'}' | b']' | BARE),
                b'{' | b'[' if self.in_object() => self.before == b':',
                b'{' | b'[' => !matches!(self.before, b'"' | BARE),
                b'}' | b']' => self.closes(byte),
                b',' => self.depth > 0,
                b':' => matches!(self.before, b'"' | BARE),
                _ => !matches!(self.before, b'"' | b'}' | b']') && byte != b'\\',
            };
            if !allowed {
                return (at, Some(Mark::Broken));
            }
            at += 1;
            if let Some(mark) = self.step(byte) {
                return (at, Some(mark));
            }
        }
    }

    fn step(&mut self, byte: u8) -> Option<Mark> {
        let mut mark = None;
        match byte {
            b'"' => {
                self.in_string = true;
                self.name.clear();
            }
            b'{' | b'[' => {
                mark = (self.depth <= WATCHED).then_some(Mark::Open);
                self.named = self.before == b':';
                self.open(byte);
            }
            b'}' | b']' => {
                self.depth -= 1;
                mark = (self.depth <= WATCHED).then_some(Mark::Close);
            }
            b',' | b':' => {}
            _ => {
                mark = (self.depth <= WATCHED && self.before != BARE).then_some(Mark::Bare);
                self.before = BARE;
                return mark;
            }
        }
        self.before = byte;
        mark
    }

    /// Bytes up to and with the closing quote, or all of them.
    fn string(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        if self.after_backslash && !bytes.is_empty() {
            self.after_backslash = false;
            at = 1;
        }
        let end = loop {
            let rest = bytes.get(at..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest[found] == b'"' => {
                    self.in_string = false;
                    break at + found + 1;
                }
                Some(found) if found + 1 == rest.len() => {
                    self.after_backslash = true;
                    break bytes.len();
                }
                Some(found) => at += found + 2,
                None => break bytes.len(),
            }
        };
        if self.depth <= WATCHED {
            let text = &bytes[..end - usize::from(!self.in_string)];
            let room = NAME.saturating_sub(self.name.len());
            self.name.extend_from_slice(&text[..text.len().min(room)]);
        }
        end
    }

    fn open(&mut self, bracket: u8) {
        let (word, bit) = (self.depth / 64, 1 << (self.depth % 64));
        if let Some(word) = self.objects.get_mut(word) {
            *word = if bracket == b'{' { *word | bit } else { *word & !bit };
        }
        self.depth += 1;
    }

    fn closes(&self, bracket: u8) -> bool {
        match self.depth {
            0 => false,
            depth if depth > REMEMBERED => true,
            _ => self.in_object() == (bracket == b'}'),
        }
    }

    fn in_object(&self) -> bool {
        let Some(level) = self.depth.checked_sub(1) else { return false };
        self.objects.get(level / 64).is_some_and(|word| word >> (level % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks with the offset behind each, scanning `size` bytes at a time.
    fn marks(text: &[u8], size: usize) -> Vec<(usize, Mark)> {
        let mut structure = Structure::new();
        let mut found = Vec::new();
        let mut base = 0;
        for piece in text.chunks(size) {
            let mut at = 0;
            loop {
                let (passed, mark) = structure.scan(&piece[at..]);
                at += passed;
                match mark {
                    Some(Mark::Broken) => {
                        found.push((base + at, Mark::Broken));
                        return found;
                    }
                    Some(mark) => found.push((base + at, mark)),
                    None => break,
                }
            }
            base += piece.len();
        }
        found
    }

    #[test]
    fn same_marks_however_it_is_cut() {
        let text = br#" {"a\"\\":[1,-2.5e3,"x",{}],"b":{"c":{"d":{"e":["\\"]}}}} "#;
        let whole = marks(text, text.len());
        assert_eq!(whole.first(), Some(&(2, Mark::Open)));
        assert_eq!(whole.last(), Some(&(text.len() - 1, Mark::Close)));
        for size in 1..text.len() {
            assert_eq!(marks(text, size), whole, "{size}");
        }
    }

    #[test]
    fn damage_shows_where_it_is() {
        let cases: [(&str, usize); 8] = [
            (r#"{"a":"say "hi" twice"}"#, 11),
            (r#"{"a":[1,2}"#, 9),
            (r#"{"a":1,{"b":2}}"#, 7),
            (r#"{"a":1}}"#, 7),
            (r#"{"a":1 "b":2}"#, 7),
            (r#"{"a":{} x"#, 8),
            (r#"{"a":\"#, 5),
            (r#"{"a" {}"#, 5),
        ];
        for (text, offset) in cases {
            assert_eq!(marks(text.as_bytes(), 64).last(), Some(&(offset, Mark::Broken)), "{text}");
        }
    }

    #[test]
    fn depth_beyond_memory_still_balances() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(marks(deep.as_bytes(), 777).last(), Some(&(10_000, Mark::Close)));
    }
}
