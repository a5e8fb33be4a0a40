//! What a maker declared to an app store, read as claims.
//!
//! Four formats are known: the data safety form of the Play Console (CSV) and the section of a Google Play listing
//! (JSON), the privacy labels of an App Store listing (JSON) and the privacy manifest of an app (property list). Each
//! is read to one [`Declaration`]: which categories of data it says are collected, linked to the person, shared. What is
//! declared as collected is no claim; what is left out, not linked or not shared is one.
//!
//! The files come from the party under test: their size and depth are bounded before they are parsed.

mod apple;
mod categories;
mod play;

pub use categories::{CATEGORIES, Category};

use super::{Claim, Kinds, Need, Needed, Rule, To};
use std::collections::BTreeMap;

/// Longest declaration that is read, in bytes; a listing with its texts has less.
pub const LONGEST: usize = 4 << 20;

/// Why a declaration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclaredError {
    /// It is longer than [`LONGEST`], or nests deeper than any real one.
    #[error("this is larger or deeper than a declaration can be")]
    TooLarge,
    /// It is of no known format.
    #[error("this is no data safety form, no store listing with privacy labels, and no privacy manifest")]
    Unknown,
    /// It breaks the rules of its own format.
    #[error("the {format} cannot be read: {reason}")]
    Broken {
        /// Name of the format.
        format: &'static str,
        /// What is wrong, with its place where that is known.
        reason: String,
    },
}

/// What is declared of one category of data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) collected: bool,
    /// Whether it is tied to the person, where the format says so.
    pub(super) linked: Option<bool>,
    /// Whether it goes to others, where the format says so.
    pub(super) shared: Option<bool>,
}

/// What a file declares.
#[derive(Debug, Default)]
pub(super) struct Declaration {
    /// Name of the format, for sources of claims.
    pub(super) format: &'static str,
    /// By name of the category; one that is not in it is not spoken of.
    pub(super) categories: BTreeMap<&'static str, Declared>,
    /// It says that all is encrypted on its way.
    pub(super) encrypted: bool,
    /// It says that nothing is used for tracking.
    pub(super) no_tracking: bool,
}

impl Declaration {
    /// Of a format that speaks of every category: what is not named later is declared as not collected.
    pub(super) fn of_all(format: &'static str, shared: Option<bool>) -> Self {
        let silent = Declared { shared, ..Declared::default() };
        let categories = CATEGORIES.iter().map(|category| (category.name, silent)).collect();
        Self { format, categories, ..Self::default() }
    }

    pub(super) fn declare(&mut self, category: &'static str) -> &mut Declared {
        self.categories.entry(category).or_default()
    }
}

/// Reads a declaration in any of the formats, as claims.
pub fn read(bytes: &[u8]) -> Result<Vec<Claim>, DeclaredError> {
    if bytes.len() > LONGEST {
        return Err(DeclaredError::TooLarge);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let declaration = match text.trim_ascii_start() {
        json @ [b'{' | b'[', ..] => {
            let broken = |error: serde_json::Error| broken("store listing", error);
            let listing: serde_json::Value = serde_json::from_slice(json).map_err(broken)?;
            play::listing(&listing).or_else(|| apple::labels(&listing)).ok_or(DeclaredError::Unknown)?
        }
        [b'<', ..] | [b'b', b'p', b'l', ..] => apple::manifest(bytes)?,
        form if form.starts_with(b"Question ID") || form.starts_with(b"\"Question ID") => play::form(form)?,
        _ => return Err(DeclaredError::Unknown),
    };
    Ok(claims(&declaration))
}

fn broken(format: &'static str, error: impl std::fmt::Display) -> DeclaredError {
    DeclaredError::Broken { format, reason: error.to_string() }
}

/// The first member of that name, anywhere in a document (whose depth its parser bounds).
fn member<'v>(value: &'v serde_json::Value, name: &str) -> Option<&'v serde_json::Value> {
    match value {
        serde_json::Value::Object(map) => map.get(name).or_else(|| map.values().find_map(|inner| member(inner, name))),
        serde_json::Value::Array(items) => items.iter().find_map(|inner| member(inner, name)),
        _ => None,
    }
}

/// How often anything at all must have been done before silence says something.
const ENOUGH: u32 = 5;

fn claims(declaration: &Declaration) -> Vec<Claim> {
    let mut claims = Vec::new();
    for category in CATEGORIES {
        let Some(declared) = declaration.categories.get(category.name) else { continue };
        let source = || format!("{}: {}", declaration.format, category.words);
        let told = || Kinds::of(category.kinds.to_vec());
        if !declared.collected && declared.shared != Some(true) {
            claims.push(Claim {
                name: format!("declares-no-{}", category.name),
                says: format!("Does not declare that it collects {}.", category.words),
                source: source(),
                caveat: Some("The stores exempt what a server does not keep; traffic cannot tell that apart.".into()),
                refuted_by: vec![Rule { told: told(), ..Rule::default() }],
                needs: needs(category),
                ..Claim::default()
            });
        }
        if declared.collected && declared.linked == Some(false) {
            claims.push(Claim {
                name: format!("declares-{}-not-linked", category.name),
                says: format!("Declares that {} is not linked to the person.", category.words),
                source: source(),
                refuted_by: vec![Rule { told: told(), with: identity(category), ..Rule::default() }],
                needs: needs(category),
                ..Claim::default()
            });
        }
        if declared.shared == Some(false) {
            claims.push(Claim {
                name: format!("declares-{}-not-shared", category.name),
                says: format!("Does not declare that it shares {} with others.", category.words),
                source: source(),
                caveat: Some("The store exempts those who work on the maker's behalf.".into()),
                otherwise_untested: Some("sharing between servers leaves no trace on the way from the phone".into()),
                refuted_by: vec![Rule { told: told(), to: To::AnotherOrganisation, ..Rule::default() }],
                ..Claim::default()
            });
        }
    }
    if declaration.encrypted {
        let encrypted = super::ready::by_name("encrypted").unwrap_or_default();
        claims.push(Claim {
            name: "declares-encrypted".into(),
            says: "Declares that data is encrypted in transit.".into(),
            source: declaration.format.into(),
            ..encrypted
        });
    }
    if declaration.no_tracking {
        claims.push(Claim {
            name: "declares-no-tracking".into(),
            says: "Declares that it does not use data to track.".into(),
            source: declaration.format.into(),
            otherwise_untested: Some("what a receiver joins with data of others is nothing that traffic shows".into()),
            ..Claim::default()
        });
    }
    claims
}

fn needs(category: &Category) -> Vec<Need> {
    let need = |what, at_least| Need { what, mode: None, switch: None, at_least };
    let mut needs = Vec::new();
    if !category.planted.is_empty() {
        needs.push(need(Needed::Planted(Kinds::of(category.planted.to_vec())), 1));
    }
    let done = if category.done.is_empty() { &[super::kinds::ANYTHING][..] } else { category.done };
    needs.push(need(Needed::Done(Kinds::of(done.to_vec())), ENOUGH));
    needs
}

/// What ties data of a category to a person: all that names or numbers them, but for what the category itself is.
fn identity(category: &Category) -> Kinds {
    let groups = ["person", "device", "pseudonym"];
    let own = |group: &&str| category.kinds.iter().any(|kind| super::kinds::includes(group, kind));
    Kinds::of(groups.into_iter().filter(|group| !own(group)).collect())
}

#[cfg(test)]
mod tests;
