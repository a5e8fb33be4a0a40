//! One entry as a lenient view: every question has an answer, a wrong or missing value is just absent.
//!
//! The tokens are laid out flat, each with the place of its next sibling, in a buffer that all entries share.
//! Strings stay where they are, escaped, until someone asks. Only what [`read`] is told to keep is laid out, and only
//! down to the depth that HAR has; the rest (Chrome's call stacks, say) is passed over by its brackets.

use std::borrow::Cow;
use std::ops::Range;

use crate::codec::json::{self, Broken, Token, Tokens, Why, unescape};

/// Nesting that is laid out: entry, request, headers, header, name.
const DEEPEST: usize = 5;
/// Values of one entry that are laid out; 40 bytes each.
pub(super) const MOST_VALUES: usize = 4 << 20;

/// One value of the entry.
#[derive(Debug, Clone)]
pub(super) struct Node {
    name: Option<Range<u32>>,
    kind: Kind,
    /// Inside the quotes for a string, with the brackets for a container.
    span: Range<u32>,
    /// The next node that is not inside this one.
    next: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    Text,
    /// A string that the damage cut short.
    CutText,
    /// Numbers, `true`, `false`.
    Bare,
    Null,
}

/// Why only a part of the entry was laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It stops being JSON.
    Broken(Broken),
    /// It has more than [`MOST_VALUES`].
    TooMany,
}

/// Lays out the object in `bytes` into `nodes` (emptied first): the members whose name `keep` accepts.
///
/// After trouble, what came before it stands.
pub(super) fn read(bytes: &[u8], keep: impl Fn(&[u8]) -> bool, nodes: &mut Vec<Node>) -> Result<(), Trouble> {
    nodes.clear();
    let mut layout = Layout { bytes, nodes, open: Vec::with_capacity(DEEPEST), name: None };
    let done = layout.fill(keep);
    while layout.close(bytes.len()) {}
    done
}

struct Layout<'a> {
    bytes: &'a [u8],
    nodes: &'a mut Vec<Node>,
    open: Vec<usize>,
    name: Option<Range<u32>>,
}

impl Layout<'_> {
    fn fill(&mut self, keep: impl Fn(&[u8]) -> bool) -> Result<(), Trouble> {
        let mut tokens = Tokens::new(self.bytes);
        let mut kept = true;
        loop {
            let Token { kind, span } = match tokens.next_token() {
                Ok(Some(token)) => token,
                Ok(None) => return Ok(()),
                Err(broken) => {
                    if kept {
                        self.rescue(tokens.offset(), broken);
                    }
                    return Err(Trouble::Broken(broken));
                }
            };
            if self.nodes.len() >= MOST_VALUES {
                return Err(Trouble::TooMany);
            }
            match kind {
                json::Kind::Key | json::Kind::EscapedKey => {
                    if self.open.len() == 1 {
                        kept = keep(&unescape(&self.bytes[span.clone()]));
                    }
                    self.name = Some(short(&span));
                }
                json::Kind::ObjectStart | json::Kind::ArrayStart => {
                    let kind = if kind == json::Kind::ObjectStart { Kind::Object } else { Kind::Array };
                    let skip = !kept || self.open.len() >= DEEPEST;
                    if kept {
                        self.push(kind, span);
                    }
                    if !skip {
                        self.open.push(self.nodes.len() - 1);
                        continue;
                    }
                    let skipped = tokens.skip_open();
                    if let (true, Some(node)) = (kept, self.nodes.last_mut()) {
                        node.span.end = short(&(0..tokens.offset())).end;
                    }
                    skipped.map_err(Trouble::Broken)?;
                }
                json::Kind::ObjectEnd | json::Kind::ArrayEnd => {
                    self.close(span.end);
                }
                _ if !kept => {}
                json::Kind::String | json::Kind::EscapedString => self.push(Kind::Text, span),
                json::Kind::Number => self.push(Kind::Bare, span),
                json::Kind::Literal => {
                    let kind = if &self.bytes[span.clone()] == b"null" { Kind::Null } else { Kind::Bare };
                    self.push(kind, span);
                }
            }
        }
    }

    /// A string value that is cut by the end of the bytes is worth keeping: it may be the body.
    fn rescue(&mut self, offset: usize, broken: Broken) {
        let opens = self.bytes[offset..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|skip| offset + skip);
        if let Some(quote) = opens
            && broken.why == Why::Ends
            && self.bytes[quote] == b'"'
            && self.name.is_some()
        {
            self.push(Kind::CutText, quote + 1..self.bytes.len());
        }
    }

    fn push(&mut self, kind: Kind, span: Range<usize>) {
        let next = short(&(0..self.nodes.len() + 1)).end;
        self.nodes.push(Node { name: self.name.take(), kind, span: short(&span), next });
    }

    /// Closes the innermost container; false when none is open.
    fn close(&mut self, end: usize) -> bool {
        let Some(node) = self.open.pop() else { return false };
        let next = short(&(0..self.nodes.len())).end;
        if let Some(node) = self.nodes.get_mut(node) {
            node.span.end = short(&(0..end)).end;
            node.next = next;
        }
        true
    }
}

