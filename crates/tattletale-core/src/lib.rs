//! The pure core of Tattletale: captures in, findings out.
//!
//! No sockets, processes, async, clock or printing: what needs one of these is handed in by the binary. Modules
//! import only from those left of them, which a test holds:
//! `model < codec < export < import < decode < detect < attribute < audit`. What follows from findings
//! and how it is told is the crate `tattletale-report`.

pub mod attribute;
pub mod audit;
pub mod codec;
pub mod decode;
pub mod detect;
pub mod export;
pub mod import;
pub mod model;
