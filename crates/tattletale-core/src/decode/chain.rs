//! The way to a node: a list on the stack while the walk goes on, rendered only when something is found.
//!
//! A layer that adds a new kind of place adds it to [`At`]; how it reads is what people see in every report.

use super::opening::NAME;
use crate::codec::hashing::{hash, mix};
use crate::codec::json;
use crate::model::{Step, url};
use std::fmt;
use std::ops::Range;

/// The way from the part to a node, as a list on the stack: nothing is allocated until [`Chain::path`].
#[derive(Debug)]
pub struct Chain<'a> {
    parent: Option<&'a Chain<'a>>,
    /// None for a mere unescaping, which belongs to the step before it.
    step: Option<(&'static str, At<'a>)>,
    pub(super) depth: usize,
}

/// Place inside a layer; rendered only when needed.
#[derive(Debug, Clone, Copy)]
pub enum At<'a> {
    /// The layer has one place.
    Whole,
    /// A fixed word.
    Word(&'static str),
    /// A name that the data gives, percent-encoded or not.
    Name(&'a [u8]),
    /// A position, from 0.
    Index(usize),
    /// A JSONPath (RFC 9535): the way down, with keys as spans of `source`.
    Json {
        /// The JSON text.
        source: &'a [u8],
        /// Steps from the root.
        way: &'a [JsonStep],
    },
    /// The way down a tree of another format: as a JSONPath, as field numbers with dots between them, or as an XPath.
    Way(&'a [Slot<'a>]),
}

/// One step down such a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot<'a> {
    /// Member with a name.
    Key(&'a [u8]),
    /// Element, from 0.
    Index(usize),
    /// Field with a number instead of a name.
    Field(u64),
    /// Element of a markup language, told as XPath does.
    Element(&'a [u8]),
    /// Attribute of the element before it.
    Attribute(&'a [u8]),
}

/// One step of a JSONPath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonStep {
    /// Member; span of its raw key in the source.
    Key(Range<usize>),
    /// Element, from 0.
    Index(usize),
}

impl<'a> Chain<'a> {
    pub(super) const ROOT: Chain<'static> = Chain { parent: None, step: None, depth: 0 };

    #[inline]
    pub(super) fn child(&'a self, step: Option<(&'static str, At<'a>)>) -> Chain<'a> {
        Chain { parent: Some(self), step, depth: self.depth + 1 }
    }

    /// The steps, outermost first.
    pub fn path(&self) -> Vec<Step> {
        let mut path = Vec::with_capacity(self.depth);
        self.add_to(&mut path);
        path
    }

    fn add_to(&self, path: &mut Vec<Step>) {
        if let Some(parent) = self.parent {
            parent.add_to(path);
        }
        path.extend(self.last());
    }

    /// A number that the same way has in every message, and another way by nothing but chance.
    pub fn number(&self) -> u64 {
        let around = self.parent.map_or(0, Chain::number);
        self.step.map_or(around, |(layer, at)| at.mixed_with(mix(around, hash(layer.as_bytes()))))
    }

    /// The last step alone; none for a part or an unescaping.
    pub fn last(&self) -> Option<Step> {
        let (layer, at) = self.step?;
        Some(Step { layer, at: at.rendered() })
    }

    /// Whether something stands in a name instead of a value.
    pub(crate) fn is_in_name(&self) -> bool {
        match (&self.step, self.parent) {
            (Some((layer, _)), _) => *layer == NAME,
            (None, parent) => parent.is_some_and(Chain::is_in_name),
        }
    }

    /// Name of the innermost field: a form's field or a member, without the way there.
    pub fn field(&self) -> Option<String> {
        self.name().map(|name| name.meaning())
    }

    /// The same as it is written.
    pub(crate) fn name(&self) -> Option<Name<'a>> {
        let own = self.step.and_then(|(_, at)| at.name());
        own.or_else(|| self.parent.and_then(Chain::name))
    }
}

/// Name of a field as it is written, maybe with escapes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) written: &'a [u8],
    spelling: Spelling,
}

#[derive(Debug, Clone, Copy)]
enum Spelling {
    Form,
    Json,
    Plain,
}

impl Name<'_> {
    /// Whether it means what it says.
    pub(crate) fn is_plain(&self) -> bool {
        !self.written.iter().any(|byte| matches!(byte, b'%' | b'+' | b'\\'))
    }

    /// Without escapes.
    pub(crate) fn meaning(&self) -> String {
        match self.spelling {
            Spelling::Form => At::Name(self.written).to_string(),
            Spelling::Json => String::from_utf8_lossy(&json::unescape(self.written)).into_owned(),
            Spelling::Plain => String::from_utf8_lossy(self.written).into_owned(),
        }
    }
}

/// Longest name of a place that is rendered whole, in bytes: the data gives them, and a finding is small.
const LONGEST_PLACE: usize = 256;

