//! A tree of layers for a person: every chain of single layers on one line, every field on its own, known values
//! marked where they stand.

use super::escape;
use super::redact::is_secret_field;
use crate::decode::{NAME, Tree};
use crate::detect::Planted;
use crate::model::{GroundTruth, Subject};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use std::ops::Range;

/// Bytes of a value that are shown unless it is to be shown in full.
const SHOWN: usize = 160;

/// Bytes of binary that are shown, as hex.
const SHOWN_BINARY: usize = 24;

/// Prints trees, marking what a ground truth knows.
pub struct TreePrinter {
    planted: Planted,
    truth: GroundTruth,
    colour: bool,
    full: bool,
}

/// A mark: where, and what stands there.
type Mark = (Range<usize>, String);

impl TreePrinter {
    /// Marks the values and actions of `truth`; `full` shows long values whole.
    pub fn new(truth: GroundTruth, colour: bool, full: bool) -> Self {
        Self { planted: Planted::new(&truth), truth, colour, full }
    }

    /// Prints one tree under its label; a `secret` one (a cookie, a token) with its text masked.
    pub fn print(&self, label: &str, secret: bool, tree: &Tree, out: &mut dyn Write) -> io::Result<()> {
        self.node(label, secret, tree, "", out)
    }

    fn node(&self, label: &str, secret: bool, tree: &Tree, indent: &str, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.styled(&escape::text(label), LABEL))?;
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
            let secret = secret || is_secret_field(at);
            self.node(at, secret, child, &format!("{indent}{below}"), out)?;
        }
        Ok(())
    }

    fn leaf(&self, secret: bool, node: &Tree, out: &mut dyn Write) -> io::Result<()> {
        let marks = self.marks(&node.bytes);
        write!(out, "  ")?;
        if secret {
            write!(out, "{}", self.styled(&format!("masked, {} bytes", node.bytes.len()), DIM))?;
        } else if node.text || !marks.is_empty() || is_mostly_text(&node.bytes) {
            self.text(&node.bytes, &marks, out)?;
        } else {
            self.binary(node, out)?;
        }
        let mut names: Vec<&str> = marks.iter().map(|(_, name)| name.as_str()).collect();
        names.dedup();
        if !names.is_empty() {
            write!(out, "  {}", self.styled(&format!("◀ {}", escape::text(&names.join(", "))), MARKED))?;
        }
        writeln!(out)
    }

    fn text(&self, bytes: &[u8], marks: &[Mark], out: &mut dyn Write) -> io::Result<()> {
        let window = self.window(bytes.len(), marks);
        let cut = |missing: bool| if missing { self.styled("…", DIM) } else { String::new() };
        write!(out, "{}", cut(window.start > 0))?;
        let mut at = window.start;
        for (range, _) in marks {
            let range = range.start.max(at)..range.end.min(window.end);
            if range.start >= range.end {
                continue;
            }
            write!(out, "{}", escape::bytes(&bytes[at..range.start]))?;
            let (open, close) = if self.colour { ("", "") } else { ("«", "»") };
            write!(out, "{open}{}{close}", self.styled(&escape::bytes(&bytes[range.clone()]), MARKED))?;
            at = range.end;
        }
        write!(out, "{}{}", escape::bytes(&bytes[at..window.end]), cut(window.end < bytes.len()))?;
        match window.len() < bytes.len() {
            true => write!(out, "{}", self.styled(&format!(" {} bytes", bytes.len()), DIM)),
            false => Ok(()),
        }
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
        let first = marks.first().map_or(0..0, |(range, _)| range.clone());
        let start = if first.end <= SHOWN { 0 } else { first.start.saturating_sub(SHOWN / 4) };
        start..(start + SHOWN).max(first.end).min(len)
    }

    /// Known values in `bytes`, by their place.
    pub fn marks(&self, bytes: &[u8]) -> Vec<Mark> {
        let mut hits = Vec::new();
        self.planted.search(bytes, &mut hits);
        hits.sort_by_key(|hit| (hit.range.start, usize::MAX - hit.range.end));
        let named = hits.into_iter().flat_map(|hit| {
            let subjects = &self.planted.pattern(hit.pattern).subjects;
            subjects.iter().map(move |subject| (hit.range.clone(), self.name(*subject)))
        });
        named.collect()
    }

    fn name(&self, subject: Subject) -> String {
        match subject {
            Subject::Value(value) => self.truth.values[value].name.clone(),
            Subject::Action(action) => self.truth.actions[action].name.clone(),
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

const LABEL: Style = Style::new().bold();
const LAYER: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();
const MARKED: Style = AnsiColor::Yellow.on_default().bold();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Hint, Limits, tree};
    use crate::model::Value;

    fn printed(input: &[u8], find: &str) -> String {
        let value = Value { name: "v".into(), kind: "text", value: find.into() };
        let truth = GroundTruth { values: vec![value], ..GroundTruth::default() };
        let (tree, _) = tree(input, Hint::default(), &Limits::default());
        let mut out = Vec::new();
        TreePrinter::new(truth, false, false).print("input", false, &tree, &mut out).unwrap();
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
}
