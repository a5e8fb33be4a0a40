//! A JSON tokenizer (RFC 8259) over bytes that gives spans instead of values.
//!
//! Evidence needs to know where in the bytes a field stands, hostile input must not nest the stack, and apps send
//! strings with lone surrogates or invalid UTF-8 that strict parsers refuse whole. So: an explicit stack with a
//! limit, spans into the input, nothing allocated but that stack, and leniency inside strings only.

mod escapes;

pub use escapes::unescape;
use std::ops::Range;

/// Deepest nesting that is followed, in containers.
pub const MAX_DEPTH: usize = 1024;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Bytes of the input; those of strings lie inside the quotes.
    pub span: Range<usize>,
}

/// What a token is. As wide as an address, so that tokens are moved in whole words: half-written ones have to be
/// waited for, which takes longer than reading the token did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Kind {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// Name of a member.
    Key,
    /// The same with a backslash in it: [`unescape`] tells what it means.
    EscapedKey,
    /// A string value.
    String,
    /// The same with a backslash in it.
    EscapedString,
    /// A number as written.
    Number,
    /// `true`, `false`, `null`, or the `NaN` and `Infinity` that some encoders write.
    Literal,
}

/// Where and why it stopped being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Byte offset in the input.
    pub offset: usize,
    /// What is wrong there.
    pub why: Why,
}

/// Why it stopped being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Why {
    /// The input ends inside a value.
    Ends,
    /// A byte that no JSON has here.
    Unexpected,
    /// Deeper than [`MAX_DEPTH`].
    Deep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    FirstMember,
    Member,
    FirstElement,
    AfterValue,
    Done,
}

/// Tokens of one JSON value at the start of `bytes`; [`Tokens::offset`] tells where it ended.
#[derive(Clone)]
pub struct Tokens<'a> {
    bytes: &'a [u8],
    offset: usize,
    /// True for an object, false for an array.
    open: Vec<bool>,
    expect: Expect,
}

