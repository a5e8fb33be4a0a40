//! The rule language: claims as TOML that a journalist can read and write.
//!
//! ```toml
//! claims = ["no-incognito-browsing"]      # a ready-made one, as it is
//!
//! [[claim]]
//! use = "history-sync-opt-in"             # a ready-made one, with this app's own words
//! switch = { name = "history sync", protects = "off", exposes = "on" }
//!
//! [[claim]]
//! name = "searches-stay-here"
//! says = "Your searches never leave your phone."
//! source = "store listing, 3 May 2026"
//! refuted_by = [{ told = ["search"] }]
//! needs = [{ done = ["search"], at_least = 5 }]
//! ```
//!
//! `refuted_by` lists rules, any of which is enough; within a rule all conditions must hold of one finding:
//!
//! | key | the finding refutes the claim when |
//! |---|---|
//! | `told` | what was told is of one of these kinds or groups (`browsing`, `activity`, `person`, `device`, `pseudonym`, `place`, `anything`) |
//! | `with` | something of these other kinds stood in the same message |
//! | `mode` | it was done in that mode: `normal`, `incognito` |
//! | `to` | it went to `anyone` (the default), the `first-party`, a `third-party`, `another-organisation` than `maker` |
//! | `plaintext` | it crossed the network unencrypted |
//! | `before` | `"consent"`: it was sent before the user agreed (`consent` of the claim names the setting) |
//! | `switch` | the claim's switch stood so: `protects`, `exposes` |
//!
//! Two rules ask the study instead of a finding. `{ joins = "modes" }` (or `sessions`, `receivers`, `account`): an
//! identifier that is surely one of a device or person joins these. `{ differs = "mode", told = ["search"] }` (or
//! `version`, `setting`, `device`, `app`): what was told of these kinds differs between the conditions. What was
//! recognised by repetition counts as told where a rule has `told` alone.
//!
//! `needs` says what must have been done before silence says anything: `done` (each kind or group) or `planted`, in
//! that `mode`, with the `switch` so, `at_least` so often (5; of planted values 1). `otherwise_untested = "why"` stands
//! in its place where traffic can never speak for the claim. `app`, `version` and `receivers` narrow what counts.
//!
//! A mistake names its line and the nearest known word; nothing is ignored.

use super::{Claim, Differing, Joining, Kinds, Need, Needed, Rule, Stand, Switch, To, ready};
use std::ops::Range;
use tattletale_core::model::WrittenError;
use tattletale_core::model::truth::MODES;
use tattletale_core::model::written::{self, Item, Reader};

const HELP: &str = "a claim is written: [[claim]] name = \"no-searches\" says = \"...\" source = \"...\" \
                    refuted_by = [{ told = [\"search\"] }] needs = [{ done = [\"search\"] }]";

/// How often each kind must have been done, where a claim does not say.
const AT_LEAST: u32 = 5;

/// Reads a file of claims.
pub fn read(text: &str) -> Result<Vec<Claim>, WrittenError> {
    let text = written::without_mark(text);
    let reader = Reader::new(text, HELP);
    let mut claims = Vec::new();
    for (key, item) in reader.file()?.iter() {
        match &**key.get_ref() {
            "claims" => claims.extend(listed(text, item)?),
            "claim" => claims.extend(written(text, item)?),
            other => return Err(reader.unknown("key", key.span(), other, &["claim", "claims"])),
        }
    }
    for (position, claim) in claims.iter().enumerate() {
        if claims[..position].iter().any(|before| before.name == claim.name) {
            let message = format!("a second claim is called `{}`", claim.name);
            return Err(reader.error(0..0, message, "give the other one a `name` of its own"));
        }
    }
    Ok(claims)
}

/// The value of `claims`: names of ready-made ones. `text` is the file that `item` is from.
pub fn listed(text: &str, item: &toml::Spanned<toml::de::DeValue<'_>>) -> Result<Vec<Claim>, WrittenError> {
    let reader = Reader::new(text, HELP);
    let names = reader.strings(item, "claims")?;
    names.into_iter().map(|(name, span)| by_name(&reader, name, span)).collect()
}

/// The value of `claim`: an array of tables. `text` is the file that `item` is from.
pub fn written(text: &str, item: &toml::Spanned<toml::de::DeValue<'_>>) -> Result<Vec<Claim>, WrittenError> {
    let reader = ClaimReader { reader: Reader::new(text, HELP) };
    let entries = reader.reader.array(item, "[[claim]]")?.iter().enumerate();
    entries.map(|(position, entry)| reader.claim(entry, position)).collect()
}

fn by_name(reader: &Reader<'_>, name: &str, span: Range<usize>) -> Result<Claim, WrittenError> {
    ready::by_name(name).ok_or_else(|| reader.unknown("ready-made claim", span, name, ready::NAMES))
}

