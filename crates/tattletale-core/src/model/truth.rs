//! Ground truth: what is known about the person and what they did, typed in, planted, or inferred.
//!
//! The file format is a small contract of its own (`truth.toml`), so a misspelt key or kind is an error that
//! names the nearest known one: a value that is silently not looked for would make a clean report a false one.

use super::Timestamp;
use super::written::{self, Item, Reader, WrittenError};
use std::ops::Range;
use toml::de::DeTable;

/// Everything known before the capture is searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroundTruth {
    /// Registrable domains or hosts that the user meant to talk to.
    pub first_party: Vec<String>,
    /// Planted values (canaries).
    pub values: Vec<Value>,
    /// What the user did, in the order of the file.
    pub actions: Vec<Action>,
    /// True when it was read off the capture instead of being given by a person.
    pub inferred: bool,
}

/// A planted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Unique in the file; reports refer to it.
    pub name: String,
    /// One of [`VALUE_KINDS`].
    pub kind: &'static str,
    /// The value itself.
    pub value: String,
}

/// Something the user did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// As in the file, else `action#N` with N from 0.
    pub name: String,
    /// One of [`ACTION_KINDS`].
    pub kind: &'static str,
    /// The address, the term, the folder ...
    pub value: String,
    /// Wall time of the recording, UTC; else the time of its carrier.
    pub at: Option<Timestamp>,
    /// Time of the modelled clock, where a lab lived the day faster than it is told; searches do not use it.
    pub modelled_at: Option<Timestamp>,
    /// `normal` or `incognito`, if stated.
    pub mode: Option<&'static str>,
}

/// A kind with the plain words a report uses for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Name in the file.
    pub name: &'static str,
    /// Words for a person.
    pub words: &'static str,
}

const fn kind(name: &'static str, words: &'static str) -> Kind {
    Kind { name, words }
}

/// Kinds of planted values.
pub const VALUE_KINDS: &[Kind] = &[
    kind("email", "e-mail address"),
    kind("phone", "phone number"),
    kind("person-name", "name"),
    kind("postal-address", "postal address"),
    kind("birth-date", "date of birth"),
    kind("account-id", "account id"),
    kind("password", "password"),
    kind("token", "secret token"),
    kind("imei", "IMEI (device number)"),
    kind("imsi", "IMSI (SIM number)"),
    kind("iccid", "ICCID (SIM card number)"),
    kind("serial", "serial number"),
    kind("mac", "MAC address"),
    kind("android-id", "ANDROID_ID (device id)"),
    kind("advertising-id", "advertising id"),
    kind("uuid", "lasting id"),
    kind("ip", "IP address"),
    kind("ssid", "Wi-Fi name"),
    kind("bssid", "Wi-Fi access point id"),
    kind("latitude", "latitude"),
    kind("longitude", "longitude"),
    kind("search", "search term"),
    kind("url", "visited address"),
    kind("url-path", "visited page"),
    kind("installed-app", "installed apps"),
    kind("card", "card number"),
    kind("iban", "bank account number"),
    kind("typed", "typed text"),
    kind("text", "text"),
];

/// Kinds of actions.
pub const ACTION_KINDS: &[Kind] = &[
    kind("visit", "visited page"),
    kind("search", "search"),
    kind("open-folder", "opened folder"),
    kind("open-screen", "opened screen"),
    kind("open-app", "opened app"),
    kind("play-music", "music played"),
    kind("play-video", "video played"),
    kind("read-news", "news item read"),
    kind("download", "download"),
    kind("sign-in", "sign-in"),
    kind("setting", "changed setting"),
];

/// Modes of a browser.
pub const MODES: &[Kind] = &[kind("normal", "normal mode"), kind("incognito", "incognito mode")];

/// Plain words for a value or action kind.
pub fn words(name: &str) -> &'static str {
    let known = VALUE_KINDS.iter().chain(ACTION_KINDS).find(|kind| kind.name == name);
    known.map_or("text", |kind| kind.words)
}

/// Plain words for a mode.
pub fn words_of_mode(name: &str) -> &'static str {
    MODES.iter().find(|mode| mode.name == name).map_or("another mode", |mode| mode.words)
}

