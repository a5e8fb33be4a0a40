//! The findings of a report as a person asks for them: who learnt what, how often, in which disguise.
//!
//! Text and page are two views of this; nothing here is shown without going through the masks.

use super::redact::Masks;
use super::words;
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::{Excerpt, Fidelity, Finding, Party, Personal, Report, Strength, Subject};

/// All strong findings, by receiver.
pub(super) struct Summary<'r> {
    /// Third parties first, then unknown ones, first parties last; those who learnt more come first.
    pub receivers: Vec<Told<'r>>,
    /// Different things that were told to anybody.
    pub things: BTreeSet<Subject>,
}

/// A receiver with everything it learnt. Hosts of one registrable domain are one receiver.
pub(super) struct Told<'r> {
    /// The host if it is the only one, else the registrable domain.
    pub name: &'r str,
    /// Its hosts, in order.
    pub hosts: Vec<&'r str>,
    /// First, third or unknown; third if it was that to anything it learnt.
    pub party: Party,
    /// What it learnt, in the order of the ground truth.
    pub things: Vec<Thing<'r>>,
}

/// One thing that one receiver learnt, with the evidence.
pub(super) struct Thing<'r> {
    /// What.
    pub subject: Subject,
    /// Every time it was told, in the order of the report.
    pub findings: Vec<&'r Finding>,
}

/// Findings by what was learnt.
type Learnt<'r> = BTreeMap<Subject, Vec<&'r Finding>>;

impl<'r> Summary<'r> {
    /// Groups the strong findings.
    pub(super) fn new(report: &'r Report) -> Self {
        let mut groups: BTreeMap<(Option<Party>, &str), Learnt<'_>> = BTreeMap::new();
        let things = Things::of(report);
        for finding in &report.findings {
            let receiver = &finding.receiver;
            // Read off the capture, party depends on the page: a search engine is the first party of a search and a
            // third party to the pages visited after it. It is still one receiver.
            let party = (!report.truth.inferred).then_some(receiver.party);
            let key = (party, receiver.domain.as_deref().unwrap_or(&receiver.host));
            groups.entry(key).or_default().entry(things.thing(finding.subject())).or_default().push(finding);
        }
        let mut receivers: Vec<Told<'r>> = groups.into_iter().map(|((_, name), things)| told(name, things)).collect();
        receivers.sort_by_key(|told| (order(told.party), std::cmp::Reverse(told.things.len()), told.name));
        let things = report.findings.iter().map(|finding| things.thing(finding.subject())).collect();
        Self { receivers, things }
    }

    /// The answer: `3 receivers learnt 7 things about you`, or that nothing was found.
    pub(super) fn headline(&self) -> String {
        match self.receivers.len() as u64 {
            0 => "Nothing found".to_owned(),
            n => {
                let things = words::count(self.things.len() as u64, "thing");
                format!("{} learnt {things} about you", words::count(n, "receiver"))
            }
        }
    }

    /// `2 third parties and 1 first party`
    pub(super) fn parties(&self) -> String {
        let kinds = [
            (Party::Third, "third party", "third parties"),
            (Party::Unknown, "of unknown party", "of unknown party"),
            (Party::First, "first party", "first parties"),
        ];
        let counts = kinds.into_iter().filter_map(|(party, one, several)| {
            match self.receivers.iter().filter(|told| told.party == party).count() {
                0 => None,
                1 => Some(format!("1 {one}")),
                n => Some(format!("{n} {several}")),
            }
        });
        words::list(&counts.collect::<Vec<_>>())
    }

    /// True when a first party learnt something beside what the user sent it.
    pub(super) fn told_first_parties(&self) -> bool {
        self.receivers.iter().any(|told| told.party == Party::First)
    }
}

/// A page that was visited twice is one thing to learn: the first of the actions alike stands for all.
struct Things {
    first_alike: Vec<usize>,
}

impl Things {
    fn of(report: &Report) -> Self {
        let mut known = BTreeMap::new();
        let actions = report.truth.actions.iter().enumerate();
        let first_alike =
            actions.map(|(index, action)| *known.entry((action.kind, &action.value)).or_insert(index)).collect();
        Self { first_alike }
    }

