//! A tree of layers for a person: every chain of single layers on one line, every field on its own, known values
//! marked where they stand.

use super::redact::{is_secret_field, is_secret_kind};
use super::{escape, secrets};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use std::ops::Range;
use tattletale_core::decode::{NAME, Tree};
use tattletale_core::detect::Planted;
use tattletale_core::model::{GroundTruth, Subject};

/// Bytes of a value that are shown unless it is to be shown in full.
const SHOWN: usize = 160;

/// Bytes of binary that are shown, as hex.
const SHOWN_BINARY: usize = 24;

/// What is done with passwords, tokens and what stands in places for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Masked: what was captured may be looked at over somebody's shoulder.
    Masked,
    /// Shown: the bytes are what the user put in.
    Shown,
}

/// Prints trees, marking what a ground truth knows.
pub struct TreePrinter {
    planted: Planted,
    truth: GroundTruth,
    secrets: Secrets,
    colour: bool,
    full: bool,
}

/// Where something known stands, and what it is.
struct Mark {
    range: Range<usize>,
    subject: Subject,
}

impl TreePrinter {
    /// Marks the values and actions of `truth`; `full` shows long values whole.
    pub fn new(truth: GroundTruth, secrets: Secrets, colour: bool, full: bool) -> Self {
        Self { planted: Planted::new(&truth), truth, secrets, colour, full }
    }

    /// One line of text, with control characters visible and secrets masked like those of a tree.
    pub fn line(&self, text: &str) -> String {
        let bytes = text.as_bytes();
        self.piece(bytes, 0..bytes.len(), &self.cuts(bytes, &self.marks(bytes)))
    }

    /// Prints one tree under its label; a `secret` one (a cookie, a token) with its text masked.
    pub fn print(&self, label: &str, secret: bool, tree: &Tree, out: &mut dyn Write) -> io::Result<()> {
        self.node(label, secret, tree, "", out)
    }

