//! Masks: what a report may show of what was captured, and what stands in the place of the rest.
//!
//! Two rules. Cookies, tokens and passwords are never shown. Planted values, addresses and, when the ground truth
//! was inferred, the sites that were visited are shown only on the user's own terminal or with `--reveal`. A mask is
//! a kind with a counter (`email-1`), so that nothing can be computed back from it; a digest of a planted value is
//! masked like the value.
//!
//! Values do not only stand where they were found: they turn up in the names of fields, cookies, hosts and files.
//! Every string of a report therefore comes out of [`Masks`], which replaces a value where it stands in the open and
//! gives up the whole string where it stands in disguise (`disguised`). Too much masked is a nuisance, too
//! little is a leak.

use super::disguised::Hidden;
use super::{escape, secrets, words};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use tattletale_core::model::{Finding, GroundTruth, Part, Personal, Report, Step, Subject, truth};

/// Longest name that is shown, in characters, after masking: a longer one is cut.
const LONGEST_NAME: usize = 160;

/// Recognised values that get a mask of their own; what comes after them is shown by its kind only.
const PERSONAL_MASKED: usize = 2_000;

/// The masks of one report.
///
/// Reports that are shown together share what is hidden: a value that is planted in one session must not stand in
/// the open in another, and is the same `email-1` in all of them.
pub struct Masks<'r> {
    truth: &'r GroundTruth,
    reveal: bool,
    values: Vec<String>,
    actions: Vec<String>,
    /// Of what nobody planted, by value.
    personal: Rc<HashMap<String, String>>,
    hidden: Rc<Hidden>,
    /// Sites that were visited, with their masks; none where they may be shown.
    sites: Rc<[(String, String)]>,
    longest_name: usize,
    /// The same hosts, fields and files come up in every finding.
    known: RefCell<HashMap<String, String>>,
    /// The same of [`Masks::is_open`].
    open: RefCell<HashMap<String, bool>>,
}

impl<'r> Masks<'r> {
    /// Numbers everything in the ground truth by kind, equal things alike.
    pub fn new(report: &'r Report, reveal: bool) -> Self {
        Shared::new(&[report], reveal).masks(report)
    }

    /// Masks of reports that are shown together, one for each.
    pub fn of_all(reports: &[&'r Report], reveal: bool) -> Vec<Self> {
        let mut shared = Shared::new(reports, reveal);
        reports.iter().map(|report| shared.masks(report)).collect()
    }

    /// The same, with names of any length: for programs, which compare them.
    #[must_use]
    pub fn with_whole_names(self) -> Self {
        Self { longest_name: usize::MAX, ..self }
    }

    /// True when planted values and addresses may be shown.
    pub fn reveal(&self) -> bool {
        self.reveal
    }

    /// The mask of a value or action, without brackets: `email-1`.
    pub fn mask(&self, subject: Subject) -> &str {
        match subject {
            Subject::Value(index) => self.values.get(index),
            Subject::Action(index) => self.actions.get(index),
        }
        .map_or("unknown", String::as_str)
    }

    /// The mask of personal data that nobody planted, without brackets.
    pub fn personal_mask(&self, personal: &Personal) -> &str {
        self.personal.get(personal.value.as_str()).map_or(personal.kind, String::as_str)
    }

    /// The data itself if it may be shown.
    pub fn personal_value(&self, personal: &Personal) -> Option<String> {
        let secret = is_secret_part(&personal.part);
        (self.reveal && !secret).then(|| words::cut(&escape::text(&secrets::cut(&personal.value)), self.longest_name))
    }

    /// What it is, in plain words: `e-mail address`.
    pub fn words(&self, subject: Subject) -> &'static str {
        truth::words(self.kind(subject))
    }