    fn thing(&self, subject: Subject) -> Subject {
        match subject {
            Subject::Action(action) => Subject::Action(self.first_alike[action]),
            value => value,
        }
    }
}

/// Third parties first.
fn order(party: Party) -> u8 {
    match party {
        Party::Third => 0,
        Party::Unknown => 1,
        Party::First => 2,
    }
}

fn told<'r>(domain: &'r str, things: Learnt<'r>) -> Told<'r> {
    let parties = things.values().flatten().map(|finding| finding.receiver.party);
    let party = parties.min_by_key(|party| order(*party)).unwrap_or(Party::Unknown);
    let hosts: BTreeSet<&str> = things.values().flatten().map(|finding| finding.receiver.host.as_str()).collect();
    let hosts: Vec<&str> = hosts.into_iter().collect();
    let name = match hosts[..] {
        [only] => only,
        _ => domain,
    };
    let things = things.into_iter().map(|(subject, findings)| Thing { subject, findings }).collect();
    Told { name, hosts, party, things }
}

impl Told<'_> {
    /// Name of the party for style sheets and programs.
    pub(super) fn party_class(&self) -> &'static str {
        words::party_name(self.party)
    }
}

impl<'r> Thing<'r> {
    /// Its disguises in words, the most frequent first, with how often.
    pub(super) fn disguises(&self) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(words::disguise(&finding.path)).or_default() += 1;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// Median delay after the action, the lower one of an even number.
    pub(super) fn delay_ms(&self) -> Option<i64> {
        let mut delays: Vec<i64> = self.findings.iter().filter_map(|finding| finding.delay_ms).collect();
        delays.sort_unstable();
        delays.get(delays.len().checked_sub(1)? / 2).copied()
    }

    /// In which modes it was told: `in normal and incognito mode`; nothing where no mode is stated.
    pub(super) fn modes(&self) -> Option<String> {
        let modes: BTreeSet<&str> = self.findings.iter().filter_map(|finding| finding.mode).collect();
        let modes: Vec<String> = modes.into_iter().rev().map(str::to_owned).collect();
        (!modes.is_empty()).then(|| format!("in {} mode", words::list(&modes)))
    }

    /// How many of its findings crossed the network unencrypted.
    pub(super) fn unencrypted(&self) -> usize {
        self.findings.iter().filter(|finding| finding.plaintext).count()
    }

    /// Exchanges by capture; connections that could not be seen are none.
    pub(super) fn exchanges(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut exchanges: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| !finding.is_unseen()) {
            exchanges.entry(finding.capture).or_default().push(finding.exchange);
        }
        exchanges
    }

    /// How many of its findings stand in names of connections that could not be seen.
    pub(super) fn unseen(&self) -> u64 {
        self.findings.iter().filter(|finding| finding.is_unseen()).count() as u64
    }

    /// The finding that shows it best: undisguised surroundings are better evidence than none, then the first.
    pub(super) fn example(&self) -> Option<&'r Finding> {
        let around = |finding: &&&Finding| finding.excerpt != Excerpt::default();
        self.findings.iter().find(around).or(self.findings.first()).copied()
    }
}

/// Personal data that nobody planted and its check leaves no doubt about, by kind, value and receiver; what was told to
/// others first.
pub(super) fn personal(report: &Report) -> Vec<Vec<&Personal>> {
    let mut groups: BTreeMap<_, Vec<&Personal>> = BTreeMap::new();
    for personal in report.personal.iter().filter(|personal| personal.strength == Strength::Strong) {
        let receiver = &personal.receiver;
        let key = (order(receiver.party), personal.kind, personal.value.as_str(), receiver.host.as_str());
        groups.entry(key).or_default().push(personal);
    }
    groups.into_values().collect()
}