struct ClaimReader<'t> {
    reader: Reader<'t>,
}

const CLAIM_KEYS: &[&str] = &[
    "use",
    "name",
    "says",
    "source",
    "caveat",
    "otherwise_untested",
    "app",
    "version",
    "receivers",
    "maker",
    "consent",
    "switch",
    "refuted_by",
    "needs",
];

impl ClaimReader<'_> {
    fn claim(&self, entry: &Item<'_>, position: usize) -> Result<Claim, WrittenError> {
        let place = format!("[[claim]] number {}", position + 1);
        let mut claim = Claim::default();
        for (key, item) in self.reader.table(entry, &place)? {
            if &**key.get_ref() == "use" {
                claim = by_name(&self.reader, self.reader.string(item, &place)?, item.span())?;
            }
        }
        for (key, item) in self.reader.table(entry, &place)? {
            let text = || self.reader.string(item, &place).map(str::to_owned);
            match &**key.get_ref() {
                "use" => {}
                "name" => claim.name = text()?,
                "says" => claim.says = text()?,
                "source" => claim.source = text()?,
                "caveat" => claim.caveat = Some(text()?),
                "otherwise_untested" => claim.otherwise_untested = Some(text()?),
                "app" => claim.app = self.texts(item, &place)?,
                "version" => claim.version = self.texts(item, &place)?,
                "receivers" => {
                    claim.receivers = self.texts(item, &place)?.iter().map(|host| host.to_lowercase()).collect();
                }
                "maker" => claim.maker = Some(text()?),
                "consent" => claim.consent = Some(self.consent(item, &place)?),
                "switch" => claim.switch = Some(self.switch(item, &place)?),
                "refuted_by" => claim.refuted_by = self.each(item, &place, Self::rule)?,
                "needs" => claim.needs = self.each(item, &place, Self::need)?,
                other => return Err(self.reader.unknown("key", key.span(), other, CLAIM_KEYS)),
            }
        }
        self.check(&claim, entry.span(), &place)?;
        Ok(claim)
    }

    /// What must be there, and what rules speak of.
    fn check(&self, claim: &Claim, span: Range<usize>, place: &str) -> Result<(), WrittenError> {
        let stands = claim.refuted_by.iter().map(|rule| rule.switch).chain(claim.needs.iter().map(|need| need.switch));
        let lacks = [
            ("name", claim.name.trim().is_empty()),
            ("says", claim.says.trim().is_empty()),
            ("source", claim.source.trim().is_empty()),
            ("refuted_by", claim.refuted_by.is_empty() && claim.otherwise_untested.is_none()),
            ("needs", claim.needs.is_empty() && claim.otherwise_untested.is_none()),
            ("switch", claim.switch.is_none() && stands.flatten().next().is_some()),
            ("consent", claim.consent.is_none() && claim.refuted_by.iter().any(|rule| rule.before_consent)),
        ];
        match lacks.iter().find(|(_, lacking)| *lacking) {
            Some((key, _)) => Err(self.reader.error(span, format!("{place} lacks `{key}`"), HELP)),
            None => Ok(()),
        }
    }

    fn rule(&self, entry: &Item<'_>, place: &str) -> Result<Rule, WrittenError> {
        const KEYS: &[&str] = &["told", "with", "mode", "to", "plaintext", "before", "switch", "joins", "differs"];
        let mut rule = Rule::default();
        for (key, item) in self.reader.table(entry, place)? {
            match &**key.get_ref() {
                "told" => rule.told = self.kinds(item, place)?,
                "with" => rule.with = self.kinds(item, place)?,
                "mode" => rule.mode = Some(self.mode(item, place)?),
                "to" => rule.to = self.to(item, place)?,
                "plaintext" => rule.plaintext = self.reader.truth(item, place)?,
                "before" => {
                    self.reader.word(item, place, "moment", &["consent"])?;
                    rule.before_consent = true;
                }
                "switch" => rule.switch = Some(self.stand(item, place)?),
                "joins" => rule.joins = Some(self.joining(item, place)?),
                "differs" => rule.differs = Some(self.differing(item, place)?),
                other => return Err(self.reader.unknown("key", key.span(), other, KEYS)),
            }
        }
        match rule.told.is_empty() && rule.joins.is_none() {
            true => Err(self.reader.error(entry.span(), format!("{place} lacks `told`"), HELP)),
            false => Ok(rule),
        }
    }

    fn need(&self, entry: &Item<'_>, place: &str) -> Result<Need, WrittenError> {
        const KEYS: &[&str] = &["done", "planted", "mode", "switch", "at_least"];
        let (mut what, mut mode, mut switch, mut at_least) = (None, None, None, None);
        for (key, item) in self.reader.table(entry, place)? {
            match &**key.get_ref() {
                "done" => what = Some(Needed::Done(self.kinds(item, place)?)),
                "planted" => what = Some(Needed::Planted(self.kinds(item, place)?)),
                "mode" => mode = Some(self.mode(item, place)?),
                "switch" => switch = Some(self.stand(item, place)?),
                "at_least" => at_least = Some(self.reader.count(item, place)?),
                other => return Err(self.reader.unknown("key", key.span(), other, KEYS)),
            }
        }
        let what = what.ok_or_else(|| {
            let message = format!("{place} lacks `done` or `planted`");
            self.reader.error(entry.span(), message, HELP)
        })?;
        let usual = if matches!(what, Needed::Done(_)) { AT_LEAST } else { 1 };
        Ok(Need { what, mode, switch, at_least: at_least.unwrap_or(usual) })
    }

    fn each<T>(
        &self,
        item: &Item<'_>,
        place: &str,
        read: impl Fn(&Self, &Item<'_>, &str) -> Result<T, WrittenError>,
    ) -> Result<Vec<T>, WrittenError> {
        self.reader.array(item, place)?.iter().map(|entry| read(self, entry, place)).collect()
    }

    fn kinds(&self, item: &Item<'_>, place: &str) -> Result<Kinds, WrittenError> {
        let known = Kinds::known();
        let words = self.reader.strings(item, place)?.into_iter();
        let words = words.map(|(word, span)| self.reader.known(word, span, "kind", &known));
        Ok(Kinds::of(words.collect::<Result<_, _>>()?))
    }

    fn mode(&self, item: &Item<'_>, place: &str) -> Result<&'static str, WrittenError> {
        let known: Vec<&'static str> = MODES.iter().map(|mode| mode.name).collect();
        self.reader.word(item, place, "mode", &known)
    }

    fn to(&self, item: &Item<'_>, place: &str) -> Result<To, WrittenError> {
        const WORDS: &[&str] = &["anyone", "first-party", "third-party", "another-organisation"];
        Ok(match self.reader.word(item, place, "receiver", WORDS)? {
            "first-party" => To::FirstParty,
            "third-party" => To::ThirdParty,
            "another-organisation" => To::AnotherOrganisation,
            _ => To::Anyone,
        })
    }

    fn stand(&self, item: &Item<'_>, place: &str) -> Result<Stand, WrittenError> {
        Ok(match self.reader.word(item, place, "stand of the switch", &["protects", "exposes"])? {
            "protects" => Stand::Protects,
            _ => Stand::Exposes,
        })
    }

    fn joining(&self, item: &Item<'_>, place: &str) -> Result<Joining, WrittenError> {
        const WORDS: &[&str] = &["modes", "sessions", "receivers", "account"];
        Ok(match self.reader.word(item, place, "thing that is joined", WORDS)? {
            "modes" => Joining::Modes,
            "sessions" => Joining::Sessions,
            "receivers" => Joining::Receivers,
            _ => Joining::Account,
        })
    }

    fn differing(&self, item: &Item<'_>, place: &str) -> Result<Differing, WrittenError> {
        const WORDS: &[&str] = &["mode", "version", "setting", "device", "app"];
        Ok(match self.reader.word(item, place, "condition", WORDS)? {
            "mode" => Differing::Mode,
            "version" => Differing::Version,
            "setting" => Differing::Setting,
            "device" => Differing::Device,
            _ => Differing::App,
        })
    }

    fn switch(&self, item: &Item<'_>, place: &str) -> Result<Switch, WrittenError> {
        const KEYS: &[&str] = &["name", "protects", "exposes"];
        const HELP: &str = "a switch is written: { name = \"history sync\", protects = \"off\", exposes = \"on\" }";
        let mut texts: [Option<String>; 3] = Default::default();
        for (key, value) in self.reader.table(item, place)? {
            let known = self.reader.known(key.get_ref(), key.span(), "key", KEYS)?;
            let position = KEYS.iter().position(|key| *key == known).unwrap_or_default();
            texts[position] = Some(self.reader.string(value, place)?.to_owned());
        }
        let [Some(name), Some(protects), Some(exposes)] = texts else {
            return Err(self.reader.error(item.span(), format!("{place}: a switch lacks a part"), HELP));
        };
        Ok(Switch { name, protects, exposes })
    }

    fn consent(&self, item: &Item<'_>, place: &str) -> Result<String, WrittenError> {
        let text = self.reader.string(item, place)?;
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => Ok(text.to_owned()),
            _ => Err(self.reader.error(
                item.span(),
                format!("{place}: `{text}` names no setting"),
                "consent is written as the setting by which it was given: consent = \"share_statistics=on\"",
            )),
        }
    }

    fn texts(&self, item: &Item<'_>, place: &str) -> Result<Vec<String>, WrittenError> {
        Ok(self.reader.strings(item, place)?.into_iter().map(|(text, _)| text.to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        claims = ["encrypted"]
        [[claim]]
        name = "mine"
        says = "No searches leave."
        source = "a listing"
        receivers = "Maker.example"
        version = ["1", "2"]
        switch = { name = "private", protects = "on", exposes = "off" }
        refuted_by = [
            { told = ["search", "browsing"], with = "person", mode = "incognito", to = "third-party", plaintext = true },
            { told = "anything", switch = "protects" },
        ]
        needs = [{ done = "search", mode = "incognito", at_least = 3, switch = "exposes" }, { planted = ["imei"] }]
        [[claim]]
        use = "history-sync-opt-in"
        name = "theirs"
        switch = { name = "sync", protects = "no", exposes = "yes" }
    "#;

    #[test]
    fn reads_what_can_be_written() {
        let claims = read(WHOLE).unwrap();
        let names: Vec<&str> = claims.iter().map(|claim| claim.name.as_str()).collect();
        assert_eq!(names.len(), 3);
        let mine = claims.iter().find(|claim| claim.name == "mine").unwrap();
        assert_eq!((mine.receivers.join(""), mine.version.len()), ("maker.example".to_owned(), 2));
        let rule = &mine.refuted_by[0];
        assert!(rule.told.include("download") && rule.with.include("email") && rule.plaintext);
        assert_eq!((rule.mode, rule.to, rule.switch), (Some("incognito"), To::ThirdParty, None));
        assert_eq!(mine.refuted_by[1].switch, Some(Stand::Protects));
        assert_eq!((mine.needs[0].at_least, mine.needs[1].at_least), (3, 1));
        let theirs = claims.iter().find(|claim| claim.name == "theirs").unwrap();
        assert_eq!(theirs.switch.as_ref().unwrap().exposes, "yes");
        assert_eq!(theirs.refuted_by, ready::by_name("history-sync-opt-in").unwrap().refuted_by);
    }

    #[test]
    fn names_the_line_and_the_nearest_word() {
        let claim = "[[claim]]\nname = \"a\"\nsays = \"b\"\nsource = \"c\"\n";
        let cases = [
            ("clams = []".to_owned(), 1, "`claims`"),
            ("claims = [\"encripted\"]".to_owned(), 1, "`encrypted`"),
            (format!("{claim}refuted_bye = []"), 5, "`refuted_by`"),
            (format!("{claim}refuted_by = [{{ told = \"vist\" }}]"), 5, "`visit`"),
            (format!("{claim}refuted_by = [{{ tolt = \"visit\" }}]"), 5, "`told`"),
            (format!("{claim}refuted_by = [{{ mode = \"normal\" }}]"), 5, "lacks `told`"),
            (format!("{claim}refuted_by = [{{ joins = \"mode\" }}]"), 5, "`modes`"),
            (format!("{claim}refuted_by = [{{ told = \"visit\", differs = \"modes\" }}]"), 5, "`mode`"),
            (format!("{claim}refuted_by = [{{ told = \"visit\", to = \"third\" }}]"), 5, "`third-party`"),
            (format!("{claim}refuted_by = [{{ told = \"visit\", plaintext = \"yes\" }}]"), 5, "true or false"),
            (format!("{claim}refuted_by = [{{ told = \"visit\", before = \"x\" }}]"), 5, "`consent`"),
            (format!("{claim}refuted_by = [{{ told = \"visit\" }}]\nneeds = [{{ mode = \"normal\" }}]"), 6, "`done`"),
            (format!("{claim}needs = [{{ done = \"visit\", at_least = 0 }}]"), 5, "from 1 on"),
            (format!("{claim}consent = \"yes\""), 5, "names no setting"),
            (format!("{claim}switch = {{ name = \"x\" }}"), 5, "lacks a part"),
            (format!("{claim}needs = [{{ done = \"visit\" }}]"), 1, "lacks `refuted_by`"),
            (format!("{claim}refuted_by = [{{ told = \"visit\" }}]"), 1, "lacks `needs`"),
            (
                format!(
                    "{claim}refuted_by = [{{ told = \"visit\", switch = \"protects\" }}]\nneeds = [{{ done = \"visit\" }}]"
                ),
                1,
                "lacks `switch`",
            ),
            ("claims = [\"encrypted\", \"encrypted\"]".to_owned(), 1, "second claim"),
        ];
        for (text, line, part) in cases {
            let error = read(&text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }
}
