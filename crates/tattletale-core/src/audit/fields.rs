//! Collects what every field of every message held, while the same walk is searched.
//!
//! A leaf of the walk is a field. Its path is written once as it is, to tell the records of a batch apart, and once
//! with positions and random names as `*`, to tell fields apart. A record is what lies under one element of a list;
//! the time that it states of itself is the member named like a time, else the earliest that looks like one, of the
//! record or of the one around it.
//!
//! A short value in which a layer was found is kept as it was written too ([`Fields::written`]): an identifier may open
//! by chance.

use crate::decode::{Ending, NAME, Node, Visitor};
use crate::model::{Field, Fields, Part, Step, Timestamp, Use};
use std::collections::HashMap;

/// Leaves of one part that are looked at: more than any message that a person caused.
const LEAVES: usize = 200_000;

/// Lengths of a value that is kept as it was written: those that an identifier may have.
const WRITTEN: std::ops::RangeInclusive<usize> = 8..=100;

/// Watches one part.
#[derive(Default)]
pub(super) struct Leaves {
    found: Vec<Found>,
    dropped: u64,
}

/// One value, and whether a layer was found in it.
struct Found {
    path: Vec<Step>,
    value: Vec<u8>,
    opened: bool,
}

/// One field of one message.
pub(super) struct Leaf {
    pub(super) part: Part,
    path: String,
    value: Vec<u8>,
    opened: bool,
    record: u32,
    stated: Option<Timestamp>,
}

impl Visitor for Leaves {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        // A guess that led nowhere was no layer: what it was made from is the leaf.
        if node.guess || node.again || node.bytes.is_empty() || (ending.opened && !may_be_drawn(node.bytes)) {
            return;
        }
        let path = node.chain.path();
        // The same value with its escapes resolved has been met already.
        let met = || self.found.last().is_some_and(|last| last.path == path);
        if path.last().is_some_and(|step| step.layer == NAME) || (ending.opened && met()) {
            return;
        }
        if self.found.len() >= LEAVES {
            self.dropped += 1;
            return;
        }
        let value = node.bytes[..node.bytes.len().min(Field::LONGEST)].to_vec();
        self.found.push(Found { path, value, opened: ending.opened });
    }
}

impl Leaves {
    /// About how many bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        let step = size_of::<Step>() + 16;
        self.found.iter().map(|found| size_of::<Found>() + found.path.len() * step + found.value.len()).sum()
    }

    /// After the walk: the fields of this part, with the records they belong to, numbered from `records` on.
    pub(super) fn of(&self, part: &Part, records: &mut u32, dropped: &mut u64) -> Vec<Leaf> {
        *dropped += self.dropped;
        let placed: Vec<(Vec<String>, String)> = self.found.iter().map(|found| places(&found.path)).collect();
        let mut times: HashMap<&str, (bool, Timestamp)> = HashMap::new();
        for ((around, _), found) in placed.iter().zip(&self.found) {
            let (Some(at), Some(record)) = (time(&found.value), around.last()) else { continue };
            let named = found.path.last().and_then(|step| step.at.as_deref()).is_some_and(is_named_like_a_time);
            let best = times.entry(record).or_insert((named, at));
            if (named, std::cmp::Reverse(at)) > (best.0, std::cmp::Reverse(best.1)) {
                *best = (named, at);
            }
        }
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut leaves = Vec::with_capacity(placed.len());
        for ((around, normal), Found { value, opened, .. }) in placed.iter().zip(&self.found) {
            let stated = around.iter().rev().find_map(|record| times.get(record.as_str())).map(|(_, at)| *at);
            let record = around.last().map_or(*records, |record| {
                let next = *records + numbers.len() as u32;
                *numbers.entry(record).or_insert(next)
            });
            let (part, path, value) = (part.clone(), normal.clone(), value.clone());
            leaves.push(Leaf { part, path, value, opened: *opened, record, stated });
        }
        *records += numbers.len() as u32;
        leaves
    }
}

/// Whether a value looks like something that could have been drawn: the letters and digits of the encodings of binary
/// in one run. What begins with a slash is a path, unless it ends as only base64 does.
fn may_be_drawn(value: &[u8]) -> bool {
    WRITTEN.contains(&value.len())
        && (value[0] != b'/' || value.ends_with(b"="))
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte))
}