impl<'a> Tokens<'a> {
    /// Starts before the first token.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::from(bytes, 0)
    }

    /// Starts before the first token at or behind that byte.
    pub fn from(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset, open: Vec::new(), expect: Expect::Value }
    }

    /// First byte that no token has used.
    #[inline]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The next token; none after the value is complete.
    #[inline]
    pub fn next_token(&mut self) -> Result<Option<Token>, Broken> {
        loop {
            if self.expect == Expect::Done {
                return Ok(None);
            }
            self.skip_white_space();
            let Some(&byte) = self.bytes.get(self.offset) else { return Err(self.broken(Why::Ends)) };
            match (self.expect, byte) {
                (Expect::AfterValue, b',') => {
                    self.offset += 1;
                    self.expect = if self.in_object() { Expect::Member } else { Expect::Value };
                }
                (Expect::AfterValue | Expect::FirstMember, b'}') if self.in_object() => {
                    return Ok(Some(self.close(Kind::ObjectEnd)));
                }
                (Expect::AfterValue | Expect::FirstElement, b']') if !self.in_object() => {
                    return Ok(Some(self.close(Kind::ArrayEnd)));
                }
                (Expect::FirstMember | Expect::Member, b'"') => return self.key().map(Some),
                (Expect::Value | Expect::FirstElement, _) => return self.value(byte).map(Some),
                _ => return Err(self.broken(Why::Unexpected)),
            }
        }
    }

    /// Passes over the rest of the container that opened last, by its brackets alone: no limit on nesting, no check of
    /// what is inside. Without an open container it does nothing.
    pub fn skip_open(&mut self) -> Result<(), Broken> {
        if self.open.is_empty() {
            return Ok(());
        }
        let mut depth = 1usize;
        while depth > 0 {
            match self.bytes.get(self.offset) {
                Some(b'"') => {
                    self.string(Kind::String, Kind::EscapedString)?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth -= 1,
                Some(_) => {}
                None => return Err(self.broken(Why::Ends)),
            }
            self.offset += 1;
        }
        self.open.pop();
        self.value_ended();
        Ok(())
    }

    #[inline]
    fn key(&mut self) -> Result<Token, Broken> {
        let token = self.string(Kind::Key, Kind::EscapedKey)?;
        self.skip_white_space();
        match self.bytes.get(self.offset) {
            Some(b':') => self.offset += 1,
            Some(_) => return Err(self.broken(Why::Unexpected)),
            None => return Err(self.broken(Why::Ends)),
        }
        self.expect = Expect::Value;
        Ok(token)
    }

    #[inline]
    fn value(&mut self, byte: u8) -> Result<Token, Broken> {
        match byte {
            b'{' | b'[' => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(self.broken(Why::Deep));
                }
                let object = byte == b'{';
                self.open.push(object);
                self.offset += 1;
                self.expect = if object { Expect::FirstMember } else { Expect::FirstElement };
                let kind = if object { Kind::ObjectStart } else { Kind::ArrayStart };
                Ok(Token { kind, span: self.offset - 1..self.offset })
            }
            b'"' => {
                let token = self.string(Kind::String, Kind::EscapedString)?;
                self.value_ended();
                Ok(token)
            }
            b'-' | b'0'..=b'9' => {
                let span = self.run(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
                if span.len() == 1 && byte == b'-' {
                    return self.literal();
                }
                self.value_ended();
                Ok(Token { kind: Kind::Number, span })
            }
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<Token, Broken> {
        const KNOWN: [&[u8]; 5] = [b"true", b"false", b"null", b"NaN", b"Infinity"];
        let start = self.offset;
        let span = self.run(|byte| byte.is_ascii_alphabetic());
        let word = &self.bytes[span.clone()];
        if KNOWN.contains(&word) {
            self.value_ended();
            return Ok(Token { kind: Kind::Literal, span });
        }
        let cut_off = span.end == self.bytes.len() && KNOWN.iter().any(|known| known.starts_with(word));
        self.offset = start;
        Err(self.broken(if cut_off { Why::Ends } else { Why::Unexpected }))
    }

    #[inline]
    fn run(&mut self, of: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.offset;
        let rest = &self.bytes[start..];
        self.offset += rest.iter().position(|&byte| !of(byte)).unwrap_or(rest.len());
        start..self.offset
    }

    /// From the opening quote to behind the closing one.
    #[inline]
    fn string(&mut self, plain: Kind, escaped: Kind) -> Result<Token, Broken> {
        let start = self.offset + 1;
        let mut at = start;
        let mut kind = plain;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            match quote_or_backslash(rest) {
                Some(found) if rest[found] == b'"' => {
                    self.offset = at + found + 1;
                    return Ok(Token { kind, span: start..at + found });
                }
                Some(found) => {
                    kind = escaped;
                    at += found + 2;
                }
                None => return Err(Broken { offset: self.bytes.len(), why: Why::Ends }),
            }
        }
    }

    #[inline]
    fn close(&mut self, kind: Kind) -> Token {
        self.offset += 1;
        self.open.pop();
        self.value_ended();
        Token { kind, span: self.offset - 1..self.offset }
    }

    #[inline]
    fn value_ended(&mut self) {
        self.expect = if self.open.is_empty() { Expect::Done } else { Expect::AfterValue };
    }

    #[inline]
    fn in_object(&self) -> bool {
        self.open.last() == Some(&true)
    }

    #[inline]
    fn skip_white_space(&mut self) {
        while matches!(self.bytes.get(self.offset), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.offset += 1;
        }
    }

    #[cold]
    fn broken(&self, why: Why) -> Broken {
        Broken { offset: self.offset, why }
    }
}

