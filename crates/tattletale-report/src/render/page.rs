//! The frame of every page, for pages that are made outside of the core: they have the same policy and style.

pub use super::html::{document, scroll};