/// The records around a leaf, outermost first, and its path with `*` for positions and random names.
fn places(path: &[Step]) -> (Vec<String>, String) {
    let (mut concrete, mut normal) = (String::new(), String::new());
    let mut around = vec![String::new()];
    // A value has escapes only if it needs them: with and without them it is one field.
    for step in path.iter().filter(|step| step.layer != "percent") {
        for text in [&mut concrete, &mut normal] {
            if !text.is_empty() {
                text.push_str(" › ");
            }
            text.push_str(step.layer);
        }
        let Some(at) = &step.at else { continue };
        concrete.push(' ');
        normal.push(' ');
        if is_listing(step.layer) {
            concrete.push_str(at);
            normal.push('*');
            around.push(concrete.clone());
            continue;
        }
        for token in tokens(at) {
            concrete.push_str(token);
            let position = token.starts_with('[') && !token.starts_with("['");
            match position {
                true => {
                    normal.push_str("[*]");
                    around.push(concrete.clone());
                }
                false if is_random(token) => {
                    normal.push_str(&token[..1]);
                    normal.push('*');
                }
                false => normal.push_str(token),
            }
        }
    }
    (around, normal)
}

/// Layers whose places are positions in a list of records.
fn is_listing(layer: &str) -> bool {
    matches!(layer, "ndjson" | "sse" | "grpc" | "envelope" | "embedded")
}

/// A JSONPath cut before each step; any other place is one token.
fn tokens(at: &str) -> impl Iterator<Item = &str> {
    let mut rest = at;
    let mut quoted = false;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.char_indices().skip(1).find(|&(_, c)| {
            quoted ^= c == '\'';
            !quoted && (c == '.' || c == '[')
        });
        let (token, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = after;
        quoted = false;
        Some(token)
    })
}

/// A name that was drawn, not given: long, and hex with digits, or letters and digits mixed many times over.
fn is_random(token: &str) -> bool {
    let name = token.trim_start_matches(['.', '[', '\'']).trim_end_matches([']', '\'']);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let hex = name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let changes =
        name.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    (hex && name.len() >= 8 && digits >= 2) || (name.len() >= 16 && changes >= 5)
}

/// A Unix time in milliseconds or seconds between 2001 and 2100, or an RFC 3339 time.
fn time(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?;
    if text.len() >= 20 && text.as_bytes()[4] == b'-' {
        return text.parse().ok();
    }
    let (whole, _) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole.len(), 10 | 13) || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let ms = if whole.len() == 10 { number * 1_000 } else { number };
    (1_000_000_000_000..4_102_444_800_000).contains(&ms).then(|| Timestamp::from_millisecond(ms).ok()).flatten()
}

fn is_named_like_a_time(at: &str) -> bool {
    let name = at.rsplit(['.', '\'', '[']).find(|name| !name.is_empty() && *name != "]").unwrap_or(at);
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    matches!(
        name.as_str(),
        "time" | "ts" | "t" | "et" | "timestamp" | "eventtime" | "clienttime" | "start" | "clientts"
    )
}

/// What grows over an audit.
pub(super) struct Collected {
    fields: Fields,
    /// Of the fields and of what was written.
    known: [Known; 2],
    bytes: usize,
}

/// Where a field is, and which of its values is which.
#[derive(Default)]
struct Known {
    fields: HashMap<(String, Part, String), usize>,
    values: Vec<HashMap<Vec<u8>, u32>>,
}

/// Where and when leaves were seen.
pub(super) struct Seen<'s> {
    pub(super) host: &'s str,
    pub(super) capture: usize,
    pub(super) exchange: usize,
    pub(super) at: Option<Timestamp>,
}

impl Collected {
    pub(super) fn new() -> Self {
        Self { fields: Fields::default(), known: Default::default(), bytes: 0 }
    }

