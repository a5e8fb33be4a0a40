//! Detectors point at places in what the decoder unfolds.
//!
//! [`look`] is the way in: it unfolds one part and returns what was seen in it. Today one thing is looked for, what
//! a ground truth knows ([`planted`]).

mod beside;
pub mod chance;
mod closed;
mod digests;
mod filter;
mod frame;
pub mod personal;
mod places;
pub mod planted;
mod searched;
mod seen;
mod sighter;
mod texts;

use crate::decode::{Both, Hint, Limits, Visitor, Walked, walk};
pub use closed::Closed;
pub use digests::salted;
pub use filter::RepeatedKey;
pub use places::Places;
pub use planted::Planted;
pub use searched::{SEARCHED, Searched};
pub use seen::{Seen, Unexplained};
pub use sighter::Sighter;

/// Unfolds one part and searches every layer of it; `places` goes on counting.
pub fn look(planted: &Planted, bytes: &[u8], hint: Hint<'_>, limits: &Limits, places: &mut Places) -> (Seen, Walked) {
    let mut sighter = Sighter::new(planted, places).deep(limits.deep);
    let walked = walk(bytes, hint, limits, &mut sighter);
    (sighter.seen(), walked)
}

/// The same, with another visitor on the same walk.
pub fn look_beside(
    planted: &Planted,
    bytes: &[u8],
    hint: Hint<'_>,
    limits: &Limits,
    places: &mut Places,
    beside: &mut dyn Visitor,
) -> (Seen, Walked) {
    let mut sighter = Sighter::new(planted, places).deep(limits.deep);
    let walked = walk(bytes, hint, limits, &mut Both(&mut sighter, beside));
    (sighter.seen(), walked)
}
