//! Where identifiers were seen: every use of every form, and of each the first place by field, session and mode.

use super::fields::{Group, Study};
use super::forms::Members;
use super::shape;
use super::verdict::{NoIdentifier, Verdict};
use super::{Id, LinkField};
use std::collections::HashMap;

/// Places of one identifier that are kept.
const PLACES: usize = 256;
/// Uses of identifiers that are looked at together.
const SIGHTINGS: usize = 2_000_000;

/// Evidence: the first use of a form of an identifier in one field, session and mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which form, as index into [`Id::forms`].
    pub form: usize,
    /// Which field, as index into [`super::Links::fields`]: it has host, part and path.
    pub field: usize,
    /// Which session, as index into the study.
    pub session: usize,
    /// Index of the capture in the session.
    pub capture: usize,
    /// Exchange in the capture.
    pub exchange: usize,
    /// Mode of the use, else of the session.
    pub mode: Option<&'static str>,
    /// How many uses there are like this one.
    pub uses: usize,
}

/// One use of an identifier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) id: usize,
    pub(super) field: usize,
    pub(super) session: u32,
    pub(super) device: Option<u32>,
    pub(super) mode: Option<&'static str>,
    pub(super) record: u32,
    /// Capture and exchange, after the place of the session in time: sorts as it happened.
    pub(super) when: (usize, u32, u32),
}

/// Gives the identifiers their places, drops those that were nowhere, and numbers the rest.
pub(super) fn find(
    study: &Study<'_>,
    groups: &[Group<'_>],
    members: &Members,
    mut ids: Vec<Id>,
) -> (Vec<Id>, Vec<Sighting>) {
    let mut sightings: Vec<Sighting> = Vec::new();
    let mut places: HashMap<(usize, usize, usize, u32, Option<&'static str>), usize> = HashMap::new();
    for (index, group) in groups.iter().enumerate() {
        for &(session, field) in &group.members {
            let found: Vec<Option<(usize, usize)>> =
                field.values.iter().map(|value| members.get(&shape::key(value)).copied()).collect();
            if found.iter().all(Option::is_none) {
                continue;
            }
            for used in &field.uses {
                let Some((id, form)) = used.value.and_then(|value| found[value as usize]) else { continue };
                let mode = study.mode(session, used.mode);
                let known = &mut ids[id];
                let next = known.places.len();
                match places.get(&(id, form, index, session, mode)) {
                    Some(place) => known.places[*place].uses += 1,
                    None if next >= PLACES => known.more_places += 1,
                    None => {
                        places.insert((id, form, index, session, mode), next);
                        known.places.push(Place {
                            form,
                            field: index,
                            session: session as usize,
                            capture: used.capture as usize,
                            exchange: used.exchange as usize,
                            mode,
                            uses: 1,
                        });
                    }
                }
                if sightings.len() < SIGHTINGS {
                    sightings.push(Sighting {
                        id,
                        field: index,
                        session,
                        device: study.device(session),
                        mode,
                        record: used.record,
                        when: (study.rank(session), used.capture, used.exchange),
                    });
                }
            }
        }
    }
    // What was written stands after what it is a field of: back into the order of time.
    sightings.sort_by_key(|sighting| (sighting.field, sighting.when, sighting.record));
    let mut renumbered = vec![usize::MAX; ids.len()];
    let mut kept: Vec<(usize, Id)> = ids.into_iter().enumerate().filter(|(_, id)| !id.places.is_empty()).collect();
    // In the order of the fields, so that the label of an identifier does not depend on what was planted.
    kept.sort_by_key(|(_, id)| id.places.iter().map(|place| (place.session, place.field, place.exchange)).min());
    kept.iter_mut().enumerate().for_each(|(number, (before, id))| {
        renumbered[*before] = number;
        id.number = number + 1;
    });
    sightings.iter_mut().for_each(|sighting| sighting.id = renumbered[sighting.id]);
    (kept.into_iter().map(|(_, id)| id).collect(), sightings)
}

/// A field that holds now this, now that identifier (signed out and signed in) has no one value that stays: it
/// identifies because what it holds is known from fields that do.
pub(super) fn follow(fields: &mut [LinkField], ids: &[Id], sightings: &[Sighting]) {
    let lasting: Vec<bool> = ids.iter().map(|id| lasts(fields, id)).collect();
    let mut held: HashMap<usize, usize> = HashMap::new();
    for sighting in sightings.iter().filter(|sighting| lasting[sighting.id]) {
        *held.entry(sighting.field).or_default() += 1;
    }
    for (field, held) in held {
        let field = &mut fields[field];
        let open = matches!(
            field.verdict,
            Verdict::Rotating(_)
                | Verdict::Watched
                | Verdict::No(
                    NoIdentifier::Changes | NoIdentifier::Alike | NoIdentifier::TooFewBits | NoIdentifier::Looks(_)
                )
        );
        if open && held * 5 >= field.uses * 4 {
            field.verdict = Verdict::Identifier;
        }
    }
}

/// Planted, or seen in a field that identifies in two sessions or in two modes.
fn lasts(fields: &[LinkField], id: &Id) -> bool {
    let places = || id.places.iter().filter(|place| fields[place.field].verdict == Verdict::Identifier);
    let mut places_of = places();
    let Some(first) = places_of.next() else { return id.known.is_some() };
    id.known.is_some() || places_of.any(|place| (place.session, place.mode) != (first.session, first.mode))
}
