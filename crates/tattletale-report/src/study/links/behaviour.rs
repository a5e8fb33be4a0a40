//! How a field's values behave: within a session, across sessions, between modes, over time, between devices.
//!
//! That a value stays the same for one user and differs between users is what makes it an identifier: Englehardt et
//! al., "Cookies That Give You Away" (WWW 2015), find cookies that identify by visiting the same pages as several users
//! and comparing, and so does the code released with Acar et al., "The Web Never Forgets" (CCS 2014), with two crawls.
//! What they do with crawls is done here with the devices and sessions of a study. Content differs between users too,
//! but does not stay: it comes, goes and returns, which is told by the runs of equal values in the order of time.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

/// One use of a field, in the order of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    /// Index of an interned value.
    pub(super) value: u32,
    /// Index of the session, in the order of the study.
    pub(super) session: u32,
    /// Index of the device; none where it is not known which one it is.
    pub(super) device: Option<u32>,
    /// Mode of the use, else of the session.
    pub(super) mode: Option<&'static str>,
    /// Unix milliseconds, by the sender's clock where it states one.
    pub(super) at: Option<i64>,
}

/// How long a value stays, in one mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stay {
    /// The same in several sessions.
    Lasting,
    /// Another in each session, one within a session.
    Session,
    /// It is replaced within a session, after several uses; never to return.
    Time,
    /// It changes from use to use, or comes and goes.
    Uses,
    /// One value in the only session that has it: how long it stays is unknown.
    Watched,
}

/// Whether the values of two groups of uses are the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    /// Most uses of each group have a value of the other.
    Same,
    /// They do not.
    Different,
    /// There is only one group.
    Unknown,
}

/// How the values of devices relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// At least four of five devices have values that no other has.
    Differs {
        /// Devices that have the field.
        devices: usize,
    },
    /// All have the same one.
    Shared {
        /// Devices that have the field.
        devices: usize,
    },
    /// Groups of devices have the same one: a model, a version, a cohort.
    Groups {
        /// Devices that have the field.
        devices: usize,
    },
    /// Only one device has it, or it is not known which device a session was recorded on.
    Unknown,
}

/// All of it for one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// By mode (none where no mode is known): what holds for most devices.
    pub stays: BTreeMap<Option<&'static str>, Stay>,
    /// Normal against incognito on one device.
    pub modes: Across,
    /// Device against device.
    pub devices: Between,
    /// Median time that a value was in use before the next one, where values were replaced within a session, in
    /// milliseconds.
    pub period_ms: Option<i64>,
    /// True when all values are numbers that only ever grow.
    pub counts: bool,
}

/// Share of devices that must agree.
const MOST: f64 = 0.8;
/// Different values in one session beyond which a field is content, not identity (signed out, signed in, a new one).
const CALM: usize = 4;

/// Reads the behaviour off uses that are in the order of time; `number` gives a value as a number, if it is one.
pub(super) fn behaviour(uses: &[Use], number: impl Fn(u32) -> Option<u64>) -> Behaviour {
    let mut by_device: BTreeMap<(Option<u32>, u32), Vec<Use>> = BTreeMap::new();
    for used in uses {
        // Sessions of unknown devices are compared with nothing.
        let unknown = if used.device.is_none() { used.session + 1 } else { 0 };
        by_device.entry((used.device, unknown)).or_default().push(*used);
    }
    let mut stays: BTreeMap<Option<&'static str>, HashMap<Stay, usize>> = BTreeMap::new();
    let (mut same, mut different, mut periods) = (0, 0, Vec::new());
    for uses in by_device.values() {
        let mut modes: BTreeMap<Option<&'static str>, Vec<Use>> = BTreeMap::new();
        uses.iter().for_each(|used| modes.entry(used.mode).or_default().push(*used));
        for (mode, uses) in &modes {
            let stay = stay(uses, &mut periods);
            *stays.entry(*mode).or_default().entry(stay).or_default() += 1;
        }
        match (modes.get(&Some("normal")), modes.get(&Some("incognito"))) {
            (Some(normal), Some(incognito)) if overlap(normal, incognito) => same += 1,
            (Some(_), Some(_)) => different += 1,
            _ => {}
        }
    }
    periods.sort_unstable();
    Behaviour {
        stays: stays.into_iter().map(|(mode, counts)| (mode, most(&counts))).collect(),
        modes: match (same, different) {
            (0, 0) => Across::Unknown,
            _ if f64::from(same) >= MOST * f64::from(same + different) => Across::Same,
            _ => Across::Different,
        },
        devices: between(uses),
        period_ms: periods.get(periods.len() / 2).copied(),
        counts: by_device.values().all(|uses| counts(uses, &number)),
    }
}