/// What was not looked for, in one sentence; none when everything was. Visits that were read off a capture and are
/// only hosts go without saying.
pub(super) fn not_sought(report: &Report, masks: &Masks<'_>) -> Option<String> {
    const NAMED: usize = 8;
    let given = |subject: &&Subject| !report.truth.inferred || matches!(subject, Subject::Value(_));
    let left_out: Vec<Subject> = report.not_sought.iter().filter(given).copied().collect();
    let mut names: Vec<String> = left_out.iter().take(NAMED).map(|subject| masks.subject_name(*subject)).collect();
    if left_out.len() > NAMED {
        names.push(format!("{} more", words::number((left_out.len() - NAMED) as u64)));
    }
    let reason = "not looked for, too short or only a host";
    (!names.is_empty()).then(|| format!("{reason}: {}", words::list(&names)))
}

/// What was seen more often, or of more, than is listed.
pub(super) fn unlisted(report: &Report) -> Option<String> {
    let more =
        |places: u64, what: &str| (places > 0).then(|| format!("{} where {what}", words::count(places, "more place")));
    let told = more(report.findings_dropped, "the same was told to the same receivers");
    let personal = more(report.personal_dropped, "personal data stands");
    let broken = more(report.faults_dropped, "something could not be processed");
    let hosts = (report.coverage.hosts_dropped > 0).then(|| {
        let number = words::number(report.coverage.hosts_dropped);
        format!("the hosts of {number} messages and connections, which count with their sites")
    });
    let all: Vec<String> = told.into_iter().chain(personal).chain(broken).chain(hosts).collect();
    (!all.is_empty()).then(|| format!("not listed: {}", words::list(&all)))
}

/// What is never strong because a control capture has it too.
pub(super) fn in_control(report: &Report, masks: &Masks<'_>) -> Option<String> {
    const NAMED: usize = 8;
    let all = &report.in_control;
    let mut names: Vec<String> = all.iter().take(NAMED).map(|subject| masks.subject_name(*subject)).collect();
    if all.len() > NAMED {
        names.push(format!("{} more", words::number((all.len() - NAMED) as u64)));
    }
    (!names.is_empty())
        .then(|| format!("in a control capture too, so never more than a weak sign: {}", words::list(&names)))
}

/// What a "nothing found" rests on, in one sentence.
pub(super) fn basis(report: &Report) -> String {
    let left_out = |value: bool| {
        let of_kind = |subject: &&Subject| matches!(subject, Subject::Value(_)) == value;
        report.not_sought.iter().filter(of_kind).count()
    };
    let values = report.truth.values.len().saturating_sub(left_out(true)) as u64;
    let actions = report.truth.actions.len().saturating_sub(left_out(false)) as u64;
    let coverage = &report.coverage;
    if values + actions == 0 {
        return "There was nothing to look for: no planted values or actions were given, and the captures show no \
                first-party navigation."
            .to_owned();
    }
    let mut sought = Vec::new();
    if values > 0 {
        sought.push(words::count(values, "planted value"));
    }
    if actions > 0 {
        sought.push(words::count(actions, "action"));
    }
    let exchanges = coverage.total(|receiver| receiver.exchanges);
    let (read, opaque) = (coverage.total(|receiver| receiver.read), coverage.total(|receiver| receiver.opaque));
    let readable = match read + opaque {
        0 => "nothing in them could be read".to_owned(),
        all => format!("{} of what they carry could be read", words::percent(read, all)),
    };
    let lost = [Fidelity::Lossy, Fidelity::Truncated, Fidelity::Missing].map(|fidelity| coverage.bodies(fidelity));
    let lost = match lost.iter().sum::<u64>() {
        0 => String::new(),
        1 => "; 1 body is missing or damaged".to_owned(),
        n => format!("; {} bodies are missing or damaged", words::number(n)),
    };
    let unseen = words::unseen(coverage).map_or(String::new(), |unseen| format!(" But {unseen}."));
    format!(
        "{} looked for in {} with {}; {readable}{lost}.{unseen}",
        capital(&words::list(&sought)),
        words::count(exchanges, "exchange"),
        words::count(coverage.seen_hosts(), "host"),
    )
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
