//! Control captures: the same app or page without the planted values. What is seen there is there by chance.

use super::{AuditError, Capture, Options, names};
use crate::decode::{Hint, parts};
use crate::detect::{Places, Planted, look};
use crate::import::{self, Wanted};
use crate::model::{Captured, Subject};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Everything of the ground truth that is seen in any of the captures, in whatever disguise and by whomever it was
/// sent. Fails on a capture that cannot be read: it would prove nothing.
pub(super) fn seen(
    controls: &[Capture<'_>],
    planted: &Planted,
    options: &Options,
) -> Result<BTreeSet<Subject>, AuditError> {
    let mut subjects = BTreeSet::new();
    let wanted = Wanted { request_bodies: true, response_bodies: options.responses };
    for control in controls {
        let read = control.input().and_then(|input| {
            import::read(input, wanted, |captured| {
                let exchange = match captured {
                    Captured::Exchange(exchange) => exchange,
                    Captured::Blind(blind) => {
                        let name = names::name_of(&blind).map(|(_, name)| name.as_bytes()).unwrap_or_default();
                        let (seen, _) = look(planted, name, Hint::default(), &options.limits, &mut Places::default());
                        subjects.extend(seen.sightings.iter().map(|sighting| sighting.subject));
                        return ControlFlow::Continue(());
                    }
                };
                for view in parts(&exchange, options.responses) {
                    let (seen, _) = look(planted, view.bytes, view.hint, &options.limits, &mut Places::default());
                    let seen = seen.sightings.iter().flat_map(|sighting| [Some(sighting.subject), sighting.within]);
                    subjects.extend(seen.flatten());
                }
                ControlFlow::Continue(())
            })
        });
        read.map_err(|error| AuditError { name: control.name.clone(), error })?;
    }
    Ok(subjects)
}
