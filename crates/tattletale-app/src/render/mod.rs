//! An app, a comparison or a search in words: for a terminal, as a page, and as JSON.
//!
//! What is shown was written by the app's maker, so every string is escaped here, once ([`words`] makes sheets of
//! escaped text; [`text`] and [`html`] only arrange them). Keys are shown with `reveal` only: they are written to a key
//! file, which is what they are for.

mod compared;
mod html;
mod json;
mod text;
mod words;

pub use compared::{comparison, search};
pub use html::html;
pub use json::{app as app_json, comparison as comparison_json, search as search_json};
pub use text::text;
pub use words::{app, overview};

use tattletale_core::model::app::Fault;

use crate::find::Found;
use crate::package::Package;

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// To be noticed.
    Alarm,
    /// Beside the point.
    Quiet,
}

/// One thing that is told, with what there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// How loud.
    pub tone: Tone,
    /// What it is.
    pub head: String,
    /// More of it, a line each.
    pub facts: Vec<String>,
}

/// What is told under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its place in a page.
    pub id: &'static str,
    /// Heading.
    pub title: String,
    /// What a reader should know first.
    pub lead: Option<String>,
    /// What is told.
    pub items: Vec<Item>,
}

/// Everything that is told of one app, or of two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The answer in one sentence.
    pub headline: String,
    /// Of what.
    pub about: Vec<String>,
    /// Whether everything could be read.
    pub complete: bool,
    /// The rest; sections without items are left out.
    pub sections: Vec<Section>,
}

/// An app of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// File, with the way inside an image.
    pub file: String,
    /// Package name and version, as the manifest says them.
    pub app: Option<String>,
}

impl Named {
    /// As the package calls itself.
    pub fn of(package: &Package) -> Self {
        let manifest = package.manifest();
        let names = manifest.map(|manifest| [manifest.package.as_deref(), manifest.version.as_deref()]);
        let app = names.into_iter().flatten().flatten().collect::<Vec<_>>().join(" ");
        Self { file: package.name.clone(), app: (!app.is_empty()).then_some(app) }
    }
}

/// What a search found in one app.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// File, with the way inside an image.
    pub file: String,
    /// SHA-256 of the app's file.
    pub sha256: Option<String>,
    /// Package name.
    pub package: Option<String>,
    /// Version for people.
    pub version: Option<String>,
    /// What was found.
    pub found: Found,
}

/// A whole search.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// What was sought, as the user wrote it.
    pub sought: String,
    /// Apps that were looked at.
    pub apps: u64,
    /// In which it is.
    pub hits: Vec<Hit>,
    /// What could not be read.
    pub faults: Vec<Fault>,
}
