//! Captured bytes made visible for a person.
//!
//! What is shown comes from the party under test: an escape sequence could rewrite the terminal, a bidi override
//! could turn a host name round, an invisible character could make two names look the same. Everything that could is
//! written out as `\x1b` or `\u{202e}` instead. A backslash itself is left alone: the aim is that nothing acts and
//! nothing hides, not that the text can be turned back (`tattletale show` has the bytes).

use std::fmt::Write;

/// Bytes as one line of text: invalid UTF-8 as `\xff`, everything of [`must_escape`] as its code.
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push(&mut out, chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Text as one line without anything that acts or hides.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push(&mut out, text);
    out
}

fn push(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !must_escape(c) => out.push(c),
            c if c.is_ascii() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
        }
    }
}

/// True for control characters and for what is invisible or changes the order of what stands around it
/// (general category Cc and Cf, line and paragraph separators, fillers, variation selectors, tags, noncharacters).
pub fn must_escape(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
            | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_and_nothing_hides() {
        let cases: [(&[u8], &str); 8] = [
            (b"plain \xc5\xbb\xc3\xb3\xc5\x82\xc4\x87", "plain Żółć"),
            (b"\x1b[31mred", "\\x1b[31mred"),
            (b"a\r\n\tb\0", "a\\r\\n\\tb\\x00"),
            (b"\xff\xfeab\xc3", "\\xff\\xfeab\\xc3"),
            ("moc.elgoog\u{202e}".as_bytes(), "moc.elgoog\\u{202e}"),
            ("a\u{200b}b\u{feff}".as_bytes(), "a\\u{200b}b\\u{feff}"),
            ("\u{9b}31m\u{7f}".as_bytes(), "\\u{9b}31m\\x7f"),
            (b"a\\x1b", "a\\x1b"),
        ];
        for (given, expected) in cases {
            assert_eq!(bytes(given), expected);
        }
        assert!((0..=0x10ffff).filter_map(char::from_u32).all(|c| !text(&c.to_string()).chars().any(must_escape)));
    }
}
