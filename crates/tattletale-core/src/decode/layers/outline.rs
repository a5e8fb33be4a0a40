//! What the binary document formats (MessagePack, CBOR, Thrift) have in common: a tree of maps, lists and values.
//!
//! A format reads a whole buffer into an [`Outline`], or declines; the outline counts what speaks against chance in
//! bits, and emits everything with its place. No magic number is asked for, so [`Outline::proven`] decides.

use super::protobuf::plausible;
use crate::decode::{At, Look, Opening, Slot};
use std::ops::Range;

/// Containers in containers that are followed.
pub(super) const DEEPEST: usize = 64;

/// A document as a flat list, in the order of the bytes.
#[derive(Debug, Default)]
pub(super) struct Outline {
    items: Vec<Item>,
    /// Bits, roughly: how unlikely it is that random bytes read so well.
    pub(super) evidence: f64,
    texts: usize,
}

#[derive(Debug)]
enum Item {
    Map,
    List,
    Close,
    /// Name of the next value.
    Key(Range<usize>),
    /// Number of the next value.
    Field(u64),
    Piece(Range<usize>),
    Number(Range<usize>, String),
    Nothing,
}

impl Outline {
    /// Enough was read that chance is out of the question, and some of it is text; of what was declared, anything.
    pub(super) fn proven(&self, declared: bool) -> bool {
        const ENOUGH: f64 = 26.0;
        declared || (self.texts > 0 && self.evidence >= ENOUGH)
    }

    pub(super) fn open(&mut self, map: bool) {
        self.evidence += 2.0;
        self.items.push(if map { Item::Map } else { Item::List });
    }

    pub(super) fn close(&mut self) {
        self.items.push(Item::Close);
    }

    pub(super) fn key(&mut self, bytes: &[u8], span: Range<usize>) -> Option<()> {
        self.text_evidence(&bytes[span.clone()])?;
        self.evidence += 2.0;
        self.items.push(Item::Key(span));
        Some(())
    }

    pub(super) fn field(&mut self, number: u64) {
        self.items.push(Item::Field(number));
    }

    /// A text by its type; none when it is no UTF-8, which no encoder writes.
    pub(super) fn text(&mut self, bytes: &[u8], span: Range<usize>) -> Option<()> {
        self.text_evidence(&bytes[span.clone()])?;
        self.items.push(Item::Piece(span));
        Some(())
    }

    pub(super) fn binary(&mut self, span: Range<usize>) {
        self.items.push(Item::Piece(span));
    }

    pub(super) fn number(&mut self, span: Range<usize>, digits: impl ToString) {
        self.items.push(Item::Number(span, digits.to_string()));
    }

    /// As a person would write it; a number of astronomic size is no account and no place, and would take 300 digits.
    pub(super) fn float(&mut self, span: Range<usize>, float: f64) {
        let digits = if plausible(float) { float.to_string() } else { format!("{float:e}") };
        self.items.push(Item::Number(span, digits));
    }

    pub(super) fn nothing(&mut self) {
        self.items.push(Item::Nothing);
    }

    fn text_evidence(&mut self, text: &[u8]) -> Option<()> {
        std::str::from_utf8(text).ok()?;
        // The type of a text with a length that fits, then 97 of 256 bytes each.
        self.evidence += 2.0;
        if Look::of(text).text() {
            self.evidence += (1.4 * text.len() as f64).min(60.0);
            self.texts += usize::from(!text.is_empty());
        }
        Some(())
    }

    /// Emits every value with its place, in its document if there are several.
    pub(super) fn emit(&self, bytes: &[u8], documents: usize, out: &mut Opening<'_, '_>) {
        const LONGEST_PLAIN_NAME: usize = 5;
        let mut way: Vec<Slot<'_>> = Vec::new();
        let mut lists: Vec<bool> = Vec::new();
        way.extend((documents > 1).then_some(Slot::Index(0)));
        for item in &self.items {
            match item {
                Item::Map => lists.push(false),
                Item::List => {
                    lists.push(true);
                    way.push(Slot::Index(0));
                }
                Item::Close => {
                    if lists.pop() == Some(true) {
                        way.pop();
                    }
                    value_ended(&mut way);
                }
                Item::Key(span) => {
                    if span.len() > LONGEST_PLAIN_NAME {
                        out.name(At::Way(&way), span.clone(), None);
                    }
                    way.push(Slot::Key(&bytes[span.clone()]));
                }
                Item::Field(number) => way.push(Slot::Field(*number)),
                Item::Piece(span) => {
                    if !span.is_empty() {
                        out.piece(At::Way(&way), span.clone());
                    }
                    value_ended(&mut way);
                }
                Item::Number(span, digits) => {
                    out.number(At::Way(&way), span.clone(), digits);
                    value_ended(&mut way);
                }
                Item::Nothing => value_ended(&mut way),
            }
        }
    }
}

/// Behind a value: the next element, or out of the member.
fn value_ended(way: &mut Vec<Slot<'_>>) {
    match way.last_mut() {
        Some(Slot::Index(index)) => *index += 1,
        Some(_) => {
            way.pop();
        }
        None => {}
    }
}
