//! `study.toml`: which recordings belong together, what each is a recording of, and which claims to judge.
//!
//! The file is a small contract like the ground truth, read just as strictly: a misspelt `mode` that is ignored would
//! make two conditions look like one. Names of files are kept as written; whoever opens them takes them from the
//! folder of the study. What the study says of claims is handed on unread, with its places, to the reader of claims.

use super::About;
use super::claims::{self, Claim};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use tattletale_core::model::WrittenError;
use tattletale_core::model::truth::MODES;
use tattletale_core::model::written::{self, Item, Reader};
use toml::de::{DeArray, DeValue};

/// A study as a person wrote it.
#[derive(Debug, Clone)]
pub struct StudyFile<'t> {
    /// Name for people, if it has one.
    pub name: Option<String>,
    /// At least one, in the order of the file.
    pub sessions: Vec<SessionFiles>,
    /// What the maker declared to a store, by file as written: a data safety form, privacy labels, a privacy manifest.
    pub declared: Vec<String>,
    /// `claims = [...]`: ready-made claims by name, unread.
    pub claims: Option<toml::Spanned<DeValue<'t>>>,
    /// `[[claim]]`: claims of its own, unread.
    pub own_claims: Option<toml::Spanned<DeValue<'t>>>,
}

/// One session with the files that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFiles {
    /// What it is a recording of.
    pub about: About,
    /// Its captures, at least one, as written.
    pub captures: Vec<String>,
    /// The app that was recorded, as written: its package, or a folder with its splits.
    pub app_file: Option<String>,
    /// Its ground truth, as written; without it the captures' own navigations are taken.
    pub truth: Option<String>,
}

impl StudyFile<'_> {
    /// The claims to judge: those that were declared, then those taken ready-made by name, then the study's own. `text`
    /// is the file itself.
    pub fn judged(&self, text: &str, declared: Vec<Claim>) -> Result<Vec<Claim>, WrittenError> {
        let text = written::without_mark(text);
        let mut claims = declared;
        claims.extend(self.claims.as_ref().map_or(Ok(Vec::new()), |item| claims::listed(text, item))?);
        if let Some(item) = &self.own_claims {
            claims.extend(claims::written(text, item)?);
        }
        for (position, claim) in claims.iter().enumerate() {
            if claims[..position].iter().any(|before| before.name == claim.name) {
                let message = format!("a second claim is called `{}`", claim.name);
                let span = self.own_claims.as_ref().or(self.claims.as_ref()).map_or(0..0, toml::Spanned::span);
                return Err(Reader::new(text, HELP).error(span, message, "give the other one a `name` of its own"));
            }
        }
        Ok(claims)
    }
}

/// What `study init` writes for a study with the given captures: commented, and read without an error.
pub fn template(captures: &[String]) -> String {
    let examples = ["normal.har".to_owned(), "incognito.har".to_owned()];
    let captures = if captures.is_empty() { &examples[..] } else { captures };
    let mut text = TEMPLATE.to_owned();
    for capture in captures {
        let stem = Path::new(capture).file_name().unwrap_or_default().to_string_lossy();
        let name = stem.split('.').next().unwrap_or_default();
        let mode = MODES.iter().find(|mode| name == mode.name);
        // Two captures may differ in their ending only, so a name is the whole file name where its stem is taken.
        let taken = captures.iter().filter(|other| other.starts_with(&format!("{name}."))).count() > 1;
        let name = if taken || name.is_empty() { &*stem } else { name };
        text.push_str(&format!("\n[[session]]\nname = {}\ncapture = {}\n", quoted(name), quoted(capture)));
        match mode {
            Some(mode) => text.push_str(&format!("mode = \"{}\"\n", mode.name)),
            None => text.push_str("# mode = \"incognito\"\n"),
        }
        text.push_str("# truth = \"truth.toml\"\n");
    }
    text
}

/// What `study init` writes beside it: a commented ground truth, read without an error, with nothing planted yet.
pub const TRUTH_TEMPLATE: &str = include_str!("truth-template.toml");

const TEMPLATE: &str = include_str!("study-template.toml");

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() => format!("\\u{:04X}", c as u32),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// Reads a study file. Fails on anything it does not know.
pub fn parse(text: &str) -> Result<StudyFile<'_>, WrittenError> {
    const KEYS: &[&str] = &["name", "declared", "session", "claims", "claim"];
    let reader = StudyReader(Reader::new(written::without_mark(text), HELP));
    let mut study =
        StudyFile { name: None, declared: Vec::new(), sessions: Vec::new(), claims: None, own_claims: None };
    for (key, item) in reader.0.file()? {
        match &**key.get_ref() {
            "name" => study.name = Some(reader.text(&item, "name")?),
            "declared" => study.declared = reader.files(&item, "declared")?,
            "session" => study.sessions = reader.sessions(reader.0.array(&item, "[[session]]")?)?,
            "claims" => study.claims = Some(item),
            "claim" => study.own_claims = Some(item),
            other => return Err(reader.0.unknown("key", key.span(), other, KEYS)),
        }
    }
    match study.sessions.is_empty() {
        true => Err(reader.0.error(0..0, "the study names no session", HELP)),
        false => Ok(study),
    }
}