/// Reads a ground truth file.
///
/// Fails on anything it does not know, so that no planted value is silently left out of the search.
pub fn parse(text: &str) -> Result<GroundTruth, WrittenError> {
    let reader = TruthReader { reader: Reader::new(written::without_mark(text), VALUE_HELP) };
    let table = reader.reader.file()?;
    reader.ground_truth(&table)
}

struct TruthReader<'t> {
    reader: Reader<'t>,
}

impl TruthReader<'_> {
    fn ground_truth(&self, table: &DeTable<'_>) -> Result<GroundTruth, WrittenError> {
        let mut truth = GroundTruth::default();
        for (key, item) in table.iter() {
            match &**key.get_ref() {
                "first_party" => {
                    for host in self.reader.array(item, "first_party")? {
                        truth.first_party.push(self.first_party(host)?);
                    }
                }
                "value" => {
                    for (position, entry) in self.reader.array(item, "[[value]]")?.iter().enumerate() {
                        truth.values.push(self.value(entry, position)?);
                        self.refuse_repeated_name(&truth, entry.span())?;
                    }
                }
                "action" => {
                    for (position, entry) in self.reader.array(item, "[[action]]")?.iter().enumerate() {
                        truth.actions.push(self.action(entry, position)?);
                        let (last, before) = truth.actions.split_last().expect("one was pushed");
                        if before.iter().any(|action| action.name == last.name) {
                            let message = format!("a second [[action]] is called `{}`", last.name);
                            return Err(self.reader.error(
                                entry.span(),
                                message,
                                "give each action its own name, or none",
                            ));
                        }
                    }
                }
                other => {
                    return Err(self.reader.unknown("key", key.span(), other, &["first_party", "value", "action"]));
                }
            }
        }
        Ok(truth)
    }

    fn value(&self, entry: &Item<'_>, position: usize) -> Result<Value, WrittenError> {
        let place = format!("[[value]] number {}", position + 1);
        let (mut name, mut kind, mut value) = (None, None, None);
        for (key, item) in self.reader.table(entry, &place)? {
            match &**key.get_ref() {
                "name" => name = Some(self.reader.string(item, &place)?.to_owned()),
                "kind" => kind = Some(self.kind(item, &place, VALUE_KINDS)?),
                "value" => value = Some(self.reader.string(item, &place)?.to_owned()),
                other => return Err(self.reader.unknown("key", key.span(), other, &["name", "kind", "value"])),
            }
        }
        let lacks = |what| self.reader.error(entry.span(), format!("{place} lacks `{what}`"), VALUE_HELP);
        let value = value.filter(|text| !text.trim().is_empty()).ok_or_else(|| lacks("value"))?;
        Ok(Value { name: name.ok_or_else(|| lacks("name"))?, kind: kind.ok_or_else(|| lacks("kind"))?, value })
    }

    fn action(&self, entry: &Item<'_>, position: usize) -> Result<Action, WrittenError> {
        const KEYS: &[&str] = &["name", "kind", "value", "at", "modelled_at", "mode"];
        let place = format!("[[action]] number {}", position + 1);
        let (mut name, mut kind, mut value) = (None, None, None);
        let (mut at, mut modelled_at, mut mode) = (None, None, None);
        for (key, item) in self.reader.table(entry, &place)? {
            match &**key.get_ref() {
                "name" => name = Some(self.reader.string(item, &place)?.to_owned()),
                "kind" => kind = Some(self.kind(item, &place, ACTION_KINDS)?),
                "value" => value = Some(self.reader.string(item, &place)?.to_owned()),
                "at" => at = Some(self.reader.time(item, &place)?),
                "modelled_at" => modelled_at = Some(self.reader.time(item, &place)?),
                "mode" => mode = Some(self.kind(item, &place, MODES)?),
                other => return Err(self.reader.unknown("key", key.span(), other, KEYS)),
            }
        }
        let lacks = |what| self.reader.error(entry.span(), format!("{place} lacks `{what}`"), ACTION_HELP);
        Ok(Action {
            name: name.unwrap_or_else(|| format!("action#{position}")),
            kind: kind.ok_or_else(|| lacks("kind"))?,
            value: value.filter(|text| !text.trim().is_empty()).ok_or_else(|| lacks("value"))?,
            at,
            modelled_at,
            mode,
        })
    }

    /// A host or a registrable domain, also when it is written as an address or with a wildcard.
    fn first_party(&self, item: &Item<'_>) -> Result<String, WrittenError> {
        let text = self.reader.string(item, "first_party")?.trim();
        let host = match text.contains("://") {
            true => super::url::Parts::of(text).host(),
            false => super::url::Parts::of(&format!("//{text}")).host(),
        };
        let host = host.trim_start_matches("*.").trim_start_matches('.');
        let named = !host.is_empty() && !host.contains(char::is_whitespace);
        named.then(|| host.to_owned()).ok_or_else(|| {
            self.reader.error(
                item.span(),
                format!("first_party: `{text}` names no host"),
                "write hosts: first_party = [\"clinic.example\"]",
            )
        })
    }

    fn kind(&self, item: &Item<'_>, place: &str, known: &[Kind]) -> Result<&'static str, WrittenError> {
        let names: Vec<&'static str> = known.iter().map(|kind| kind.name).collect();
        self.reader.word(item, place, "kind or mode", &names)
    }

    fn refuse_repeated_name(&self, truth: &GroundTruth, span: Range<usize>) -> Result<(), WrittenError> {
        match truth.values.split_last() {
            Some((last, before)) if before.iter().any(|value| value.name == last.name) => Err(self.reader.error(
                span,
                format!("a second [[value]] is called `{}`", last.name),
                "reports refer to values by name: give each its own",
            )),
            _ => Ok(()),
        }
    }
}

