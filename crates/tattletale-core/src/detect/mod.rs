//! Detectors point at places in what the decoder unfolds.

pub mod chance;
pub mod planted;
