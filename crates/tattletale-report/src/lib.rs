//! What follows from findings, and how it is told.
//!
//! As pure as the core, and apart from it because an audit knows neither of studies nor of how they look: `study` puts
//! several sessions beside each other, `render` turns reports and studies into text, JSON and pages. Imports point one
//! way: `study < render`.

pub mod render;
pub mod study;