    fn node(&self, label: &str, secret: bool, tree: &Tree, indent: &str, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.styled(&self.line(label), LABEL))?;
        let mut node = tree;
        while let [only] = node.children.as_slice()
            && let Some(step) = only.step.as_ref().filter(|step| step.at.is_none())
        {
            write!(out, "{}{}", self.styled(" › ", DIM), self.styled(step.layer, LAYER))?;
            node = only;
        }
        let layers = || node.children.iter().filter_map(|child| child.step.as_ref()).map(|step| step.layer);
        let Some(layer) = layers().find(|layer| *layer != NAME).or(layers().next()) else {
            return self.leaf(secret, node, out);
        };
        write!(out, "{}{}", self.styled(" › ", DIM), self.styled(layer, LAYER))?;
        // An address is read best as it is; below it only what had to be decoded says more.
        let address = matches!(layer, "url" | "path");
        let children: Vec<&Tree> =
            node.children.iter().filter(|child| !(address && is_verbatim(child, &node.bytes))).collect();
        match address {
            true => self.leaf(secret, node, out)?,
            false => writeln!(out, "{}", self.styled(&format!("  {} bytes", node.bytes.len()), DIM))?,
        }
        for (position, child) in children.iter().enumerate() {
            let last = position + 1 == children.len();
            let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            write!(out, "{indent}{}", self.styled(branch, DIM))?;
            let step = child.step.as_ref();
            let at = step.and_then(|step| step.at.as_deref().or(Some(step.layer))).unwrap_or_default();
            let secret = secret || is_secret_field(at) || is_named_by_a_neighbour(at, &children);
            self.node(at, secret, child, &format!("{indent}{below}"), out)?;
        }
        Ok(())
    }

    fn leaf(&self, secret: bool, node: &Tree, out: &mut dyn Write) -> io::Result<()> {
        let marks = self.marks(&node.bytes);
        let cuts = self.cuts(&node.bytes, &marks);
        write!(out, "  ")?;
        if secret && self.secrets == Secrets::Masked {
            write!(out, "{}", self.styled(&format!("masked, {} bytes", node.bytes.len()), DIM))?;
        } else if node.text || !marks.is_empty() || !cuts.is_empty() || is_mostly_text(&node.bytes) {
            self.text(&node.bytes, &marks, &cuts, out)?;
        } else {
            self.binary(node, out)?;
        }
        let mut names: Vec<&str> = marks.iter().map(|mark| self.name(mark.subject)).collect();
        names.dedup();
        if !names.is_empty() {
            write!(out, "  {}", self.styled(&format!("◀ {}", escape::text(&names.join(", "))), MARKED))?;
        }
        writeln!(out)
    }

    fn text(&self, bytes: &[u8], marks: &[Mark], cuts: &[Range<usize>], out: &mut dyn Write) -> io::Result<()> {
        let window = self.window(bytes.len(), marks);
        let missing = |missing: bool| if missing { self.styled("…", DIM) } else { String::new() };
        write!(out, "{}", missing(window.start > 0))?;
        let mut at = window.start;
        for mark in marks {
            let range = mark.range.start.max(at)..mark.range.end.min(window.end);
            if range.start >= range.end {
                continue;
            }
            write!(out, "{}", self.piece(bytes, at..range.start, cuts))?;
            at = range.end;
            let (open, close) = if self.colour { ("", "") } else { ("«", "»") };
            let known = self.piece(bytes, range, cuts);
            if !known.is_empty() {
                write!(out, "{open}{}{close}", self.styled(&known, MARKED))?;
            }
        }
        write!(out, "{}{}", self.piece(bytes, at..window.end, cuts), missing(window.end < bytes.len()))?;
        match window.len() < bytes.len() {
            true => write!(out, "{}", self.styled(&format!(" {} bytes", bytes.len()), DIM)),
            false => Ok(()),
        }
    }

    /// A piece of a text without what is cut; where a cut goes on from the piece before, its mask already stands.
    fn piece(&self, bytes: &[u8], piece: Range<usize>, cuts: &[Range<usize>]) -> String {
        let mut shown = String::new();
        let mut at = piece.start;
        for cut in cuts.iter().filter(|cut| cut.start < piece.end && cut.end > piece.start) {
            if cut.start >= piece.start {
                shown.push_str(&escape::bytes(&bytes[at..cut.start]));
                shown.push_str(secrets::MASKED);
            }
            at = cut.end.min(piece.end);
        }
        shown.push_str(&escape::bytes(&bytes[at..piece.end]));
        shown
    }

    /// What must not be shown: secrets by the names in front of them, and known ones wherever they stand.
    fn cuts(&self, bytes: &[u8], marks: &[Mark]) -> Vec<Range<usize>> {
        if self.secrets == Secrets::Shown {
            return Vec::new();
        }
        let known = marks.iter().filter(|mark| is_secret_kind(self.kind(mark.subject)));
        secrets::merged(secrets::places(bytes).into_iter().chain(known.map(|mark| mark.range.clone())).collect())
    }

    fn binary(&self, node: &Tree, out: &mut dyn Write) -> io::Result<()> {
        let shown = if self.full { node.bytes.len() } else { node.bytes.len().min(SHOWN_BINARY) };
        let hex: String = node.bytes[..shown].iter().map(|byte| format!("{byte:02x}")).collect();
        let cut = if shown < node.bytes.len() { "…" } else { "" };
        let state = if node.opaque { ", stays closed" } else { "" };
        write!(out, "{hex}{cut} {}", self.styled(&format!("binary, {} bytes{state}", node.bytes.len()), DIM))
    }

    /// What is shown of a long text: its start, or the surroundings of the first mark.
    fn window(&self, len: usize, marks: &[Mark]) -> Range<usize> {
        if self.full || len <= SHOWN {
            return 0..len;
        }
        let first = marks.first().map_or(0..0, |mark| mark.range.clone());
        let start = if first.end <= SHOWN { 0 } else { first.start.saturating_sub(SHOWN / 4) };
        start..(start + SHOWN).max(first.end).min(len)
    }

    /// Known values in `bytes`, by their place.
    fn marks(&self, bytes: &[u8]) -> Vec<Mark> {
        let mut hits = Vec::new();
        self.planted.search(bytes, &mut hits);
        hits.sort_by_key(|hit| (hit.range.start, usize::MAX - hit.range.end));
        let named = hits.into_iter().flat_map(|hit| {
            let subjects = &self.planted.pattern(hit.pattern).subjects;
            subjects.iter().map(move |subject| Mark { range: hit.range.clone(), subject: *subject })
        });
        named.collect()
    }

    fn name(&self, subject: Subject) -> &str {
        match subject {
            Subject::Value(value) => &self.truth.values[value].name,
            Subject::Action(action) => &self.truth.actions[action].name,
        }
    }

    fn kind(&self, subject: Subject) -> &'static str {
        match subject {
            Subject::Value(value) => self.truth.values[value].kind,
            Subject::Action(action) => self.truth.actions[action].kind,
        }
    }

    fn styled(&self, text: &str, style: Style) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Text with a few control characters is better read escaped than as hex.
fn is_mostly_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let controls = text.chars().filter(|c| c.is_control()).count();
    controls * 4 < text.chars().count()
}