struct StudyReader<'t>(Reader<'t>);

impl StudyReader<'_> {
    fn sessions(&self, entries: &DeArray<'_>) -> Result<Vec<SessionFiles>, WrittenError> {
        let mut sessions: Vec<SessionFiles> = Vec::new();
        for (position, entry) in entries.iter().enumerate() {
            let session = self.session(entry, position)?;
            if let Some((message, help)) = sessions.iter().find_map(|before| clash(before, &session)) {
                return Err(self.0.error(entry.span(), message, help));
            }
            sessions.push(session);
        }
        Ok(sessions)
    }

    fn session(&self, entry: &Item<'_>, position: usize) -> Result<SessionFiles, WrittenError> {
        const KEYS: &[&str] =
            &["name", "capture", "truth", "device", "app", "app_file", "version", "mode", "settings", "repeat"];
        let reader = &self.0;
        let place = format!("[[session]] number {}", position + 1);
        let modes: Vec<&'static str> = MODES.iter().map(|mode| mode.name).collect();
        let (mut about, mut captures, mut truth, mut app_file) = (About::default(), Vec::new(), None, None);
        for (key, item) in reader.table(entry, &place)? {
            match &**key.get_ref() {
                "name" => about.name = self.text(item, &place)?,
                "capture" => captures = self.files(item, &place)?,
                "truth" => truth = Some(self.text(item, &place)?),
                "device" => about.device = Some(self.text(item, &place)?),
                "app" => about.app = Some(self.text(item, &place)?),
                "app_file" => app_file = Some(self.text(item, &place)?),
                "version" => about.version = Some(self.text(item, &place)?),
                "mode" => about.mode = Some(reader.word(item, &place, "mode", &modes)?),
                "settings" => about.settings = self.settings(item, &place)?,
                "repeat" => about.repeat = Some(reader.count(item, &place)?),
                other => return Err(reader.unknown("key", key.span(), other, KEYS)),
            }
        }
        let lacks = |what: &str| Err(reader.error(entry.span(), format!("{place} lacks `{what}`"), HELP));
        match (about.name.is_empty(), captures.is_empty()) {
            (true, _) => lacks("name"),
            (_, true) => lacks("capture"),
            _ => Ok(SessionFiles { about, captures, app_file, truth }),
        }
    }

    /// A string that says something.
    fn text(&self, item: &Item<'_>, place: &str) -> Result<String, WrittenError> {
        let text = self.0.string(item, place)?.trim();
        match text.is_empty() {
            true => Err(self.0.error(item.span(), format!("{place}: this is empty"), HELP)),
            false => Ok(text.to_owned()),
        }
    }

    /// One file, or several of one session.
    fn files(&self, item: &Item<'_>, place: &str) -> Result<Vec<String>, WrittenError> {
        let mut files: Vec<String> = Vec::new();
        for (name, span) in self.0.strings(item, place)? {
            let name = name.trim();
            if name.is_empty() {
                return Err(self.0.error(span, format!("{place}: this names no file"), HELP));
            }
            if files.iter().any(|before| same_file(before, name)) {
                return Err(self.0.error(span, format!("{place} names `{name}` twice"), "name it once"));
            }
            files.push(name.to_owned());
        }
        Ok(files)
    }

    fn settings(&self, item: &Item<'_>, place: &str) -> Result<BTreeMap<String, String>, WrittenError> {
        let mut settings = BTreeMap::new();
        for (key, setting) in self.0.table(item, &format!("{place}, settings"))? {
            let place = format!("{place}, setting `{}`", key.get_ref());
            let value = match setting.get_ref() {
                DeValue::Boolean(_) => if self.0.truth(setting, &place)? { "on" } else { "off" }.to_owned(),
                DeValue::Integer(number) => number.to_string(),
                _ => self.text(setting, &place)?,
            };
            settings.insert(key.get_ref().to_string(), value);
        }
        Ok(settings)
    }
}

/// Why two sessions cannot stand in one study, with a line of help.
fn clash(before: &SessionFiles, session: &SessionFiles) -> Option<(String, &'static str)> {
    if before.about.name == session.about.name {
        let message = format!("a second [[session]] is called `{}`", session.about.name);
        return Some((message, "reports refer to sessions by name: give each its own"));
    }
    let twice = session.captures.iter().find(|file| before.captures.iter().any(|other| same_file(other, file)));
    if let Some(file) = twice {
        let message = format!("`{file}` is in session `{}` already", before.about.name);
        return Some((message, "a recording counts once: compared with itself it would seem to repeat"));
    }
    let (a, b) = (&before.about, &session.about);
    if a.repeat.is_some() && (a.repeat, &a.device) == (b.repeat, &b.device) && a.condition() == b.condition() {
        let message = format!("session `{}` is the same repeat of the same condition as `{}`", b.name, a.name);
        return Some((message, "number the repeats of a condition 1, 2, 3 ..."));
    }
    None
}

/// Whether two names as written are one file: `./a.har` is `a.har`.
fn same_file(a: &str, b: &str) -> bool {
    let plain =
        |name: &str| Path::new(name).components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    plain(a) == plain(b)
}