/// Spans fit 32 bits, since an entry is limited to less.
fn short(span: &Range<usize>) -> Range<u32> {
    let short = |n| u32::try_from(n).unwrap_or(u32::MAX);
    short(span.start)..short(span.end)
}

/// A value of the entry, or the absence of one.
#[derive(Clone, Copy)]
pub(super) struct Json<'a> {
    bytes: &'a [u8],
    nodes: &'a [Node],
    at: Option<usize>,
}

impl<'a> Json<'a> {
    /// The entry that was laid out last.
    pub(super) fn root(bytes: &'a [u8], nodes: &'a [Node]) -> Self {
        Self { bytes, nodes, at: (!nodes.is_empty()).then_some(0) }
    }

    /// The member of that name; the first if there are several.
    pub(super) fn get(self, name: &str) -> Self {
        let found = self.children().find(|child| child.name().as_ref() == name.as_bytes());
        found.unwrap_or(self.absent())
    }

    /// A value that is not there.
    pub(super) fn absent(self) -> Self {
        Self { at: None, ..self }
    }

    /// The first of these members that holds something.
    pub(super) fn first(self, names: &[&str]) -> Self {
        let found = names.iter().map(|name| self.get(name)).find(|value| value.exists());
        found.unwrap_or(self.absent())
    }