/// What holds for most devices; lasting only where it holds for four of five of those that can tell.
fn most(counts: &HashMap<Stay, usize>) -> Stay {
    let telling: usize = counts.iter().filter(|(stay, _)| **stay != Stay::Watched).map(|(_, count)| count).sum();
    let lasting = counts.get(&Stay::Lasting).copied().unwrap_or(0);
    if telling == 0 {
        return Stay::Watched;
    }
    if lasting as f64 >= MOST * telling as f64 {
        return Stay::Lasting;
    }
    [Stay::Uses, Stay::Time, Stay::Session]
        .into_iter()
        .max_by_key(|stay| counts.get(stay).copied().unwrap_or(0))
        .unwrap_or(Stay::Uses)
}

/// Runs of equal values in one session.
struct Runs {
    uses: usize,
    runs: usize,
    values: HashSet<u32>,
}

fn stay(uses: &[Use], periods: &mut Vec<i64>) -> Stay {
    let mut sessions: BTreeMap<u32, Vec<Use>> = BTreeMap::new();
    uses.iter().for_each(|used| sessions.entry(used.session).or_default().push(*used));
    let runs: Vec<Runs> = sessions
        .values()
        .map(|uses| Runs {
            uses: uses.len(),
            runs: 1 + uses.windows(2).filter(|pair| pair[0].value != pair[1].value).count(),
            values: uses.iter().map(|used| used.value).collect(),
        })
        .collect();
    let mut held: HashMap<u32, usize> = HashMap::new();
    runs.iter().flat_map(|runs| &runs.values).for_each(|value| *held.entry(*value).or_default() += 1);
    let lasting = uses.iter().filter(|used| held[&used.value] > 1).count();
    let calm = runs.iter().all(|runs| runs.values.len() <= CALM && runs.runs <= runs.values.len() + 1);
    if lasting * 2 >= uses.len() && calm {
        return Stay::Lasting;
    }
    if runs.iter().all(|runs| runs.values.len() == 1) {
        return if runs.len() == 1 { Stay::Watched } else { Stay::Session };
    }
    let (all, changes): (usize, usize) = (uses.len(), runs.iter().map(|runs| runs.runs).sum());
    let returns = runs.iter().any(|runs| runs.runs > runs.values.len()) || lasting > 0;
    if all >= 2 * changes && !returns && runs.iter().all(|runs| runs.uses >= runs.values.len()) {
        sessions.values().for_each(|uses| spans(uses, periods));
        return Stay::Time;
    }
    Stay::Uses
}

/// Times from the first use of a value to the first use of the next one.
fn spans(uses: &[Use], periods: &mut Vec<i64>) {
    let mut since = uses.first().and_then(|used| used.at);
    for pair in uses.windows(2).filter(|pair| pair[0].value != pair[1].value) {
        if let (Some(from), Some(to)) = (since, pair[1].at) {
            periods.push(to - from);
        }
        since = pair[1].at;
    }
}

/// Whether most uses of each side have a value of the other.
fn overlap(a: &[Use], b: &[Use]) -> bool {
    let covered = |a: &[Use], b: &[Use]| {
        let values: HashSet<u32> = b.iter().map(|used| used.value).collect();
        a.iter().filter(|used| values.contains(&used.value)).count() * 2 >= a.len()
    };
    covered(a, b) && covered(b, a)
}

fn between(uses: &[Use]) -> Between {
    let mut holders: HashMap<u32, HashSet<u32>> = HashMap::new();
    let mut devices: HashSet<u32> = HashSet::new();
    for used in uses {
        if let Some(device) = used.device {
            holders.entry(used.value).or_default().insert(device);
            devices.insert(device);
        }
    }
    let devices = match devices.len() {
        0 | 1 => return Between::Unknown,
        devices => devices,
    };
    let common: HashSet<u32> = holders.values().filter(|held| held.len() > 1).flatten().copied().collect();
    if (devices - common.len()) as f64 >= MOST * devices as f64 {
        return Between::Differs { devices };
    }
    match holders.values().all(|held| held.len() == devices) {
        true => Between::Shared { devices },
        false => Between::Groups { devices },
    }
}