const HELP: &str = "a session is written: [[session]] name = \"normal 1\" capture = \"normal-1.har\"";

#[cfg(test)]
mod tests {
    use super::*;
    use tattletale_core::model::truth;

    #[test]
    fn reads_the_contract() {
        let study = parse(
            r#"
            name = "Incognito or not"
            claims = ["incognito"]
            [[session]]
            name = "normal 1"
            capture = "n1.har"
            truth = "truth.toml"
            device = "phone A"
            app = "Mint Browser"
            app_file = "mint.apk"
            version = "3.4.0"
            mode = "normal"
            settings = { enhanced-incognito = true, level = 2, theme = "dark" }
            repeat = 1
            [[session]]
            name = "incognito"
            capture = ["i1.har", "i2.har"]
            [[claim]]
            name = "own"
            "#,
        )
        .unwrap();
        assert_eq!(study.name.as_deref(), Some("Incognito or not"));
        assert!(study.claims.is_some() && study.own_claims.is_some());
        let [normal, incognito] = &study.sessions[..] else { panic!("{:?}", study.sessions) };
        assert_eq!(
            (normal.about.mode, normal.about.repeat, normal.about.app.as_deref()),
            (Some("normal"), Some(1), Some("Mint Browser"))
        );
        let settings: Vec<(&str, &str)> = normal.about.settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(settings, [("enhanced-incognito", "on"), ("level", "2"), ("theme", "dark")]);
        assert_eq!((incognito.captures.len(), &incognito.truth), (2, &None));
        assert_eq!((normal.app_file.as_deref(), &incognito.app_file), (Some("mint.apk"), &None));
    }

    #[test]
    fn what_it_does_not_know_is_named_with_its_line() {
        let session = "[[session]]\nname = \"a\"\ncapture = \"a.har\"\n";
        let cases = [
            ("titel = \"x\"".to_owned(), 1, "unknown key `titel`"),
            ("[[sessions]]".to_owned(), 1, "nearest known one is `session`"),
            ("".to_owned(), 1, "names no session"),
            (format!("{session}captur = \"x\""), 4, "`capture`"),
            (format!("{session}mode = \"incog\""), 4, "`incognito`"),
            (format!("{session}repeat = 0"), 4, "from 1"),
            (format!("{session}repeat = \"1\""), 4, "expected a number, found a string"),
            (format!("{session}settings = {{ x = [] }}"), 4, "setting `x`: expected a string"),
            ("[[session]]\nname = \"a\"".to_owned(), 1, "lacks `capture`"),
            ("[[session]]\ncapture = \"a\"".to_owned(), 1, "lacks `name`"),
            ("[[session]]\nname = \"a\"\ncapture = []".to_owned(), 1, "lacks `capture`"),
            ("[[session]]\nname = \"a\"\ncapture = [\"x\", \"./x\"]".to_owned(), 3, "twice"),
            (format!("{session}{session}"), 4, "second [[session]]"),
            (format!("{session}[[session]]\nname = \"b\"\ncapture = \"./a.har\""), 4, "in session `a` already"),
            (format!("{session}repeat = 1\n[[session]]\nname = \"b\"\ncapture = \"b\"\nrepeat = 1"), 5, "same repeat"),
        ];
        for (text, line, part) in cases {
            let error = parse(&text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
        }
        let other_device = "[[session]]\nname = \"b\"\ncapture = \"b\"\nrepeat = 1\ndevice = \"B\"";
        assert_eq!(parse(&format!("{session}repeat = 1\n{other_device}")).unwrap().sessions.len(), 2);
    }

    #[test]
    fn templates_are_read_without_an_error() {
        for captures in [&[][..], &["a \"b\".har".to_owned(), "x.har".to_owned(), "x.warc".to_owned()]] {
            let text = template(captures);
            let study = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(study.sessions.len(), captures.len().max(2));
            assert!(captures.is_empty() || study.sessions[0].captures == captures[..1]);
        }
        // What stands in comments is meant to be used: it must be right as well.
        let uncommented = |text: &str| {
            let lines = text.lines().map(|line| {
                line.strip_prefix("# ").filter(|rest| rest.contains(" = ") || rest.starts_with("[[")).unwrap_or(line)
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        assert!(truth::parse(TRUTH_TEMPLATE).unwrap().values.is_empty());
        for kind in truth::VALUE_KINDS.iter().chain(truth::ACTION_KINDS) {
            assert!(TRUTH_TEMPLATE.split([' ', ',', '\n']).any(|word| word == kind.name), "{}", kind.name);
        }
        let full = truth::parse(&uncommented(TRUTH_TEMPLATE)).unwrap();
        assert!(full.values.len() >= 3 && full.actions.len() >= 3 && full.first_party.len() == 1);
        let study = uncommented(&template(&["a.har".to_owned()]));
        let full = parse(&study).unwrap_or_else(|error| panic!("{error}\n{study}"));
        assert_eq!((full.sessions.len(), full.sessions[0].truth.as_deref()), (2, Some("truth.toml")));
    }
}
