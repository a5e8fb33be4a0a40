//! JSON, with the JSONPath of every value; strings and member names are unfolded further.

use crate::codec::json::{Broken, Text, Token, Tokens, Why, unescape};
use crate::decode::{At, JsonStep, Layer, Needs, Opening, View};
use crate::model::FaultKind;
use std::ops::Range;

pub(super) struct Json;

impl Layer for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "JSON (RFC 8259) with `\\u` escapes resolved; a string inside that is JSON again is opened too."
    }

    fn example(&self) -> &'static [u8] {
        br#"{"user":{"name":"Zo\u00eb"},"tags":["a","b"]}"#
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.first(b"{[\"\xef \t\n\x0c\r").heeds_hints()
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let bytes = &bytes[mark..];
        let Some(first @ (b'{' | b'[' | b'"')) = bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace()) else {
            return;
        };
        let mut tape = Tape::new(bytes);
        let broken = match tape.read() {
            Ok(end) if bytes[end..].iter().all(u8::is_ascii_whitespace) => None,
            // A string with something behind it is no JSON string; several values are for the next layer.
            Ok(_) => return,
            Err(broken) => Some(broken),
        };
        if let Some(broken) = broken {
            let got_far = first != b'"' && broken.offset > 16 && broken.offset * 2 > bytes.len();
            if !(got_far || view.hint.typed_as("json") || broken.why == Why::Deep) {
                return;
            }
            let kind = match broken.why {
                Why::Ends => FaultKind::Truncated,
                Why::Unexpected => FaultKind::Corrupt,
                Why::Deep => FaultKind::Limit,
            };
            let message = match broken.why {
                Why::Ends => "ends inside a value",
                Why::Unexpected => "is no JSON from here on",
                Why::Deep => "nests deeper than any real message; not followed further",
            };
            out.fault(kind, mark + broken.offset, message);
        }
        emit(tape, mark, out);
    }
}

/// Checks one value; the offset behind it.
pub(super) fn value(bytes: &[u8]) -> Result<usize, Broken> {
    let mut tokens = Tokens::new(bytes);
    while tokens.next_token()?.is_some() {}
    Ok(tokens.offset())
}

/// The tokens of a value: whether it is one has to be known before anything is told, and they are not read again.
///
/// Of a long value only the first tokens are kept, and the others are read twice, so that memory is bounded.
struct Tape<'a> {
    bytes: &'a [u8],
    kept: Vec<Kept>,
    /// Those behind, if the value goes on.
    rest: Option<Tokens<'a>>,
}

/// A token in few bytes.
#[derive(Clone, Copy)]
struct Kept {
    kind: Kind,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Key,
    EscapedKey,
    String,
    EscapedString,
    Bare,
}

/// Tokens that are kept: 200 KB.
const KEPT: usize = 1 << 14;

/// Longest name that is not looked into, in bytes.
const LONGEST_PLAIN_NAME: usize = 5;

/// A token takes about as many bytes, on average.
const USUAL_TOKEN: usize = 6;

impl<'a> Tape<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, kept: Vec::with_capacity((bytes.len() / USUAL_TOKEN + 2).min(KEPT)), rest: None }
    }

    /// Checks the value; the offset behind it.
    fn read(&mut self) -> Result<usize, Broken> {
        let mut tokens = Tokens::new(self.bytes);
        let most = if u32::try_from(self.bytes.len()).is_ok() { KEPT } else { 0 };
        while self.kept.len() < most {
            match tokens.next_token()? {
                Some(token) => self.kept.push(Kept::of(token)),
                None => return Ok(tokens.offset()),
            }
        }
        self.rest = Some(tokens.clone());
        while tokens.next_token()?.is_some() {}
        Ok(tokens.offset())
    }
}

impl Kind {
    #[inline]
    fn of(token: Token) -> (Self, Range<usize>) {
        let text = |text: Text, plain, escaped| (if text.escaped { escaped } else { plain }, text.span);
        match token {
            Token::ObjectStart => (Self::ObjectStart, 0..0),
            Token::ObjectEnd => (Self::ObjectEnd, 0..0),
            Token::ArrayStart => (Self::ArrayStart, 0..0),
            Token::ArrayEnd => (Self::ArrayEnd, 0..0),
            Token::Key(key) => text(key, Self::Key, Self::EscapedKey),
            Token::String(string) => text(string, Self::String, Self::EscapedString),
            Token::Number(span) | Token::Literal(span) => (Self::Bare, span),
        }
    }
}

impl Kept {
    /// Of bytes that are fewer than 2^32.
    #[inline]
    fn of(token: Token) -> Self {
        let (kind, span) = Kind::of(token);
        Self { kind, start: span.start as u32, end: span.end as u32 }
    }
}

/// Emits everything up to the end or the first trouble; the text starts at `base` of the view.
fn emit(mut tape: Tape<'_>, base: usize, out: &mut Opening<'_, '_>) {
    let bytes = tape.bytes;
    let mut way: Vec<JsonStep> = Vec::with_capacity(8);
    let kept =
        std::mem::take(&mut tape.kept).into_iter().map(|kept| (kept.kind, kept.start as usize..kept.end as usize));
    let rest = std::iter::from_fn(|| tape.rest.as_mut()?.next_token().ok().flatten().map(Kind::of));
    for (kind, span) in kept.chain(rest) {
        let piece = base + span.start..base + span.end;
        match kind {
            Kind::ObjectStart => continue,
            Kind::ArrayStart => {
                way.push(JsonStep::Index(0));
                continue;
            }
            Kind::Key | Kind::EscapedKey => {
                // Short names are only names.
                if span.len() > LONGEST_PLAIN_NAME {
                    let meaning = (kind == Kind::EscapedKey).then(|| unescape(&bytes[span.clone()]));
                    out.name(At::Json { source: bytes, way: &way }, piece, meaning.as_deref());
                }
                way.push(JsonStep::Key(span));
                continue;
            }
            Kind::ArrayEnd => drop(way.pop()),
            Kind::ObjectEnd => {}
            Kind::String => out.piece(At::Json { source: bytes, way: &way }, piece),
            Kind::EscapedString => {
                out.unescaped(At::Json { source: bytes, way: &way }, piece, &unescape(&bytes[span]));
            }
            Kind::Bare => out.atom(At::Json { source: bytes, way: &way }, piece),
        }
        value_ended(&mut way);
    }
}

/// Behind a value: the next element, or out of the member.
fn value_ended(way: &mut Vec<JsonStep>) {
    match way.last_mut() {
        Some(JsonStep::Index(index)) => *index += 1,
        Some(JsonStep::Key(_)) => {
            way.pop();
        }
        None => {}
    }
}
