//! Which ids are one person: a union-find over everything in an event that names somebody.
//!
//! Two ids in one event belong together. That alone joins the anonymous stream to the account: `track_signup` carries
//! both, and the hardware ids stand in every event before and after. An id that is base64 of another ("anonymised" by
//! newer senders) is joined with what it hides.

use crate::store::{Channel, Event};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use tattletale_core::codec::base64;

/// Kind of the ids that name an account.
pub(super) const ACCOUNT: &str = "account";

/// Kind of the ids that senders chose without saying what they are.
const SENDERS: &str = "sender's id";

/// Properties that name a device or an installation, with what they are.
const PROPERTIES: [(&str, &str); 14] = [
    ("$device_id", "ANDROID_ID"),
    ("android_id", "ANDROID_ID"),
    ("$anonymization_id", "ANDROID_ID in base64"),
    ("uuid", "browser id"),
    ("imei", "IMEI"),
    ("imei1", "IMEI"),
    ("mac", "MAC address"),
    ("serial", "serial number"),
    ("gaid", "advertising id"),
    ("oaid", "advertising id"),
    ("advertising_id", "advertising id"),
    ("account", ACCOUNT),
    ("user_id", ACCOUNT),
    ("mi_id", ACCOUNT),
];

/// The same in the header of the second channel.
const HEADER: [(&str, &str); 4] = [("u", ACCOUNT), ("g", "advertising id"), ("b", "IMEI"), ("a", "MAC address")];

/// The same in `identities`.
const IDENTITIES: [(&str, &str); 5] = [
    ("$identity_login_id", ACCOUNT),
    ("$identity_android_id", "ANDROID_ID"),
    ("$identity_cookie_id", "browser cookie"),
    ("$identity_android_uuid", "browser id"),
    ("$identity_anonymous_id", "anonymous id"),
];

/// Something that names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// What it is, in words.
    pub kind: &'static str,
    /// As it was sent.
    pub value: String,
    /// Events that carry it.
    pub events: usize,
}

/// Why two ids are one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// One id.
    pub one: String,
    /// The other.
    pub other: String,
    /// Name of the event in which they met.
    pub event: String,
}

pub(super) struct Merged {
    pub(super) identifiers: Vec<Identifier>,
    pub(super) links: Vec<Link>,
    pub(super) events: Vec<usize>,
}

/// Groups events by person, in the order of each person's first event.
pub(super) fn merge(events: &[Event]) -> Vec<Merged> {
    let mut ids = Ids::default();
    let mut first_of_event = Vec::with_capacity(events.len());
    for event in events {
        let named = named(event);
        let nodes: Vec<usize> = named.into_iter().map(|(kind, value)| ids.node(kind, value)).collect();
        for &node in nodes.iter().collect::<HashSet<_>>() {
            ids.known[node].events += 1;
        }
        for &node in nodes.iter().skip(1) {
            ids.join(nodes[0], node, event.event.as_deref().unwrap_or(&event.kind));
        }
        first_of_event.push(nodes.first().copied());
    }
    ids.people(&first_of_event)
}

/// Everything in an event that names somebody, the senders' own id first.
fn named(event: &Event) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut add = |kind: &'static str, value: Option<&str>| {
        if let Some(value) = value.map(str::trim).filter(|value| names_somebody(kind, value)) {
            found.push((kind, value.to_owned()));
            if let Some(hidden) = hidden(value) {
                found.push(("ANDROID_ID", hidden));
            }
        }
    };
    let signed_in = event.kind == "track_signup" || (event.login_id.is_some() && event.login_id == event.distinct_id);
    let sender = match event.channel {
        Channel::SensorsAnalytics if signed_in => ACCOUNT,
        _ => SENDERS,
    };
    // The second channel's sender id is one of its header's, which says what it is.
    if event.channel == Channel::SensorsAnalytics {
        add(sender, event.distinct_id.as_deref());
    }
    add(ACCOUNT, event.login_id.as_deref());
    add("anonymous id", event.anonymous_id.as_deref());
    add("anonymous id", event.original_id.as_deref());
    for (name, kind) in PROPERTIES {
        add(kind, event.properties.get(name).and_then(Value::as_str));
    }
    for (name, kind) in IDENTITIES {
        add(kind, event.identities.get(name).and_then(Value::as_str));
    }
    if let Some(Value::Object(header)) = event.properties.get("H").filter(|_| event.channel == Channel::Spock) {
        for (name, kind) in HEADER {
            add(kind, header.get(name).and_then(Value::as_str));
        }
    }
    found
}

