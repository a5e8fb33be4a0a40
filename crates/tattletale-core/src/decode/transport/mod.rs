//! Known transports: what the layers of a message mean, for the few services whose format was reported.
//!
//! They add meaning, never access. A [`Transport`] is given what the general decoder opened already and reads in it:
//! which client wrote this, whether its checksum holds, how often and about whom it speaks. Nothing that is found
//! depends on one, so a service that renames itself loses its name here and nothing else.

mod sensors;
mod spock;

use super::{LAYERS, NAME, Tree};
use crate::model::{Exchange, Part};
use serde_json::Value;

/// A part with what the general decoder made of it.
#[derive(Debug, Clone)]
pub struct Unfolded {
    /// Which part.
    pub part: Part,
    /// What is in it.
    pub tree: Tree,
}

/// A service's format, as far as it was reported.
pub trait Transport: Sync {
    /// Name as its maker writes it.
    fn name(&self) -> &'static str;

    /// What it is and where its format is known from, in one sentence for the documentation.
    fn about(&self) -> &'static str;

    /// What an exchange means, if it is of this kind; `parts` are those of `exchange`, unfolded.
    fn recognise(&self, exchange: &Exchange, parts: &[Unfolded]) -> Option<Meaning>;
}

/// All transports.
pub static TRANSPORTS: &[&dyn Transport] = &[&sensors::SensorsAnalytics, &spock::Spock];

/// What every transport makes of an exchange: mostly nothing.
pub fn recognise(exchange: &Exchange, parts: &[Unfolded]) -> Vec<Meaning> {
    TRANSPORTS.iter().filter_map(|transport| transport.recognise(exchange, parts)).collect()
}

/// What a message means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// Name of the transport.
    pub name: &'static str,
    /// Which client wrote it, in which of its forms.
    pub form: &'static str,
    /// What the format promises of itself, and whether that is so.
    pub checks: Vec<Check>,
    /// What else is told, a sentence each. They quote the capture: hostile text that a renderer must escape.
    pub notes: Vec<String>,
}

/// Something that a message says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub what: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// What it rests on.
    pub why: String,
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// What would be needed to tell is not there.
    Unknown,
}

impl Verdict {
    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Unknown => "unknown",
        }
    }
}

impl Check {
    fn new(what: &'static str, holds: bool, why: impl Into<String>) -> Self {
        Self { what, verdict: if holds { Verdict::Holds } else { Verdict::Fails }, why: why.into() }
    }

    fn unknown(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Unknown, why: why.into() }
    }
}

/// The value of a field of a form.
fn field<'t>(form: &'t Tree, name: &str) -> Option<&'t Tree> {
    form.children
        .iter()
        .find(|child| child.step.as_ref().is_some_and(|step| step.layer == "form" && step.at.as_deref() == Some(name)))
}

/// The same as text.
fn text<'t>(form: &'t Tree, name: &str) -> Option<&'t str> {
    std::str::from_utf8(&field(form, name)?.bytes).ok()
}

/// A JSON text below a field, with the layers that were opened around it.
struct Document<'t> {
    layers: Vec<&'static str>,
    json: Value,
    tree: &'t Tree,
}

impl<'t> Document<'t> {
    /// Goes down the layers that have one place only.
    fn below(field: &'t Tree) -> Option<Self> {
        let (mut tree, mut layers) = (field, Vec::new());
        loop {
            if tree.children.iter().any(|child| child.step.as_ref().is_some_and(|step| step.layer == "json")) {
                return Some(Self { layers, json: serde_json::from_slice(&tree.bytes).ok()?, tree });
            }
            let inner = |child: &&Tree| child.step.as_ref().is_some_and(|step| step.at.is_none() && step.layer != NAME);
            tree = tree.children.iter().find(inner)?;
            layers.extend(tree.step.as_ref().map(|step| step.layer));
        }
    }

    fn is_gzipped(&self) -> bool {
        self.layers.contains(&"gzip")
    }

    /// The layers from the field inwards, for a sentence.
    fn way(&self) -> String {
        match self.layers.as_slice() {
            [] => "plain JSON".to_owned(),
            layers => format!("JSON in {}", layers.iter().rev().copied().collect::<Vec<_>>().join(" in ")),
        }
    }
}

/// True when a key opened something in here.
fn was_unsealed(tree: &Tree) -> bool {
    let keyed = |name: &str| LAYERS.iter().any(|layer| layer.keyed() && layer.name() == name);
    tree.step.as_ref().is_some_and(|step| keyed(step.layer)) || tree.children.iter().any(was_unsealed)
}

/// Longest quotation in a note, in characters.
const LONGEST_QUOTE: usize = 64;

/// A value of the capture for a note: no longer than one reads.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Texts as they are, anything else as JSON.
fn plain(value: &Value) -> String {
    quoted(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transport_says_what_it_is() {
        for transport in TRANSPORTS {
            assert!(transport.about().ends_with('.') && !transport.name().is_empty());
        }
        assert_eq!(quoted(&"ż".repeat(100)).chars().count(), LONGEST_QUOTE + 1);
    }
}