const VALUE_HELP: &str = "a value is written: [[value]] name = \"email\" kind = \"email\" value = \"ann@example.org\"";
const ACTION_HELP: &str = "an action is written: [[action]] kind = \"visit\" value = \"https://example.org/page\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_contract() {
        let truth = parse(
            r#"
            first_party = ["Clinic.example", "https://shop.example:8443/x", "*.news.example."]
            [[value]]
            name = "email"
            kind = "email"
            value = "marta@example.org"
            [[action]]
            kind = "visit"
            value = "https://clinic.example/a"
            at = 2026-11-21T02:44:30.100Z
            modelled_at = 2020-04-28T07:00:00Z
            mode = "incognito"
            [[action]]
            name = "second"
            kind = "search"
            value = "x"
            "#,
        )
        .unwrap();
        assert_eq!(truth.first_party, ["clinic.example", "shop.example", "news.example"]);
        assert_eq!(truth.values[0].kind, "email");
        assert_eq!(truth.actions[0].name, "action#0");
        assert_eq!(truth.actions[0].mode, Some("incognito"));
        assert_eq!(truth.actions[0].at.unwrap().to_string(), "2026-11-21T02:44:30.1Z");
        assert_eq!(truth.actions[0].modelled_at.unwrap().to_string(), "2020-04-28T07:00:00Z");
        assert_eq!((truth.actions[1].name.as_str(), truth.actions[1].modelled_at), ("second", None));
    }

    #[test]
    fn names_the_nearest_known_word_and_the_line() {
        let cases = [
            ("frist_party = []", 1, "`first_party`"),
            ("\n[[value]]\nnmae = \"a\"", 3, "`name`"),
            ("[[value]]\nname = \"a\"\nkind = \"emial\"\nvalue = \"x\"", 3, "`email`"),
            ("[[action]]\nkind = \"vist\"\nvalue = \"x\"", 2, "`visit`"),
            ("[[action]]\nkind = \"visit\"\nvalue = \"x\"\nmode = \"incog\"", 4, "`incognito`"),
            ("[[value]]\nname = \"a\"\nkind = \"email\"", 1, "lacks `value`"),
            ("[[value]]\nname = 5", 2, "expected a string"),
            ("[[action]]\nkind = \"visit\"\nvalue = \"x\"\nat = 2026-01-01", 4, "not a time"),
            ("first_party = [\"\"]", 1, "names no host"),
            ("[[action]]\nkind = \"visit\"\nvalue = \" \"", 1, "lacks `value`"),
            ("first_party = [", 1, ""),
        ];
        for (text, line, part) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
        }
        let twice = "[[value]]\nname=\"a\"\nkind=\"text\"\nvalue=\"x\"\n".repeat(2);
        assert!(parse(&twice).unwrap_err().message.contains("second"));
    }
}
