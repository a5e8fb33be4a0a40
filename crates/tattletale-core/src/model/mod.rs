//! The words of the project as types: exchanges and their parts, ground truth, sightings, findings, coverage.
//!
//! Nothing here reads, decodes or judges. Every other module speaks in these types, and `model` imports none of
//! them. Adding a capture format or a layer should not touch this folder.

pub mod app;
mod blind;
mod connection;
mod coverage;
mod exchange;
mod fault;
mod fields;
mod finding;
mod operator;
mod path;
mod personal;
mod suffix;
pub mod truth;
pub mod url;
pub mod written;

pub use blind::{Blind, BlindKind};
pub use connection::Connection;
pub use coverage::{BlindCount, Coverage, Hashes, OpaqueKind, OpaquePlace, ReceiverCoverage};
pub use exchange::{Body, Captured, Exchange, Fidelity, Header, Message, Request, Response};
pub use fault::{Fault, FaultKind};
pub use fields::{Field, Fields, Use};
pub use finding::{
    Among, CaptureInfo, Carrier, Excerpt, Finding, Odds, Party, Receiver, Report, Sighting, Strength, Subject,
};
pub use jiff::Timestamp;
pub use operator::{About, Aspect, Fact, Operator, Source, Statement, statements};
pub use path::{Part, Step, display_path};
pub use personal::Personal;
pub use suffix::{has_known_suffix, registrable_domain};
pub use truth::{Action, GroundTruth, Value};
pub use written::WrittenError;
