//! The match with a little of what stands around it, reduced to what may be shown.
//!
//! An excerpt is cut at arbitrary bytes, so a value may stand in it by half, in any encoding, beside values that
//! nobody planted. The rule that is sound without knowing them: in a masked report only the *field names* around
//! a match are kept, and of those only the ones that are whole and hold nothing hidden; everything else becomes `…`.
//!
//! With `--reveal` the surroundings are shown, but secrets still are not, and a secret that nobody planted is known
//! only by the name of its field. So whatever stands before the first field name (its own name may have been cut
//! off), after the name of a secret field or of one that says nothing (`value`), or at a cut edge becomes `…` too.
//! And where the word for a secret stands anywhere but in a field name (`password: x`, `"name":"password"`), nobody
//! knows how far it reaches: then the surroundings are those of a masked report.

use super::escape;
use super::redact::{self, Masks};
use std::ops::Range;
use tattletale_core::model::{Excerpt, Finding, url};

/// An excerpt as it may be shown: escaped, on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// What stands before the match.
    pub before: String,
    /// The match, or its mask in brackets.
    pub found: String,
    /// What stands after it.
    pub after: String,
}

const LEFT_OUT: &str = "…";

/// Names of fields whose meaning another field tells, which may lie outside of the excerpt.
const SAYS_NOTHING: [&str; 3] = ["value", "val", "v"];

/// What may be shown of the place of a finding.
pub(super) fn shown(masks: &Masks<'_>, finding: &Finding) -> Shown {
    let excerpt = &finding.excerpt;
    let mask = || format!("[{}]", masks.mask(finding.subject()));
    if redact::is_secret_place(finding) {
        return Shown { before: LEFT_OUT.to_owned(), found: mask(), after: LEFT_OUT.to_owned() };
    }
    let reveal = masks.reveal() && !speaks_of_secrets(&excerpt.before) && !speaks_of_secrets(&excerpt.after);
    let mut reader = Reader { masks, reveal, field: Field::Unknown, out: String::new() };
    let cut = excerpt.before.len() >= Excerpt::AROUND;
    if !cut {
        reader.field = Field::Open;
    }
    reader.read(&excerpt.before, if cut { Edge::Start } else { Edge::None });
    let before = std::mem::take(&mut reader.out);
    let hidden = !masks.reveal() || redact::is_secret_kind(masks.kind(finding.subject()));
    let found = match reader.field {
        _ if hidden => mask(),
        Field::Secret => mask(),
        Field::Open | Field::Unknown => masks.revealed(&escape::bytes(&excerpt.found)),
    };
    let cut = excerpt.after.len() >= Excerpt::AROUND;
    reader.read(&excerpt.after, if cut { Edge::End } else { Edge::None });
    Shown { before, found, after: reader.out }
}

/// Where the bytes were cut off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    None,
    Start,
    End,
}

/// What the value that is being read belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Unknown,
    Open,
    Secret,
}

struct Reader<'m, 'r> {
    masks: &'m Masks<'r>,
    /// True when more than field names may be shown.
    reveal: bool,
    field: Field,
    out: String,
}

impl Reader<'_, '_> {
    fn read(&mut self, bytes: &[u8], edge: Edge) {
        let mut position = 0;
        while position < bytes.len() {
            let length = bytes[position..].iter().take_while(|&&byte| is_word(byte)).count();
            let range = position..position + length.max(1);
            let at_edge = (edge == Edge::Start && range.start == 0) || (edge == Edge::End && range.end == bytes.len());
            match length {
                0 => self.separator(bytes, position, at_edge),
                _ if is_field_name(bytes, &range) => self.field_name(&bytes[range.clone()]),
                _ => self.value(&bytes[range.clone()], at_edge),
            }
            position = range.end;
        }
    }

    fn field_name(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name);
        self.field = match redact::is_secret_field(&name) {
            true => Field::Secret,
            false if SAYS_NOTHING.contains(&name.to_ascii_lowercase().as_str()) => Field::Unknown,
            false => Field::Open,
        };
        match self.masks.is_open(&name) {
            true => self.out.push_str(&name),
            false => self.leave_out(),
        }
    }

    fn value(&mut self, word: &[u8], at_edge: bool) {
        if !self.reveal || at_edge || self.field != Field::Open {
            return self.leave_out();
        }
        let word = escape::bytes(word);
        match self.masks.is_open(&word) {
            true => self.out.push_str(&word),
            false => self.leave_out(),
        }
    }

    /// Separators tell the structure; inside a value that is left out they would tell its shape.
    fn separator(&mut self, bytes: &[u8], position: usize, at_edge: bool) {
        let byte = bytes[position];
        let structure = match byte {
            b'{' | b'}' | b'[' | b']' | b'"' | b',' | b'&' => true,
            b'\\' => bytes.get(position + 1) == Some(&b'"'),
            b'=' | b':' => {
                position > 0 && (bytes[position - 1] == b'"' || is_field_name(bytes, &word_before(bytes, position)))
            }
            _ => false,
        };
        let open = self.reveal && self.field == Field::Open && !at_edge;
        if open || structure {
            self.out.push_str(&escape::bytes(&[byte]));
        } else {
            self.leave_out();
        }
    }

    fn leave_out(&mut self) {
        if !self.out.ends_with(LEFT_OUT) {
            self.out.push_str(LEFT_OUT);
        }
    }
}