/// The first quote or backslash. Most strings are so short that eight bytes at a time are faster than a search that
/// has to be called.
#[inline]
fn quote_or_backslash(rest: &[u8]) -> Option<usize> {
    const NEAR: usize = 3;
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The lowest bit that is set tells the first byte that is zero (Warren, Hacker's Delight, 6-1).
    let zeros = |word: u64| word.wrapping_sub(EACH) & !word & (EACH << 7);
    let (words, _) = rest.as_chunks::<8>();
    for (number, word) in words.iter().take(NEAR).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ (EACH * u64::from(b'"'))) | zeros(word ^ (EACH * u64::from(b'\\')));
        if found != 0 {
            return Some(number * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let passed = words.len().min(NEAR) * 8;
    memchr::memchr2(b'"', b'\\', &rest[passed..]).map(|at| passed + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<(Vec<String>, usize), Broken> {
        let mut tokens = Tokens::new(text.as_bytes());
        let mut out = Vec::new();
        while let Some(token) = tokens.next_token()? {
            let text = &text[token.span];
            out.push(match token.kind {
                Kind::Key | Kind::EscapedKey => format!("{text}:"),
                Kind::String | Kind::EscapedString => format!("'{text}'"),
                Kind::Number | Kind::Literal => text.to_owned(),
                other => format!("{other:?}"),
            });
        }
        Ok((out, tokens.offset()))
    }

    #[test]
    fn tokens_in_order() {
        let (found, end) = tokens(r#" {"a\"":[1,-2.5e3,"x",{}],"b":null} rest"#).unwrap();
        let wanted = "ObjectStart a\\\": ArrayStart 1 -2.5e3 'x' ObjectStart ObjectEnd ArrayEnd b: null ObjectEnd";
        assert_eq!(found.join(" "), wanted);
        assert_eq!(end, 35);
        assert_eq!(tokens(r#""only a string""#).unwrap().0, ["'only a string'"]);
        assert_eq!(tokens("[NaN,Infinity]").unwrap().0.len(), 4);
    }

    #[test]
    fn says_where_it_breaks() {
        let cases = [
            ("", 0, Why::Ends),
            ("{\"a\":", 5, Why::Ends),
            ("{\"a", 3, Why::Ends),
            ("[tru", 1, Why::Ends),
            ("[1 2]", 3, Why::Unexpected),
            ("[1,]", 3, Why::Unexpected),
            ("{1:2}", 1, Why::Unexpected),
            ("[}", 1, Why::Unexpected),
            ("[INFO]", 1, Why::Unexpected),
            ("{\"a\\", 4, Why::Ends),
        ];
        for (text, offset, why) in cases {
            assert_eq!(tokens(text), Err(Broken { offset, why }), "{text}");
        }
        let deep = "[".repeat(1_000_000);
        assert_eq!(tokens(&deep), Err(Broken { offset: MAX_DEPTH, why: Why::Deep }));
    }

    #[test]
    fn skips_what_is_open() {
        let kind = |tokens: &mut Tokens<'_>| tokens.next_token().ok().flatten().map(|token| token.kind);
        let nested = format!(r#"[{{"a":"]}}","b":{}{}}},7]"#, "[".repeat(5000), "]".repeat(5000));
        let mut tokens = Tokens::new(nested.as_bytes());
        assert_eq!(kind(&mut tokens), Some(Kind::ArrayStart));
        assert_eq!(kind(&mut tokens), Some(Kind::ObjectStart));
        assert_eq!(tokens.skip_open(), Ok(()));
        let seven = nested.len() - 2;
        assert_eq!(tokens.next_token(), Ok(Some(Token { kind: Kind::Number, span: seven..seven + 1 })));
        assert_eq!(tokens.skip_open(), Ok(()));
        assert_eq!(tokens.next_token(), Ok(None));
        let mut cut = Tokens::new(b"[[1]");
        assert_eq!(kind(&mut cut), Some(Kind::ArrayStart));
        assert_eq!(cut.skip_open(), Err(Broken { offset: 4, why: Why::Ends }));
    }
}