/// True when a node and all below it stand in the bytes around them as they are.
fn is_verbatim(node: &Tree, around: &[u8]) -> bool {
    around.get(node.span.clone()) == Some(&node.bytes)
        && node.children.iter().all(|child| is_verbatim(child, &node.bytes))
}

/// True for the value in `{"name":"password","value":"..."}`: a neighbour in the same object says what it holds.
fn is_named_by_a_neighbour(at: &str, neighbours: &[&Tree]) -> bool {
    const NAMING: [&str; 8] = ["name", "key", "id", "field", "label", "type", "n", "k"];
    let split = |at: &str| {
        at.rfind(['.', '['])
            .map_or((String::new(), at.to_owned()), |end| (at[..end].to_owned(), at[end + 1..].to_lowercase()))
    };
    let (object, own) = split(at);
    neighbours.iter().any(|tree| {
        let Some(name) = tree.step.as_ref().and_then(|step| step.at.as_deref()) else { return false };
        let (around, name) = split(name);
        let names = around == object && name != own && NAMING.contains(&name.as_str());
        names && std::str::from_utf8(&tree.bytes).is_ok_and(|text| text.len() < SHOWN && is_secret_field(text))
    })
}

const LABEL: Style = Style::new().bold();
const LAYER: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();
const MARKED: Style = AnsiColor::Yellow.on_default().bold();

#[cfg(test)]
mod tests {
    use super::*;
    use tattletale_core::decode::{Hint, Limits, tree};
    use tattletale_core::model::Value;

    fn printed(input: &[u8], find: &str) -> String {
        printed_as(Secrets::Masked, input, "text", find)
    }

    fn printed_as(secrets: Secrets, input: &[u8], kind: &'static str, find: &str) -> String {
        let value = Value { name: "v".into(), kind, value: find.into() };
        let truth = GroundTruth { values: vec![value], ..GroundTruth::default() };
        let (tree, _) = tree(input, Hint::default(), &Limits::default());
        let mut out = Vec::new();
        TreePrinter::new(truth, secrets, false, false).print("input", false, &tree, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn chains_on_one_line_and_fields_on_their_own() {
        // {"user":"zoe","n":1} in base64 in a form
        let text = printed(b"data=eyJ1c2VyIjoiem9lIiwibiI6MX0%3D&v=1", "zoe");
        let wanted = "input › form  39 bytes\n\
                      ├─ data › base64 › json  20 bytes\n\
                      │  ├─ $.user  «zoe»  ◀ v\n\
                      │  └─ $.n  1\n\
                      └─ v  1\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn what_would_act_on_a_terminal_is_shown_as_text() {
        let text = printed(br#"{"a":"x\u001b[31mred \u202e"}"#, "nothing");
        assert!(text.contains("x\\x1b[31mred \\u{202e}"), "{text}");
    }

    #[test]
    fn long_values_are_shown_around_the_mark() {
        let text = printed(format!("{}needle{}", "-".repeat(500), "-".repeat(500)).as_bytes(), "needle");
        assert!(text.contains("«needle»") && text.contains("1006 bytes"), "{text}");
        assert!(text.len() < 300);
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let visit = "https://clinic.example/reset?token=HUSH1&page=2";
        let cases: [(&str, &'static str, &str, &str); 7] = [
            (visit, "visit", visit, "https://«clinic.example/reset?token=[masked]&page=2»  ◀ v"),
            (r#"{"u":"https://x:HUSH1@h.example/?token=HUSH2"}"#, "text", "none", "[masked]@h.example/?token=[masked]"),
            ("a=1&u=https%3A%2F%2Fx%3AHUSH1%40h.example%2F%3Ftoken%3DHUSH2", "text", "none", "[masked]@h.example/"),
            (r#"{"a":{"k":"HUSH1-battery-staple"}}"#, "password", "HUSH1-battery-staple", "$.a.k  «[masked]»  ◀ v"),
            (r#"{"a":{"HUSH1-battery-staple":1}}"#, "token", "HUSH1-battery-staple", "$.a.[masked]  1"),
            (r#"{"name":"password","value":"HUSH1"}"#, "text", "none", "$.value  masked, 5 bytes"),
            ("password: HUSH1\nemail: ann@example.org", "text", "none", "password: [masked]\\nemail: ann@"),
        ];
        for (input, kind, find, expected) in cases {
            let text = printed_as(Secrets::Masked, input.as_bytes(), kind, find);
            assert!(!text.contains("HUSH") && text.contains(expected), "{input}:\n{text}");
            let text = printed_as(Secrets::Shown, input.as_bytes(), kind, find);
            assert!(text.contains("HUSH1") && !text.contains("masked"), "{input}:\n{text}");
        }
    }
}
