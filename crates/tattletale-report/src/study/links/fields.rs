//! The same field of all sessions brought together: its values with one number each, its uses in the order of time.
//!
//! A field may hold layers: in most of its uses, then they are part of the field; or in few, then they are chance (a
//! drawn identifier of eight hexadecimal digits is the writing of four letters once in fifty times), and what counts
//! is the value as it was written.

use super::behaviour::Use;
use super::shape::{self, Plain, Shape};
use super::{Session, is_cut};
use std::collections::HashMap;
use tattletale_core::model::{Field, Part, Report};

/// The sessions with what is known of their devices and times.
pub(super) struct Study<'s> {
    pub(super) sessions: &'s [Session],
    devices: Vec<Option<u32>>,
    named: usize,
    /// Place of each session in the order of time.
    rank: Vec<usize>,
    /// A time of the recordings, Unix milliseconds.
    near: Option<i64>,
}

/// Share of uses, in percent, in which a layer must be found to be part of a field.
const MOST: usize = 80;

/// One field of one receiver, in every session that has it.
pub(super) struct Group<'s> {
    pub(super) host: &'s str,
    pub(super) part: &'s Part,
    pub(super) path: &'s str,
    pub(super) members: Vec<(u32, &'s Field)>,
}

/// What a field held.
pub(super) struct Values<'s> {
    /// Distinct values, without those that stand for none.
    pub(super) values: Vec<Value<'s>>,
    /// Uses of them in the order of time.
    pub(super) uses: Vec<Use>,
    /// Uses of values that stand for none.
    pub(super) nothing: usize,
}

/// One distinct value.
pub(super) struct Value<'s> {
    /// As it was first written.
    pub(super) bytes: &'s [u8],
    /// Without what writings of the same identifier differ in.
    pub(super) key: Vec<u8>,
    pub(super) shape: Result<Shape, Plain>,
    pub(super) uses: usize,
}

impl<'s> Group<'s> {
    fn key(&self) -> (&'s str, &'s Part, &'s str) {
        (self.host, self.part, self.path)
    }

    /// Paths of the values that this field was found in.
    fn around(&self) -> impl Iterator<Item = &'s str> {
        let path = self.path;
        let inner = path.match_indices(" › ").map(move |(at, _)| &path[..at]);
        inner.chain((!path.is_empty()).then_some(""))
    }
}

impl<'s> Study<'s> {
    pub(super) fn of(sessions: &'s [Session]) -> Self {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let unnamed = sessions.iter().all(|session| session.about.device.is_none());
        let devices: Vec<Option<u32>> = sessions
            .iter()
            .map(|session| match &session.about.device {
                None => unnamed.then_some(0),
                Some(name) => {
                    let next = numbers.len() as u32;
                    Some(*numbers.entry(name).or_insert(next))
                }
            })
            .collect();
        let start =
            |session: &Session| session.report.captures.iter().filter_map(|info| info.span).map(|(at, _)| at).min();
        let mut order: Vec<usize> = (0..sessions.len()).collect();
        order.sort_by_key(|index| (start(&sessions[*index]), *index));
        let mut rank = vec![0; sessions.len()];
        order.iter().enumerate().for_each(|(place, session)| rank[*session] = place);
        let near = sessions.iter().filter_map(start).min().map(|at| at.as_millisecond());
        Self { sessions, named: numbers.len(), devices, rank, near }
    }

    /// Devices that could be told apart; all unnamed sessions are one.
    pub(super) fn devices(&self) -> usize {
        self.named.max(usize::from(self.devices.contains(&Some(0))))
    }

    pub(super) fn device(&self, session: u32) -> Option<u32> {
        self.devices[session as usize]
    }

    pub(super) fn rank(&self, session: u32) -> usize {
        self.rank[session as usize]
    }

    /// Mode of a use: its own, else that of its session.
    pub(super) fn mode(&self, session: u32, own: Option<&'static str>) -> Option<&'static str> {
        self.sessions[session as usize].about.mode.or(own)
    }

    /// Fields of what was sent, in the order of the sessions and of first use.
    pub(super) fn groups(&self) -> Vec<Group<'s>> {
        let mut groups = self.grouped(|report| &report.fields.fields);
        let uses = |group: &Group<'_>| group.members.iter().map(|(_, field)| field.uses.len()).sum::<usize>();
        let index: HashMap<_, _> = groups.iter().enumerate().map(|(at, group)| (group.key(), at)).collect();
        // By the field in which layers are chance: as it was written.
        let mut chance: HashMap<(&str, &Part, &str), Group<'s>> = HashMap::new();
        for written in self.grouped(|report| &report.fields.written) {
            let closed = index.get(&written.key()).map_or(0, |at| uses(&groups[*at]));
            if uses(&written) * 100 < MOST * (uses(&written) + closed) {
                chance.insert(written.key(), written);
            }
        }
        if chance.is_empty() {
            return groups;
        }
        groups.retain(|group| !group.around().any(|path| chance.contains_key(&(group.host, group.part, path))));
        for group in &mut groups {
            if let Some(written) = chance.remove(&group.key()) {
                group.members.extend(written.members);
            }
        }
        groups
    }

    fn grouped(&self, fields: impl Fn(&'s Report) -> &'s Vec<Field>) -> Vec<Group<'s>> {
        let mut known: HashMap<(&str, &Part, &str), usize> = HashMap::new();
        let mut groups: Vec<Group<'s>> = Vec::new();
        for (session, report) in self.sessions.iter().map(|session| &session.report).enumerate() {
            for field in fields(report).iter().filter(|field| !matches!(field.part, Part::Response(_))) {
                let group = *known.entry((&field.host, &field.part, &field.path)).or_insert_with(|| {
                    groups.push(Group { host: &field.host, part: &field.part, path: &field.path, members: Vec::new() });
                    groups.len() - 1
                });
                groups[group].members.push((session as u32, field));
            }
        }
        groups
    }

    pub(super) fn values(&self, group: &Group<'s>) -> Values<'s> {
        let mut known: HashMap<Vec<u8>, Option<u32>> = HashMap::new();
        let mut values: Vec<Value<'s>> = Vec::new();
        let mut nothing = 0;
        // With when it was, to put what was written beside what it is a field of.
        let mut placed: Vec<((usize, u32, u32, u32), Use)> = Vec::new();
        for &(session, field) in &group.members {
            let numbers: Vec<Option<u32>> = field
                .values
                .iter()
                .map(|bytes| {
                    let key = shape::key(bytes);
                    *known.entry(key.clone()).or_insert_with(|| {
                        let shape = if is_cut(bytes) { Err(Plain::Long) } else { Shape::of(bytes, self.near) };
                        (shape != Err(Plain::Nothing)).then(|| {
                            values.push(Value { bytes, key, shape, uses: 0 });
                            values.len() as u32 - 1
                        })
                    })
                })
                .collect();
            for used in &field.uses {
                let Some(number) = used.value.map(|value| numbers[value as usize]) else { continue };
                let Some(value) = number else {
                    nothing += 1;
                    continue;
                };
                values[value as usize].uses += 1;
                let at = used.stated.or(used.at).map(|at| at.as_millisecond());
                let (device, mode) = (self.device(session), self.mode(session, used.mode));
                let when = (self.rank(session), used.capture, used.exchange, used.record);
                placed.push((when, Use { value, session, device, mode, at }));
            }
        }
        placed.sort_by_key(|(when, _)| *when);
        let uses = placed.into_iter().map(|(_, used)| used).collect();
        Values { values, uses, nothing }
    }
}