/// Whether the values are numbers that never fall and take at least three values.
fn counts(uses: &[Use], number: &impl Fn(u32) -> Option<u64>) -> bool {
    let Some(numbers) = uses.iter().map(|used| number(used.value)).collect::<Option<Vec<u64>>>() else { return false };
    let distinct: HashSet<u64> = numbers.iter().copied().collect();
    distinct.len() >= 3 && numbers.is_sorted()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(device, session, mode, values in order)` as uses a second apart.
    fn of(rows: &[(u32, u32, &'static str, &[u32])]) -> Behaviour {
        let uses: Vec<Use> = rows
            .iter()
            .flat_map(|&(device, session, mode, values)| {
                values.iter().enumerate().map(move |(place, value)| Use {
                    value: *value,
                    session,
                    device: Some(device),
                    mode: Some(mode),
                    at: Some(place as i64 * 1_000),
                })
            })
            .collect();
        behaviour(&uses, |value| (value >= 1_000).then_some(u64::from(value)))
    }

    #[test]
    fn one_value_for_each_device() {
        let seen = of(&[
            (0, 0, "normal", &[1, 1]),
            (0, 1, "normal", &[1]),
            (0, 2, "incognito", &[1]),
            (1, 3, "normal", &[2, 2]),
            (1, 4, "normal", &[2]),
            (1, 5, "incognito", &[2]),
        ]);
        assert_eq!(seen.stays[&Some("normal")], Stay::Lasting);
        assert_eq!(seen.modes, Across::Same);
        assert_eq!(seen.devices, Between::Differs { devices: 2 });
    }

    #[test]
    fn new_in_each_private_session_only() {
        let seen = of(&[
            (0, 0, "normal", &[1, 1]),
            (0, 1, "normal", &[1, 1]),
            (0, 2, "incognito", &[2, 2]),
            (0, 3, "incognito", &[3, 3]),
        ]);
        assert_eq!(seen.stays[&Some("normal")], Stay::Lasting);
        assert_eq!(seen.stays[&Some("incognito")], Stay::Session);
        assert_eq!(seen.modes, Across::Different);
        assert_eq!(seen.devices, Between::Unknown);
    }

    #[test]
    fn replaced_over_time_with_its_period() {
        let seen = of(&[(0, 0, "normal", &[1, 1, 1, 2, 2, 2, 3, 3, 3])]);
        assert_eq!(seen.stays[&Some("normal")], Stay::Time);
        assert_eq!(seen.period_ms, Some(3_000));
    }

    #[test]
    fn content_comes_and_goes() {
        let rows: &[(u32, u32, &'static str, &[u32])] =
            &[(0, 0, "normal", &[1, 2, 1, 3, 1, 1]), (0, 1, "normal", &[1, 4, 1, 2, 1])];
        assert_eq!(of(rows).stays[&Some("normal")], Stay::Uses);
        assert_eq!(of(&[(0, 0, "normal", &[1, 2, 3, 4])]).stays[&Some("normal")], Stay::Uses);
    }

    #[test]
    fn shared_and_grouped() {
        let shared = of(&[(0, 0, "normal", &[1]), (1, 1, "normal", &[1])]);
        assert_eq!(shared.devices, Between::Shared { devices: 2 });
        let groups = of(&[(0, 0, "normal", &[1]), (1, 1, "normal", &[1]), (2, 2, "normal", &[2])]);
        assert_eq!(groups.devices, Between::Groups { devices: 3 });
    }

    #[test]
    fn what_grows_is_a_counter() {
        assert!(of(&[(0, 0, "normal", &[1_000, 1_000]), (0, 1, "normal", &[1_001, 1_007])]).counts);
        assert!(!of(&[(0, 0, "normal", &[1_001, 1_000, 1_003])]).counts);
        assert!(!of(&[(0, 0, "normal", &[1, 2, 3])]).counts);
    }
}