    /// Adds the fields of one exchange; `mode` says in which mode the user was at the stated or sent time.
    pub(super) fn add(
        &mut self,
        leaves: Vec<Leaf>,
        dropped: u64,
        seen: &Seen<'_>,
        mode: impl Fn(Option<Timestamp>, Option<Timestamp>) -> Option<&'static str>,
    ) {
        self.fields.dropped += dropped;
        for leaf in leaves {
            let key = (seen.host.to_owned(), leaf.part, leaf.path);
            let fields = if leaf.opened { &mut self.fields.written } else { &mut self.fields.fields };
            let Known { fields: known, values } = &mut self.known[usize::from(leaf.opened)];
            let index = match known.get(&key) {
                Some(index) => *index,
                None if fields.len() >= Fields::FIELDS => {
                    self.fields.dropped += 1;
                    continue;
                }
                None => {
                    let (host, part, path) = key.clone();
                    fields.push(Field { host, part, path, values: Vec::new(), uses: Vec::new(), used: 0 });
                    values.push(HashMap::new());
                    known.insert(key, values.len() - 1);
                    values.len() - 1
                }
            };
            let (field, known) = (&mut fields[index], &mut values[index]);
            field.used += 1;
            let room = known.len() < Field::VALUES && self.bytes + leaf.value.len() <= Fields::BYTES;
            let value = match known.get(&leaf.value) {
                Some(value) => Some(*value),
                None if room => {
                    let number = known.len() as u32;
                    self.bytes += leaf.value.len();
                    field.values.push(leaf.value.clone());
                    known.insert(leaf.value, number);
                    Some(number)
                }
                None => None,
            };
            if field.uses.len() < Field::USES {
                field.uses.push(Use {
                    value,
                    capture: seen.capture as u32,
                    exchange: seen.exchange as u32,
                    record: leaf.record,
                    at: seen.at,
                    stated: leaf.stated,
                    mode: mode(leaf.stated, seen.at),
                });
            }
        }
    }

    pub(super) fn finish(self) -> Fields {
        self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Hint, Limits, walk};

    fn leaves(body: &[u8]) -> Vec<Leaf> {
        let mut seen = Leaves::default();
        walk(body, Hint::default(), &Limits::default(), &mut seen);
        seen.of(&Part::Body, &mut 0, &mut 0)
    }

    #[test]
    fn members_of_two_events_are_one_field_and_two_records() {
        let found =
            leaves(br#"[{"time":1588000000000,"p":{"url":"a.example"}},{"time":1588000001000,"p":{"url":"b"}}]"#);
        let urls: Vec<&Leaf> = found.iter().filter(|leaf| leaf.path == "json $[*].p.url").collect();
        assert_eq!(urls.len(), 2);
        assert_ne!(urls[0].record, urls[1].record);
        assert_eq!(urls[1].stated.map(|at| at.as_millisecond()), Some(1_588_000_001_000));
    }

    #[test]
    fn the_time_of_a_record_is_the_one_named_so() {
        let found = leaves(br#"{"first":1500000000000,"time":1588000000000,"_flush_time":1588000015000,"x":"yyyy"}"#);
        assert!(found.iter().all(|leaf| leaf.stated.map(|at| at.as_millisecond()) == Some(1_588_000_000_000)));
    }

    #[test]
    fn names_that_were_drawn_are_not_told_apart() {
        let found = leaves(br#"{"sessions":{"3f2a9c1b77":{"page":"/home"},"homepage":{"page":"/x"}}}"#);
        let paths: Vec<&str> = found.iter().map(|leaf| leaf.path.as_str()).collect();
        assert_eq!(paths, ["json $.sessions.*.page", "json $.sessions.homepage.page"]);
    }

    #[test]
    fn what_opens_is_kept_as_it_was_written_too() {
        let found = leaves(br#"{"id":"Y2QyNTk3YTNkNmEwZTE3Yw==","words":"two%20words"}"#);
        let texts: Vec<_> = found.iter().map(|leaf| (leaf.path.as_str(), leaf.value.as_slice(), leaf.opened)).collect();
        let expected: [(&str, &[u8], bool); 3] = [
            ("json $.id › base64", b"cd2597a3d6a0e17c", false),
            ("json $.id", b"Y2QyNTk3YTNkNmEwZTE3Yw==", true),
            ("json $.words", b"two words", false),
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_guess_that_led_nowhere_is_no_layer() {
        let found = leaves(br#"{"id":"a7ca318d06d44999"}"#);
        let texts: Vec<_> = found.iter().map(|leaf| (leaf.path.as_str(), leaf.value.as_slice())).collect();
        assert_eq!(texts, [("json $.id", b"a7ca318d06d44999".as_slice())]);
    }
}
