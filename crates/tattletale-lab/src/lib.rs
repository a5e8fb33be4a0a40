//! The lab: the telemetry system that was reported in April 2020, as a specimen on loopback with made-up people.
//!
//! It exists so that an audit can be held against known truth. It is a model to be audited, never to be used on
//! anyone: emitters and collectors bind to and talk to loopback only and nothing can change that; reported host
//! names are labels; collectors take only events with a token that this lab issued. The crate offers scenarios, no
//! SDK.

pub mod analytics;
pub mod browser;
pub mod clock;
pub mod collector;
pub mod details;
pub mod device;
pub mod dry;
#[allow(unreachable_pub, reason = "scenarios are what the crate offers; what they are made of is nobody's SDK")]
mod emitter;
pub mod endpoints;
mod fields;
pub mod front;
pub mod lab;
pub mod loopback;
pub mod people;
pub mod registry;
pub mod scenario;
pub mod score;
pub mod seeded;
mod serve;
pub mod stage;
pub mod store;
pub mod tls;
pub mod token;
pub mod variant;
pub mod verdicts;
pub mod wire;

pub use emitter::sealed;