impl<'a> At<'a> {
    /// The innermost name in it, which is empty where there is none; nothing where it does not tell of fields.
    pub(crate) fn name(&self) -> Option<Name<'a>> {
        let (written, spelling) = match *self {
            Self::Name(name) => (Some(name), Spelling::Form),
            Self::Json { source, way } => {
                let key = way.iter().rev().find_map(|step| match step {
                    JsonStep::Key(span) => Some(&source[span.clone()]),
                    JsonStep::Index(_) => None,
                });
                (key, Spelling::Json)
            }
            Self::Way(slots) => {
                let name = slots.iter().rev().find_map(|slot| match *slot {
                    Slot::Key(name) | Slot::Element(name) | Slot::Attribute(name) => Some(name),
                    Slot::Index(_) | Slot::Field(_) => None,
                });
                (name, Spelling::Plain)
            }
            Self::Whole | Self::Word(_) | Self::Index(_) => return None,
        };
        Some(Name { written: written.unwrap_or_default(), spelling })
    }
}

impl At<'_> {
    /// For [`Chain::number`]: names of members are told by their bytes, wherever these stand.
    fn mixed_with(&self, number: u64) -> u64 {
        let place = |index: usize| !(index as u64);
        match self {
            Self::Whole => mix(number, 0),
            Self::Word(word) => mix(number, hash(word.as_bytes())),
            Self::Name(name) => mix(number, hash(name)),
            Self::Index(index) => mix(number, place(*index)),
            Self::Json { source, way } => way.iter().fold(number, |number, step| match step {
                JsonStep::Key(span) => mix(number, hash(&source[span.clone()])),
                JsonStep::Index(index) => mix(number, place(*index)),
            }),
            Self::Way(slots) => slots.iter().fold(number, |number, slot| match slot {
                Slot::Key(name) | Slot::Element(name) => mix(number, hash(name)),
                Slot::Attribute(name) => mix(number, !hash(name)),
                Slot::Index(index) => mix(number, place(*index)),
                Slot::Field(field) => mix(number, *field),
            }),
        }
    }

    /// As in a path. Rendering has its price, too: of a long way only the last step is.
    fn rendered(&self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Json { source, way } if way.iter().map(JsonStep::len).sum::<usize>() > LONGEST_PLACE => {
                let last = way.last().filter(|step| step.len() < LONGEST_PLACE).map(std::slice::from_ref);
                Some(
                    last.map_or("$…".to_owned(), |way| {
                        format!("${}", At::Json { source, way }).replacen("$$", "$…", 1)
                    }),
                )
            }
            Self::Way(slots) if slots.iter().map(Slot::len).sum::<usize>() > LONGEST_PLACE => {
                let last = slots.last().filter(|slot| slot.len() < LONGEST_PLACE).map(std::slice::from_ref);
                Some(last.map_or("…".to_owned(), |way| format!("…{}", At::Way(way))))
            }
            Self::Name(name) if name.len() > LONGEST_PLACE => Some(format!("{}…", Self::Name(&name[..LONGEST_PLACE]))),
            at => {
                let mut text = String::new();
                at.write(&mut text).ok()?;
                Some(text)
            }
        }
    }

    /// As in a path. Written out for strings as well: paths are made for many places.
    #[inline]
    fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Word(word) => f.write_str(word),
            Self::Name(name) => f.write_str(&String::from_utf8_lossy(&url::percent_decode(name, true))),
            Self::Index(index) => write!(f, "{index}"),
            Self::Json { source, way } => {
                f.write_str("$")?;
                way.iter().try_for_each(|step| match step {
                    JsonStep::Index(index) => write!(f, "[{index}]"),
                    JsonStep::Key(span) => write_key(f, &json::unescape(&source[span.clone()])),
                })
            }
            Self::Way(slots) => {
                if !matches!(slots.first(), Some(Slot::Field(_) | Slot::Element(_))) {
                    f.write_str("$")?;
                }
                slots.iter().enumerate().try_for_each(|(position, slot)| match slot {
                    Slot::Key(key) => write_key(f, key),
                    Slot::Index(index) => write!(f, "[{index}]"),
                    Slot::Field(number) if position == 0 => write!(f, "{number}"),
                    Slot::Field(number) => write!(f, ".{number}"),
                    Slot::Element(name) => write!(f, "/{}", String::from_utf8_lossy(name)),
                    Slot::Attribute(name) => write!(f, "/@{}", String::from_utf8_lossy(name)),
                })
            }
        }
    }
}

impl JsonStep {
    fn len(&self) -> usize {
        match self {
            Self::Key(span) => span.len(),
            Self::Index(_) => NUMBER,
        }
    }
}

impl Slot<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Key(name) | Self::Element(name) | Self::Attribute(name) => name.len(),
            Self::Index(_) | Self::Field(_) => NUMBER,
        }
    }
}

/// Characters that a number takes about.
const NUMBER: usize = 4;

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

fn write_key(f: &mut impl fmt::Write, key: &[u8]) -> fmt::Result {
    let key = String::from_utf8_lossy(key);
    let sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-');
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
    match !key.is_empty() && (key.as_bytes().iter().all(sign) || key.chars().all(plain)) {
        true => {
            f.write_str(".")?;
            f.write_str(&key)
        }
        false => write!(f, "['{}']", key.replace('\\', "\\\\").replace('\'', "\\'")),
    }
}