/// False for placeholders, which would make one person of everybody. Numbers of hardware are long and varied.
fn names_somebody(kind: &str, value: &str) -> bool {
    const PLACEHOLDERS: [&str; 8] =
        ["everyone", "null", "none", "unknown", "undefined", "anonymous", "02:00:00:00:00:00", "9774d56d682e549c"];
    let distinct: HashSet<char> = value.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_chosen = [ACCOUNT, SENDERS].contains(&kind) && !value.is_empty();
    (is_chosen || (value.len() >= 4 && distinct.len() >= 2)) && !PLACEHOLDERS.contains(&&value.to_ascii_lowercase()[..])
}

/// The 16 hexadecimal digits that a base64 id hides.
fn hidden(value: &str) -> Option<String> {
    let bytes = base64::decode(value.as_bytes()).filter(|bytes| bytes.len() == 16)?;
    bytes.iter().all(u8::is_ascii_hexdigit).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Default)]
struct Ids {
    by_value: HashMap<String, usize>,
    known: Vec<Identifier>,
    parent: Vec<usize>,
    links: Vec<(usize, Link)>,
}

impl Ids {
    /// The id's node. Spelling differs between senders (upper and lower case), the person does not.
    fn node(&mut self, kind: &'static str, value: String) -> usize {
        let next = self.known.len();
        let node = *self.by_value.entry(value.to_lowercase()).or_insert(next);
        if node == next {
            self.known.push(Identifier { kind, value, events: 0 });
            self.parent.push(next);
        } else if self.known[node].kind == SENDERS || (kind == ACCOUNT && self.known[node].kind == "anonymous id") {
            // A later event tells better what it is.
            self.known[node].kind = kind;
        }
        node
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.parent[node] != node {
            self.parent[node] = self.parent[self.parent[node]];
            node = self.parent[node];
        }
        node
    }

    fn join(&mut self, one: usize, other: usize, event: &str) {
        let (a, b) = (self.root(one), self.root(other));
        if a != b {
            self.parent[a.max(b)] = a.min(b);
            let [one_value, other_value] = [one, other].map(|node| self.known[node].value.clone());
            self.links.push((one, Link { one: one_value, other: other_value, event: event.to_owned() }));
        }
    }

    fn people(mut self, first_of_event: &[Option<usize>]) -> Vec<Merged> {
        let mut position: BTreeMap<usize, usize> = BTreeMap::new();
        let mut people: Vec<Merged> = Vec::new();
        for (index, node) in first_of_event.iter().enumerate() {
            let Some(root) = node.map(|node| self.root(node)) else { continue };
            let at = *position.entry(root).or_insert_with(|| {
                people.push(Merged { identifiers: Vec::new(), links: Vec::new(), events: Vec::new() });
                people.len() - 1
            });
            people[at].events.push(index);
        }
        for node in 0..self.known.len() {
            let root = self.root(node);
            if let Some(&at) = position.get(&root) {
                people[at].identifiers.push(self.known[node].clone());
            }
        }
        for (node, link) in std::mem::take(&mut self.links) {
            let root = self.root(node);
            if let Some(&at) = position.get(&root) {
                people[at].links.push(link);
            }
        }
        for person in &mut people {
            person.identifiers.sort_by_key(|identifier| std::cmp::Reverse(identifier.events));
        }
        people
    }
}
