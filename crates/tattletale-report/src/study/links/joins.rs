//! What identifiers join: the two modes, sessions, receivers.

use super::places::Sighting;
use super::verdict::{Turnover, Verdict};
use super::{Id, LinkField};
use std::collections::{BTreeMap, BTreeSet};

/// An identifier on both sides of a boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Which identifier, as index into [`super::Links::ids`].
    pub id: usize,
    /// What it joins.
    pub what: Joined,
    /// One place of each side, as indexes into [`Id::places`].
    pub places: Vec<usize>,
    /// Whether the value is known to be of a device or person, not of a build: planted, or seen to differ between
    /// devices.
    pub sure: bool,
}

/// What an identifier joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// Normal and incognito mode of one device.
    Modes,
    /// Sessions of one device, as indexes into the study.
    Sessions(Vec<usize>),
    /// Receivers that got it from one device, by host. Different registrable domains are different sites.
    Receivers(Vec<String>),
}

/// All joins, by identifier. Only what stays for a session joins anything: what is replaced within one may be content.
pub(super) fn joins(fields: &[LinkField], ids: &[Id], sightings: &[Sighting]) -> Vec<Join> {
    let stays = |place: &super::Place| {
        use Verdict::{Identifier, Rotating, Watched};
        matches!(fields[place.field].verdict, Identifier | Watched | Rotating(Turnover::Session | Turnover::Mode))
    };
    // By identifier and device (or session, where the device is not known): sessions, modes and hosts.
    let mut sides: BTreeMap<usize, BTreeMap<(Option<u32>, u32), Sides<'_>>> = BTreeMap::new();
    for sighting in sightings.iter().filter(|sighting| ids[sighting.id].places.iter().any(stays)) {
        let own = (sighting.device, if sighting.device.is_none() { sighting.session + 1 } else { 0 });
        let sides = sides.entry(sighting.id).or_default().entry(own).or_default();
        sides.modes.extend(sighting.mode);
        sides.sessions.insert(sighting.session as usize);
        sides.hosts.insert(&fields[sighting.field].host);
    }
    let mut joins = Vec::new();
    for (index, devices) in sides {
        let id = &ids[index];
        let sure = id.known.is_some() || id.tells_apart;
        let first = |is: &dyn Fn(&super::Place) -> bool| id.places.iter().position(is);
        let mut join = |what, places: Vec<Option<usize>>| {
            joins.push(Join { id: index, what, places: places.into_iter().flatten().collect(), sure });
        };
        if devices.values().any(|sides| sides.modes.contains("normal") && sides.modes.contains("incognito")) {
            join(Joined::Modes, ["normal", "incognito"].map(|mode| first(&|place| place.mode == Some(mode))).into());
        }
        let sessions: BTreeSet<usize> = devices
            .values()
            .filter(|sides| sides.sessions.len() > 1)
            .flat_map(|sides| sides.sessions.iter().copied())
            .collect();
        if !sessions.is_empty() {
            let places = sessions.iter().map(|session| first(&|place| place.session == *session)).collect();
            join(Joined::Sessions(sessions.into_iter().collect()), places);
        }
        let hosts: BTreeSet<&str> = devices
            .values()
            .filter(|sides| sides.hosts.len() > 1)
            .flat_map(|sides| sides.hosts.iter().copied())
            .collect();
        if !hosts.is_empty() {
            let places = hosts.iter().map(|host| first(&|place| fields[place.field].host == **host)).collect();
            join(Joined::Receivers(hosts.into_iter().map(str::to_owned).collect()), places);
        }
    }
    joins
}

/// Where one device sent one identifier.
#[derive(Default)]
struct Sides<'f> {
    modes: BTreeSet<&'static str>,
    sessions: BTreeSet<usize>,
    hosts: BTreeSet<&'f str>,
}
