//! One visit of a made-up person to the site, recorded, with its ground truth.
//!
//! The steps are the same every time: open the start page, search, read an article, sign in. A step is taken when the
//! tracker has been told of the one before, so a recording holds the whole visit and nothing waits longer than it must.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::json;
use tattletale_core::audit::{Capture, Options, audit};
use tattletale_core::model::{Timestamp, truth};
use tattletale_report::study::{About, Session};

use crate::devtools::Browser;
use crate::sdk::Sdk;
use crate::server::{Request, Server};
use crate::site;

/// Somebody made up; every value holds a token of its own.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    token: String,
    pub(crate) account: String,
}

/// A recorded visit.
#[derive(Debug)]
pub(crate) struct Visit {
    /// Unique among the visits of a test.
    pub(crate) name: String,
    /// `normal` or `incognito`.
    pub(crate) mode: &'static str,
    /// WARC.
    pub(crate) recording: PathBuf,
    actions: String,
    /// What the script calls this visitor until they sign in, as the page knows it.
    pub(crate) anonymous_id: String,
    pub(crate) requests: Vec<Request>,
}

/// What visits of one person have in common.
pub(crate) struct Visits<'a> {
    pub(crate) chromium: &'a str,
    pub(crate) sdk: Sdk,
    pub(crate) script: &'a str,
    pub(crate) person: &'a Person,
    /// Where recordings go.
    pub(crate) folder: &'a Path,
}

impl Person {
    /// With a random token.
    pub(crate) fn new() -> Self {
        let token: String = (0..8).map(|_| format!("{:x}", getrandom::u32().unwrap() % 16)).collect();
        Self { account: format!("user-{token}"), token }
    }

    pub(crate) fn term(&self) -> String {
        format!("ból w klatce {}", self.token)
    }

    pub(crate) fn email(&self) -> String {
        format!("marta.{}@example.org", self.token)
    }

    /// Path of the article that they read.
    pub(crate) fn article(&self) -> String {
        format!("/conditions/early-menopause-{}", self.token)
    }

    /// What is planted in every visit, and ids by name: name, kind, value.
    pub(crate) fn planted(&self, ids: &[(&'static str, &str)]) -> Vec<(&'static str, &'static str, String)> {
        // The last is sent to nobody, so whoever reports it invents.
        let unsent = format!("nobody.{}@example.org", self.token.chars().rev().collect::<String>());
        let values = [
            ("search_term", "search", self.term()),
            ("visited_path", "url-path", self.article()),
            ("email", "email", self.email()),
            ("account", "account-id", self.account.clone()),
            ("never_sent", "email", unsent),
        ];
        values.into_iter().chain(ids.iter().map(|(name, value)| (*name, "uuid", (*value).to_owned()))).collect()
    }
}

impl Visits<'_> {
    /// Makes a visit with a profile, which is a new one if the folder is not there.
    pub(crate) fn visit(&self, name: &str, mode: &'static str, profile: &Path) -> Visit {
        let recording = self.folder.join(format!("{name}.warc.gz"));
        // The script tells once per visitor that this is one, and once that they signed in, if it can remember.
        let new = usize::from(mode == "incognito" || !profile.exists());
        let server = Server::start(&recording, site::answers(self.sdk, self.script.to_owned(), self.person));
        let mut browser = Browser::start(self.chromium, profile, mode == "incognito", server.address());
        let mut actions = String::new();
        let mut act = |name: &str, kind: &str, value: &str| {
            let (at, value) = (Timestamp::now(), json!(value));
            writeln!(actions, "\n[[action]]\nname = \"{name}\"\nkind = \"{kind}\"\nvalue = {value}").unwrap();
            writeln!(actions, "at = {at}\nmode = \"{mode}\"").unwrap();
        };
        let mut told = 0;
        let mut tells = |events: usize| {
            told += events;
            server.wait_for("events at the tracker", told, site::is_event);
        };

        act("came", "visit", "http://clinic.localhost/");
        browser.open("http://clinic.localhost/");
        tells(1 + new);
        let anonymous_id = browser.evaluate("sensors.store.getFirstId() || sensors.store.getDistinctId()");
        browser.write("input", &self.person.term());
        act("searched", "search", &self.person.term());
        browser.enter();
        tells(2);
        act("read", "visit", &format!("http://clinic.localhost{}", self.person.article()));
        browser.follow("#first");
        tells(1);
        act("went to sign in", "visit", "http://clinic.localhost/account");
        browser.follow("#account");
        tells(1);
        browser.write("input", &self.person.email());
        act("signed in", "sign-in", &self.person.account);
        browser.click("button");
        tells(1 + new);
        browser.close();

        let anonymous_id = anonymous_id.as_str().unwrap().to_owned();
        Visit { name: name.to_owned(), mode, recording, actions, anonymous_id, requests: server.end() }
    }
}

impl Visit {
    /// Writes the ground truth beside the recording; `ids` are planted by name.
    pub(crate) fn truth(&self, person: &Person, ids: &[(&'static str, &str)]) -> PathBuf {
        let mut toml = String::from("first_party = [\"clinic.localhost\"]\n");
        for (name, kind, value) in person.planted(ids) {
            let value = json!(value);
            write!(toml, "\n[[value]]\nname = \"{name}\"\nkind = \"{kind}\"\nvalue = {value}\n").unwrap();
        }
        let file = self.recording.with_file_name(format!("{}.truth.toml", self.name));
        std::fs::write(&file, toml + &self.actions).unwrap();
        file
    }

    /// The visit as a session of a study: audited, with what every field held.
    pub(crate) fn session(&self, person: &Person, device: &str, repeat: u32) -> Session {
        let truth = truth::parse(&std::fs::read_to_string(self.truth(person, &[])).unwrap()).unwrap();
        let open = || Ok(Box::new(File::open(&self.recording)?) as Box<dyn Read>);
        let capture = Capture { name: self.name.clone(), open: Box::new(open), origin: None };
        let report = audit(&[capture], Some(truth), &Options { fields: true, ..Options::default() }).unwrap();
        let about = About {
            name: self.name.clone(),
            device: Some(device.to_owned()),
            app: Some("Chromium".to_owned()),
            mode: Some(self.mode),
            repeat: Some(repeat),
            ..About::default()
        };
        Session::new(about, report)
    }
}