    /// Elements of an array, values of an object; nothing for anything else.
    pub(super) fn children(self) -> impl Iterator<Item = Json<'a>> {
        let (mut next, end) = match (self.at, self.node()) {
            (Some(at), Some(node)) => (at + 1, node.next as usize),
            _ => (0, 0),
        };
        std::iter::from_fn(move || {
            let at = next;
            next = (at < end).then(|| self.nodes.get(at))??.next as usize;
            Some(Self { at: Some(at), ..self })
        })
    }

    /// Name of a member; empty for an element.
    pub(super) fn name(self) -> Cow<'a, [u8]> {
        self.node().and_then(|node| node.name.as_ref()).map_or(Cow::Borrowed(b""), |span| unescape(self.slice(span)))
    }

    /// Neither absent nor null.
    pub(super) fn exists(self) -> bool {
        self.node().is_some_and(|node| node.kind != Kind::Null)
    }

    /// Whether it holds no text: absent, null or an empty string.
    pub(super) fn is_blank(self) -> bool {
        self.node().is_none_or(|node| node.kind == Kind::Null || node.span.is_empty())
    }

    /// Whether it is an object.
    pub(super) fn is_object(self) -> bool {
        self.kind() == Some(Kind::Object)
    }

    /// Whether it is an array.
    pub(super) fn is_array(self) -> bool {
        self.kind() == Some(Kind::Array)
    }

    /// Whether it is a string that was cut short.
    pub(super) fn is_cut(self) -> bool {
        self.kind() == Some(Kind::CutText)
    }

    /// A string as meant, a number, literal or container as written; none for null and what is absent.
    pub(super) fn text(self) -> Option<Cow<'a, [u8]>> {
        let node = self.node()?;
        match node.kind {
            Kind::Null => None,
            Kind::Text | Kind::CutText => Some(unescape(self.slice(&node.span))),
            _ => Some(Cow::Borrowed(self.slice(&node.span))),
        }
    }

    /// [`Self::text`] of what is no container, as a string; what is no UTF-8 becomes U+FFFD.
    pub(super) fn string(self) -> Option<String> {
        if self.is_object() || self.is_array() {
            return None;
        }
        Some(String::from_utf8_lossy(&self.text()?).into_owned())
    }

    /// A number, also one that is written as a string.
    pub(super) fn number(self) -> Option<f64> {
        self.string()?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A count: a number that is not negative (tools write -1 for "not known").
    pub(super) fn count(self) -> Option<u64> {
        self.number().filter(|number| *number >= 0.0).map(|number| number as u64)
    }

    fn node(&self) -> Option<&'a Node> {
        self.nodes.get(self.at?)
    }

    fn kind(self) -> Option<Kind> {
        self.node().map(|node| node.kind)
    }

    fn slice(self, span: &Range<u32>) -> &'a [u8] {
        self.bytes.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_any_question() {
        let text = br#"{"a":{"b":[1,"2",null,true,{"c":[{"deep":[[1]]}]}]},"skip":[[[]]],"\u0061z":"x\ny","n":"-1"}"#;
        let mut nodes = Vec::new();
        assert_eq!(read(text, |name| name != b"skip", &mut nodes), Ok(()));
        let root = Json::root(text, &nodes);
        let list: Vec<Option<f64>> = root.get("a").get("b").children().map(Json::number).collect();
        assert_eq!(list, [Some(1.0), Some(2.0), None, None, None]);
        assert_eq!(root.get("az").string().as_deref(), Some("x\ny"));
        assert_eq!(root.get("n").count(), None);
        assert!(!root.get("skip").exists());
        assert!(!root.get("a").get("az").get("x").children().any(|_| true));
        let deep = root.get("a").get("b").children().last().unwrap().get("c");
        assert_eq!(deep.text().as_deref(), Some(&br#"[{"deep":[[1]]}]"#[..]));
    }

    #[test]
    fn keeps_what_stands_before_damage() {
        let text = br#"{"a":{"b":"1","c":[{"d":"half a str"#;
        let mut nodes = Vec::new();
        for end in 0..text.len() {
            assert!(matches!(read(&text[..end], |_| true, &mut nodes), Err(Trouble::Broken(_))), "{end}");
        }
        assert!(read(text, |_| true, &mut nodes).is_err());
        let a = Json::root(text, &nodes).get("a");
        assert_eq!(a.get("b").string().as_deref(), Some("1"));
        let d = a.get("c").children().next().unwrap().get("d");
        assert!(d.is_cut());
        assert_eq!(d.string().as_deref(), Some("half a str"));
    }

    #[test]
    fn deep_and_many() {
        let mut nodes = Vec::new();
        let deep = format!(r#"{{"a":{}1{},"b":2}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(deep.as_bytes(), |_| true, &mut nodes), Ok(()));
        assert_eq!(Json::root(deep.as_bytes(), &nodes).get("b").number(), Some(2.0));
        let many = format!(r#"{{"a":1,"b":[{}0]}}"#, "0,".repeat(MOST_VALUES));
        assert_eq!(read(many.as_bytes(), |_| true, &mut nodes), Err(Trouble::TooMany));
        assert_eq!(Json::root(many.as_bytes(), &nodes).get("a").number(), Some(1.0));
    }
}