    /// Kind of a value or action.
    pub fn kind(&self, subject: Subject) -> &'static str {
        match subject {
            Subject::Value(index) => self.truth.values.get(index).map(|value| value.kind),
            Subject::Action(index) => self.truth.actions.get(index).map(|action| action.kind),
        }
        .unwrap_or("text")
    }

    /// The name that a person gave it. Names of an inferred ground truth are ours and are checked like all else.
    pub fn subject_name(&self, subject: Subject) -> String {
        let name = match subject {
            Subject::Value(index) => self.truth.values.get(index).map(|value| &value.name),
            Subject::Action(index) => self.truth.actions.get(index).map(|action| &action.name),
        };
        match name {
            Some(name) if self.truth.inferred => self.name(name),
            Some(name) => words::cut(&escape::text(name), self.longest_name),
            None => "unknown".to_owned(),
        }
    }

    /// The value itself if it may be shown, secrets inside it masked.
    pub fn value(&self, subject: Subject) -> Option<String> {
        if !self.reveal || is_secret_kind(self.kind(subject)) {
            return None;
        }
        let value = match subject {
            Subject::Value(index) => &self.truth.values.get(index)?.value,
            Subject::Action(index) => &self.truth.actions.get(index)?.value,
        };
        Some(escape::text(&self.hidden.replace(&secrets::cut(value))))
    }

    /// [`Masks::value`], or none where every place it was found at is a place for secrets.
    pub fn value_found_at(&self, subject: Subject, findings: &[&Finding]) -> Option<String> {
        let secret = !findings.is_empty() && findings.iter().all(|finding| is_secret_place(finding));
        if secret { None } else { self.value(subject) }
    }

    /// A name from the capture (of a field, a cookie, a file, a message): masked, visible, on one line, cut.
    pub fn name(&self, name: &str) -> String {
        words::cut(&escape::text(&self.raw(name)), self.longest_name)
    }

    /// A string from the capture, masked, neither made visible nor cut.
    pub(super) fn raw(&self, text: &str) -> String {
        if let Some(known) = self.known.borrow().get(text) {
            return known.clone();
        }
        let masked = self.hidden.replace(text);
        self.known.borrow_mut().insert(text.to_owned(), masked.clone());
        masked
    }

    /// What was found, as it stands in the capture: for places where it may be shown.
    pub(super) fn revealed(&self, found: &str) -> String {
        self.raw(&secrets::cut(found))
    }

    /// True when a name may stand as it is: it neither holds nor is a piece of anything hidden.
    pub(super) fn is_open(&self, name: &str) -> bool {
        if let Some(open) = self.open.borrow().get(name) {
            return *open;
        }
        let open = !self.hidden.is_piece(name) && self.raw(name) == name;
        self.open.borrow_mut().insert(name.to_owned(), open);
        open
    }

    /// A host. The sites of an inferred ground truth are what the user visited: masked like the visits.
    pub fn host(&self, host: &str) -> String {
        for (site, mask) in self.sites.iter() {
            if host == site {
                return mask.clone();
            }
            if host.strip_suffix(site.as_str()).is_some_and(|before| before.ends_with('.')) {
                return format!("*.{mask}");
            }
        }
        self.name(host)
    }

    /// True when a host is shown by its own name. Of one that is masked nothing may be told that names it again: its
    /// addresses, its owner.
    pub fn shows_host(&self, host: &str) -> bool {
        self.host(host) == words::cut(&escape::text(host), self.longest_name)
    }

    /// A part, with the name of its header or cookie.
    pub fn part(&self, part: &Part) -> String {
        match part {
            Part::Header(name) => format!("header:{}", self.name(name)),
            Part::Cookie(name) => format!("cookie:{}", self.name(name)),
            Part::Response(part) => format!("response:{}", self.part(part)),
            plain => plain.to_string(),
        }
    }

    /// The place inside a layer.
    pub fn place(&self, step: &Step) -> Option<String> {
        step.at.as_deref().map(|at| self.name(at))
    }
}

/// What the masks of reports that are shown together have in common.
struct Shared {
    reveal: bool,
    counters: Counters,
    personal: Rc<HashMap<String, String>>,
    hidden: Rc<Hidden>,
    sites: Rc<[(String, String)]>,
}

impl Shared {
    fn new(reports: &[&Report], reveal: bool) -> Self {
        let mut counters = Counters::default();
        let mut hidden = Hidden::default();
        let mut sites: Vec<(String, String)> = Vec::new();
        let mut added = HashSet::new();
        for truth in reports.iter().map(|report| &report.truth) {
            let values = truth.values.iter().map(|value| (value.kind, &value.value));
            let actions = truth.actions.iter().map(|action| (action.kind, &action.value));
            for (kind, text) in values.chain(actions) {
                let mask = counters.mask(kind, text);
                // Sessions of one study often have one ground truth.
                if (!reveal || is_secret_kind(kind)) && added.insert((kind, text)) {
                    hidden.add(kind, text, &mask);
                }
            }
            for site in truth.first_party.iter().filter(|_| truth.inferred && !reveal) {
                if sites.iter().all(|(known, _)| known != site) {
                    sites.push((site.clone(), site_mask(sites.len())));
                }
            }
        }
        sites.iter().for_each(|(site, mask)| hidden.add_host(site, mask));
        let mut personal: HashMap<String, String> = HashMap::new();
        for found in reports.iter().flat_map(|report| &report.personal) {
            if personal.len() < PERSONAL_MASKED && !personal.contains_key(&found.value) {
                let mask = counters.mask(found.kind, &found.value);
                if !reveal {
                    hidden.add(found.kind, &found.value, &mask);
                }
                personal.insert(found.value.clone(), mask);
            }
        }
        hidden.seal();
        Self { reveal, counters, personal: Rc::new(personal), hidden: Rc::new(hidden), sites: sites.into() }
    }

