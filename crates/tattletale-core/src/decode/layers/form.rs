//! `name=value&name=value`: queries, form bodies, and the many places where trackers write the same by hand.

use crate::decode::look::{EQUALS, PERCENT, PLUS};
use crate::decode::{At, Layer, Needs, Opening, View};
use crate::model::url::percent_decode;
use std::borrow::Cow;
use std::ops::Range;

pub(super) struct Form;

impl Layer for Form {
    fn name(&self) -> &'static str {
        "form"
    }

    fn about(&self) -> &'static str {
        "Form data (application/x-www-form-urlencoded, WHATWG URL), with `%XX` and `+` resolved in names and values."
    }

    fn example(&self) -> &'static [u8] {
        b"name=Zo%C3%AB+B&city=Bern"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.some(EQUALS).or_query_or_typed("x-www-form-urlencoded")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes.strip_prefix(b"?").unwrap_or(view.bytes);
        let skipped = view.bytes.len() - bytes.len();
        let declared = view.hint.query || view.hint.typed_as("x-www-form-urlencoded");
        // Binary behind one name and a `=` is chance; several names are not.
        let undeclared = view.look.text() || memchr::memchr(b'&', bytes).is_some();
        if !((undeclared && looks_like_one(bytes)) || (declared && view.look.text() && !starts_structured(bytes))) {
            return;
        }
        let fields = || fields(view.bytes, skipped).filter(|(_, value)| !value.is_empty());
        out.announce(fields().map(|(_, value)| value));
        for (name, value) in fields() {
            field(view, name, value, out);
        }
    }
}

/// Where names and values stand from `start` on.
fn fields(bytes: &[u8], mut start: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    memchr::memchr_iter(b'&', &bytes[start..]).map(move |at| at + start).chain([bytes.len()]).map(move |end| {
        let field = start..end;
        start = end + 1;
        match memchr::memchr(b'=', &bytes[field.clone()]) {
            Some(equals) => (field.start..field.start + equals, field.start + equals + 1..end),
            None => (field.start..field.start, field),
        }
    })
}

fn field(view: &View<'_>, name: Range<usize>, value: Range<usize>, out: &mut Opening<'_, '_>) {
    let (span, name) = (name.clone(), &view.bytes[name]);
    // A name that is long enough to hold a value is looked at as well.
    const LONGEST_PLAIN_NAME: usize = 5;
    if name.len() > LONGEST_PLAIN_NAME {
        match percent_decode(name, true) {
            Cow::Owned(meaning) => out.name(At::Whole, span, Some(&meaning)),
            Cow::Borrowed(_) => out.name(At::Whole, span, None),
        }
    }
    let escaped = view.look.has(PERCENT | PLUS);
    match escaped.then(|| percent_decode(&view.bytes[value.clone()], true)) {
        Some(Cow::Owned(meaning)) => out.unescaped(At::Name(name), value, &meaning),
        _ => out.piece(At::Name(name), value),
    }
}

/// Without a declaration: every field up to the third has a plain name and at least one has a value.
fn looks_like_one(bytes: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$-[]%~*:@!".contains(byte);
    let (mut any_value, mut start) = (false, 0);
    for end in memchr::memchr_iter(b'&', bytes).chain([bytes.len()]).take(3) {
        let field = &bytes[start..end];
        start = end + 1;
        let Some(equals) = memchr::memchr(b'=', field) else { return false };
        let (name, value) = (&field[..equals], &field[equals + 1..]);
        // `eyJh...==` is padding, not a name with a value.
        let padding = value.iter().all(|&byte| byte == b'=') && !value.is_empty();
        // Escaped names are data, and as long as data is.
        if name.is_empty() || (name.len() > 64 && !name.contains(&b'%')) || !name.iter().all(plain) || padding {
            return false;
        }
        any_value |= !value.is_empty();
    }
    any_value
}

/// A JSON or XML body under the form content type that browsers and `curl` set by default.
fn starts_structured(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'<' | b'"')) || !bytes.contains(&b'=')
}
