//! Sign-ins: records in which what was sent without a name stands beside an account, so that the past gets a name.
//!
//! Three signs, the surest first. A protocol may say so: Sensors Analytics sends a record of type `track_signup` whose
//! `original_id` is the identifier until now and whose `distinct_id` is the account. A planted account, address or
//! name may stand in one record with an identifier that was sent before without it. And a field may take a new
//! identifier in place of the old one while some record holds both.

use super::Id;
use super::fields::Group;
use super::places::Sighting;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Kinds of planted values that name an account or a person.
const ACCOUNTS: [&str; 4] = ["account-id", "email", "phone", "person-name"];
/// Identifiers of one exchange of which pairs are made.
const TOGETHER: usize = 256;

/// A record that joins an identifier's past to an account or another identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// What was sent before, as index into [`super::Links::ids`].
    pub before: usize,
    /// The account, or the identifier that came in its place.
    pub account: usize,
    /// How it is known.
    pub by: SignInBy,
    /// Session of the first such record.
    pub session: usize,
    /// Its capture.
    pub capture: usize,
    /// Its exchange.
    pub exchange: usize,
    /// The field with the identifier and that with the account, as indexes into [`super::Links::fields`].
    pub fields: (usize, usize),
    /// How many exchanges hold both.
    pub exchanges: usize,
}

/// How a sign-in is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignInBy {
    /// The record says that it is one.
    SignUpRecord,
    /// A planted account stands in one record with an identifier that was sent before without it.
    Together,
    /// A field took a new identifier in place of the old one, and a record holds both.
    Replaced,
}

type When = (usize, u32, u32);
/// Session, capture, exchange, record.
type Record = (u32, u32, u32, u32);

pub(super) fn sign_ins(groups: &[Group<'_>], ids: &[Id], sightings: &[Sighting]) -> Vec<SignIn> {
    let is_account = |id: usize| ids[id].known.as_ref().is_some_and(|known| ACCOUNTS.contains(&known.kind));
    let declared = sign_up_records(groups, sightings);
    let replaced = replaced(sightings);
    let successors: HashSet<usize> =
        declared.iter().map(|(_, _, account)| *account).chain(replaced.iter().map(|(_, account)| *account)).collect();
    let mut exchanges: BTreeMap<When, Vec<&Sighting>> = BTreeMap::new();
    sightings.iter().for_each(|sighting| exchanges.entry(sighting.when).or_default().push(sighting));
    let mut since: HashMap<(Option<u32>, usize), When> = HashMap::new();
    let mut met: HashMap<(Option<u32>, usize, usize), bool> = HashMap::new();
    let mut found: BTreeMap<(usize, usize), SignIn> = BTreeMap::new();
    for (when, held) in &exchanges {
        // More than that is a list of things, not a person signing in.
        if held.len() <= TOGETHER {
            let into = |sighting: &&&Sighting| is_account(sighting.id) || successors.contains(&sighting.id);
            let accounts: Vec<&Sighting> = held.iter().filter(into).copied().collect();
            let pairs = held.iter().flat_map(|a| accounts.iter().map(move |b| (*a, *b)));
            let mut counted: HashSet<(usize, usize)> = HashSet::new();
            for (before, account) in pairs.filter(|(a, b)| a.id != b.id && stand_together(groups, a, b)) {
                // What stood beside the account from the first was never anonymous.
                let apart = || since.get(&(before.device, before.id)).is_some_and(|first| first < when);
                let earlier = *met.entry((before.device, before.id, account.id)).or_insert_with(apart);
                let by = if declared.contains(&(*when, before.id, account.id)) {
                    SignInBy::SignUpRecord
                } else if is_account(account.id) && !is_account(before.id) && earlier {
                    SignInBy::Together
                } else if replaced.contains(&(before.id, account.id)) && !is_account(before.id) {
                    SignInBy::Replaced
                } else {
                    continue;
                };
                let first = || SignIn {
                    before: before.id,
                    account: account.id,
                    by,
                    session: before.session as usize,
                    capture: when.1 as usize,
                    exchange: when.2 as usize,
                    fields: (before.field, account.field),
                    exchanges: 0,
                };
                let pair = found.entry((before.id, account.id)).or_insert_with(first);
                if by < pair.by {
                    *pair = SignIn { exchanges: pair.exchanges, ..first() };
                }
                pair.exchanges += usize::from(counted.insert((before.id, account.id)));
            }
        }
        for sighting in held {
            since.entry((sighting.device, sighting.id)).or_insert(*when);
        }
    }
    found.into_values().collect()
}

/// In the same record, or one of them outside all lists of records and so said of all.
fn stand_together(groups: &[Group<'_>], a: &Sighting, b: &Sighting) -> bool {
    let of_all = |sighting: &Sighting| {
        !groups[sighting.field].path.contains("[*]") && !groups[sighting.field].path.contains(" *")
    };
    a.record == b.record || of_all(a) || of_all(b)
}

/// Exchanges with a record of type `track_signup`, with what stands in its `original_id` and `distinct_id`.
fn sign_up_records(groups: &[Group<'_>], sightings: &[Sighting]) -> HashSet<(When, usize, usize)> {
    let mut kinds: HashMap<(&str, String), usize> = HashMap::new();
    for (index, group) in groups.iter().enumerate() {
        kinds.insert((group.host, format!("{}{}", group.part, group.path)), index);
    }
    let mut roles: HashMap<usize, (usize, bool)> = HashMap::new();
    let mut records: HashSet<Record> = HashSet::new();
    for (index, group) in groups.iter().enumerate() {
        let Some(around) = group.path.strip_suffix(".original_id") else { continue };
        let sibling = |name: &str| kinds.get(&(group.host, format!("{}{around}.{name}", group.part))).copied();
        let (Some(kind), Some(account)) = (sibling("type"), sibling("distinct_id")) else { continue };
        roles.insert(index, (index, true));
        roles.insert(account, (index, false));
        for (session, field) in &groups[kind].members {
            let signs_up = |used: &&tattletale_core::model::Use| field.value(used) == Some(b"track_signup");
            records.extend(
                field.uses.iter().filter(signs_up).map(|used| (*session, used.capture, used.exchange, used.record)),
            );
        }
    }
    let mut sides: HashMap<(usize, Record), Sides> = HashMap::new();
    for sighting in sightings {
        let Some(&(protocol, is_before)) = roles.get(&sighting.field) else { continue };
        let record = (sighting.session, sighting.when.1, sighting.when.2, sighting.record);
        if records.contains(&record) {
            let sides = sides.entry((protocol, record)).or_insert_with(|| (Vec::new(), Vec::new(), sighting.when));
            if is_before { &mut sides.0 } else { &mut sides.1 }.push(sighting.id);
        }
    }
    let pairs = sides.into_values().flat_map(|(before, accounts, when)| {
        before.into_iter().flat_map(move |id| accounts.clone().into_iter().map(move |account| (when, id, account)))
    });
    pairs.collect()
}

/// Identifiers before and after a sign-up in one record, and when.
type Sides = (Vec<usize>, Vec<usize>, When);

/// Identifiers that followed each other in one field and session.
fn replaced(sightings: &[Sighting]) -> HashSet<(usize, usize)> {
    let mut last: HashMap<(usize, u32), usize> = HashMap::new();
    let mut pairs = HashSet::new();
    for sighting in sightings {
        if let Some(before) = last.insert((sighting.field, sighting.session), sighting.id)
            && before != sighting.id
        {
            pairs.insert((before, sighting.id));
        }
    }
    pairs
}