/// True when the word for a secret stands in the bytes without being the name of a field.
fn speaks_of_secrets(bytes: &[u8]) -> bool {
    let mut position = 0;
    for word in bytes.split(|&byte| !is_word(byte)) {
        let range = position..position + word.len();
        position = range.end + 1;
        let meaning = url::percent_decode(word, true);
        if !is_field_name(bytes, &range) && redact::is_secret_field(&String::from_utf8_lossy(&meaning)) {
            return true;
        }
    }
    false
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_-.$%+".contains(&byte)
}

fn word_before(bytes: &[u8], position: usize) -> Range<usize> {
    let length = bytes[..position].iter().rev().take_while(|&&byte| is_word(byte)).count();
    position - length..position
}

/// True for a whole name that a value follows: `"name":` after `{` or `,`, also with escaped quotes, and `name=`
/// after `&`, `?` or `;`. A name at the very start of the bytes may be the rest of something that was cut off.
fn is_field_name(bytes: &[u8], range: &Range<usize>) -> bool {
    const LONGEST: usize = 40;
    let (name, before, after) = (&bytes[range.clone()], &bytes[..range.start], &bytes[range.end..]);
    let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.$".contains(byte));
    if !plain || name.is_empty() || name.len() > LONGEST {
        return false;
    }
    let quote = |bytes: &[u8]| bytes.first() == Some(&b'"');
    let unquoted = after.strip_prefix(b"\\").filter(|rest| quote(rest)).unwrap_or(after);
    if let [b'"', rest @ ..] = unquoted {
        let Some(before) = before.strip_suffix(b"\"") else { return false };
        let before = before.strip_suffix(b"\\").unwrap_or(before).trim_ascii_end();
        return rest.trim_ascii_start().starts_with(b":") && before.ends_with(b"{") | before.ends_with(b",");
    }
    after.first() == Some(&b'=') && before.last().is_some_and(|byte| b"&?;".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tattletale_core::model::{Coverage, GroundTruth, Party, Receiver, Report, Strength, Value};

    fn shown_around(before: &str, after: &str, reveal: bool) -> String {
        let value = |kind: &'static str, value: &str| Value { name: kind.to_owned(), kind, value: value.to_owned() };
        let values = vec![value("email", "ann@example.org"), value("password", "correct horse battery")];
        let finding = Finding {
            value: Some(0),
            action: None,
            capture: 0,
            exchange: 0,
            at: None,
            delay_ms: None,
            receiver: Receiver { host: "t.example".into(), domain: None, party: Party::Third },
            mode: None,
            plaintext: false,
            part: tattletale_core::model::Part::Body,
            path: vec![],
            range: 0..15,
            excerpt: Excerpt { before: before.into(), found: b"ann@example.org".to_vec(), after: after.into() },
            chance: 0.0,
            strength: Strength::Strong,
        };
        let report = Report {
            captures: vec![],
            truth: GroundTruth { values, ..GroundTruth::default() },
            findings: vec![],
            weak: vec![],
            not_sought: vec![],
            carriers: vec![],
            coverage: Coverage::default(),
            operators: vec![],
            faults: vec![],
            ..Report::default()
        };
        let shown = shown(&Masks::new(&report, reveal), &finding);
        format!("{}|{}|{}", shown.before, shown.found, shown.after)
    }

    #[test]
    fn masked_keeps_whole_field_names_and_nothing_else() {
        let cases = [
            (r#"{"id":"jan","email":""#, r#"","n":12}"#, r#"{"id":"…","email":"|[email-1]|","n":…}"#),
            (r#"{\"id\":\"jan\",\"em\":\""#, "", r#"{\"id\":\"…\",\"em\":\"|[email-1]|"#),
            ("?a=1&mail=", "&next=https://h/p?q=x", "…a=…&mail=|[email-1]|&next=…q=…"),
            ("example=1&em=", "", "…&em=|[email-1]|"),
            ("plain words, then ", " and more", "…,…|[email-1]|…"),
        ];
        for (before, after, expected) in cases {
            assert_eq!(shown_around(before, after, false), expected, "{before}");
        }
    }

    #[test]
    fn revealed_keeps_secrets_of_any_field_and_cut_values_back() {
        let cases = [
            (r#"{"id":"jan","email":""#, r#"","n":12}"#, r#"{"id":"jan","email":"|ann@example.org|","n":12}"#),
            (
                r#"{"pwd":"x y","email":""#,
                r#"","token":"z"}"#,
                r#"{"pwd":"…","email":"|ann@example.org|","token":"…"}"#,
            ),
            ("0123456789 cut value of some field ", "", "…|ann@example.org|"),
            ("&a=1&note=horse&em=", "", "&a=1&note=…&em=|ann@example.org|"),
            ("&a=1&token=x-", "-y&b=2", "&a=1&token=…|[email-1]|…&b=2"),
            ("password: HUSH\nemail: ", "", "…|ann@example.org|"),
            (r#"{"name":"password","value":"HUSH "#, r#" x"}"#, r#"{"name":"…","value":"…|ann@example.org|…"}"#),
            (r#"{"value":"HUSH "#, r#"","name":"pwd"}"#, r#"{"value":"…|ann@example.org|","name":"…"}"#),
            (r#"d","value":"HUSH "#, r#" HUSH","n":1}"#, r#"d","value":"…|ann@example.org|…","n":1}"#),
            ("my pwd is HUSH and ", " HUSH", "…|ann@example.org|…"),
            ("%22pwd%22%3A%22HUSH%22+", "", "…|ann@example.org|"),
            ("0123456789 cut value of some field ", " HUSH", "…|ann@example.org|…"),
        ];
        for (before, after, expected) in cases {
            assert_eq!(shown_around(before, after, true), expected, "{before}");
        }
    }
}
