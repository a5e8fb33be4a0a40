//! JSON, with the JSONPath of every value; strings and member names are unfolded further.

use crate::codec::json::{Broken, Kind, Token, Tokens, Why, unescape};
use crate::decode::{At, JsonStep, Layer, Needs, Opening, View};
use crate::model::FaultKind;
use std::cell::Cell;

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
        Needs::NOTHING.first(b"{[\"\xef \t\n\x0c\r").or_typed("json")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let begins = bytes[mark..].iter().copied().find(|byte| !byte.is_ascii_whitespace());
        let Some(first @ (b'{' | b'[' | b'"')) = begins else { return };
        let mut tape = Tape::new(bytes, mark);
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
            out.fault(kind, broken.offset, message);
        }
        tape.emit(out);
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
    from: usize,
    kept: Vec<Token>,
    /// Those behind, if the value goes on.
    rest: Option<Tokens<'a>>,
}

/// Tokens that are kept: 400 KB.
const KEPT: usize = 1 << 14;

/// Longest name that is not looked into, in bytes.
const LONGEST_PLAIN_NAME: usize = 5;

/// A token takes about as many bytes, on average.
const USUAL_TOKEN: usize = 6;

thread_local! {
    /// What the last tape was written on.
    static TAPES: Cell<Vec<Token>> = const { Cell::new(Vec::new()) };
}

impl<'a> Tape<'a> {
    fn new(bytes: &'a [u8], from: usize) -> Self {
        let mut kept = TAPES.take();
        kept.clear();
        kept.reserve((bytes.len() / USUAL_TOKEN + 2).min(KEPT));
        Self { bytes, from, kept, rest: None }
    }

    /// Checks the value; the offset behind it.
    fn read(&mut self) -> Result<usize, Broken> {
        let mut tokens = Tokens::from(self.bytes, self.from);
        while self.kept.len() < KEPT {
            match tokens.next_token()? {
                Some(token) => self.kept.push(token),
                None => return Ok(tokens.offset()),
            }
        }
        self.rest = Some(tokens.clone());
        while tokens.next_token()?.is_some() {}
        Ok(tokens.offset())
    }

    /// Emits everything up to the end or the first trouble.
    fn emit(mut self, out: &mut Opening<'_, '_>) {
        let strings = self.kept.iter().filter(|token| matches!(token.kind, Kind::String | Kind::EscapedString));
        out.announce(strings.map(|token| token.span.clone()));
        let mut emitter = Emitter { bytes: self.bytes, way: Vec::with_capacity(8) };
        for token in self.kept.drain(..) {
            emitter.emit(token, out);
        }
        TAPES.set(self.kept);
        let mut rest = self.rest;
        while let Some(Ok(Some(token))) = rest.as_mut().map(Tokens::next_token) {
            emitter.emit(token, out);
        }
    }
}

/// Tells of each value where it stands.
struct Emitter<'a> {
    bytes: &'a [u8],
    /// A step for every container that is open: the element that comes next, or the member that came last.
    way: Vec<JsonStep>,
}

impl Emitter<'_> {
    #[inline(always)]
    fn emit(&mut self, Token { kind, span }: Token, out: &mut Opening<'_, '_>) {
        let (bytes, way) = (self.bytes, &mut self.way);
        match kind {
            Kind::ObjectStart => return way.push(JsonStep::Key(0..0)),
            Kind::ArrayStart => return way.push(JsonStep::Index(0)),
            Kind::Key | Kind::EscapedKey => {
                let Some((member, way)) = way.split_last_mut() else { return };
                // Short names are only names.
                if span.len() > LONGEST_PLAIN_NAME {
                    let meaning = (kind == Kind::EscapedKey).then(|| unescape(&bytes[span.clone()]));
                    out.name(At::Json { source: bytes, way }, span.clone(), meaning.as_deref());
                }
                *member = JsonStep::Key(span);
                return;
            }
            Kind::ArrayEnd | Kind::ObjectEnd => drop(way.pop()),
            Kind::String => out.piece(At::Json { source: bytes, way }, span),
            Kind::EscapedString => {
                let meaning = unescape(&bytes[span.clone()]);
                out.unescaped(At::Json { source: bytes, way }, span, &meaning);
            }
            Kind::Number | Kind::Literal => out.atom(At::Json { source: bytes, way }, span),
        }
        // A value ended.
        if let Some(JsonStep::Index(index)) = way.last_mut() {
            *index += 1;
        }
    }
}