    fn masks<'r>(&mut self, report: &'r Report) -> Masks<'r> {
        let truth = &report.truth;
        let counters = &mut self.counters;
        let values = truth.values.iter().map(|value| counters.mask(value.kind, &value.value)).collect();
        let actions = truth.actions.iter().map(|action| counters.mask(action.kind, &action.value)).collect();
        let (hidden, sites, personal) = (Rc::clone(&self.hidden), Rc::clone(&self.sites), Rc::clone(&self.personal));
        let (reveal, longest_name) = (self.reveal, LONGEST_NAME);
        let (known, open) = Default::default();
        Masks { truth, reveal, values, actions, personal, hidden, sites, longest_name, known, open }
    }
}

#[derive(Default)]
struct Counters {
    next: HashMap<&'static str, usize>,
    known: HashMap<(&'static str, String), String>,
}

impl Counters {
    fn mask(&mut self, kind: &'static str, value: &str) -> String {
        let next = self.next.entry(kind).or_default();
        let mask = self.known.entry((kind, value.to_owned())).or_insert_with(|| {
            *next += 1;
            format!("{kind}-{next}")
        });
        mask.clone()
    }
}

fn site_mask(index: usize) -> String {
    format!("first-party-{}", index + 1)
}

/// Kinds of values that are never shown.
pub fn is_secret_kind(kind: &str) -> bool {
    matches!(kind, "password" | "token")
}

/// True where secrets stand: cookies, headers that authorise, fields named like a password or token.
pub fn is_secret_place(finding: &Finding) -> bool {
    is_secret_part(&finding.part) || finding.path.iter().filter_map(|step| step.at.as_deref()).any(is_secret_field)
}

/// True for cookies and for headers that authorise.
pub fn is_secret_part(part: &Part) -> bool {
    const HEADERS: [&str; 6] =
        ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"];
    match part {
        Part::Cookie(_) => true,
        Part::Header(name) => HEADERS.contains(&name.to_ascii_lowercase().as_str()) || is_secret_field(name),
        Part::Response(part) => is_secret_part(part),
        _ => false,
    }
}

/// True for names of fields that hold secrets; `at` may be a JSONPath, then any of its names counts.
///
/// A session id is only what stands in a field of that name itself: `$.session.page` is a page.
pub fn is_secret_field(at: &str) -> bool {
    const INSIDE: [&str; 11] = [
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "secret",
        "token",
        "apikey",
        "authorization",
        "credential",
        "cookie",
        "privatekey",
    ];
    const WHOLE: [&str; 9] = ["pwd", "pass", "jwt", "auth", "bearer", "pin", "otp", "sid", "csrf"];
    let names: Vec<String> = at
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'))
        .map(|name| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase())
        .filter(|name| !name.is_empty() && !name.chars().all(|c| c.is_ascii_digit()))
        .collect();
    names.iter().any(|name| WHOLE.contains(&name.as_str()) || INSIDE.iter().any(|word| name.contains(word)))
        || names
            .last()
            .is_some_and(|name| name.starts_with("session") || name.ends_with("session") || name.ends_with("sessionid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_fields_by_name() {
        for name in ["password", "$.user.Password", "access_token", "api-key", "X-Auth-Token", "$['session_id']", "sid"]
        {
            assert!(is_secret_field(name), "{name}");
        }
        for name in ["email", "$.session.page", "$.passenger.name", "", "0", "$.properties.$session.url"] {
            assert!(!is_secret_field(name), "{name}");
        }
    }

    #[test]
    fn masks_count_by_kind_and_equal_things_share_one() {
        let mut counters = Counters::default();
        let masks = ["a", "b", "a"].map(|value| counters.mask("visit", value));
        assert_eq!(masks, ["visit-1", "visit-2", "visit-1"]);
        assert_eq!(counters.mask("search", "a"), "search-1");
    }

    #[test]
    fn reports_shown_together_hide_each_others_values() {
        let report = |emails: &[&str]| {
            let value = |email: &&str| tattletale_core::model::Value {
                name: "email".into(),
                kind: "email",
                value: (*email).to_owned(),
            };
            let truth = GroundTruth { values: emails.iter().map(value).collect(), ..GroundTruth::default() };
            Report { truth, ..Report::default() }
        };
        let (first, second) = (report(&["ann@example.org"]), report(&["zoe@example.org", "ann@example.org"]));
        let masks = Masks::of_all(&[&first, &second], false);
        assert_eq!(masks[0].name("zoe@example.org.log"), "[email-2].log");
        assert_eq!((masks[0].mask(Subject::Value(0)), masks[1].mask(Subject::Value(1))), ("email-1", "email-1"));
    }
}
