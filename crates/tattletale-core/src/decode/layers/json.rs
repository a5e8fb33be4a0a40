//! JSON, with the JSONPath of every value; strings and member names are unfolded further.

use crate::codec::json::{Broken, Text, Token, Tokens, Why, unescape};
use crate::decode::{At, JsonStep, Layer, Needs, Opening, View};
use crate::model::FaultKind;
use std::borrow::Cow;

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

#[derive(Clone, Copy)]
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

    /// Everything up to the end or the first trouble.
    fn tokens(mut self) -> impl Iterator<Item = Token> {
        let rest = std::iter::from_fn(move || self.rest.as_mut()?.next_token().ok().flatten());
        self.kept.into_iter().map(Kept::token).chain(rest)
    }
}

impl Kept {
    /// Of bytes that are fewer than 2^32.
    #[inline]
    fn of(token: Token) -> Self {
        let (kind, span) = match token {
            Token::ObjectStart => (Kind::ObjectStart, 0..0),
            Token::ObjectEnd => (Kind::ObjectEnd, 0..0),
            Token::ArrayStart => (Kind::ArrayStart, 0..0),
            Token::ArrayEnd => (Kind::ArrayEnd, 0..0),
            Token::Key(text) => (if text.escaped { Kind::EscapedKey } else { Kind::Key }, text.span),
            Token::String(text) => (if text.escaped { Kind::EscapedString } else { Kind::String }, text.span),
            Token::Number(span) | Token::Literal(span) => (Kind::Bare, span),
        };
        Self { kind, start: span.start as u32, end: span.end as u32 }
    }

    #[inline]
    fn token(self) -> Token {
        let span = self.start as usize..self.end as usize;
        match self.kind {
            Kind::ObjectStart => Token::ObjectStart,
            Kind::ObjectEnd => Token::ObjectEnd,
            Kind::ArrayStart => Token::ArrayStart,
            Kind::ArrayEnd => Token::ArrayEnd,
            Kind::Key => Token::Key(Text { span, escaped: false }),
            Kind::EscapedKey => Token::Key(Text { span, escaped: true }),
            Kind::String => Token::String(Text { span, escaped: false }),
            Kind::EscapedString => Token::String(Text { span, escaped: true }),
            Kind::Bare => Token::Number(span),
        }
    }
}

/// Emits everything up to the end or the first trouble; the text starts at `base` of the view.
fn emit(tape: Tape<'_>, base: usize, out: &mut Opening<'_, '_>) {
    let bytes = tape.bytes;
    let mut way: Vec<JsonStep> = Vec::with_capacity(8);
    for token in tape.tokens() {
        match token {
            Token::ArrayStart => way.push(JsonStep::Index(0)),
            Token::Key(key) => {
                name(bytes, base, &way, &key, out);
                way.push(JsonStep::Key(key.span));
            }
            Token::ObjectStart => {}
            Token::ArrayEnd => {
                way.pop();
                value_ended(&mut way);
            }
            Token::ObjectEnd => value_ended(&mut way),
            Token::String(text) => {
                string(bytes, base, At::Json { source: bytes, way: &way }, &text, out);
                value_ended(&mut way);
            }
            Token::Number(span) | Token::Literal(span) => {
                out.atom(At::Json { source: bytes, way: &way }, base + span.start..base + span.end);
                value_ended(&mut way);
            }
        }
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

fn string(bytes: &[u8], base: usize, at: At<'_>, text: &Text, out: &mut Opening<'_, '_>) {
    let span = base + text.span.start..base + text.span.end;
    match text.escaped.then(|| unescape(&bytes[text.span.clone()])) {
        Some(Cow::Owned(meaning)) => out.unescaped(at, span, &meaning),
        _ => out.piece(at, span),
    }
}

/// Short names are only names.
fn name(bytes: &[u8], base: usize, way: &[JsonStep], key: &Text, out: &mut Opening<'_, '_>) {
    const LONGEST_PLAIN_NAME: usize = 5;
    if key.span.len() > LONGEST_PLAIN_NAME {
        let at = At::Json { source: bytes, way };
        let span = base + key.span.start..base + key.span.end;
        match key.escaped.then(|| unescape(&bytes[key.span.clone()])) {
            Some(Cow::Owned(meaning)) => out.name(at, span, Some(&meaning)),
            _ => out.name(at, span, None),
        }
    }
}
