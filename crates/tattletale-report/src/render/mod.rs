//! Reports: what an audit found, and what it could not see, for a person or for another program.
//!
//! A renderer is pure: it turns a [`Report`] into bytes, without clock, files or printing. What is shown was written
//! by the party under test, and a written report travels further than the terminal it was made on. So every renderer
//! takes the strings it shows from [`redact::Masks`], which hides what must not travel and makes visible what would
//! otherwise act on the reader's terminal or eyes ([`escape`]). A renderer that reaches past it is a bug.
//!
//! Adding an output costs one file and two lines: its `mod` line and its entry in [`RENDERERS`].

mod brief;
pub mod command;
mod disguised;
pub mod escape;
mod excerpt;
mod hashes;
mod html;
mod json;
pub mod layers;
pub mod meaning;
mod operators;
pub mod page;
pub mod paragraph;
pub mod redact;
mod secrets;
pub mod study;
mod summary;
mod text;
pub mod tree;
mod views;
pub mod words;

use std::io::{self, Write};
use tattletale_core::model::Report;

/// One kind of output.
pub trait Renderer: Sync {
    /// Name on the command line.
    fn name(&self) -> &'static str;

    /// One line of help.
    fn about(&self) -> &'static str;

    /// Writes the whole report; fails only when `out` does.
    fn render(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()>;
}

/// All outputs, the one for a person at a terminal first: it is the default.
pub static RENDERERS: &[&dyn Renderer] = &[TEXT, BRIEF, JSON, HTML];

/// For a person at a terminal.
pub const TEXT: &dyn Renderer = &text::Text;

/// The answer on one screen.
pub const BRIEF: &dyn Renderer = &brief::Brief;

/// For other programs.
pub const JSON: &dyn Renderer = &json::Json;

/// One page for everybody.
pub const HTML: &dyn Renderer = &html::Html;

/// How to show a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Show planted values and addresses in written reports too. Cookies, tokens and passwords stay masked.
    pub reveal: bool,
    /// Colour the terminal output.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Ground truth file as given, for the commands that show a finding again.
    pub truth_file: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { reveal: false, colour: false, width: 100, truth_file: None }
    }
}
